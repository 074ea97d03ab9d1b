import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CompileOptions, Pass, Stages } from "../../compiler/define.ts";
import { evaluateGraph, evaluateNetwork, filledReference } from "../../compiler/evaluate.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import type { QuantizedNetwork } from "../../compiler/ir/network.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { passes } from "../../passes/all.generated.ts";
import { defaultPasses } from "../../passes/recipe.ts";
import { numbersOf, perBatch } from "../support/compile.ts";
import { drawnNetwork, networkDraws } from "../support/networks.ts";
import { passContext } from "../support/pass-context.ts";
import { executor, importBytes } from "../support/run-onnx.ts";

type Stage = Stages[keyof Stages];

/** Networks that need no input transform: their float inputs are what the graph reads. */
const draws = networkDraws.filter(
  ({ input }) => input !== "scaled bytes" && input !== "centred bytes",
);
const settings = { numRuns: 6, seed: 5 };

/** What a stage is before each pass of the default order, for a drawn network. */
async function stagesOf(model: Uint8Array, options: Partial<CompileOptions>) {
  const { context } = passContext(options);
  let stage: Stage = importBytes(model);
  const steps: { readonly pass: Pass; readonly before: Stage; readonly after: Stage }[] = [];
  for (const pass of defaultPasses) {
    const before = stage;
    stage = await pass.run(before, context);
    steps.push({ pass, before, after: stage });
  }
  return steps;
}

/** A copy of a stage with every Map as its entries, to be compared. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return [...value].map(([key, entry]) => [key, plain(entry)]);
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "function") return "function";
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}

/** The answer of a stage that can be evaluated by itself: a graph, or a network. */
async function meaningOf(stage: Stage, data: Tensor): Promise<unknown> {
  if ("nodes" in stage) return numbersOf(await answerOf(stage, data));
  if ("weights" in stage) return numbersOf(await networkAnswer(stage, data));
  return null;
}

const answerOf = (graph: Graph, data: Tensor) =>
  perBatch(new Map([[graph.inputs[0], data]]), isAnyBatch(graph), (feeds) =>
    evaluateGraph(graph, executor, feeds),
  );

const isAnyBatch = (graph: Graph) =>
  typeof graph.values.get(graph.inputs[0])?.shape?.[0] !== "number";

const networkAnswer = (network: QuantizedNetwork, data: Tensor) =>
  perBatch(
    new Map([[network.inputs[0].name, data]]),
    network.layers.every((layer) => layer.kind !== "subgraph" || layer.anyBatch),
    (feeds) => evaluateNetwork(network, executor, feeds),
  );

test("every pass that is found by its file stands in the default order", () => {
  const names = (list: readonly Pass[]) => list.map((pass) => pass.name).sort();
  expect(names(defaultPasses)).toEqual(names(passes));
});

describe.each([
  ["as it is", {}],
  ["made binary", { precision: "binary" }],
  ["made ternary", { precision: "ternary" }],
] as const)("a network %s", (_, precision) => {
  test("a pass leaves its input untouched and gives the same at every call", async () => {
    await fc.assert(
      fc.asyncProperty(draws, async (draw) => {
        const { model, inputTransform, inputEncoding } = drawnNetwork(draw);
        const options = { inputTransform, inputEncoding, ...precision };
        const { context } = passContext(options);
        let stage: Stage = importBytes(model);
        for (const pass of defaultPasses) {
          const before = plain(stage);
          const once = await pass.run(stage, context);
          expect(plain(stage), pass.name).toEqual(before);
          expect(plain(await pass.run(stage, context)), pass.name).toEqual(plain(once));
          stage = once;
        }
      }),
      settings,
    );
  });
});

test("an exact pass keeps what the network means: the same numbers before and after, bit for bit", async () => {
  await fc.assert(
    fc.asyncProperty(draws, async (draw) => {
      const { model, inputEncoding, inputTransform, data } = drawnNetwork(draw);
      const input = data(5);
      for (const { pass, before, after } of await stagesOf(model, {
        inputEncoding,
        inputTransform,
      })) {
        if (pass.meaning !== "exact" || pass.from !== pass.to) continue;
        expect(await meaningOf(after, input), pass.name).toEqual(await meaningOf(before, input));
      }
    }),
    { ...settings, numRuns: 15 },
  );
});

test("a lowered network means what its reference graph means, bit for bit", async () => {
  await fc.assert(
    fc.asyncProperty(draws, async (draw) => {
      const { model, inputEncoding, inputTransform, data } = drawnNetwork(draw);
      const input = data(5);
      const steps = await stagesOf(model, { inputEncoding, inputTransform });
      const lowered = steps.find(({ pass }) => pass.name === "lower");
      if (!lowered || !("nodes" in lowered.before) || !("weights" in lowered.after))
        throw new Error("no lower pass");
      const network = lowered.after;
      const reference = filledReference(
        network.reference,
        network.referenceWeights,
        network.weights,
      );
      expect(numbersOf(await networkAnswer(network, input))).toEqual(
        numbersOf(await answerOf(reference, input)),
      );
    }),
    { ...settings, numRuns: 15 },
  );
});
