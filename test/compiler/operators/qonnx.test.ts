import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Attribute } from "../../../compiler/ir/graph.ts";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { toFloat32 } from "../../../compiler/ir/tensor.ts";
import type { ModelSpec } from "../../support/build-onnx.ts";
import { buildModel, floats } from "../../support/build-onnx.ts";
import { importBytes, runGraph } from "../../support/run-onnx.ts";

const domains = ["onnx.brevitas", "finn.custom_op.general", "qonnx.custom_op.general"];
const f = Math.fround;
const scalar = (value: number) => floats([], [value]);

async function evaluate(
  op: string,
  x: Tensor,
  others: readonly Tensor[],
  attributes: Readonly<Record<string, number | string | Attribute>>,
): Promise<readonly number[]> {
  const names = others.map((_, i) => `c${i}`);
  const spec: ModelSpec = {
    inputs: { x: ["float32", x.shape] },
    outputs: ["y"],
    nodes: [[op, ["x", ...names], ["y"], attributes]],
    constants: Object.fromEntries(others.map((value, i) => [`c${i}`, value])),
  };
  const graph = importBytes(buildModel(spec));
  expect(graph.nodes.every(({ domain }) => domain === "")).toBe(true);
  const y = (await runGraph(graph, { x })).get("y");
  if (!y) throw new Error("no output");
  expect(y.shape).toEqual(x.shape);
  return [...toFloat32(y)];
}

const halfEven = (x: number) => {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
};

const rounding: Readonly<Record<string, (x: number) => number>> = {
  ROUND: halfEven,
  FLOOR: Math.floor,
  CEIL: Math.ceil,
  ROUND_TO_ZERO: Math.trunc,
  UP: (x) => Math.sign(x) * Math.ceil(Math.abs(x)),
  DOWN: Math.trunc,
  HALF_UP: (x) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5),
  HALF_DOWN: (x) => Math.sign(x) * Math.ceil(Math.abs(x) - 0.5),
};

describe("Quant is QONNX's reference, operation by operation in float32", () => {
  const quarters = fc.integer({ min: -80, max: 80 }).map((n) => n / 4);
  const plusZero = (value: number) => value + 0;

  test.each(Object.keys(rounding))("rounding mode %s", async (mode) => {
    const property = fc.asyncProperty(
      fc.array(quarters, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(0.5, 0.3, 1, 3),
      fc.constantFrom(0, 1, -2),
      fc.integer({ min: 1, max: 8 }),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(...domains),
      async (values, scaleValue, zero, bits, signed, narrow, domain) => {
        const scale = f(scaleValue);
        const [low, high] = signed
          ? [-(2 ** (bits - 1)) + Number(narrow), 2 ** (bits - 1) - 1]
          : [0, 2 ** bits - 1 - Number(narrow)];
        const expected = values.map((value) => {
          const y = f(f(value / scale) + zero);
          const code =
            bits === 1 && signed
              ? y >= 0
                ? 1
                : -1
              : rounding[mode](Math.max(low, Math.min(high, y)));
          return plusZero(f(f(code - zero) * scale));
        });
        const attributes = { signed: Number(signed), narrow: Number(narrow), rounding_mode: mode };
        const found = await evaluate(
          `${domain}:Quant`,
          floats([values.length], values),
          [scalar(scale), scalar(zero), scalar(bits)],
          attributes,
        );
        expect(found.map(plusZero)).toEqual(expected);
      },
    );
    await fc.assert(property, { numRuns: 25, seed: 1 });
  });

  test("scales may differ by channel", async () => {
    const found = await evaluate(
      "onnx.brevitas:Quant",
      floats([2, 2], [1, 9, 1, 9]),
      [floats([2, 1], [0.5, 4]), scalar(0), scalar(3)],
      { signed: 1, narrow: 0 },
    );
    expect(found).toEqual([1, 1.5, 0, 8]);
  });

  test.each<[string, readonly Tensor[], Record<string, string>, RegExp]>([
    [
      "widths that differ by channel",
      [scalar(1), scalar(0), floats([2], [2, 3])],
      {},
      /needs a constant bit width, found 2 different ones/,
    ],
    [
      "an unknown rounding mode",
      [scalar(1), scalar(0), scalar(2)],
      { rounding_mode: "SIDEWAYS" },
      /needs a rounding_mode of ROUND,.*found SIDEWAYS/,
    ],
  ])("%s are refused", async (_, others, attributes, message) => {
    await expect(
      evaluate("onnx.brevitas:Quant", floats([2], [1, 2]), others, attributes),
    ).rejects.toThrow(message);
  });
});

test("BipolarQuant sends 0 and -0 to +scale", async () => {
  expect(
    await evaluate("onnx.brevitas:BipolarQuant", floats([4], [-0.1, -0, 0, 5]), [scalar(0.5)], {}),
  ).toEqual([-0.5, 0.5, 0.5, 0.5]);
});

describe("Trunc", () => {
  test("version 1 drops the low bits and keeps the scale", async () => {
    const others = [scalar(0.5), scalar(0), scalar(8), scalar(6)];
    expect(
      await evaluate("onnx.brevitas:Trunc", floats([3], [3.5, -3.5, 8]), others, {
        rounding_mode: "FLOOR",
      }),
    ).toEqual([0.5, -1, 2]);
  });

  test("version 2 has a scale of its own and clips", async () => {
    const others = [scalar(0.5), scalar(0), scalar(8), scalar(2), scalar(0), scalar(3)];
    const found = await evaluate(
      "qonnx.custom_op.general:Trunc",
      floats([3], [3.5, -3.5, 80]),
      others,
      { rounding_mode: "FLOOR", signed: 1, narrow: 0 },
    );
    expect(found).toEqual([2, -4, 6]);
  });
});

describe("MultiThreshold counts the thresholds that a value reaches", () => {
  const thresholds = floats([2, 3], [0, 1, 2, -1, 0, 1]);
  test.each<
    [string, readonly number[], Record<string, number | string | Attribute>, readonly number[]]
  >([
    ["channels behind the batch", [2, 2], {}, [1, 2, 3, 3]],
    ["channels of an image", [1, 2, 1, 2], {}, [1, 1, 3, 3]],
    ["channels last", [1, 1, 2, 2], { data_layout: "NHWC" }, [1, 2, 3, 3]],
    [
      "scale and bias",
      [2, 2],
      { out_scale: { kind: "float", value: 2 }, out_bias: { kind: "float", value: -3 } },
      [-1, 1, 3, 3],
    ],
  ])("%s", async (_, shape, attributes, expected) => {
    const x = floats(shape, [0, 0, 2, 5]);
    expect(
      await evaluate("finn.custom_op.general:MultiThreshold", x, [thresholds], {
        out_dtype: "UINT2",
        ...attributes,
      }),
    ).toEqual(expected);
  });

  test("one threshold for all channels", async () => {
    const found = await evaluate(
      "finn.custom_op.general:MultiThreshold",
      floats([1, 3], [-0.5, 0, 1]),
      [floats([1, 1], [0])],
      { out_dtype: "BINARY" },
    );
    expect(found).toEqual([0, 1, 1]);
  });
});

describe("RequantShift", () => {
  const attribute = (value: number) => ({ kind: "tensor", value: floats([1], [value]) }) as const;
  const levels = (signed: number) => ({
    div: attribute(1024),
    n_levels_out: attribute(256),
    signed: attribute(signed),
  });
  const unit = (values: readonly number[]) => floats([1, values.length], values);

  test("rounds halves up and clips to the levels", async () => {
    const others = [scalar(512), scalar(0)];
    expect(
      await evaluate("RequantShift", unit([1, 3, -1, -3, 2000, -2000]), others, levels(1)),
    ).toEqual([1, 2, 0, -1, 127, -128]);
    expect(
      await evaluate("RequantShift", unit([1, 3, -1, -3, 2000, -2000]), others, levels(0)),
    ).toEqual([1, 2, 0, 0, 255, 0]);
  });

  test("products beyond 2^24 are exact", async () => {
    // 8 000 001 · 8 000 001 / 2^39 lies 2^-39 beyond a half that float32 would miss
    const others = [scalar(2 ** 23 + 1), scalar(-(2 ** 23))];
    const attributes = { ...levels(1), div: attribute(2 ** 24) };
    expect(await evaluate("RequantShift", unit([1]), others, attributes)).toEqual([0]);
    expect(await evaluate("RequantShift", unit([3]), others, attributes)).toEqual([1]);
  });
});

test("a channels-last Conv is a Conv between Transposes, its weight channels last too", async () => {
  const spec: ModelSpec = {
    inputs: { x: ["float32", [1, 2, 2, 2]] },
    outputs: ["y"],
    nodes: [["qonnx.custom_op.channels_last:Conv", ["x", "w"], ["y"], { kernel_shape: [1, 2] }]],
    constants: { w: floats([1, 1, 2, 2], [1, 10, 100, 1000]) },
  };
  const graph = importBytes(buildModel(spec));
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Transpose", "Transpose", "Conv", "Transpose"]);
  const y = (await runGraph(graph, { x: floats([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]) })).get("y");
  expect(y).toEqual(floats([1, 2, 1, 1], [4321, 8765]));
});
