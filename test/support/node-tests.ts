import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { XbcError } from "../../compiler/errors.ts";
import type { Graph, GraphNode } from "../../compiler/ir/graph.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toFloat32, toNumbers } from "../../compiler/ir/tensor.ts";
import { importGraph } from "../../compiler/onnx/import.ts";
import { parseOnnx } from "../../compiler/onnx/parse.ts";
import { serializeGraph } from "../../compiler/onnx/serialize.ts";
import type { CompileRequest } from "../../index.ts";
import { compile, run, verify } from "../../index.ts";
import { readTensorFile } from "./read-tensor.ts";
import { executor, relativeDifference, runBytes, runGraph } from "./run-onnx.ts";

/** Where Debian's libonnx-testdata lays ONNX's own tests. */
export const nodeTestRoot = "/usr/share/libonnx-testdata/data";

const groups = ["node", "simple", "pytorch-operator", "pytorch-converted"];

/** Operators with a constant-weight matrix, and which of their operands are data. */
const dataOperands: Readonly<Record<string, readonly number[]>> = {
  Conv: [0],
  ConvTranspose: [0],
  Gemm: [0],
  MatMul: [0],
  ConvInteger: [0],
  MatMulInteger: [0],
  QLinearConv: [0],
  QLinearMatMul: [0],
  LSTM: [0],
  GRU: [0],
  RNN: [0],
  Einsum: [0],
};

/** Every test there is, as GROUP/NAME; none where the package is absent. */
export function nodeTestNames(root = nodeTestRoot): readonly string[] {
  return groups.flatMap((group) => {
    const folder = join(root, group);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => existsSync(join(folder, name, "model.onnx")))
      .sort()
      .map((name) => `${group}/${name}`);
  });
}

/** The graph of a test, or the one line that refuses it. */
export function importNodeTest(
  name: string,
  root = nodeTestRoot,
): { readonly graph: Graph | null; readonly refused: string } {
  try {
    const bytes = readFileSync(join(root, name, "model.onnx"));
    return { graph: importGraph(parseOnnx(new Uint8Array(bytes))), refused: "" };
  } catch (error) {
    if (!(error instanceof XbcError)) throw error;
    return { graph: null, refused: error.message };
  }
}

/**
 * What an imported graph gives under onnxruntime: what the test tells; nothing, as the test's own file gives nothing there
 * (operators of training, strings); what the file does not give either (random numbers); or else.
 */
export type ImportedAnswer = "as told" | "not run" | "not told" | "differs";

/** Runs an imported graph and, where it does not give what the test tells, the test's own file. */
export async function importedAnswer(
  name: string,
  graph: Graph,
  root = nodeTestRoot,
): Promise<ImportedAnswer> {
  const given = graph.inputs.map((id, i): [string, Tensor] => [
    id,
    readTensorFile(dataFile(root, name, "input", i)),
  ]);
  // a graph of float16 is computed in float32
  const widened = given.map(([id, value]): [string, Tensor] => [
    id,
    graph.values.get(id)?.type === "float32" ? asFloat32(value) : value,
  ]);
  const run = async (how: () => Promise<ReadonlyMap<string, Tensor>>): Promise<ImportedAnswer> => {
    let results: ReadonlyMap<string, Tensor>;
    try {
      results = await how();
    } catch (error) {
      if (!(error instanceof XbcError)) throw error;
      return "not run";
    }
    const agrees = graph.outputs.every((id, i) => {
      const path = dataFile(root, name, "output", i);
      const result = results.get(id);
      if (!existsSync(path)) return true;
      const told = readTensorFile(path);
      const isHalf = told.type === "float16";
      if (!result || `${result.shape}` !== `${told.shape}`) return false;
      if (!isHalf && result.type !== told.type) return false;
      const tolerance = isHalf ? 2 ** -10 : 1e-4;
      return relativeDifference(asFloat32(told), asFloat32(result)) <= tolerance;
    });
    return agrees ? "as told" : "not told";
  };
  const ours = await run(() => runGraph(graph, Object.fromEntries(widened)));
  if (ours === "as told") return ours;
  const file = new Uint8Array(readFileSync(join(root, name, "model.onnx")));
  const theirs = await run(() => runBytes(file, Object.fromEntries(given)));
  return theirs === "as told" ? "differs" : theirs;
}

const dataFile = (root: string, name: string, kind: "input" | "output", i: number) =>
  join(root, name, "test_data_set_0", `${kind}_${i}.pb`);

const asFloat32 = (value: Tensor): Tensor =>
  value.type === "float16" ? { ...value, type: "float32", data: toFloat32(value) } : value;

/** The matrix operators of a graph; an Einsum of one operand is none. */
export const matrixNodesOf = ({ nodes }: Graph): readonly GraphNode[] =>
  nodes.filter(
    ({ op, domain, inputs }) =>
      domain === "" && Object.hasOwn(dataOperands, op) && inputs.length > 1,
  );

/** A test whose weights are constants, and what it is fed and should give. */
export interface WeightedTest {
  readonly name: string;
  readonly ops: readonly string[];
  readonly model: Uint8Array;
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** by output name, where the test tells them */
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/**
 * A test whose matrix operators read weights that it hands in as inputs: those are made constants, with the values that
 * the test gives. Null where it has no matrix operator, or no value of some input.
 */
export function weightedTest(name: string, graph: Graph, root = nodeTestRoot): WeightedTest | null {
  const matrices = matrixNodesOf(graph);
  if (matrices.length === 0) return null;
  const file = (kind: "input" | "output", i: number) => dataFile(root, name, kind, i);
  const given = new Map<string, Tensor>();
  for (const [i, id] of graph.inputs.entries()) {
    if (!existsSync(file("input", i))) return null;
    given.set(id, readTensorFile(file("input", i)));
  }
  const operands = (isData: boolean) =>
    matrices.flatMap(({ op, inputs }) =>
      inputs.filter((_, k) => dataOperands[op].includes(k) === isData),
    );
  const data = sourcesOf(graph, operands(true));
  const fixed = sourcesOf(graph, operands(false));
  // scales and zero points stand beside data; what is one number alone is none
  const isOne = (id: string) => (given.get(id)?.data.length ?? 0) <= 1;
  const weights = new Set(
    graph.inputs.filter((id) => isOne(id) || (fixed.has(id) && !data.has(id))),
  );
  const inputs = graph.inputs.filter((id) => !weights.has(id));
  if (inputs.length === 0) return null;
  const outputs = graph.outputs.flatMap((id, i): (readonly [string, Tensor])[] =>
    existsSync(file("output", i)) ? [[id, readTensorFile(file("output", i))]] : [],
  );
  const constants = new Map([...graph.constants, ...[...given].filter(([id]) => weights.has(id))]);
  return {
    name,
    ops: [...new Set(matrices.map(({ op }) => op))],
    model: serializeGraph({ ...graph, inputs, constants }),
    inputs: new Map([...given].filter(([id]) => !weights.has(id))),
    outputs: new Map(outputs),
  };
}

/** The graph's inputs that some values are made of. */
function sourcesOf(graph: Graph, values: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...values];
  const seen = new Set<string>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (graph.inputs.includes(next)) found.add(next);
    const maker = graph.nodes.find(({ outputs }) => outputs.includes(next as string));
    open.push(...(maker?.inputs ?? []));
  }
  return found;
}

/** What became of a test on a target. */
export interface Outcome {
  /** how it was compiled, or null where every way was refused */
  readonly how: string | null;
  /** why int8 was refused, in one line */
  readonly refused: string;
  readonly layers: number;
  /** what `verify` finds against onnxruntime on the exported network, on the test's inputs; null where refused */
  readonly equality: { readonly passed: boolean; readonly detail: string } | null;
  /** with the outputs that the test tells, NaN where one of both is all zeros; null where it tells none or is refused */
  readonly cosine: number | null;
}

/** Compiles a test as it is, else with activations and weights rounded to int8, runs its image and compares. */
export async function outcomeOn(test: WeightedTest, target: string): Promise<Outcome> {
  const calibration = test.inputs;
  const ways: readonly (readonly [string, Partial<CompileRequest>])[] = [
    ["as quantized", {}],
    ["int8", { calibration, precision: "int8", activations: "int8" }],
  ];
  let refused = "";
  for (const [how, options] of ways) {
    let image: ProgrammingImage;
    try {
      image = await compile(test.model, { target, executor, ...options });
    } catch (error) {
      if (!(error instanceof XbcError) || error.code === "INTERNAL") throw error;
      refused = error.message;
      continue;
    }
    return { how, refused: "", layers: image.placements.length, ...(await compared(image, test)) };
  }
  return { how: null, refused, layers: 0, equality: null, cosine: null };
}

/** @throws where the image gives other outputs than the test tells, or of other sizes */
async function compared(
  image: ProgrammingImage,
  { name, inputs, outputs }: WeightedTest,
): Promise<Pick<Outcome, "equality" | "cosine">> {
  const ours = (await run(image, inputs, { executor })).outputs;
  const { checks } = await verify(image, { data: inputs, executor });
  const [check] = checks;
  if (check?.name !== "noise-free equality") throw new Error(`${name}: verify compared nothing`);
  let [dot, xx, yy] = [0, 0, 0];
  for (const [id, known] of outputs) {
    const result = ours.get(id);
    if (result?.data.length !== known.data.length) {
      const found = result ? `[${result.shape.join(", ")}]` : "none";
      throw new Error(`${name}: output ${id} is [${known.shape.join(", ")}], found ${found}`);
    }
    const y = toNumbers(known);
    toNumbers(result).forEach((x, k) => {
      dot += x * y[k];
      xx += x * x;
      yy += y[k] * y[k];
    });
  }
  const cosine = xx === 0 && yy === 0 ? 1 : dot / Math.sqrt(xx * yy);
  return {
    equality: { passed: check.passed, detail: check.detail },
    cosine: outputs.size === 0 ? null : cosine,
  };
}
