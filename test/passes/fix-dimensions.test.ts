import { describe, expect, test } from "vitest";
import fixDimensions from "../../passes/fix-dimensions.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { passContext } from "../support/pass-context.ts";
import { graphOf, importBytes } from "../support/run-onnx.ts";

const zeros = (shape: readonly number[]) =>
  floats(
    shape,
    shape.reduce<readonly number[]>((list, size) => Array(size).fill(list).flat(), [0]),
  );

describe("fix-dimensions", () => {
  test("open sizes behind the batch are those of the calibration data, in all that follows", async () => {
    const graph = importBytes(
      buildModel({
        inputs: { x: ["float32", ["batch", "length", 2]] },
        outputs: ["y"],
        nodes: [["Transpose", ["x"], ["y"], { perm: [1, 0, 2] }]],
      }),
    );
    const { context, assumptions } = passContext({
      calibration: new Map([["x", zeros([4, 3, 2])]]),
    });
    const fixed = graphOf(await fixDimensions.run(graph, context));
    expect(fixed.values.get("x")?.shape).toEqual(["batch", 3, 2]);
    expect(fixed.values.get("y")?.shape).toEqual([3, "batch", 2]);
    expect(assumptions).toEqual([
      "dimension 1 of input x (length) is 3, as in the calibration data",
    ]);
  });

  test("a first dimension that a recurrent layer takes as its steps is a length, no batch", async () => {
    const graph = importBytes(
      buildModel({
        inputs: { x: ["float32", ["n", 1, 2]] },
        outputs: ["y"],
        nodes: [["RNN", ["x", "w", "r"], ["y"], { hidden_size: 1 }]],
        constants: { w: zeros([1, 1, 2]), r: zeros([1, 1, 1]) },
      }),
    );
    const { context } = passContext({ calibration: new Map([["x", zeros([5, 1, 2])]]) });
    const fixed = graphOf(await fixDimensions.run(graph, context));
    expect(fixed.values.get("x")?.shape).toEqual([5, 1, 2]);
  });

  test("without calibration data, and where all is known, nothing changes", async () => {
    const spec = { outputs: ["y"], nodes: [["Relu", ["x"], ["y"]]] } as const;
    const open = importBytes(buildModel({ ...spec, inputs: { x: ["float32", ["batch", "n"]] } }));
    expect(await fixDimensions.run(open, passContext().context)).toBe(open);
    const known = importBytes(buildModel({ ...spec, inputs: { x: ["float32", ["batch", 2]] } }));
    const { context } = passContext({ calibration: new Map([["x", zeros([3, 2])]]) });
    expect(await fixDimensions.run(known, context)).toBe(known);
  });
});
