import { describe, expect, test } from "vitest";
import { layerCodes } from "../../../compiler/image/layer-codes.ts";
import { integerAlphabet, ternaryAlphabet } from "../../../compiler/ir/network.ts";
import { compile, verify } from "../../../index.ts";
import integerMultibit from "../../../targets/encodings/integer-multibit.ts";
import pcm from "../../../targets/pcm-1t1r.ts";
import { buildModel, of } from "../../support/build-onnx.ts";
import { executor } from "../../support/run-onnx.ts";

test("0 is 1000 against a reference of one group all LRS and one with the last cell LRS", () => {
  const layout = integerMultibit.layout(integerAlphabet(4), pcm.technology);
  expect(layout?.patterns[8]).toEqual([1, 0, 0, 0]);
  expect(layout?.reference?.significance).toEqual([4, 2, 1, 0.5, 4, 2, 1, 0.5]);
  expect(layout?.reference?.patterns).toEqual([
    [0, 0, 0, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 0, 0, 0, 1],
  ]);
});

test("takes the fewest cells: two for ternary weights", () => {
  expect(integerMultibit.layout(ternaryAlphabet, pcm.technology)?.cellsPerWeight).toBe(2);
  expect(integerMultibit.layout(integerAlphabet(8), pcm.technology)?.cellsPerWeight).toBe(8);
  const half = { name: "half", levels: [-0.5, 0.5] };
  expect(integerMultibit.layout(half, pcm.technology)).toBeNull();
});

describe.each(["pcm-1t1r", "rram-1t1r"])("int8 weights of a model on %s", (target) => {
  const inputs = 12;
  const outputs = 5;
  // 0 and both ends of int8 among them, which no alphabet of odd numbers holds
  const codes = Array.from({ length: inputs * outputs }, (_, k) => ((k * 37) % 256) - 128);
  const model = buildModel({
    inputs: { x: ["uint8", ["batch", inputs]] },
    outputs: { y: ["float32", ["batch", outputs]] },
    constants: {
      w: of("int8", [inputs, outputs], codes),
      s: of("float32", [], [0.0123]),
      z: of("int8", [], [0]),
    },
    nodes: [
      ["Cast", ["x"], ["f"], { to: 1 }],
      ["DequantizeLinear", ["w", "s", "z"], ["real"]],
      ["MatMul", ["f", "real"], ["y"]],
    ],
  });

  test("keep their codes, and the image equals its export", async () => {
    const image = await compile(model, { target, executor });
    expect(image.warnings.join()).not.toMatch(/rounded to/);
    const { data } = await layerCodes(image.placements[0], image.cells[0]);
    const own = Array.from({ length: outputs }, (_, o) =>
      Array.from({ length: inputs }, (_, i) => codes[i * outputs + o]),
    );
    const held = own.map((row, o) => row.map((_, i) => data[o * image.placements[0].inputs + i]));
    expect(held).toEqual(own);
    expect((await verify(image, { executor, model })).passed).toBe(true);
  });
});
