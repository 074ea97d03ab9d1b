import type { EncodingLayout, NoisePlace, Technology } from "../../compiler/define.ts";
import { binaryAlphabet, ternaryAlphabet } from "../../compiler/ir/network.ts";
import target from "../../targets/2t2r.ts";
import differentialBinary from "../../targets/encodings/differential-binary.ts";
import differentialTernary from "../../targets/encodings/differential-ternary.ts";

/** The 2T2R technology with +1 the other way round (L1). */
export const lowFirst: Technology = {
  ...target.technology,
  conventions: { ...target.technology.conventions, plusOne: "LRS/HRS" },
};

function known(layout: EncodingLayout | null): EncodingLayout {
  if (layout === null) throw new Error("the encoding does not hold its own alphabet");
  return layout;
}

export const binaryLayout = (technology = target.technology): EncodingLayout =>
  known(differentialBinary.layout(binaryAlphabet, technology));
export const ternaryLayout = (technology = target.technology): EncodingLayout =>
  known(differentialTernary.layout(ternaryAlphabet, technology));

/** Where a small bank of pairs stands. */
export const placeOf = (
  encoding: EncodingLayout,
  changes: Partial<NoisePlace> = {},
): NoisePlace => ({
  seed: 7,
  trial: 0,
  layer: 0,
  bank: 0,
  wordLines: 32,
  bitLines: 64,
  elapsed_s: 0,
  encoding,
  inputsOn: "bit lines",
  ...changes,
});

/** Levels of a bank whose weight i has code number codeOf(i) of the alphabet; null leaves it unused. */
export function levelsOf(
  { encoding, wordLines, bitLines }: NoisePlace,
  codeOf: (weight: number) => number | null,
): Uint8Array {
  const levels = new Uint8Array(wordLines * bitLines).fill(255);
  const { cellsPerWeight, patterns } = encoding;
  for (let i = 0; i < levels.length / cellsPerWeight; i++) {
    const code = codeOf(i);
    if (code !== null) levels.set(patterns[code], i * cellsPerWeight);
  }
  return levels;
}

/** Bound parameters of the noise of a condition: programming, cycling, sense. */
export const noiseOf = (condition: string, technology = target.technology) => {
  const [programming, cycling, sense] = target.laws.noise(technology, condition);
  return {
    programming: programming.parameters,
    cycling: cycling.parameters,
    sense: sense.parameters,
  };
};

/** A code number that looks drawn, from the weight's index. */
export const mixedCode = (codes: number) => (weight: number) =>
  (Math.imul(weight + 1, 0x9e3779b1) >>> 11) % codes;
