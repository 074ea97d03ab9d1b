import { defineNoise } from "../../compiler/define.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import {
  agedCell,
  type CellLaws,
  hrsNormal,
  lrsNormal,
} from "../../compiler/physics/oxram-pair.ts";
import { resistanceOf, siemens } from "../../compiler/units.ts";
import { cellParameterUnits, type Numbers, readAgeing, readCellLaws } from "./cell-parameters.ts";
import { cellConductance } from "./programming.ts";

/**
 * What cycles do to the conductances (H11): a cell keeps its rank among its kind, the laws move under it.
 * No time passes here; what ages a cell is how often it was SET and RESET.
 */
export default defineNoise({
  name: "cycling",
  summary: "LRS rises, HRS falls and both widen with SET/RESET cycles",
  acts: "age",
  parameters: {
    ...cellParameterUnits,
    cycles: { unit: "1", description: "SET/RESET cycles that each cell has seen" },
    onset_cycles: { unit: "1", description: "cycles at which ageing sets in" },
    lrsRise: { unit: "ln", description: "rise of ln LRS per decade of cycles" },
    hrsFall: { unit: "ln", description: "fall of ln HRS per decade of cycles" },
    spreadGrowth: { unit: "1", description: "relative growth of both spreads per decade" },
  },
  ideal: (parameters) => ({ ...parameters, cycles: 0 }),
  age: (conductances_S, levels, parameters, _place) => {
    const aged = agedConductance(parameters);
    return conductances_S.map((g, c) => (levels[c] === UNUSED ? g : aged(levels[c], g)));
  },
});

/** Conductance of a cell after its cycles, from its level and its fresh conductance. */
export function agedConductance(parameters: Numbers): (level: number, fresh_S: number) => number {
  const cycles = parameters.cycles ?? 0;
  if (cycles === 0) return (_, fresh) => fresh;
  const fresh = readCellLaws("cycling", parameters);
  const aged = agedCell(fresh, readAgeing("cycling", parameters), cycles);
  return (level, g) => cellConductance(aged, level, rankOf(fresh, level, g));
}

/** The normal behind a conductance; a spread of zero leaves every cell at its median. */
function rankOf(cell: CellLaws, level: number, conductance_S: number): number {
  const resistance = resistanceOf(siemens(conductance_S));
  if ((level === 0 ? cell.hrsSpread : cell.lrsSpread) === 0) return 0;
  return level === 0 ? hrsNormal(cell, resistance) : lrsNormal(cell, resistance);
}
