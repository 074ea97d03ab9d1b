import { defineNoise, type NoiseUse } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Die } from "../compiler/ir/die.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { UNUSED } from "../compiler/ir/image.ts";
import type { BoundNoise, NoiseChain, NoiseChoice } from "./noise-chain.ts";
import { noiseModelNamed } from "./noise-chain.ts";

/**
 * The chain of an image on a die: what was measured stands in the place of what store, program and age effects
 * would draw; of the image's read effects those act that are chosen.
 * @throws BAD_OPTION if a chosen effect is not a read effect of the image
 */
export function chainOnDie(
  image: Pick<ProgrammingImage, "noise" | "programming" | "placements">,
  die: Die,
  choice: NoiseChoice,
): NoiseChain {
  const reads = image.noise.filter(({ model }) => noiseModelNamed(model).acts === "read");
  const names = reads.map(({ model }) => model);
  const on = choice === "all" ? names : choice === "none" ? [] : choice;
  const strange = on.find((name) => !names.includes(name));
  if (strange !== undefined) {
    throw new XbcError(
      "BAD_OPTION",
      `--noise ${strange}: on a die only what happens at a read is drawn, needs ${names.join(", ")}, none or all; ` +
        "everything before it was measured",
    );
  }
  const bound = reads.map(({ model: name, parameters }): BoundNoise => {
    const model = noiseModelNamed(name);
    return {
      model,
      parameters: on.includes(name) ? parameters : (model.ideal?.(parameters) ?? parameters),
    };
  });
  const measured: NoiseUse = { model: "die", parameters: { elapsed_s: die.elapsed_s } };
  return {
    store: [],
    program: { model: measuredCells(image, die), parameters: measured.parameters },
    age: [],
    read: bound[0] ?? null,
    reads: bound,
    active: [measured, ...reads.filter(({ model }) => on.includes(model))],
  };
}

/** Conductances as measured; a cell that was not measured conducts as its level aims at. */
function measuredCells(
  { programming, placements }: Pick<ProgrammingImage, "programming" | "placements">,
  die: Die,
): BoundNoise["model"] {
  const aims = new Map(programming.levels.map(({ level, range }) => [level, range.aim_S]));
  return defineNoise({
    name: "die",
    summary: "Conductances of a measured die",
    acts: "program",
    parameters: { elapsed_s: { unit: "s", description: "from programming to the measurement" } },
    program: (levels, _, { layer, bank }) => {
      const all = die.layers.get(placements[layer].layer);
      const own = all?.subarray(bank * levels.length, (bank + 1) * levels.length);
      return Float32Array.from(levels, (level, c) => {
        if (level === UNUSED) return 0;
        const g = own?.[c] ?? Number.NaN;
        return Number.isNaN(g) ? (aims.get(level) ?? 0) : Math.max(g, LEAST_S);
      });
    },
  });
}

/** below what any instrument tells from nothing; keeps logarithms finite */
const LEAST_S = 1e-15;

/** Used cells of an image that a die does not tell. */
export async function unmeasuredCells(image: ProgrammingImage, die: Die): Promise<number> {
  let count = 0;
  for (const cells of image.cells) {
    const conductances = die.layers.get(cells.layer);
    const levels = await cells.range(0, cells.banks);
    levels.forEach((level, c) => {
      if (level !== UNUSED && Number.isNaN(conductances?.[c] ?? Number.NaN)) count++;
    });
  }
  return count;
}
