import { describe, expect, test } from "vitest";
import type { CompileOptions } from "../../compiler/define.ts";
import { parseTransform } from "../../compiler/input-transform.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import encodeInput, { parseEncoding } from "../../passes/encode-input.ts";
import { buildModel, floats, of } from "../support/build-onnx.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";
import { graphOf, runGraph } from "../support/run-onnx.ts";

/** What a network that passes its input on, through a unit matrix, gives after the pass. */
async function encoded(options: Partial<CompileOptions>, values: readonly number[]) {
  const model = buildModel({
    inputs: { x: ["float32", ["n", 1]] },
    outputs: ["y"],
    nodes: [["MatMul", ["x", "w"], ["y"]]],
    constants: { w: floats([1, 1], [1]) },
  });
  const { context, assumptions } = passContext(options);
  const graph = graphOf(await encodeInput.run(await preparedGraph(model), context));
  const answer = await runGraph(graph, { x: floats([values.length, 1], values) });
  return { y: [...(answer.get("y")?.data ?? [])].map(Number), assumptions };
}

const calibration = (data: Tensor) => ({ calibration: new Map([["x", data]]) });

describe("encode-input", () => {
  test("binary:0.5 is +1 above the threshold, −1 at it and below", async () => {
    expect((await encoded({ inputEncoding: "binary:0.5" }, [0.6, 0.5, 0])).y).toEqual([1, -1, -1]);
  });
  test("bits:2 rounds to thirds of [0, 1], half to even, and clips", async () => {
    const third = Math.fround(Math.fround(1 / 3) * 1);
    const { y } = await encoded({ inputEncoding: "bits:2" }, [-5, 0.2, 0.4, 0.9, 7]);
    const codes = y.map((value) => Math.round(value / third));
    expect(codes).toEqual([0, 1, 1, 3, 3]);
  });
  test("bits:N goes over the span that a transform gives bytes", async () => {
    const { y } = await encoded(
      { inputEncoding: "bits:1", inputTransform: "scale:1/255,mean:0.5,std:0.5" },
      [-0.9, 0.2],
    );
    expect(y.map(Math.round)).toEqual([-1, 1]);
  });
  test("auto leaves an input alone whose transform tells what bytes become", async () => {
    expect((await encoded({ inputTransform: "scale:1/255" }, [0.123])).y).toEqual([
      Math.fround(0.123),
    ]);
  });
  test("auto takes whole numbers of the calibration data as bytes, and says so", async () => {
    const { y, assumptions } = await encoded(
      calibration(of("float32", [3, 1], [0, 128, 255])),
      [3.4, 300],
    );
    expect(y).toEqual([3, 255]);
    expect(assumptions).toEqual([expect.stringContaining("whole numbers 0 to 255")]);
  });
  test("auto reads other calibration data in 8 bits over their span, and says so", async () => {
    const { y, assumptions } = await encoded(calibration(floats([2, 1], [-1, 1.55])), [-3, 3]);
    expect(y.map((value) => Number(value.toFixed(4)))).toEqual([-1, 1.55]);
    expect(assumptions).toEqual([expect.stringContaining("8 bits over -1 to 1.5")]);
  });
  test("auto without data leaves the graph to the error that lower gives", async () => {
    expect((await encoded({}, [0.123])).y).toEqual([Math.fround(0.123)]);
  });
});

test.each([
  "binary",
  "binary:",
  "binary:x",
  "bits:0",
  "bits:13",
  "bits:2.5",
  "stochastic:0",
  "levels:3",
  "",
])("--input-encoding %s is refused with an example", (text) => {
  expect(() => parseEncoding(text)).toThrow(
    /--input-encoding .*needs auto, binary:THRESHOLD, bits:N.*such as/,
  );
});

describe("parseTransform", () => {
  test("steps in the order given; fractions, and numbers a channel", () => {
    expect(parseTransform("scale:1/255, mean:0.5/0.25,std:2,layout:NHWC>NCHW")).toEqual([
      { kind: "scale", value: 1 / 255 },
      { kind: "mean", value: [0.5, 0.25] },
      { kind: "std", value: [2] },
      { kind: "layout", from: "NHWC", to: "NCHW" },
    ]);
    expect(parseTransform("")).toEqual([]);
  });
  test.each([
    "scale",
    "scale:",
    "scale:x",
    "scale:1/0",
    "turn:90",
    "layout:NHWC>NCH",
    "layout:NHWC",
  ])("%s is refused by name", (text) => {
    expect(() => parseTransform(text)).toThrow(/--input-transform/);
  });
});

test("stochastic alone is 16 presentations; what is summed may stand behind the number", () => {
  expect(parseEncoding("stochastic")).toEqual({
    kind: "stochastic",
    presentations: 16,
    summed: "auto",
  });
  expect(parseEncoding("stochastic:8:outputs")).toMatchObject({
    presentations: 8,
    summed: "outputs",
  });
  expect(() => parseEncoding("stochastic:8:both")).toThrow(/needs auto/);
});
