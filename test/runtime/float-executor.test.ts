import { beforeAll, describe, expect, test } from "vitest";
import type { FloatExecutor } from "../../compiler/define.ts";
import type { ElementType } from "../../compiler/ir/tensor.ts";
import { onnxruntimeNode, onnxruntimeWeb } from "../../runtime/float-executor.ts";
import { buildModel, floats, of } from "../support/build-onnx.ts";

const types: ElementType[] = [
  "float32",
  "float64",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
];

describe.each<[string, () => Promise<FloatExecutor | null>]>([
  ["onnxruntime-web", async () => onnxruntimeWeb()],
  ["onnxruntime-node", onnxruntimeNode],
])("%s", (name, make) => {
  let executor: FloatExecutor;
  beforeAll(async () => {
    const made = await make();
    if (made === null) throw new Error(`${name} is a development dependency: run npm ci`);
    executor = made;
  });

  test("runs a model on tensors by name, as often as asked", async () => {
    const bytes = buildModel({
      inputs: { x: ["float32", ["batch", 2]] },
      outputs: ["y"],
      nodes: [["MatMul", ["x", "w"], ["y"]]],
      constants: { w: floats([2, 1], [2, 3]) },
    });
    const session = await executor.load(bytes);
    expect((await session.run(new Map([["x", floats([1, 2], [1, 1])]]))).get("y")).toEqual(
      floats([1, 1], [5]),
    );
    const [a, b] = await Promise.all([
      session.run(new Map([["x", floats([2, 2], [1, 0, 0, 1])]])),
      session.run(new Map([["x", floats([1, 2], [4, 4])]])),
    ]);
    expect(a.get("y")).toEqual(floats([2, 1], [2, 3]));
    expect(b.get("y")).toEqual(floats([1, 1], [20]));
    await session.release();
  });

  test.each(types)("takes and gives tensors of %s", async (type) => {
    const bytes = buildModel({
      inputs: { x: [type, [2]] },
      outputs: ["y"],
      nodes: [["Identity", ["x"], ["y"]]],
    });
    const session = await executor.load(bytes);
    const x = of(type, [2], [1, 0]);
    expect((await session.run(new Map([["x", x]]))).get("y")).toEqual(x);
    await session.release();
  });

  test("runs a model without inputs", async () => {
    const bytes = buildModel({
      inputs: {},
      outputs: ["y"],
      nodes: [["Neg", ["c"], ["y"]]],
      constants: { c: floats([1], [2]) },
    });
    const session = await executor.load(bytes);
    expect((await session.run(new Map())).get("y")).toEqual(floats([1], [-2]));
    await session.release();
  });

  test("a model that it refuses is BAD_MODEL, in one line", async () => {
    const bytes = buildModel({
      inputs: { x: ["float32", [2]] },
      outputs: ["y"],
      nodes: [["odd:Unknown", ["x"], ["y"]]],
    });
    await expect(executor.load(bytes)).rejects.toMatchObject({
      code: "BAD_MODEL",
      message: expect.stringMatching(/^onnxruntime-(web|node), loading[^\n]*Unknown[^\n]*$/),
    });
  });

  test("inputs that do not fit are BAD_MODEL, in one line", async () => {
    const bytes = buildModel({
      inputs: { x: ["float32", [2]] },
      outputs: ["y"],
      nodes: [["Neg", ["x"], ["y"]]],
    });
    const session = await executor.load(bytes);
    await expect(session.run(new Map([["x", floats([3], [1, 2, 3])]]))).rejects.toMatchObject({
      code: "BAD_MODEL",
    });
    await session.release();
  });

  test("no graph optimization: a sum is rounded as the model writes it", async () => {
    // (x + 2^24) + 1 in float32 stays 2^24, whatever x + (2^24 + 1) would give
    const constants = { big: floats([], [2 ** 24]), one: floats([], [1]) };
    const bytes = buildModel({
      inputs: { x: ["float32", [1]] },
      outputs: ["y"],
      nodes: [
        ["Add", ["x", "big"], ["h"]],
        ["Add", ["h", "one"], ["y"]],
      ],
      constants,
    });
    const session = await executor.load(bytes);
    expect((await session.run(new Map([["x", floats([1], [1])]]))).get("y")).toEqual(
      floats([1], [2 ** 24]),
    );
    await session.release();
  });
});

test("the WebAssembly and the native build give the same bits for a sum of exact products", async () => {
  const w = floats(
    [64, 8],
    Array.from({ length: 512 }, (_, i) => ((i * 7) % 15) - 7),
  );
  const x = floats(
    [4, 64],
    Array.from({ length: 256 }, (_, i) => ((i * 11) % 31) - 15),
  );
  const bytes = buildModel({
    inputs: { x: ["float32", [4, 64]] },
    outputs: ["y"],
    nodes: [["MatMul", ["x", "w"], ["y"]]],
    constants: { w },
  });
  const results = [];
  for (const executor of [onnxruntimeWeb(), await onnxruntimeNode()]) {
    const session = await executor?.load(bytes);
    results.push(await session?.run(new Map([["x", x]])));
  }
  expect(results[0]).toEqual(results[1]);
});
