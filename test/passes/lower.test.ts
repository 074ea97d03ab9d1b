import { describe, expect, test } from "vitest";
import { filledReference } from "../../compiler/evaluate.ts";
import lower from "../../passes/lower.ts";
import type { ModelSpec } from "../support/build-onnx.ts";
import { buildModel, floats, of } from "../support/build-onnx.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";
import { runGraph } from "../support/run-onnx.ts";

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

describe("what no array can take is refused by its cause", () => {
  const refused = async (spec: ModelSpec) =>
    lower.run(await preparedGraph(buildModel(spec)), passContext().context);
  const w = floats([3, 2], [1, -1, 1, 1, -1, 1]);
  const sign = ["Sign", ["x"], ["a"]] as const;
  const product = ["MatMul", ["a", "w"], ["y"], {}, "fc"] as const;

  test("an input that holds nothing", async () => {
    await expect(
      refused({
        inputs: { x: ["float32", [0, 3]] },
        outputs: ["y"],
        constants: { w },
        nodes: [sign, product],
      }),
    ).rejects.toThrow("input x: needs at least one element, found [0, 3]; export");
  });

  test("a matrix without outputs", async () => {
    await expect(
      refused({
        inputs: { x: ["float32", ["n", 3]] },
        outputs: ["y"],
        constants: { w: floats([3, 0], []) },
        nodes: [sign, product],
      }),
    ).rejects.toThrow(/layer fc: needs at least one input and one output, found weights of 3 x 0/);
  });

  test("an operator that nobody knows", async () => {
    await expect(
      refused({
        inputs: { x: ["float32", ["n", 3]] },
        outputs: ["y"],
        constants: { w },
        nodes: [["my.dom:Frobnicate", ["x"], ["a"], {}, "f"], product],
      }),
    ).rejects.toThrow(/node "f": needs an operator .*, found my\.dom\.Frobnicate; export/);
  });

  test("whole numbers of any size", async () => {
    await expect(
      refused({
        inputs: { x: ["int32", ["n", 3]] },
        outputs: ["y"],
        constants: { w },
        nodes: [["Cast", ["x"], ["a"], { to: 1 }], product],
      }),
    ).rejects.toThrow(/layer fc: .*found int32 numbers of any size in a, from input x; export/);
  });
});

test("a model in float64 stays so behind its sums, and says what does not", async () => {
  const double = (shape: readonly number[], data: readonly number[]) => of("float64", shape, data);
  const model = buildModel({
    inputs: { x: ["float64", ["n", 3]] },
    outputs: ["y"],
    constants: { w: double([3, 1], [1, -1, 1]), s: double([], [0.1]), c: double([1], [0.3]) },
    nodes: [
      ["Sign", ["x"], ["a"]],
      ["Gemm", ["a", "w", "c"], ["h"], { beta: 2 }, "fc"],
      ["Mul", ["h", "s"], ["y"]],
    ],
  });
  const network = await lower.run(await preparedGraph(model), passContext().context);
  if (!("weights" in network)) throw new Error("no network");
  const graph = filledReference(network.reference, network.referenceWeights, network.weights);
  const y = (await runGraph(graph, { x: double([1, 3], [2, 1, 5]) })).get("y");
  expect([y?.type, Number(y?.data[0])]).toEqual(["float64", (1 + 0.3 * 2) * 0.1]);
  expect(network.warnings).toEqual([expect.stringContaining("rounded to float32")]);
});
