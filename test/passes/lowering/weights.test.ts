import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alphabetOf, recognizeLevels, recognizeWeights } from "../../../passes/lowering/weights.ts";

/** Rows of outputs as a matrix of float32 numbers, [outputs x inputs]. */
const matrix = (rows: readonly (readonly number[])[]) => ({
  outputs: rows.length,
  inputs: rows[0].length,
  data: Float32Array.from(rows.flat()),
  outputStride: rows[0].length,
  inputStride: 1,
});

const recognized = (rows: readonly (readonly number[])[]) => {
  const found = recognizeWeights(matrix(rows));
  return (
    found && {
      codes: [...found.codes.data],
      scale: [...found.scale],
      alphabet: found.codes.alphabet.name,
    }
  );
};

describe("recognizeWeights", () => {
  test("±s for the tensor is binary with the scale s", () => {
    expect(
      recognized([
        [0.5, -0.5],
        [-0.5, -0.5],
      ]),
    ).toEqual({ codes: [1, -1, -1, -1], scale: [0.5], alphabet: "binary" });
  });

  test("−s, 0, s for the tensor is ternary with the scale s", () => {
    expect(
      recognized([
        [0.25, 0],
        [-0.25, -0.25],
      ]),
    ).toEqual({ codes: [1, 0, -1, -1], scale: [0.25], alphabet: "ternary" });
  });

  test("another s for every output is a scale an output", () => {
    const found = recognized([
      [0.3, -0.3],
      [-0.7, -0.7],
    ]);
    expect(found).toEqual({
      codes: [1, -1, -1, -1],
      scale: [Math.fround(0.3), Math.fround(0.7)],
      alphabet: "binary",
    });
  });

  test("multiples k·s are integers: 3s, −2s and s need three bits", () => {
    const s = Math.fround(0.1);
    const found = recognized([[3 * s, -2 * s, s]]);
    expect(found).toEqual({ codes: [3, -2, 1], scale: [s], alphabet: "int3" });
  });

  test("a grid whose smallest step occurs only as a difference is found: 3s and 5s", () => {
    expect(recognized([[3, -5]])).toEqual({ codes: [3, -5], scale: [1], alphabet: "int4" });
  });

  test("integers with a common divisor are their quotients", () => {
    expect(recognized([[4, -6, 0]])).toEqual({ codes: [2, -3, 0], scale: [2], alphabet: "int3" });
  });

  test("floats are no grid", () => {
    const rows = Array.from({ length: 8 }, (_, o) =>
      Array.from({ length: 8 }, (_, i) => Math.sin(1 + 8 * o + i)),
    );
    expect(recognized(rows)).toBeNull();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "%s among the weights is no grid",
    (odd) => {
      expect(recognized([[1, -1, odd]])).toBeNull();
      expect(
        recognized([
          [1, -1],
          [odd, 1],
        ]),
      ).toBeNull();
      expect(recognized([[odd, odd]])).toBeNull();
    },
  );

  test("a row of zeros is ternary, whatever the other rows' scale", () => {
    expect(
      recognized([
        [0, 0],
        [0.3, -0.3],
      ]),
    ).toEqual({ codes: [0, 0, 1, -1], scale: [Math.fround(0.3)], alphabet: "ternary" });
    expect(recognized([[0, 0]])).toEqual({ codes: [0, 0], scale: [1], alphabet: "ternary" });
    const perOutput = recognized([
      [0, 0],
      [0.3, -0.3],
      [0.7, 0.7],
    ]);
    expect(perOutput?.codes).toEqual([0, 0, 1, -1, 1, 1]);
  });

  test("−0 is the code 0", () => {
    expect(recognized([[-0, 0.5]])?.codes.map((code) => Object.is(code, -0))).toEqual([
      false,
      false,
    ]);
  });

  test("a single weight is a sign and its magnitude", () => {
    expect(recognized([[-0.9]])).toEqual({
      codes: [-1],
      scale: [Math.fround(0.9)],
      alphabet: "binary",
    });
  });

  test("strides say where a weight lies: a matrix stored [inputs x outputs] gives the same codes", () => {
    const data = Float32Array.of(1, -1, -1, -1, 1, 1);
    const found = recognizeWeights({
      outputs: 2,
      inputs: 3,
      data,
      outputStride: 1,
      inputStride: 2,
    });
    expect([...(found?.codes.data ?? [])]).toEqual([1, -1, 1, -1, -1, 1]);
  });

  test("what it finds reproduces every weight bit for bit", () => {
    const scales = fc.float({ min: Math.fround(1e-6), max: 1000, noNaN: true });
    const rows = fc.array(
      fc.array(fc.integer({ min: -7, max: 7 }), { minLength: 4, maxLength: 4 }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(scales, rows, (scale, codes) => {
        const given = matrix(codes.map((row) => row.map((code) => Math.fround(code * scale))));
        const found = recognizeWeights(given);
        expect(found).not.toBeNull();
        found?.codes.data.forEach((code, k) => {
          const s = found.scale.length === 1 ? found.scale[0] : found.scale[Math.floor(k / 4)];
          expect(Math.fround(code * s) + 0).toBe(given.data[k] + 0);
        });
      }),
    );
  });
});

test("alphabetOf takes the smallest alphabet that holds all codes", () => {
  const name = (...codes: number[]) => alphabetOf(Int16Array.from(codes)).name;
  expect([
    name(1, -1),
    name(1, 0),
    name(1, 1),
    name(-2, 1),
    name(2),
    name(-4, 3),
    name(127),
    name(-2047),
  ]).toEqual(["binary", "ternary", "binary", "int2", "int3", "int3", "int8", "int12"]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "a weight of %s is no code, wherever it stands",
  (odd) => {
    for (const at of [0, 1, 2, 3]) {
      const rows = [[1, -1, 1, 2].map((w, k) => (k === at ? odd : w)), [1, 1, -1, 2]];
      expect(recognized(rows)).toBeNull();
    }
  },
);

describe("levels that are not evenly apart", () => {
  const alphabet = { name: "levels4", levels: [-49, -13, -7, 0, 7, 13, 49] };
  const found = (...rows: readonly (readonly number[])[]) =>
    recognizeLevels(matrix(rows), alphabet);
  test("are found by the one scale that makes every weight a level", () => {
    const one = found([0.875, -1.625], [6.125, 0]);
    expect([...(one?.codes.data ?? [])]).toEqual([7, -13, 49, 0]);
    expect(one?.scale[0]).toBe(0.125);
  });
  test("of which few occur take the largest: ±s is ±49", () => {
    expect([...(found([0.3, -0.3])?.codes.data ?? [])]).toEqual([49, -49]);
  });
  test("may have a scale for each output", () => {
    const each = found([6.125, 1.625], [-24.5, 6.5]);
    expect([...(each?.codes.data ?? [])]).toEqual([49, 13, -49, 13]);
  });
  test("are none where a weight lies between", () => {
    expect(found([4.9, 2], [1.3, 0.7])).toBeNull();
  });
});
