import { expect, test } from "vitest";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { tensor, toFloat32, toNumbers } from "../../../compiler/ir/tensor.ts";
import type { CompileRequest } from "../../../index.ts";
import { compile, run, verify } from "../../../index.ts";
import { floatConstant } from "../../../passes/lowering/float-constant.ts";
import { buildModel } from "../../support/build-onnx.ts";
import { executor, relativeDifference } from "../../support/run-onnx.ts";

const doubles = (shape: readonly number[], step: number) =>
  tensor(
    "float64",
    shape,
    Float64Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      (_, k) => Math.fround(((k * step) % 23) / 7 - 1.5) ** 3,
    ),
  );

test("beside float64 a constant is float64, of float32 numbers", () => {
  const beside = floatConstant("float64", [1], [0.1]);
  expect([beside.type, ...toNumbers(beside)]).toEqual(["float64", Math.fround(0.1)]);
  expect(floatConstant("int8", [1], [0.1]).type).toBe("float32");
  expect(floatConstant(undefined, [1], [0.1]).type).toBe("float32");
});

test.each<[string, Partial<CompileRequest>]>([
  ["2t2r", { precision: "int8", activations: "int8" }],
  ["2t2r", { precision: "int8", activations: "ternary" }],
  ["2t2r", { precision: "ternary", activations: "binary" }],
  ["2t2r", { precision: "int8", inputEncoding: "binary:0" }],
  ["2t2r", { precision: "int8", inputEncoding: "bits:4" }],
  ["pcm-1t1r", { precision: "int8" }],
  ["rram-1t1r", { precision: "int8" }],
])("a float64 network is rounded as its float32 twin is: %s, %o", async (target, options) => {
  const answer = async (as: (value: Tensor) => Tensor) => {
    const x = as(doubles([8, 6], 11));
    const data = new Map([["x", x]]);
    const model = buildModel({
      inputs: { x: [x.type, ["n", 6]] },
      outputs: ["y"],
      nodes: [
        ["Gemm", ["x", "w", "b"], ["h"]],
        ["Relu", ["h"], ["r"]],
        ["MatMul", ["r", "v"], ["y"]],
      ],
      constants: { w: as(doubles([6, 5], 5)), b: as(doubles([5], 3)), v: as(doubles([5, 3], 7)) },
    });
    const image = await compile(model, { target, executor, calibration: data, ...options });
    expect((await verify(image, { data, executor })).checks[0]).toMatchObject({ passed: true });
    const [y] = (await run(image, data, { executor })).outputs.values();
    expect(y.type).toBe(x.type);
    return y;
  };
  const wide = await answer((value) => value);
  const narrow = await answer((value) => tensor("float32", value.shape, toFloat32(value)));
  expect(relativeDifference(narrow, wide)).toBeLessThan(1e-4);
});
