import { expect, test } from "vitest";
import lower from "../../passes/lower.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";

async function lowered(outputs: readonly string[]) {
  const model = buildModel({
    inputs: { x: ["float32", ["n", 3]] },
    outputs,
    nodes: [
      ["Sign", ["x"], ["a"]],
      ["MatMul", ["a", "w"], ["y"], {}, "fc"],
      ["Neg", ["y"], ["z"]],
      ["Shape", ["y"], ["dims"]],
      ["ReduceSum", ["y"], ["total"], { keepdims: 0 }],
      ["Neg", ["w"], ["m"]],
    ],
    constants: { w: floats([3, 2], [1, -1, 1, 1, -1, 1]) },
  });
  return lower.run(await preparedGraph(model), passContext().context);
}

test.each([
  ["x", "an input of the model"],
  ["w", "a constant"],
  ["m", "a constant"],
  ["y", "a second output of this name"],
  ["dims", "one of shape [2], without the batch in front"],
  ["total", "one of shape [], without the batch in front"],
])("output %s beside y is refused: %s", async (extra, found) => {
  await expect(lowered(["y", extra])).rejects.toThrow(
    `output "${extra}": needs a value that nodes make for each sample, found ${found}`,
  );
});

test("several outputs that nodes make are taken", async () => {
  expect(await lowered(["y", "z"])).toMatchObject({ outputs: [{ name: "y" }, { name: "z" }] });
});
