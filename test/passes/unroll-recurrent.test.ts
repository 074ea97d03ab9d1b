import { describe, expect, test } from "vitest";
import { sizeOf, toNumbers } from "../../compiler/ir/tensor.ts";
import { exportOnnx, run } from "../../index.ts";
import unrollRecurrent from "../../passes/unroll-recurrent.ts";
import type { ModelSpec } from "../support/build-onnx.ts";
import { buildModel, floats, integers, of } from "../support/build-onnx.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";
import { executor, graphOf, relativeDifference, runBytes, runGraph } from "../support/run-onnx.ts";

const gates = { LSTM: 4, GRU: 3, RNN: 1 } as const;
type Op = keyof typeof gates;

/** Numbers between −1 and 1 that do not repeat. */
const some = (shape: readonly number[], seed: number) =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, k) => Math.sin(12.9 * (k + 1) + 7 * seed)),
  );

/** The same, in steps that 2T2R holds in slices. */
const eighths = (shape: readonly number[], seed: number) => {
  return floats(
    shape,
    [...toNumbers(some(shape, seed))].map((w) => Math.round(w * 8) / 8),
  );
};

interface Options {
  readonly op: Op;
  readonly steps?: number;
  readonly direction?: string;
  readonly attributes?: Readonly<Record<string, number | readonly string[]>>;
  /** operands 3 to 7: B, sequence_lens, initial_h, initial_c, P */
  readonly operands?: readonly string[];
  readonly constants?: ModelSpec["constants"];
  readonly inputs?: ModelSpec["inputs"];
}

const [INPUTS, HIDDEN, BATCH] = [3, 2, 2];

function modelOf({ op, steps = 4, direction = "forward", ...given }: Options) {
  const directions = direction === "bidirectional" ? 2 : 1;
  const rows = gates[op] * HIDDEN;
  const isBatchFirst = given.attributes?.layout === 1;
  const outputs = ["y", "h", ...(op === "LSTM" ? ["c"] : [])];
  const { operands = ["b"] } = given;
  return buildModel({
    inputs: {
      x: ["float32", isBatchFirst ? ["batch", steps, INPUTS] : [steps, "batch", INPUTS]],
      ...given.inputs,
    },
    outputs,
    nodes: [
      [
        op,
        ["x", "w", "r", ...operands],
        outputs,
        {
          hidden_size: HIDDEN,
          ...(direction === "forward" ? {} : { direction }),
          ...Object.fromEntries(
            Object.entries(given.attributes ?? {}).map(([name, value]) => [
              name,
              typeof value === "number"
                ? value
                : { kind: "strings" as const, value: value as readonly string[] },
            ]),
          ),
        },
        "cell",
      ],
    ],
    constants: {
      w: some([directions, rows, INPUTS], 1),
      r: some([directions, rows, HIDDEN], 2),
      ...(operands.includes("b") ? { b: some([directions, 2 * rows], 3) } : {}),
      ...given.constants,
    },
  });
}

const start = (directions: number, batch = BATCH) => some([directions, batch, HIDDEN], 5);

const cases: Readonly<Record<string, Options>> = {
  LSTM: { op: "LSTM" },
  "LSTM without bias": { op: "LSTM", operands: [] },
  "LSTM, reverse": { op: "LSTM", direction: "reverse" },
  "LSTM, both directions": { op: "LSTM", direction: "bidirectional" },
  "LSTM of one step": { op: "LSTM", steps: 1 },
  "LSTM with peepholes": {
    op: "LSTM",
    operands: ["b", "", "", "", "p"],
    constants: { p: some([1, 3 * HIDDEN], 4) },
  },
  "LSTM from given states": {
    op: "LSTM",
    direction: "bidirectional",
    operands: ["b", "", "h0", "c0"],
    inputs: { h0: ["float32", [2, "batch", HIDDEN]], c0: ["float32", [2, "batch", HIDDEN]] },
  },
  "LSTM from zeros": {
    op: "LSTM",
    operands: ["b", "", "h0", "h0"],
    constants: { h0: floats([1, BATCH, HIDDEN], [0, 0, 0, 0]) },
  },
  "LSTM with other activations": {
    op: "LSTM",
    attributes: { activations: ["HardSigmoid", "Softsign", "Relu"] },
  },
  "GRU, activations for each direction": {
    op: "GRU",
    direction: "bidirectional",
    attributes: { activations: ["Sigmoid", "Tanh", "HardSigmoid", "Softplus"] },
  },
  GRU: { op: "GRU" },
  "GRU, linear before reset": { op: "GRU", attributes: { linear_before_reset: 1 } },
  "GRU, linear before reset, both directions, from given states": {
    op: "GRU",
    direction: "bidirectional",
    attributes: { linear_before_reset: 1 },
    operands: ["b", "", "h0"],
    inputs: { h0: ["float32", [2, "batch", HIDDEN]] },
  },
  "GRU, reset before its matrix, from given states": {
    op: "GRU",
    operands: ["b", "", "h0"],
    inputs: { h0: ["float32", [1, "batch", HIDDEN]] },
  },
  "GRU, fewer steps than its input": {
    op: "GRU",
    direction: "bidirectional",
    operands: ["b", "lengths"],
    constants: { lengths: of("int32", [BATCH], [3, 3]) },
  },
  RNN: { op: "RNN" },
  "RNN with Relu, reverse": {
    op: "RNN",
    direction: "reverse",
    attributes: { activations: ["Relu"] },
  },
  "RNN with clip": { op: "RNN", attributes: { clip: 0.5 } },
};

describe("unroll-recurrent", () => {
  test.each(Object.entries(cases))("%s: as onnxruntime has it", async (_, options) => {
    const before = await preparedGraph(modelOf(options));
    const { context, warnings } = passContext();
    const after = graphOf(await unrollRecurrent.run(before, context));
    expect(warnings).toEqual([]);
    expect(after.nodes.map(({ op }) => op)).not.toContain(options.op);
    const directions = options.direction === "bidirectional" ? 2 : 1;
    const feeds = {
      x: some([options.steps ?? 4, BATCH, INPUTS], 9),
      ...(options.inputs?.h0 ? { h0: start(directions) } : {}),
      ...(options.inputs?.c0 ? { c0: some([directions, BATCH, HIDDEN], 6) } : {}),
    };
    const [theirs, ours] = [await runGraph(before, feeds), await runGraph(after, feeds)];
    for (const [name, expected] of theirs) {
      const found = ours.get(name);
      expect(found?.shape).toEqual(expected.shape);
      expect(found && relativeDifference(expected, found)).toBeLessThan(1e-6);
    }
  });

  test("a state that every sample shares adds numbers, no layer", async () => {
    const options: Options = {
      op: "RNN",
      operands: ["b", "", "h0"],
      constants: { h0: some([1, 1, HIDDEN], 5) },
    };
    const before = await preparedGraph(modelOf(options));
    const after = graphOf(await unrollRecurrent.run(before, passContext().context));
    expect(after.nodes.filter(({ op }) => op === "MatMul")).toHaveLength(4);
    const x = some([4, 1, INPUTS], 9);
    const [a, b] = [await runGraph(before, { x }), await runGraph(after, { x })].map((all) =>
      all.get("h"),
    );
    expect(a && b && relativeDifference(a, b)).toBeLessThan(1e-6);
  });

  test("layout 1 is its steps with the batch in front (onnxruntime has no such node)", async () => {
    const timeFirst = await preparedGraph(modelOf({ op: "GRU", direction: "bidirectional" }));
    const batchFirst = await preparedGraph(
      modelOf({ op: "GRU", direction: "bidirectional", attributes: { layout: 1 } }),
    );
    const after = graphOf(await unrollRecurrent.run(batchFirst, passContext().context));
    const x = some([4, 1, INPUTS], 9);
    const expected = await runGraph(timeFirst, { x });
    const found = await runGraph(after, { x: { ...x, shape: [1, 4, INPUTS] } });
    expect(found.get("y")?.shape).toEqual([1, 4, 2, HIDDEN]);
    expect(found.get("h")?.shape).toEqual([1, 2, HIDDEN]);
    for (const name of ["y", "h"]) {
      const [a, b] = [expected.get(name), found.get(name)];
      expect(a && b && relativeDifference(a, b)).toBeLessThan(1e-6);
    }
  });

  test("a sequence of unknown length is refused with what to do", async () => {
    const model = buildModel({
      inputs: { x: ["float32", ["time", "batch", INPUTS]] },
      outputs: ["y"],
      nodes: [["RNN", ["x", "w", "r"], ["y"], { hidden_size: HIDDEN }, "cell"]],
      constants: { w: some([1, HIDDEN, INPUTS], 1), r: some([1, HIDDEN, HIDDEN], 2) },
    });
    const graph = await preparedGraph(model);
    await expect(unrollRecurrent.run(graph, passContext().context)).rejects.toThrow(
      "layer cell: needs a sequence of known length, found an input of [time, batch, 3]; export the model with a fixed length",
    );
  });

  test.each([
    [
      "its sequence lengths differ",
      { operands: ["b", "n"], constants: { n: of("int32", [2], [3, 4]) } },
    ],
    ["its activation Affine", { attributes: { activations: ["Affine"] } }],
  ])("%s: it stays, with a warning that says so", async (reason, options) => {
    const before = await preparedGraph(modelOf({ op: "RNN", ...options }));
    const { context, warnings } = passContext();
    expect(await unrollRecurrent.run(before, context)).toBe(before);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`layer cell: this RNN is not laid out on arrays, as ${reason}`);
  });

  test("both matrices lie on banks, and a run is the exported network's", async () => {
    const model = buildModel({
      inputs: { x: ["float32", ["batch", 5, INPUTS]] },
      outputs: ["y"],
      nodes: [
        ["Transpose", ["x"], ["t"], { perm: [1, 0, 2] }],
        ["LSTM", ["t", "w", "r", "b"], ["all", "h"], { hidden_size: HIDDEN }, "cell"],
        ["Squeeze", ["h", "axis"], ["y"]],
      ],
      constants: {
        axis: integers([0]),
        w: eighths([1, 4 * HIDDEN, INPUTS], 1),
        r: eighths([1, 4 * HIDDEN, HIDDEN], 2),
        b: some([1, 8 * HIDDEN], 3),
      },
    });
    const x = some([20, 5, INPUTS], 4);
    const image = await compileTo2t2r(model, { calibration: new Map([["x", x]]) });
    expect(image.warnings.join()).not.toContain("digital");
    const { outputs } = await run(image, x, { executor });
    const exported = await runBytes(await exportOnnx(image), { x });
    expect(numbersOf(outputs)).toEqual(numbersOf(exported));
    const [ours, theirs] = [outputs, await runBytes(model, { x })].map((all) => all.get("y"));
    expect(ours && theirs && relativeDifference(theirs, ours)).toBeLessThan(0.1);
  });
});
