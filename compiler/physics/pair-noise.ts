import type { NoiseUse, Technology } from "../define.ts";
import { valuesOf } from "./condition.ts";
import { type AgeingLaws, type AmplifierLaws, type CellLaws, pairDevice } from "./oxram-pair.ts";

/** The noise of a condition in life order: programmed, cycled, sensed. */
export function pairNoise(technology: Technology, condition: string): readonly NoiseUse[] {
  const values = valuesOf(technology, condition);
  const { cell, amplifier, ageing, deviceShare } = pairDevice(values);
  return [
    {
      model: "programming",
      parameters: {
        ...cellParameters(cell),
        deviceShare,
        reprogrammings: values("reprogrammings"),
      },
    },
    {
      model: "cycling",
      parameters: {
        ...cellParameters(cell),
        ...ageingParameters(ageing),
        cycles: values("cycles"),
      },
    },
    { model: "sense", parameters: amplifierParameters(amplifier) },
  ];
}

const cellParameters = (cell: CellLaws) => ({
  lrsMedian_Ohm: cell.lrsMedian_Ohm,
  lrsSpread: cell.lrsSpread,
  hrsFloor_Ohm: cell.hrsFloor_Ohm,
  hrsScale_Ohm: cell.hrsScale_Ohm,
  hrsSpread: cell.hrsSpread,
});

const ageingParameters = (ageing: AgeingLaws) => ({
  onset_cycles: ageing.onset_cycles,
  lrsRise: ageing.lrsRise,
  hrsFall: ageing.hrsFall,
  spreadGrowth: ageing.spreadGrowth,
});

const amplifierParameters = (amplifier: AmplifierLaws) => ({
  offsetSpread: amplifier.offsetSpread,
  readSpread: amplifier.readSpread,
  convergence_Ohm: amplifier.convergence_Ohm,
  convergenceSpread: amplifier.convergenceSpread,
});
