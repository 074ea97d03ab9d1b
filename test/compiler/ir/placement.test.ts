import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EncodingLayout } from "../../../compiler/define.ts";
import { checkBank, fillBank, readBank } from "../../../compiler/ir/bank-codes.ts";
import { UNUSED } from "../../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../../compiler/ir/mapping.ts";
import { type CodeMatrix, layerId } from "../../../compiler/ir/network.ts";
import { cellsOfWeight, tileOfBank, tiles, weightOfCell } from "../../../compiler/ir/placement.ts";
import { placementFault } from "../../../compiler/ir/placement-fault.ts";
import { placementOf, ternaryPair, testEncodings } from "../../support/placements.ts";

const placements = (): fc.Arbitrary<LayerPlacement> =>
  fc
    .record({
      configuration: fc.constantFrom(
        "parallel-to-sequential" as const,
        "sequential-to-parallel" as const,
        "gated" as const,
      ),
      encoding: fc.constantFrom<EncodingLayout>(...testEncodings),
      inputs: fc.integer({ min: 1, max: 40 }),
      outputs: fc.integer({ min: 1, max: 20 }),
      wordLines: fc.integer({ min: 1, max: 9 }),
      slots: fc.integer({ min: 1, max: 7 }),
      spare: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ configuration, encoding, inputs, outputs, wordLines, slots, spare }) =>
      placementOf(configuration, encoding, inputs, outputs, {
        wordLines,
        bitLines: slots * encoding.cellsPerWeight + Math.min(spare, encoding.cellsPerWeight - 1),
      }),
    );

const codesFor = (placement: LayerPlacement, draw: (n: number) => number): CodeMatrix => {
  const { levels } = placement.encoding.alphabet;
  const data = Int16Array.from(
    { length: placement.outputs * placement.inputs },
    (_, k) => levels[draw(k) % levels.length],
  );
  return {
    outputs: placement.outputs,
    inputs: placement.inputs,
    alphabet: placement.encoding.alphabet,
    data,
  };
};

describe("copies of a matrix", () => {
  test("lie bank by bank behind each other, and every cell tells its weight", () => {
    fc.assert(
      fc.property(placements(), fc.integer({ min: 2, max: 4 }), (single, replicas) => {
        const several = { ...single, replicas, banks: single.banks * replicas };
        expect(placementFault(several)).toBeNull();
        expect(placementFault({ ...several, banks: several.banks - 1 })).toMatch(/banks must be/);
        for (let bank = 0; bank < several.banks; bank++) {
          const own = bank % single.banks;
          expect(tileOfBank(several, bank)).toEqual({ ...tileOfBank(single, own), bank });
        }
        for (let r = 0; r < replicas; r++) {
          const [o, i] = [single.outputs - 1, single.inputs - 1];
          const place = cellsOfWeight(several, o, i, r);
          const first = cellsOfWeight(single, o, i);
          expect(place).toEqual({ ...first, bank: first.bank + r * single.banks });
          expect(weightOfCell(several, place.bank, place.wordLine, place.bitLines[0])).toEqual({
            output: o,
            input: i,
            cell: 0,
          });
        }
        expect(() => cellsOfWeight(several, 0, 0, replicas)).toThrow(/copy < /);
      }),
      { numRuns: 60 },
    );
  });
});

describe("placement", () => {
  test("every weight has its own cells, in bounds, and every used cell its weight", () => {
    fc.assert(
      fc.property(placements(), (placement) => {
        expect(placementFault(placement)).toBeNull();
        const owner = new Map<string, string>();
        for (let o = 0; o < placement.outputs; o++) {
          for (let i = 0; i < placement.inputs; i++) {
            const { bank, wordLine, bitLines } = cellsOfWeight(placement, o, i);
            expect(bank).toBeLessThan(placement.banks);
            expect(wordLine).toBeLessThan(placement.bankWordLines);
            bitLines.forEach((bitLine, cell) => {
              expect(bitLine).toBeLessThan(placement.bankBitLines);
              const key = `${bank},${wordLine},${bitLine}`;
              expect(owner.has(key)).toBe(false);
              owner.set(key, `${o},${i},${cell}`);
              expect(weightOfCell(placement, bank, wordLine, bitLine)).toEqual({
                output: o,
                input: i,
                cell,
              });
            });
          }
        }
        let used = 0;
        for (let b = 0; b < placement.banks; b++)
          for (let w = 0; w < placement.bankWordLines; w++)
            for (let l = 0; l < placement.bankBitLines; l++)
              if (weightOfCell(placement, b, w, l) !== null) used++;
        expect(used).toBe(owner.size);
      }),
      { numRuns: 60 },
    );
  });

  test("tiles cover each weight once and hold its cells", () => {
    fc.assert(
      fc.property(placements(), (placement) => {
        const covered = new Uint8Array(placement.outputs * placement.inputs);
        for (const tile of tiles(placement)) {
          for (let o = tile.outputs.first; o < tile.outputs.first + tile.outputs.count; o++) {
            for (let i = tile.inputs.first; i < tile.inputs.first + tile.inputs.count; i++) {
              covered[o * placement.inputs + i]++;
              const cells = cellsOfWeight(placement, o, i);
              expect(cells.bank).toBe(tile.bank);
              expect(cells.wordLine).toBeLessThan(tile.wordLines.count);
              expect(Math.max(...cells.bitLines)).toBeLessThan(tile.bitLines.count);
            }
          }
        }
        expect(covered.every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("filling a bank and reading it back is the identity, and only weights use cells", () => {
    fc.assert(
      fc.property(placements(), fc.integer({ min: 1, max: 1000 }), (placement, salt) => {
        const codes = codesFor(placement, (k) => (k * 7919 + salt * 31) >>> 3);
        const levels = new Uint8Array(placement.bankWordLines * placement.bankBitLines);
        const back = new Int16Array(codes.data.length).fill(77);
        for (let bank = 0; bank < placement.banks; bank++) {
          fillBank(placement, codes, bank, levels);
          levels.forEach((level, k) => {
            const w = Math.floor(k / placement.bankBitLines);
            const free = weightOfCell(placement, bank, w, k % placement.bankBitLines) === null;
            expect(level === UNUSED).toBe(free);
          });
          checkBank(placement, levels, bank);
          readBank(placement, levels, bank, back);
        }
        expect(back).toEqual(codes.data);
      }),
      { numRuns: 60 },
    );
  });

  test("a code outside the alphabet is refused by its place", () => {
    const placement = placementOf("gated", ternaryPair, 3, 2, { wordLines: 4, bitLines: 8 });
    const codes = {
      outputs: 2,
      inputs: 3,
      alphabet: ternaryPair.alphabet,
      data: Int8Array.from([0, 1, -1, 0, 2, 0]),
    };
    expect(() => fillBank(placement, codes, 0, new Uint8Array(32))).toThrow(
      /output 1, input 1: .* found 2/,
    );
  });

  test("levels that stand for no code, and a level where no weight lies, are refused by cell", () => {
    const placement = placementOf("parallel-to-sequential", ternaryPair, 3, 2, {
      wordLines: 4,
      bitLines: 8,
    });
    const codes = codesFor(placement, (k) => k);
    const levels = new Uint8Array(32);
    fillBank(placement, codes, 0, levels);
    const both = levels.slice();
    both.set([1, 1], 8 + 2);
    expect(() => checkBank(placement, both, 0)).toThrow(
      /bank 0, word line 1, bit lines 2 to 3: .* found levels 1, 1/,
    );
    const stray = levels.slice();
    stray[7] = 0;
    expect(() => checkBank(placement, stray, 0)).toThrow(/word line 0, bit line 7: needs 255/);
    const hole = levels.slice();
    hole[0] = UNUSED;
    expect(() => readBank(placement, hole, 0, new Int8Array(6))).toThrow(
      /word line 0, bit lines 0 to 1/,
    );
  });

  test("a placement whose banks do not match its blocks is told", () => {
    const good = placementOf("gated", ternaryPair, 9, 9, { wordLines: 4, bitLines: 8 });
    expect(placementFault({ ...good, banks: 8 })).toMatch(/banks must be 9, found 8/);
    expect(placementFault({ ...good, tileInputs: 5 })).toMatch(/tileInputs is at most 4/);
    expect(placementFault({ ...good, tileOutputs: 0 })).toMatch(/positive integer/);
    expect(good.layer).toBe(layerId("layer"));
  });
});
