import { defineNoise, type NoisePlace } from "../../compiler/define.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { type CellLaws, hrsResistance, lrsResistance } from "../../compiler/physics/oxram-pair.ts";
import { deriveKey, fillWords, type Key, normalOf } from "../../compiler/random.ts";
import { conductanceOf } from "../../compiler/units.ts";
import { cellParameterUnits, type Numbers, readCellLaws } from "./cell-parameters.ts";

/**
 * Conductances of OxRAM cells as SET and RESET leave them (H6–H10). A trial is a die that is programmed
 * once: one word per cell gives its normal. When the same die is programmed again (`reprogrammings` = 1, 2
 * …), the cell's own part of that normal, with share ρ² of the variance, comes back; the rest is new. So
 * the draw of the first programming and the device's own part are keyed without the number of the
 * programming, and any two programmings of a cell correlate by ρ².
 */
export default defineNoise({
  name: "programming",
  summary: "Spread of LRS and HRS from device to device and from cycle to cycle",
  acts: "program",
  parameters: {
    ...cellParameterUnits,
    deviceShare: { unit: "1", description: "ρ²: share of each variance that stays with a cell" },
    reprogrammings: { unit: "1", description: "how often the same cells were programmed before" },
  },
  ideal: (parameters) => ({ ...parameters, lrsSpread: 0, hrsSpread: 0 }),
  program: (levels, parameters, place) => {
    const cell = readCellLaws("programming", parameters);
    const normals = cellNormals(levels.length, parameters, place);
    const conductances = new Float32Array(levels.length);
    for (let c = 0; c < levels.length; c++) {
      if (levels[c] !== UNUSED) conductances[c] = cellConductance(cell, levels[c], normals(c));
    }
    return conductances;
  },
});

/** The key of a place's programming draws. */
export const programmingKey = ({ seed, trial, layer }: NoisePlace): Key =>
  deriveKey(seed, "programming", trial, layer);

/** Conductance in siemens, rounded to float32: level 0 is HRS, 1 is LRS. */
export function cellConductance(cell: CellLaws, level: number, normal: number): number {
  const resistance = level === 0 ? hrsResistance(cell, normal) : lrsResistance(cell, normal);
  return Math.fround(conductanceOf(resistance));
}

/** The normal of each cell of a bank, at this programming of the die. */
function cellNormals(
  cells: number,
  { deviceShare, reprogrammings }: Numbers,
  place: NoisePlace,
): (cell: number) => number {
  const key = programmingKey(place);
  const words = (stream: number) => fillWords(key, place.bank, stream, 0, new Uint32Array(cells));
  const first = words(0);
  if (reprogrammings === 0) return (c) => normalOf(first[c]);
  const own = Math.sqrt(deviceShare);
  const rest = Math.sqrt(1 - deviceShare);
  const beside = words(1);
  const now = words(1 + reprogrammings);
  // the device's own normal, given the first programming: their correlation is `own`
  const device = (c: number) => own * normalOf(first[c]) + rest * normalOf(beside[c]);
  return (c) => own * device(c) + rest * normalOf(now[c]);
}
