import type { CompileOptions, FloatExecutor, Pass, PassContext, TargetSpec } from "./define.ts";
import type { Provenance } from "./emit.ts";
import { emit } from "./emit.ts";
import { internal, XbcError } from "./errors.ts";
import { mostElements } from "./image/check-image.ts";
import { sha256Of } from "./image/sha256.ts";
import type { Graph } from "./ir/graph.ts";
import type { ProgrammingImage } from "./ir/image.ts";
import type { Layer, QuantizedNetwork } from "./ir/network.ts";
import { sizeOf } from "./ir/tensor.ts";
import { importGraph } from "./onnx/import.ts";
import type { ExternalData } from "./onnx/parse.ts";
import { parseOnnx } from "./onnx/parse.ts";
import { checkStage } from "./verify.ts";

/** The order of the passes, and who runs floats: handed in, so that `compile` knows no pass and no target. */
export interface Recipe {
  readonly passes: readonly Pass[];
  readonly executor: FloatExecutor;
}

/** One compilation: the model, what is wished, and who listens. */
export interface CompileJob {
  readonly model: Uint8Array;
  /** the model's file name, for the image's provenance and for messages */
  readonly name: string;
  readonly externalData: ExternalData | null;
  readonly target: TargetSpec;
  readonly options: CompileOptions;
  readonly baseline: ProgrammingImage["baseline"];
  readonly progress: PassContext["progress"];
}

/**
 * ONNX bytes to a programming image: import, then every pass of the recipe, then cells. After each pass the
 * invariants of its stage are checked.
 * @throws XbcError naming the layer or node at fault
 */
export async function compile(job: CompileJob, recipe: Recipe): Promise<ProgrammingImage> {
  const warnings: string[] = [];
  const assumptions: string[] = [];
  const context: PassContext = {
    target: job.target,
    executor: recipe.executor,
    options: job.options,
    warn: (message) => warnings.push(message),
    assume: (message) => assumptions.push(message),
    progress: job.progress,
  };
  checkRequest(job);
  const graph = importGraph(parseOnnx(job.model, job.externalData ?? undefined));
  const { schedule, approximatedBy } = await applyPasses(graph, recipe.passes, context);
  checkSizes(schedule.mapped.network.buffers);
  await checkSubgraphs(schedule.mapped.network.layers, recipe.executor);
  const provenance: Provenance = {
    source: { file: job.name, sha256: sha256Of(job.model) },
    precision: job.options.precision,
    seed: job.options.seed,
    options: { ...recorded(job.options), approximatedBy: approximatedBy.join(" ") },
    baseline: job.baseline,
    warnings,
    assumptions,
  };
  return emit(schedule, provenance);
}

/**
 * What is asked for must exist, or be refused by name.
 * @throws UNSUPPORTED
 */
function checkRequest({ options, target }: CompileJob): void {
  const offered = target.encodings.some(({ alphabetOf }) =>
    alphabetOf?.(options.precision, target.technology),
  );
  if (!offered && !["auto", "binary", "ternary"].includes(options.precision)) {
    throw new XbcError(
      "UNSUPPORTED",
      `--precision ${options.precision}: the encodings of ${target.name} (${target.encodings.map(({ name }) => name).join(", ")}) round no float weights to such levels; ` +
        "take auto, which lays integer weights out as the model holds them, or a target that rounds",
    );
  }
  const { readOut } = target.technology;
  if (readOut === "digital" && options.readout !== null && options.readout !== readOut) {
    throw new XbcError(
      "UNSUPPORTED",
      `--readout ${options.readout}: ${target.name} is read ${readOut}; leave --readout out`,
    );
  }
}

/** What no image may hold is refused before it is written. @throws LIMIT naming the value */
function checkSizes(buffers: QuantizedNetwork["buffers"]): void {
  for (const [id, { shape }] of buffers) {
    if (sizeOf(shape) <= mostElements) continue;
    throw new XbcError(
      "LIMIT",
      `value ${id}: needs at most ${mostElements} elements a sample, found ${sizeOf(shape)} in [${shape.join(", ")}]; export the model for smaller inputs`,
    );
  }
}

/**
 * A float subgraph that the executor does not take would make an image that no run can use.
 * @throws BAD_MODEL naming the layer
 */
async function checkSubgraphs(layers: readonly Layer[], executor: FloatExecutor): Promise<void> {
  for (const layer of layers) {
    if (layer.kind !== "subgraph") continue;
    try {
      await (await executor.load(layer.onnx)).release();
    } catch (error) {
      if (!(error instanceof XbcError)) throw error;
      throw new XbcError(error.code, `layer ${layer.id}: ${error.message}`);
    }
  }
}

type Stage = Awaited<ReturnType<Pass["run"]>>;

/** The last stage, and the passes that changed what the network computes. */
async function applyPasses(graph: Graph, passes: readonly Pass[], context: PassContext) {
  let stage: Stage = graph;
  const approximatedBy: string[] = [];
  for (const [index, pass] of passes.entries()) {
    context.progress(pass.name, index, passes.length);
    const before: Stage = stage;
    stage = await pass.run(before, context);
    checkStage(pass.name, pass.to, stage);
    if (pass.meaning === "approximate" && stage !== before) approximatedBy.push(pass.name);
  }
  if (!("steps" in stage)) throw internal("compile", "the recipe does not end in a schedule");
  return { schedule: stage, approximatedBy };
}

/** The options as the manifest records them. */
function recorded(options: CompileOptions): ProgrammingImage["options"] {
  return {
    precision: options.precision,
    activations: options.activations,
    inputEncoding: options.inputEncoding,
    inputTransform: options.inputTransform,
    configuration: options.configuration,
    bank: options.bank ? `${options.bank.wordLines}x${options.bank.bitLines}` : "",
    ternaryThreshold: options.ternaryThreshold ?? "",
    weightRange: options.weightRange,
    weightScale: options.weightScale,
    weightRounding: options.weightRounding,
    biasCorrection: options.biasCorrection,
    cells: options.cells ?? "",
    firstLast: options.firstLast,
    layerPrecision: options.layerPrecision.join(","),
    activationRange: options.activationRange,
    segment: options.segment ?? "",
    reorderRows: options.reorderRows,
    calibrated: options.calibration !== null,
    // left out where nothing is copied, as before there were copies
    ...(options.replicate === "1" ? {} : { replicate: options.replicate }),
  };
}
