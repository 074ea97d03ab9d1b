import type { FloatExecutor } from "../compiler/define.ts";
import { runFloatModel } from "../compiler/float-model.ts";
import { referenceOf } from "../compiler/image/export-onnx.ts";
import { sha256Of } from "../compiler/image/sha256.ts";
import type { Die } from "../compiler/ir/die.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { NetworkInput } from "../compiler/ir/network.ts";
import { referenceInput } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { allocate, sizeOf, tensor, toNumbers } from "../compiler/ir/tensor.ts";
import { importGraph } from "../compiler/onnx/import.ts";
import type { ExternalData } from "../compiler/onnx/parse.ts";
import { parseOnnx } from "../compiler/onnx/parse.ts";
import { deriveKey, wordAt } from "../compiler/random.ts";
import { checkActivations } from "./activation-check.ts";
import { drawBits } from "./drawn-input.ts";
import { onnxruntimeNode, onnxruntimeWeb } from "./float-executor.ts";
import { inputRows, samplesIn } from "./input.ts";
import { modelFeeds } from "./model-feeds.ts";
import { compareReadback } from "./readback.ts";
import type { ReadbackReport, VerifyReport } from "./report/report.ts";
import { joined, named, run } from "./run.ts";

export interface VerifyOptions {
  /** the ONNX model: decisions and outputs that differ from it are counted */
  readonly model?: Uint8Array;
  readonly externalData?: ExternalData;
  /** samples to compare on; without them drawn ones: 256, fewer where they are large */
  readonly data?: Tensor | ReadonlyMap<string, Tensor>;
  /** the array as it was read back: its cells are compared with the image's */
  readonly readback?: Die;
  readonly threads?: number;
  /** the independent executor: onnxruntime-node where it is installed, else onnxruntime-web */
  readonly executor?: FloatExecutor;
  readonly progress?: (stage: string, done: number, total: number) => void;
}

type Check = VerifyReport["checks"][number];

/** Checks an image: its cells, its noise-free answers against an independent executor, and against its model. */
export async function verify(
  image: ProgrammingImage,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const executor = options.executor ?? (await onnxruntimeNode()) ?? onnxruntimeWeb();
  const data = options.data ? named(image, options.data) : drawnInputs(image);
  const reference = await referenceOf(image);
  const checks: Check[] = [];
  const answer = await run(image, data, {
    threads: options.threads ?? 1,
    progress: (_, done, total) => options.progress?.("verify", done, total),
  });
  const feeds = new Map(
    image.inputs.map((input, index) => [
      referenceInput(input),
      referenceFeed(image, input, index, data),
    ]),
  );
  const expected = await answersOf(reference, executor, feeds);
  checks.push(equality(image, answer.outputs, expected, answer.samples, executor.name));
  if (options.model && image.inputs.every((input) => !input.drawn)) {
    const hash = sha256Of(options.model);
    if (hash !== image.source.sha256) checks.push(foreignModel(image, hash));
    const model = importGraph(parseOnnx(options.model, options.externalData));
    const given = await modelFeeds(image, reference, executor, feeds);
    const theirs = await answersOf(model, executor, given, (done, total) =>
      options.progress?.("model", done, total),
    );
    const activations = await checkActivations(image, model, reference, executor, feeds);
    checks.push(activations.check);
    checks.push(againstModel(image, answer.outputs, theirs, answer.samples, activations.differing));
  }
  const readback = options.readback ? await compareReadback(image, options.readback) : null;
  if (readback) checks.push(readbackCheck(readback));
  return { passed: checks.every((check) => check.passed), readback, checks };
}

function readbackCheck({ cells, measured, wrong, inRange, elapsed_s }: ReadbackReport): Check {
  const detail =
    `${measured} of ${cells} used cells measured ${elapsed_s} s after programming: ${wrong} read as another level, ` +
    `${measured - inRange} lie outside the range of theirs`;
  return { name: "read-back", passed: wrong === 0, detail };
}

const foreignModel = ({ source }: ProgrammingImage, hash: string): Check => ({
  name: "model file",
  passed: false,
  detail: `the image was compiled from ${source.file} (SHA-256 ${source.sha256.slice(0, 12)}…), this model is another file (${hash.slice(0, 12)}…); give that one`,
});

/** A graph's outputs for all samples, whatever batch it was exported for. */
async function answersOf(
  ...call: Parameters<typeof runFloatModel>
): Promise<ReadonlyMap<string, Tensor>> {
  const parts = await runFloatModel(...call);
  return new Map([...parts].map(([name, list]): [string, Tensor] => [name, joined(list)]));
}

/** What the reference graph takes for an input: its samples, or the bits that a run draws of them. */
function referenceFeed(
  image: ProgrammingImage,
  input: NetworkInput,
  index: number,
  data: ReadonlyMap<string, Tensor>,
): Tensor {
  const given = data.get(input.name);
  if (!input.drawn || !given) return floatFeed(input, data);
  const { presentations } = input.drawn;
  const samples = samplesIn(input, given);
  const size = sizeOf(input.shape);
  const bits = new Uint8Array(samples * presentations * size);
  drawBits(
    input,
    inputRows(input, given),
    { seed: image.seed, index, sampleBase: 0 },
    (sample, presentation, element) => {
      bits[(sample * presentations + presentation) * size + element] = 1;
    },
  );
  return tensor("bool", [samples, presentations, ...input.shape], bits);
}

/** The network's own input, as its first operator takes it. */
export function floatFeed(input: NetworkInput, data: ReadonlyMap<string, Tensor>): Tensor {
  const given = data.get(input.name);
  if (!given) return tensor(input.type, [0, ...input.shape], allocate(input.type, 0));
  const rows = inputRows(input, given);
  const shape = [samplesIn(input, given), ...input.shape];
  if (rows.kind === "bytes" && input.type === "uint8") return tensor("uint8", shape, rows.data);
  const values = rows.kind === "bytes" ? Float32Array.from(rows.data, rows.valueOf) : rows.data;
  if (input.type === "float32") return tensor("float32", shape, values);
  const typed = allocate(input.type, values.length);
  values.forEach((x, e) => {
    typed[e] = typed instanceof BigInt64Array || typed instanceof BigUint64Array ? BigInt(x) : x;
  });
  return tensor(input.type, shape, typed);
}

/** Numbers of one value over all drawn samples: what large values leave of the usual count. */
const mostNumbers = 2 ** 24;

/** 256, or as many large ones as are soon drawn and run, and held by the other executor all at once. */
function drawnSamples({ inputs, buffers }: ProgrammingImage): number {
  const given = inputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const largest = [...buffers.values()].reduce(
    (most, { shape }) => Math.max(most, sizeOf(shape)),
    given,
  );
  return Math.max(1, Math.min(256, Math.floor(mostNumbers / largest)));
}

/** Bytes for inputs that take bytes, floats in [0, 1) otherwise; the same at every call. */
function drawnInputs(image: ProgrammingImage): ReadonlyMap<string, Tensor> {
  const samples = drawnSamples(image);
  return new Map(
    image.inputs.map((input, index) => {
      const length = samples * sizeOf(input.shape);
      const key = deriveKey(image.seed, "verify", 0, index);
      const isByte = input.type === "uint8" || input.transform.length > 0;
      const data = isByte
        ? Uint8Array.from({ length }, (_, e) => wordAt(key, e, 0, 0, 0) >>> 24)
        : Float32Array.from({ length }, (_, e) => wordAt(key, e, 0, 0, 0) / 2 ** 32);
      return [input.name, tensor(isByte ? "uint8" : "float32", [samples, ...input.shape], data)];
    }),
  );
}

/** What a float subgraph rounds in its own way may differ under another executor, by this share of the largest output. */
const floatTolerance = 1e-4;

/** Operators that IEEE 754, or their definition, fix to the last bit. */
const exactOperators = new Set(
  (
    "Add Sub Mul Div Sqrt Neg Abs Sign Floor Ceil Round Relu Clip Min Max Where Greater GreaterOrEqual Less LessOrEqual " +
    "Equal Not And Or Xor Cast Identity Reshape Flatten Squeeze Unsqueeze Transpose Concat Slice Split Gather Expand Pad " +
    "Tile Shape TopK ArgMax ArgMin MaxPool BatchNormalization QuantizeLinear DequantizeLinear Constant"
  ).split(" "),
);

/** Operators of an image's subgraphs that two executors may round differently. */
function looseOperators(image: ProgrammingImage): readonly string[] {
  const ops = image.layers.flatMap((layer) =>
    layer.kind === "subgraph"
      ? importGraph(parseOnnx(layer.onnx)).nodes.map((node) => node.op)
      : [],
  );
  return [...new Set(ops)].filter((op) => !exactOperators.has(op));
}

/** Bit for bit; where a subgraph holds operators that executors round in their own way, within the tolerance. */
function equality(
  image: ProgrammingImage,
  ours: ReadonlyMap<string, Tensor>,
  theirs: ReadonlyMap<string, Tensor>,
  samples: number,
  executor: string,
): Check {
  const loose = looseOperators(image);
  let compared = 0;
  let unequal = 0;
  let different = 0;
  let worst = 0;
  for (const { name } of image.outputs) {
    const a = toNumbers(ours.get(name) ?? empty);
    const b = toNumbers(theirs.get(name) ?? empty);
    if (a.length !== b.length)
      return {
        name: "noise-free equality",
        passed: false,
        detail: `output ${name}: ${a.length} numbers against ${b.length}`,
      };
    compared += a.length;
    const largest = b.reduce(
      (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
      0,
    );
    const allowed = loose.length > 0 ? floatTolerance * largest : 0;
    a.forEach((x, e) => {
      if (Object.is(x, b[e]) || x === b[e]) return;
      unequal++;
      if (Math.abs(x - b[e]) <= allowed) return;
      different++;
      worst = Math.max(worst, Math.abs(x - b[e]));
    });
  }
  const detail = `${samples} samples, ${compared} outputs against ${executor} on the quantized network: ${different} differ${unequal > 0 && loose.length > 0 ? ` by more than ${floatTolerance} of the largest (${loose.join(", ")} round by executor)` : ""}${different ? `, by at most ${worst}` : ""}`;
  return { name: "noise-free equality", passed: different === 0, detail };
}

const empty: Tensor = { type: "float32", shape: [0], data: new Float32Array(0) };

/** Decisions that quantization and mapping changed against the model as its author left it; reported, not judged. */
function againstModel(
  image: ProgrammingImage,
  ours: ReadonlyMap<string, Tensor>,
  theirs: ReadonlyMap<string, Tensor>,
  samples: number,
  differing: Uint8Array | null,
): Check {
  const [{ name }] = image.outputs;
  const a = toNumbers(ours.get(name) ?? empty);
  const b = toNumbers(theirs.get(name) ?? empty);
  const width = a.length / samples;
  let decisions = 0;
  let followed = 0;
  let outputs = 0;
  let worst = 0;
  let largest = 0;
  for (let s = 0; s < samples; s++) {
    const top = (values: Float64Array) => {
      const row = values.subarray(s * width, (s + 1) * width);
      return row.indexOf(row.reduce((best, x) => Math.max(best, x)));
    };
    if (top(a) === top(b)) continue;
    decisions++;
    if (differing?.[s]) followed++;
  }
  a.forEach((x, e) => {
    largest = Math.max(largest, Math.abs(b[e]));
    if (x === b[e]) return;
    outputs++;
    worst = Math.max(worst, Math.abs(x - b[e]));
  });
  const why =
    decisions > 0 && differing ? ` (${followed} of those after an activation that differs)` : "";
  const detail = `${samples} samples against the model: ${decisions} decisions${why} and ${outputs} of ${a.length} outputs differ, by at most ${worst.toPrecision(3)} (largest output ${largest.toPrecision(3)})`;
  return {
    name: "model",
    passed: a.length === b.length,
    ...(decisions > 0 ? { differing: decisions } : {}),
    detail,
  };
}
