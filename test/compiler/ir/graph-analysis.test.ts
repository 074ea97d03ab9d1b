import { alg, Graph as Oracle } from "@dagrejs/graphlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Graph } from "../../../compiler/ir/graph.ts";
import { analyzeGraph } from "../../../compiler/ir/graph-analysis.ts";
import { buildGraph, type NodeSpec } from "../../support/build-onnx.ts";

const graphOf = (nodes: readonly NodeSpec[], outputs: readonly string[]): Graph =>
  buildGraph({ inputs: { x: ["float32", [1]] }, outputs, nodes });

const relu = (from: string, to: string): NodeSpec => ["Relu", [from], [to], {}, to];

describe("analyzeGraph", () => {
  test("parts that share only an input are apart, the larger first", () => {
    const graph = graphOf([relu("x", "a"), relu("x", "b"), relu("b", "c")], ["a", "c"]);
    expect(analyzeGraph(graph).components).toEqual([["b", "c"], ["a"]]);
  });

  test("the longest path counts nodes, not branches", () => {
    const graph = graphOf(
      [relu("x", "a"), relu("a", "b"), relu("x", "c"), ["Add", ["b", "c"], ["y"], {}, "y"]],
      ["y"],
    );
    expect(analyzeGraph(graph).longestPath).toEqual(["a", "b", "y"]);
  });

  test("a node that no output depends on is unused", () => {
    const graph = graphOf([relu("x", "a"), relu("a", "b"), relu("a", "c")], ["b"]);
    expect(analyzeGraph(graph).unused).toEqual(["c"]);
  });

  test("a value that a sub-graph reads counts as read", () => {
    const graph = graphOf([relu("x", "a"), ["If", ["x"], ["y"], {}, "y"]], ["y"]);
    expect(analyzeGraph(graph).unused).toEqual(["a"]);
    const found = analyzeGraph(graph, (node) => (node.op === "If" ? ["a"] : []));
    expect(found).toEqual({ components: [["a", "y"]], longestPath: ["a", "y"], unused: [] });
  });

  test("absent inputs and outputs join nothing", () => {
    const graph = graphOf(
      [
        ["Split", ["x"], ["a", ""], {}, "a"],
        ["Clip", ["x", "", ""], ["b"], {}, "b"],
      ],
      ["a", "b"],
    );
    expect(analyzeGraph(graph).components).toEqual([["a"], ["b"]]);
  });

  test("a graph without nodes has no parts", () => {
    expect(analyzeGraph(graphOf([], []))).toEqual({ components: [], longestPath: [], unused: [] });
  });

  test("a chain of 20,000 nodes overflows no stack", () => {
    const names = Array.from({ length: 20_000 }, (_, k) => `n${k}`);
    const nodes = names.map((name, k) => relu(k === 0 ? "x" : names[k - 1], name));
    const found = analyzeGraph(graphOf(nodes, [names[names.length - 1]]));
    expect(found.components).toHaveLength(1);
    expect(found.longestPath).toHaveLength(20_000);
    expect(found.unused).toEqual([]);
  });

  test("parts equal those of graphlib's own algorithm on any small graph", () => {
    const reads = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(reads, (wishes) => {
        const oracle = new Oracle();
        const nodes = wishes.map((wish, id): NodeSpec => {
          const from = id === 0 ? [] : wish.map((k) => k % id);
          oracle.setNode(`v${id}`);
          for (const k of from) oracle.setEdge(`v${k}`, `v${id}`);
          return ["Sum", from.map((k) => `v${k}`), [`v${id}`], {}, `v${id}`];
        });
        const sorted = (parts: readonly (readonly string[])[]) =>
          parts.map((part) => [...part].sort().join(" ")).sort();
        const found = analyzeGraph(graphOf(nodes, []));
        expect(sorted(found.components)).toEqual(sorted(alg.components(oracle)));
      }),
    );
  });
});
