import { expect, test } from "vitest";
import { createEngine } from "../../../runtime/kernels/engine.ts";
import { planeBytes } from "../../../runtime/kernels/rows.ts";
import { packWeights } from "../../../runtime/kernels/weights.ts";

/** Bits set in a word. Source: Warren, Hacker's Delight, section 5-1. */
function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

test("the matrix kernel is at least twice as fast as a loop of JavaScript over the same words", async () => {
  const engine = await createEngine({ threads: 1 });
  const [rows, size] = [64, 512];
  const words = size / 32;
  const x = engine.rows(planeBytes(size), rows);
  const planes = engine.uint32(x.at, rows * words);
  for (let i = 0; i < planes.length; i++) planes[i] = Math.imul(i + 1, 2654435761);
  const bits = Uint32Array.from({ length: size * words }, (_, i) => Math.imul(i + 7, 2246822519));
  const digits = Int8Array.from({ length: size * size }, (_, at) =>
    (bits[at >>> 5] >>> (at & 31)) & 1 ? -1 : 1,
  );
  const sums = engine.rows(size * 4, rows);
  const command = {
    kind: "matrix",
    positions: 1,
    from: [{ sign: x, mask: null, significance: 1 }],
    weights: packWeights(engine, digits, size, size),
    ...{ sums, thresholds: null, sign: null, mask: null, codes: null },
  } as const;
  const plain = new Int32Array(rows * size);
  const loop = (): void => {
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < size; o++) {
        let count = 0;
        for (let k = 0; k < words; k++)
          count += popcount(planes[row * words + k] ^ bits[o * words + k]);
        plain[row * size + o] = size - 2 * count;
      }
    }
  };
  // the best of many turns each, so that a busy machine slows both or neither
  const best = { kernel: Number.POSITIVE_INFINITY, loop: Number.POSITIVE_INFINITY };
  for (let turn = 0; turn < 60; turn++) {
    const begin = performance.now();
    await engine.run([command], rows);
    const middle = performance.now();
    loop();
    best.kernel = Math.min(best.kernel, middle - begin);
    best.loop = Math.min(best.loop, performance.now() - middle);
  }
  expect(engine.int32(sums.at, rows * size)).toEqual(plain);
  // 12 times where it was measured
  expect(best.loop / best.kernel).toBeGreaterThan(2);
  await engine.close();
});
