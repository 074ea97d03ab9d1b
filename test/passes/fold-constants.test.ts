import { describe, expect, test } from "vitest";
import type { PassContext } from "../../compiler/define.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import foldConstants from "../../passes/fold-constants.ts";
import type { ModelSpec } from "../support/build-onnx.ts";
import { buildGraph, buildModel, floats, integers, of } from "../support/build-onnx.ts";
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

  test("refuses what is made of nothing and fits into no memory", async () => {
    const nodes: ModelSpec["nodes"] = [
      ["ConstantOfShape", ["size"], ["big"], {}, "huge"],
      ["ReduceSum", ["big"], ["sum"], { keepdims: 0 }],
      ["Add", ["x", "sum"], ["y"]],
    ];
    const size = integers([2 ** 20, 2 ** 10]);
    await expect(fold({ inputs: x, outputs: ["y"], nodes, constants: { size } })).rejects.toThrow(
      /^node "huge" \(ConstantOfShape\): needs constants of at most \d+ bytes .* found 4294967296/,
    );
  });

  test("refuses a Loop over constants that may not end, and products that take minutes", async () => {
    const body = buildGraph({
      inputs: { i: ["int64", []], go: ["bool", []], s: ["float32", []] },
      outputs: ["again", "next"],
      nodes: [
        ["Identity", ["go"], ["again"]],
        ["Add", ["s", "s"], ["next"]],
      ],
    });
    const loop = (count: number) =>
      fold({
        inputs: x,
        outputs: ["y"],
        nodes: [
          ["Loop", ["count", "", "one"], ["n"], { body }, "turns"],
          ["Add", ["x", "n"], ["y"]],
        ],
        constants: { count: of("int64", [], [count]), one: floats([], [1]) },
      });
    await expect(loop(1e9)).rejects.toThrow(/^node "turns" \(Loop\): .* found 1000000000/);
    expect((await loop(3)).after.constants.get("n")?.data[0]).toBe(8);
    const product = fold({
      inputs: x,
      outputs: ["y"],
      nodes: [
        ["ConstantOfShape", ["square"], ["a"]],
        ["MatMul", ["a", "a"], ["b"], {}, "large"],
        ["ReduceSum", ["b"], ["n"], { keepdims: 0 }],
        ["Add", ["x", "n"], ["y"]],
      ],
      constants: { square: integers([3000, 3000]) },
    });
    await expect(product).rejects.toThrow(/^node "large" \(MatMul\): needs at most/);
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

  test("is refused where the executor refuses it: no run could compute it", async () => {
    const nodes: ModelSpec["nodes"] = [
      ["NoSuchOperator", ["w"], ["v"]],
      ["MatMul", ["x", "v"], ["y"]],
    ];
    await expect(fold({ inputs: x, outputs: ["y"], nodes, constants: { w } })).rejects.toThrow(
      /NoSuchOperator/,
    );
  });
});
