import { describe, expect, test } from "vitest";
import { freeBatch } from "../../passes/free-batch.ts";
import type { NodeSpec } from "../support/build-onnx.ts";
import { buildModel, floats, integers } from "../support/build-onnx.ts";
import { preparedGraph } from "../support/pass-context.ts";
import { runGraph } from "../support/run-onnx.ts";

const prepared = (nodes: readonly NodeSpec[], shape: readonly number[] = [1, 2, 2]) =>
  preparedGraph(
    buildModel({
      inputs: { x: ["float32", shape] },
      outputs: ["y"],
      nodes,
      constants: {
        flat: integers([1, 4]),
        all: integers([4]),
        w: floats([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
      },
    }),
  );

describe("free-batch", () => {
  test("a model of one sample takes many, and answers each as before", async () => {
    const before = await prepared([
      ["Reshape", ["x", "flat"], ["r"]],
      ["MatMul", ["r", "w"], ["y"]],
    ]);
    const after = freeBatch(before);
    const [a, b] = [
      [1, 0, 2, -1],
      [0, 1, 1, 3],
    ];
    const both = await runGraph(after, { x: floats([2, 2, 2], [...a, ...b]) });
    const one = async (x: readonly number[]) => [
      ...((await runGraph(before, { x: floats([1, 2, 2], x) })).get("y")?.data ?? []),
    ];
    expect([...(both.get("y")?.data ?? [])]).toEqual([...(await one(a)), ...(await one(b))]);
  });
  test("a model that moves the batch stays as it is", async () => {
    const before = await prepared([["Transpose", ["x"], ["y"], { perm: [1, 0, 2] }]]);
    expect(freeBatch(before)).toBe(before);
  });
  test("a model that drops the batch stays as it is", async () => {
    const before = await prepared([["Reshape", ["x", "all"], ["y"]]]);
    expect(freeBatch(before)).toBe(before);
  });
  test("a model for several samples stays as it is", async () => {
    const before = await prepared([["Relu", ["x"], ["y"]]], [3, 2, 2]);
    expect(freeBatch(before)).toBe(before);
  });
});
