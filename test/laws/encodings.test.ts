import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Encoding, EncodingLayout, Technology } from "../../compiler/define.ts";
import { fillBank, readBank } from "../../compiler/ir/bank-codes.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import {
  binaryAlphabet,
  integerAlphabet,
  layerId,
  ternaryAlphabet,
} from "../../compiler/ir/network.ts";
import { cellsOfWeight, referenceCells, tiles, weightOfCell } from "../../compiler/ir/placement.ts";
import { targets } from "../../targets/all.generated.ts";
import { encodings } from "../../targets/encodings/all.generated.ts";
import { placementOf } from "../support/placements.ts";

const alphabets = [binaryAlphabet, ternaryAlphabet, ...[2, 3, 4, 8].map(integerAlphabet)];

/** A technology with every value that a convention is known to take. */
const turned = (technology: Technology): readonly Technology[] =>
  ["HRS/LRS", "LRS/HRS"].map((plusOne) => ({
    ...technology,
    conventions: { ...technology.conventions, plusOne },
  }));

/** Every layout that an encoding gives for a usual alphabet on a built-in technology. */
function layoutsOf(encoding: Encoding): readonly EncodingLayout[] {
  const technologies = targets.flatMap((target) => turned(target.technology));
  return technologies.flatMap((technology) => {
    // an encoding that offers an alphabet of its own knows the technologies that it is made for
    const own = technology.encodings.includes(encoding.name)
      ? encoding.alphabetOf?.("auto", technology)
      : null;
    const tried = own ? [...alphabets, own] : alphabets;
    return tried.flatMap((alphabet) => encoding.layout(alphabet, technology) ?? []);
  });
}

describe.each(encodings.map((encoding) => [encoding.name, encoding] as const))(
  "encoding %s",
  (_, encoding) => {
    const layouts = layoutsOf(encoding);

    test("holds at least one of the usual alphabets", () => {
      expect(layouts.length).toBeGreaterThan(0);
    });

    test.each(
      layouts.map((layout) => [`${layout.alphabet.name}, ${layout.convention}`, layout] as const),
    )(
      "a code is its offset and the significance of its cells: %s",
      (_, { alphabet, patterns, significance, levelValues, offset, cellsPerWeight }) => {
        expect(patterns).toHaveLength(alphabet.levels.length);
        patterns.forEach((pattern, k) => {
          expect(pattern).toHaveLength(cellsPerWeight);
          const value = pattern.reduce(
            (sum, level, c) => sum + significance[c] * levelValues[level],
            offset,
          );
          expect(value).toBe(alphabet.levels[k]);
        });
      },
    );

    test.each(layouts.map((layout) => [layout.convention, layout] as const))(
      "no two codes share a pattern, and no pattern is left unformed: %s",
      (_, { patterns }) => {
        expect(new Set(patterns.map((pattern) => pattern.join())).size).toBe(patterns.length);
        expect(patterns.flat().every((level) => level >= 0 && level < UNUSED)).toBe(true);
      },
    );

    test.each(layouts.map((layout) => [layout.convention, layout] as const))(
      "every cell of a weight is sensed once: %s",
      (_, { senses, cellsPerWeight }) => {
        // what only sums of currents read has no senses
        if (senses.length === 0) return;
        const cells = senses.flatMap((sense) => sense.cells).sort((a, b) => a - b);
        expect(cells).toEqual(Array.from({ length: cellsPerWeight }, (_, c) => c));
      },
    );

    test("decoding what was encoded gives the same codes, in every configuration and bank", () => {
      const shapes = fc.record({
        layout: fc.constantFrom(...layouts),
        configuration: fc.constantFrom("parallel-to-sequential", "sequential-to-parallel", "gated"),
        inputs: fc.integer({ min: 1, max: 30 }),
        outputs: fc.integer({ min: 1, max: 12 }),
        wordLines: fc.integer({ min: 1, max: 8 }),
        perLine: fc.integer({ min: 1, max: 8 }),
        spare: fc.integer({ min: 0, max: 1 }),
        seed: fc.nat(),
      });
      fc.assert(
        fc.property(
          shapes,
          ({ layout, configuration, inputs, outputs, wordLines, perLine, spare, seed }) => {
            const bank = {
              wordLines,
              bitLines:
                perLine * layout.cellsPerWeight +
                (layout.cellsPerWeight > 1 ? spare : 0) +
                referenceCells(layout),
            };
            const placement = placementOf(configuration, layout, inputs, outputs, bank);
            const codes = drawnCodes(placement, seed);
            const back = new Int16Array(codes.length);
            const levels = new Uint8Array(bank.wordLines * bank.bitLines);
            const matrix = { outputs, inputs, alphabet: layout.alphabet, data: codes };
            for (let k = 0; k < placement.banks; k++) {
              fillBank(placement, matrix, k, levels);
              readBank(placement, levels, k, back);
            }
            expect(back).toEqual(codes);
            expect(timesCovered(placement)).toEqual(new Uint8Array(codes.length).fill(1));
          },
        ),
        { numRuns: 60 },
      );
    });
  },
);

function drawnCodes({ encoding, inputs, outputs }: LayerPlacement, seed: number): Int16Array {
  const { levels } = encoding.alphabet;
  return Int16Array.from(
    { length: inputs * outputs },
    (_, k) => levels[(Math.imul(k + 1, seed | 1) >>> 7) % levels.length],
  );
}

/** In how many tiles each weight lies, each at the cells that both directions of the arithmetic name. */
function timesCovered(placement: LayerPlacement): Uint8Array {
  const times = new Uint8Array(placement.inputs * placement.outputs);
  for (const tile of tiles(placement)) {
    for (let o = tile.outputs.first; o < tile.outputs.first + tile.outputs.count; o++) {
      for (let i = tile.inputs.first; i < tile.inputs.first + tile.inputs.count; i++) {
        const { bank, wordLine, bitLines } = cellsOfWeight(placement, o, i);
        expect(bank).toBe(tile.bank);
        expect(weightOfCell(placement, bank, wordLine, bitLines[0])).toEqual({
          output: o,
          input: i,
          cell: 0,
        });
        times[o * placement.inputs + i]++;
      }
    }
  }
  return times;
}

test("a code outside the alphabet is refused with its place", () => {
  const [layout] = encodings.flatMap(layoutsOf);
  const placement = {
    ...placementOf("gated", layout, 2, 2, { wordLines: 2, bitLines: 4 }),
    layer: layerId("fc"),
  };
  const codes = {
    outputs: 2,
    inputs: 2,
    alphabet: layout.alphabet,
    data: Int8Array.of(1, 1, 9, 1),
  };
  expect(() => fillBank(placement, codes, 0, new Uint8Array(8))).toThrow(
    /layer fc, output 1, input 0: .* found 9/,
  );
});
