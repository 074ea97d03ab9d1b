import { describe, expect, test } from "vitest";
import type { CompileOptions } from "../../compiler/define.ts";
import quantizeActivations from "../../passes/quantize-activations.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";
import { graphOf, runGraph } from "../support/run-onnx.ts";

/** x → f → unit matrix: what the matrix reads after the pass, for calibration data of two samples. */
async function quantized(
  f: string,
  data: readonly number[],
  options: Partial<CompileOptions>,
  values: readonly number[],
) {
  const model = buildModel({
    inputs: { x: ["float32", ["n", 1]] },
    outputs: ["y"],
    nodes: [
      [f, ["x"], ["a"]],
      ["MatMul", ["a", "w"], ["y"]],
    ],
    constants: { w: floats([1, 1], [1]) },
  });
  const calibration = new Map([["x", floats([data.length, 1], data)]]);
  const { context, assumptions, warnings } = passContext({ calibration, ...options });
  const before = await preparedGraph(model);
  const graph = graphOf(await quantizeActivations.run(before, context));
  const answer = await runGraph(graph, { x: floats([values.length, 1], values) });
  return {
    y: [...(answer.get("y")?.data ?? [])].map(Number),
    assumptions,
    warnings,
    isSame: graph === before,
  };
}

describe("quantize-activations", () => {
  test("numbers that are never negative are bytes over the largest one seen", async () => {
    // 2.55 in 255 steps of 0.01
    const { y, assumptions } = await quantized("Relu", [-1, 2.55], {}, [0.104, 9, -3]);
    expect(y.map((value) => Number(value.toFixed(4)))).toEqual([0.1, 2.55, 0]);
    expect(assumptions).toEqual([
      expect.stringContaining("activation a quantized over 0.000 to 2.550"),
    ]);
  });
  test("others are signed bytes over the largest magnitude seen", async () => {
    // 1.27 in 127 steps of 0.01, one code further below
    const { y } = await quantized("Identity", [-1.27, 0.5], {}, [0.104, 9, -9]);
    expect(y.map((value) => Number(value.toFixed(4)))).toEqual([0.1, 1.27, -1.28]);
  });
  test("binary is ± the largest magnitude, 0 counted as +", async () => {
    expect(
      (await quantized("Identity", [-2, 1], { activations: "binary" }, [0, -0.1, 5])).y,
    ).toEqual([2, -2, 2]);
  });
  test("ternary rounds to −, 0, + the largest magnitude", async () => {
    expect(
      (await quantized("Identity", [-2, 1], { activations: "ternary" }, [0.9, -1.1, 5])).y,
    ).toEqual([0, -2, 2]);
  });
  test("uint2 has four levels from 0", async () => {
    expect((await quantized("Relu", [0, 3], { activations: "uint2" }, [1.4, 1.6, 9])).y).toEqual([
      1, 2, 3,
    ]);
  });
  test("quantized activations stay as they are", async () => {
    const { isSame, y } = await quantized("Sign", [-2, 1], {}, [0.3]);
    expect([isSame, y]).toEqual([true, [1]]);
    const asked = await quantized("Sign", [-2, 1], { activations: "int4" }, [0.3]);
    expect(asked.warnings).toEqual([expect.stringContaining("--activations int4: ")]);
  });
  test("without data nothing is guessed", async () => {
    expect((await quantized("Relu", [0, 1], { calibration: null }, [0.3])).isSame).toBe(true);
  });
  test("calibration data that show no range are refused as such", async () => {
    await expect(quantized("Relu", [], {}, [0])).rejects.toThrow(
      /calibration data of input x: calibration needs at least one sample, found .* \[0, 1\]/,
    );
    await expect(quantized("Relu", [1, Number.NaN], {}, [0])).rejects.toThrow(
      /calibration needs finite numbers, found NaN in sample 1, element 0; remove/,
    );
  });
  test("an unknown word is refused", async () => {
    await expect(quantized("Relu", [0, 1], { activations: "uint9" }, [0])).rejects.toThrow(
      /--activations uint9: needs auto, binary/,
    );
  });
});
