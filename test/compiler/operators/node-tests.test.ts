import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Graph } from "../../../compiler/ir/graph.ts";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { infer } from "../../../compiler/onnx/infer.ts";
import { readTensorFile } from "../../support/read-tensor.ts";
import { importBytes, relativeDifference, runGraph } from "../../support/run-onnx.ts";
import { shared } from "../../support/shared.ts";

const root = shared("models/node-tests");
const names = root === null ? [] : readdirSync(root);

/** If and Loop keep their inner graphs as they are: their shapes are not inferred. */
const withoutShape = new Set(["test_if", "test_loop11"]);

describe.skipIf(root === null)(
  "ONNX's own node tests (skipped where the shared collection is absent)",
  () => {
    test.each(names)("%s: shapes as inferred, values as known", async (name) => {
      const graph = importBytes(readFileSync(`${root}/${name}/model.onnx`));
      const file = (kind: string, i: number) => `${root}/${name}/test_data_set_0/${kind}_${i}.pb`;
      const given = graph.inputs.map((input, i): [string, Tensor] => [
        input,
        readTensorFile(file("input", i)),
      ]);
      const feeds = Object.fromEntries(given);
      const { values } = infer(withConstantShapes(graph, given));
      const results = await runGraph(graph, feeds);
      graph.outputs.forEach((output, i) => {
        if (!existsSync(file("output", i))) return;
        const expected = readTensorFile(file("output", i));
        const result = results.get(output);
        expect(result && relativeDifference(expected, result)).toBeLessThan(1e-5);
        if (withoutShape.has(name)) return;
        expect(values.get(output)).toEqual({ type: expected.type, shape: expected.shape });
      });
    });
  },
);

/** Without declared outputs; axes, pads, sizes … as constants, which the tests hand in as inputs. */
function withConstantShapes(graph: Graph, given: readonly (readonly [string, Tensor])[]): Graph {
  const lists = given.filter(
    ([name, { shape }], i) =>
      i > 0 &&
      shape.length <= 1 &&
      /axes|pads|sizes|scales|shape|start|end|step|split|^k$/.test(name),
  );
  const constants = new Map([...graph.constants, ...lists]);
  const inputs = graph.inputs.filter((name) => !constants.has(name));
  return {
    ...graph,
    inputs,
    constants,
    values: new Map([...graph.values].filter(([name]) => inputs.includes(name))),
  };
}
