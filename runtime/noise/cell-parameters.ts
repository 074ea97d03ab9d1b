import { XbcError } from "../../compiler/errors.ts";
import type { AgeingLaws, AmplifierLaws, CellLaws } from "../../compiler/physics/oxram-pair.ts";

/** Bound parameters of a noise model. */
export type Numbers = Readonly<Record<string, number>>;

/** What the resistance laws of an OxRAM cell are called in an image. */
export const cellParameterUnits = {
  lrsMedian_Ohm: { unit: "Ohm", description: "median resistance of LRS" },
  lrsSpread: { unit: "ln", description: "spread of ln R in LRS" },
  hrsFloor_Ohm: { unit: "Ohm", description: "resistance below which no HRS lies" },
  hrsScale_Ohm: { unit: "Ohm", description: "median resistance of HRS above that floor" },
  hrsSpread: { unit: "ln", description: "spread of ln(R − floor) in HRS" },
} as const;

/** @throws BAD_TECHNOLOGY if one is missing */
export function readCellLaws(model: string, parameters: Numbers): CellLaws {
  return {
    lrsMedian_Ohm: read(model, parameters, "lrsMedian_Ohm"),
    lrsSpread: read(model, parameters, "lrsSpread"),
    hrsFloor_Ohm: read(model, parameters, "hrsFloor_Ohm"),
    hrsScale_Ohm: read(model, parameters, "hrsScale_Ohm"),
    hrsSpread: read(model, parameters, "hrsSpread"),
  };
}

/** @throws BAD_TECHNOLOGY if one is missing */
export function readAgeing(model: string, parameters: Numbers): AgeingLaws {
  return {
    onset_cycles: read(model, parameters, "onset_cycles"),
    lrsRise: read(model, parameters, "lrsRise"),
    hrsFall: read(model, parameters, "hrsFall"),
    spreadGrowth: read(model, parameters, "spreadGrowth"),
  };
}

/** @throws BAD_TECHNOLOGY if one is missing */
export function readAmplifier(model: string, parameters: Numbers): AmplifierLaws {
  return {
    offsetSpread: read(model, parameters, "offsetSpread"),
    readSpread: read(model, parameters, "readSpread"),
    convergence_Ohm: read(model, parameters, "convergence_Ohm"),
    convergenceSpread: read(model, parameters, "convergenceSpread"),
  };
}

function read(model: string, parameters: Numbers, name: string): number {
  const value = parameters[name];
  if (value !== undefined) return value;
  throw new XbcError(
    "BAD_TECHNOLOGY",
    `noise ${model}: needs the parameter "${name}", found ` +
      `${Object.keys(parameters).join(", ") || "none"}; give it a value`,
  );
}
