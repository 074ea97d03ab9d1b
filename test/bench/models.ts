/**
 * Tries every model of a folder on a target and prints a table: layers on banks, their share of the constant-weight
 * multiply-accumulates, agreement, time, or what is missing. Models that hold floats are calibrated with their known
 * pair, and made binary where their weights are floats.
 *
 *   npm run models            writes docs/models.md from ../shared/models
 *   node --import ./test/bench/typescript.mjs test/bench/models.ts FOLDER [TARGET]
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { exportOnnx } from "../../compiler/image/export-onnx.ts";
import type { Graph, GraphNode } from "../../compiler/ir/graph.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { sizeOf, tensor, toNumbers } from "../../compiler/ir/tensor.ts";
import { importGraph } from "../../compiler/onnx/import.ts";
import { inferValues } from "../../compiler/onnx/infer.ts";
import { parseOnnx } from "../../compiler/onnx/parse.ts";
import type { CompileRequest } from "../../index.ts";
import { compile, run } from "../../index.ts";
import { readNpz } from "../support/read-npz.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const [root = "../shared/models", target = "2t2r"] = process.argv.slice(2);
const largest = 2e7;

/** Inputs and outputs that are known, in the model's order. */
interface Pair {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

function pairOf(path: string): Pair | null {
  const base = path.slice(0, -".onnx".length);
  const file = `${base}.ort.npz`;
  if (existsSync(join(`${base}.io`, "inputs.npz"))) {
    const [inputs, outputs] = ["inputs.npz", "outputs.npz"].map((name) =>
      [...readNpz(join(`${base}.io`, name)).values()].map(floatOf),
    );
    return { inputs, outputs };
  }
  if (!existsSync(file)) return null;
  const arrays = [...readNpz(file)];
  const of = (prefix: string) =>
    arrays.flatMap(([name, t]) => (name.startsWith(prefix) ? [t] : []));
  return { inputs: of("in_"), outputs: of("out_") };
}

/** Integers as the float inputs that their models have. */
const floatOf = (t: Tensor): Tensor =>
  t.type === "int64" ? tensor("float32", t.shape, Float32Array.from(toNumbers(t))) : t;

interface Row {
  readonly model: string;
  readonly how: string;
  readonly layers: string;
  readonly share: string;
  readonly exact: string;
  readonly known: string;
  readonly time: string;
}

async function rowOf(model: string): Promise<Row> {
  const path = join(root, model);
  const bytes = new Uint8Array(readFileSync(path));
  const pair = pairOf(path);
  const begin = performance.now();
  try {
    const { image, how } = await compiled(bytes, pair);
    const seconds = (performance.now() - begin) / 1000;
    return { model, how, ...(await judged(image, pair)), time: `${seconds.toFixed(1)} s` };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const short = text.length > 170 ? `${text.slice(0, 170)}…` : text;
    return { model, how: `no: ${short}`, layers: "", share: "", exact: "", known: "", time: "" };
  }
}

/** As the model quantizes itself, else with calibration, else with binary weights too. */
async function compiled(bytes: Uint8Array, pair: Pair | null) {
  const names = pair ? importGraph(parseOnnx(bytes)).inputs : [];
  const calibration = pair && new Map(pair.inputs.map((t, k) => [names[k], t]));
  const ways: readonly (readonly [string, Partial<CompileRequest>])[] = [
    ["as quantized", {}],
    ["calibrated", { calibration }],
    ["binary, calibrated", { calibration, precision: "binary" }],
  ];
  let failure: unknown = null;
  for (const [how, options] of ways) {
    try {
      return { how, image: await compile(bytes, { target, executor, ...options }) };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function judged(image: ProgrammingImage, pair: Pair | null) {
  const layers = String(image.placements.length);
  const onBanks = image.costs.reduce((sum, { macs }) => sum + macs, 0);
  const digital = digitalMacs(importGraph(parseOnnx(image.reference)));
  const share = `${((100 * onBanks) / (onBanks + digital)).toFixed(1)} %`;
  if (!pair || pair.inputs.length < image.inputs.length)
    return { layers, share, exact: "no data", known: "" };
  const given = new Map(image.inputs.map(({ name }, k) => [name, pair.inputs[k]]));
  const ours = (await run(image, given, { executor })).outputs;
  const exported = await runBytes(await exportOnnx(image), Object.fromEntries(given));
  const exact = compared([...ours.values()], [...exported.values()]);
  const known = compared([...ours.values()], pair.outputs);
  return { layers, share, exact, known };
}

/** Largest difference over the largest magnitude, and the cosine where it is not 0. */
function compared(a: readonly Tensor[], b: readonly Tensor[]): string {
  const [x, y] = [a, b].map((list) => list.flatMap((t) => [...toNumbers(t)]));
  if (x.length !== y.length) return "other shapes";
  let [difference, magnitude, dot, xx, yy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    difference = Math.max(difference, Math.abs(x[i] - y[i]));
    magnitude = Math.max(magnitude, Math.abs(y[i]));
    dot += x[i] * y[i];
    xx += x[i] ** 2;
    yy += y[i] ** 2;
  }
  if (difference === 0) return "equal";
  const cosine = dot / Math.sqrt(xx * yy);
  return `${(difference / magnitude).toExponential(1)}, cos ${cosine.toFixed(3)}`;
}

const matrixOps = new Set(["Conv", "ConvTranspose", "MatMul", "Gemm", "LSTM", "GRU", "RNN"]);

/** Multiply-accumulates of constant weights that no bank holds. */
function digitalMacs(graph: Graph): number {
  const { nodes, constants, values } = inferValues(graph);
  const weightsOf = (node: GraphNode) =>
    node.inputs.slice(0, 3).flatMap((id) => constants.get(id) ?? []);
  return nodes.reduce((sum, node) => {
    if (!matrixOps.has(node.op)) return sum;
    const [weights] = weightsOf(node).sort((a, b) => b.data.length - a.data.length);
    if (!weights || weights.shape.length < 2) return sum;
    const out = values.get(node.outputs[0])?.shape?.filter((d) => typeof d === "number") ?? [];
    const outputs = node.op === "Conv" ? weights.shape[0] : (weights.shape.at(-1) ?? 1);
    const positions = Math.max(1, sizeOf(out) / outputs);
    return sum + weights.data.length * (["LSTM", "GRU", "RNN"].includes(node.op) ? 1 : positions);
  }, 0);
}

const models = readdirSync(root, { recursive: true })
  .map(String)
  .filter(
    (file) => file.endsWith(".onnx") && !file.includes("node-tests") && !file.includes("test_"),
  )
  .filter((file) => statSync(join(root, file)).size < largest)
  .sort();
console.log(`# Models on ${target}

Made by \`npm run models\`: every model of the collection that the project is developed with, one sample of its known
pair each. *Exact*: the run against onnxruntime on the exported network. *Known*: against the model's own outputs, largest
difference over the largest magnitude and cosine; weights made binary after training lose much of it.

| model | compiled | layers on banks | MACs on banks | exact | known | compile time |
|---|---|---|---|---|---|---|`);
for (const model of models) {
  const { how, layers, share, exact, known, time } = await rowOf(model);
  const cells = [model, how.replaceAll("|", "/"), layers, share, exact, known, time];
  console.log(`| ${cells.join(" | ")} |`);
}
process.exit(0);
