import { describe, expect, test } from "vitest";
import type { PassContext } from "../../compiler/define.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import foldConstants from "../../passes/fold-constants.ts";
import type { ModelSpec } from "../support/build-onnx.ts";
import { buildModel, floats, integers } from "../support/build-onnx.ts";
import { executor, graphOf, importBytes, runGraph } from "../support/run-onnx.ts";

async function fold(
  spec: ModelSpec,
): Promise<{ before: Graph; after: Graph; loads: number; warnings: string[] }> {
  const before = importBytes(buildModel(spec));
  const warnings: string[] = [];
  let loads = 0;
  const counting = {
    ...executor,
    load: (onnx: Uint8Array) => {
      loads += 1;
      return executor.load(onnx);
    },
  };
  const context: Pick<PassContext, "executor" | "warn"> = {
    executor: counting,
    warn: (message) => warnings.push(message),
  };
  const after = graphOf(await foldConstants.run(before, context as PassContext));
  return { before, after, loads, warnings };
}

const x: ModelSpec["inputs"] = { x: ["float32", ["batch", 2]] };
const w = floats([2, 3], [1, -2, 3, -4, 5, -6]);

describe("fold-constants", () => {
  test("evaluates all nodes of constants in one call, and leaves the others", async () => {
    const nodes: ModelSpec["nodes"] = [
      ["Sign", ["w"], ["s"]],
      ["Abs", ["w"], ["a"]],
      ["Mul", ["s", "half"], ["m"]],
      ["MatMul", ["x", "m"], ["h"]],
      ["MatMul", ["x", "a"], ["g"]],
      ["Add", ["h", "g"], ["y"]],
    ];
    const { before, after, loads } = await fold({
      inputs: x,
      outputs: ["y"],
      nodes,
      constants: { w, half: floats([], [0.5]) },
    });
    expect(loads).toBe(1);
    expect(after.nodes.map(({ op }) => op)).toEqual(["MatMul", "MatMul", "Add"]);
    expect([...after.constants.keys()].sort()).toEqual(["a", "m"]);
    expect(after.constants.get("m")).toEqual(floats([2, 3], [0.5, -0.5, 0.5, -0.5, 0.5, -0.5]));
    const feeds = { x: floats([1, 2], [0.1, 0.7]) };
    expect(await runGraph(after, feeds)).toEqual(await runGraph(before, feeds));
  });

  test("calls nothing where there is nothing to fold", async () => {
    const { before, after, loads } = await fold({
      inputs: x,
      outputs: ["y"],
      nodes: [["MatMul", ["x", "w"], ["y"]]],
      constants: { w },
    });
    expect(loads).toBe(0);
    expect(after).toBe(before);
  });

  test("draws no random numbers", async () => {
    const nodes: ModelSpec["nodes"] = [
      ["RandomNormal", [], ["r"], { shape: [2] }],
      ["Add", ["x", "r"], ["y"]],
    ];
    expect((await fold({ inputs: x, outputs: ["y"], nodes })).after.nodes.length).toBe(2);
  });

  test("leaves what would not fit into memory, and says so", async () => {
    const nodes: ModelSpec["nodes"] = [
      ["ConstantOfShape", ["size"], ["big"], {}, "huge"],
      ["ReduceSum", ["big"], ["sum"], { keepdims: 0 }],
      ["Add", ["x", "sum"], ["y"]],
    ];
    const { after, loads, warnings } = await fold({
      inputs: x,
      outputs: ["y"],
      nodes,
      constants: { size: integers([2 ** 20, 2 ** 10]) },
    });
    expect(loads).toBe(0);
    expect(after.nodes.length).toBe(3);
    expect(warnings.join()).toContain("huge");
  });

  test("an output may become a constant", async () => {
    const { after } = await fold({
      inputs: x,
      outputs: ["y", "n"],
      nodes: [
        ["Relu", ["x"], ["y"]],
        ["Neg", ["w"], ["n"]],
      ],
      constants: { w },
    });
    expect(after.constants.get("n")?.data[0]).toBe(-1);
    expect(after.outputs).toEqual(["y", "n"]);
  });

  test("stays as it was, with a warning, where the executor refuses", async () => {
    const nodes: ModelSpec["nodes"] = [
      ["NoSuchOperator", ["w"], ["v"]],
      ["MatMul", ["x", "v"], ["y"]],
    ];
    const { before, after, warnings } = await fold({
      inputs: x,
      outputs: ["y"],
      nodes,
      constants: { w },
    });
    expect(after).toBe(before);
    expect(warnings.join()).toContain("NoSuchOperator");
  });
});
