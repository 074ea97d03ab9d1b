/**
 * Tries every model of a folder on targets and prints a table a target: layers on banks, their share of the constant-weight
 * multiply-accumulates, agreement, time, or what is missing. Models that hold floats are calibrated with their known
 * pair, or with drawn inputs; float weights are rounded to int8.
 *
 *   npm run models            writes docs/models.md from ../shared/models
 *   node --import ./test/bench/typescript.mjs test/bench/models.ts [FOLDER] [--target T[,T…]] [--only WORD]
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { XbcError } from "../../compiler/errors.ts";
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
import { readTensorFile } from "../support/read-tensor.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    target: { type: "string", default: "2t2r,1s1r,pcm-1t1r,rram-1t1r" },
    only: { type: "string", default: "" },
  },
});
const [root = "../shared/models"] = positionals;
const targets = flags.target.split(",");
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
  const set = join(`${base}.io`, "test_data_set_0");
  if (!existsSync(file) && existsSync(set)) {
    const [inputs, outputs] = ["input", "output"].map((name) =>
      [readTensorFile(join(set, `${name}_0.pb`))].map(floatOf),
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

/** A pair whose inputs have as many axes as the model's, of size 1 in front where the file leaves them out. */
function inRank(bytes: Uint8Array, pair: Pair | null): Pair | null {
  if (!pair) return null;
  const { inputs, values } = importGraph(parseOnnx(bytes));
  const whole = pair.inputs.map((t, k): Tensor => {
    const rank = values.get(inputs[k])?.shape?.length ?? 0;
    const missing = Math.max(0, rank - t.shape.length);
    return { ...t, shape: [...Array<number>(missing).fill(1), ...t.shape] };
  });
  return { ...pair, inputs: whole };
}

/** Samples in [0, 1) of a model without a pair, the same at every run; null where an input is no float of known size. */
function drawnInputs(bytes: Uint8Array): Pair | null {
  const { inputs, values } = importGraph(parseOnnx(bytes));
  const drawn = inputs.flatMap((id) => {
    const type = values.get(id);
    const shape = type?.shape?.map((size, axis) => (axis === 0 ? 1 : size));
    const sizes = shape?.filter((size) => typeof size === "number") ?? [];
    if (!shape || sizes.length !== shape.length || !type?.type.startsWith("float")) return [];
    const data = Float32Array.from(
      { length: sizeOf(sizes) },
      (_, k) => (Math.imul(k + 1, 0x9e3779b1) >>> 8) / 2 ** 24,
    );
    return [tensor("float32", sizes, data)];
  });
  return drawn.length === inputs.length ? { inputs: drawn, outputs: [] } : null;
}

interface Row {
  readonly model: string;
  readonly how: string;
  readonly layers: string;
  readonly share: string;
  readonly exact: string;
  readonly known: string;
  /** to the model's own outputs, where they are known */
  readonly cosine: number | null;
  readonly time: string;
}

async function rowOf(model: string, target: string): Promise<Row> {
  const path = join(root, model);
  const bytes = new Uint8Array(readFileSync(path));
  const begin = performance.now();
  try {
    const pair = inRank(bytes, pairOf(path)) ?? drawnInputs(bytes);
    const { image, how } = await compiled(bytes, pair, target);
    const seconds = (performance.now() - begin) / 1000;
    return { model, how, ...(await judged(image, pair)), time: `${seconds.toFixed(1)} s` };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const short = text.length > 170 ? `${text.slice(0, 170)}…` : text;
    return {
      model,
      how: `no: ${short}`,
      layers: "",
      share: "",
      exact: "",
      known: "",
      cosine: null,
      time: "",
    };
  }
}

/** As the model quantizes itself, else at int8 with calibration, else at the target's own precision, else binary. */
async function compiled(bytes: Uint8Array, pair: Pair | null, target: string) {
  const names = pair ? importGraph(parseOnnx(bytes)).inputs : [];
  const calibration = pair && new Map(pair.inputs.map((t, k) => [names[k], t]));
  const ways: readonly (readonly [string, Partial<CompileRequest>])[] = [
    ["as quantized", {}],
    ["int8, calibrated", { calibration, precision: "int8" }],
    ["calibrated", { calibration }],
    ["binary, calibrated", { calibration, precision: "binary" }],
  ];
  let failure: unknown = null;
  for (const [how, options] of ways) {
    try {
      return { how, image: await compile(bytes, { target, executor, ...options }) };
    } catch (error) {
      if (error instanceof XbcError && error.code === "INTERNAL") throw error;
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
    return { layers, share, exact: "no data", known: "", cosine: null };
  const given = new Map(image.inputs.map(({ name }, k) => [name, pair.inputs[k]]));
  const ours = (await run(image, given, { executor })).outputs;
  const exported = await runBytes(await exportOnnx(image), Object.fromEntries(given));
  const exact = compared([...ours.values()], [...exported.values()]).text;
  if (pair.outputs.length === 0)
    return { layers, share, exact, known: "drawn inputs", cosine: null };
  const { text, cosine } = compared([...ours.values()], pair.outputs);
  const known = `${text}${classes([...ours.values()], pair.outputs)}`;
  return { layers, share, exact, known, cosine };
}

/** Of a classifier, one row of at most 1,000 numbers a sample: whether its class is the model's own. */
function classes(ours: readonly Tensor[], theirs: readonly Tensor[]): string {
  const [a, b] = [ours[0], theirs[0]];
  const width = a.shape.at(-1) ?? 1;
  const isScores = ours.length === 1 && a.shape.length === 2 && width > 1 && width <= 1000;
  if (!isScores || a.data.length !== b.data.length) return "";
  const top = (values: Float64Array, row: number) => {
    const own = values.subarray(row * width, (row + 1) * width);
    return own.indexOf(own.reduce((most, x) => Math.max(most, x)));
  };
  const [x, y] = [toNumbers(a), toNumbers(b)];
  const rows = x.length / width;
  const same = Array.from({ length: rows }, (_, row) => top(x, row) === top(y, row));
  return `, class ${same.filter(Boolean).length}/${rows}`;
}

/** Largest difference over the largest magnitude, and the cosine where it is not 0. */
function compared(
  a: readonly Tensor[],
  b: readonly Tensor[],
): { readonly text: string; readonly cosine: number } {
  const [x, y] = [a, b].map((list) => list.flatMap((t) => [...toNumbers(t)]));
  if (x.length !== y.length) return { text: "other shapes", cosine: 0 };
  let [difference, magnitude, dot, xx, yy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    difference = Math.max(difference, Math.abs(x[i] - y[i]));
    magnitude = Math.max(magnitude, Math.abs(y[i]));
    dot += x[i] * y[i];
    xx += x[i] ** 2;
    yy += y[i] ** 2;
  }
  if (difference === 0) return { text: "equal", cosine: 1 };
  const cosine = dot / Math.sqrt(xx * yy);
  const text = `${(difference / magnitude).toExponential(1)}, cos ${cosine.toFixed(3)}`;
  return { text, cosine };
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
console.log(`# Models

Made by \`npm run models\`: every model of the collection that the project is developed with, one sample of its known
pair each, or drawn inputs where it has none. *Exact*: the run against onnxruntime on the exported network. *Known*: against the model's own outputs, largest
difference over the largest magnitude and cosine, for classifiers whether the class is the model's own; float weights are rounded to int8. The pair is what ranges are calibrated
with as well, so that data of other ranges lose more. What is below a cosine of 0.99 is listed under its table. No
constant-weight matrix is left to digital logic where the share is 100 %; what is refused says why. A read-out that no
paper has is listed by the image as an assumption.`);
for (const target of targets) {
  console.log(`
## On ${target}

| model | compiled | layers on banks | MACs on banks | exact | known | compile time |
|---|---|---|---|---|---|---|`);
  const cosines: (readonly [string, number])[] = [];
  for (const model of models.filter((name) => name.includes(flags.only))) {
    const { cosine, how, layers, share, exact, known, time } = await rowOf(model, target);
    const cells = [model, how.replaceAll("|", "/"), layers, share, exact, known, time];
    console.log(`| ${cells.join(" | ")} |`);
    if (cosine !== null) cosines.push([model, cosine]);
  }
  const below = cosines.filter(([, cosine]) => !(cosine >= 0.99));
  console.log(
    `\n${cosines.length - below.length} of ${cosines.length} known pairs at a cosine of at least 0.99` +
      `${below.length > 0 ? `; below: ${below.map(([model, cosine]) => `${model} ${cosine.toFixed(3)}`).join(", ")}` : ""}.`,
  );
}
process.exit(0);
