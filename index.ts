/**
 * xbc: compile trained networks onto arrays of resistive memory, run the image bit for bit, and report
 * what accuracy is left under device noise. No function here touches a file, a clock or the environment.
 */
import type { Recipe } from "./compiler/compile.ts";
import { compile as compileJob } from "./compiler/compile.ts";
import type {
  CompileOptions,
  FloatExecutor,
  Target,
  TargetSpec,
  Technology,
} from "./compiler/define.ts";
import { XbcError } from "./compiler/errors.ts";
import type { ProgrammingImage } from "./compiler/ir/image.ts";
import type { Tensor } from "./compiler/ir/tensor.ts";
import type { ExternalData } from "./compiler/onnx/parse.ts";
import { defaultPasses } from "./passes/recipe.ts";
import type { CharacterizeOptions } from "./runtime/characterize.ts";
import { characterize as characterizeTarget } from "./runtime/characterize.ts";
import { onnxruntimeWeb } from "./runtime/float-executor.ts";
import type { CharacterizeReport } from "./runtime/report/report.ts";
import { targets } from "./targets/all.generated.ts";
import { encodings } from "./targets/encodings/all.generated.ts";

export { targets };

/** A built-in target by its name. @throws BAD_OPTION listing what there is */
export function targetNamed(name: string): Target {
  const target = targets.find((candidate) => candidate.name === name);
  if (target) return target;
  throw new XbcError(
    "BAD_OPTION",
    `target ${name}: needs one of ${targets.map((t) => t.name).join(", ")}, or a technology file`,
  );
}

/**
 * A technology with the laws of the target that it is based on, at a programming condition.
 * @throws BAD_OPTION, BAD_TECHNOLOGY
 */
export function resolveTarget(
  technology: Technology,
  condition: string = technology.defaultCondition,
): TargetSpec {
  const base = targetNamed(technology.basedOn);
  if (!(condition in technology.conditions)) {
    throw new XbcError(
      "BAD_OPTION",
      `condition ${condition} of ${technology.name}: needs one of ${Object.keys(technology.conditions).join(", ")}`,
    );
  }
  const named = technology.encodings.map((name) => {
    const encoding = encodings.find((candidate) => candidate.name === name);
    if (!encoding) {
      throw new XbcError(
        "BAD_TECHNOLOGY",
        `technology ${technology.name}, encodings: needs names of ${encodings.map((e) => e.name).join(", ")}, found ${name}`,
      );
    }
    return encoding;
  });
  return { name: technology.name, technology, condition, laws: base.laws, encodings: named };
}

/** What `compile` may be told; everything but the target has a default that does the right thing. */
export interface CompileRequest extends Partial<CompileOptions> {
  /** a built-in target's name, or a technology of one's own */
  readonly target: string | Technology;
  readonly condition?: string;
  /** the model's file name, for provenance and messages */
  readonly name?: string;
  /** reads the model's external data files; without it such a model is refused */
  readonly externalData?: ExternalData;
  readonly baseline?: ProgrammingImage["baseline"];
  readonly executor?: FloatExecutor;
  readonly recipe?: Recipe["passes"];
  readonly progress?: (stage: string, done: number, total: number) => void;
}

export const defaultOptions: CompileOptions = {
  precision: "auto",
  activations: "auto",
  inputEncoding: "auto",
  inputTransform: "",
  configuration: "auto",
  bank: null,
  readout: null,
  ternaryThreshold: null,
  weightRange: "auto",
  weightScale: "auto",
  biasCorrection: "auto",
  cells: null,
  firstLast: "auto",
  layerPrecision: [],
  activationRange: "auto",
  weightRounding: "nearest",
  segment: null,
  reorderRows: false,
  calibration: null,
  defects: null,
  replicate: "1",
  seed: 0,
};

/**
 * Compiles an ONNX model to a programming image.
 * @throws XbcError that names the node, layer or option at fault
 */
export async function compile(
  model: Uint8Array,
  request: CompileRequest,
): Promise<ProgrammingImage> {
  const {
    target,
    condition,
    name,
    externalData,
    baseline,
    executor,
    recipe,
    progress,
    ...options
  } = request;
  const technology = withLevels(
    typeof target === "string" ? targetNamed(target).technology : target,
    options.precision ?? defaultOptions.precision,
  );
  return compileJob(
    {
      model,
      name: name ?? "model.onnx",
      externalData: externalData ?? null,
      target: resolveTarget(technology, condition),
      options: { ...defaultOptions, ...options },
      baseline: baseline ?? null,
      progress: progress ?? (() => {}),
    },
    { passes: recipe ?? defaultPasses, executor: executor ?? onnxruntimeWeb() },
  );
}

export type { CircuitAnswer } from "./runtime/circuit/solve.ts";
export { solve } from "./runtime/circuit/solve.ts";

/**
 * `levelsN`: cells of so many levels, the lowest included, where a technology lets them be chosen.
 * @throws BAD_OPTION for a number that its cells cannot have, or a technology that has no choice
 */
function withLevels(technology: Technology, precision: string): Technology {
  const asked = /^levels(\d+)$/.exec(precision);
  if (!asked) return technology;
  const value = Number(asked[1]);
  const { levels } = technology.parameters;
  if (levels && value >= (levels.minimum ?? 2) && value <= (levels.maximum ?? 16)) {
    const parameters = { ...technology.parameters, levels: { ...levels, value } };
    return { ...technology, parameters };
  }
  // an encoding may have levels of its own, as binary cells of several places do
  const isOffered = (name: string) =>
    encodings.some(
      (encoding) =>
        technology.encodings.includes(encoding.name) && encoding.alphabetOf?.(name, technology),
    );
  if (!levels && isOffered(precision)) return technology;
  const offered = Array.from({ length: 256 }, (_, n) => `levels${n + 1}`).filter(isOffered);
  throw new XbcError(
    "BAD_OPTION",
    `--precision ${precision}: ${
      levels
        ? `needs levels${levels.minimum} to levels${levels.maximum} on ${technology.name}; more by bit slicing, as int8`
        : offered.length > 0
          ? `needs one of ${offered.join(", ")} on ${technology.name}`
          : `the cells of ${technology.name} have no levels to choose; use auto`
    }`,
  );
}

export type { EvaluateOptions, EvaluationData } from "./runtime/evaluate.ts";
export { evaluate } from "./runtime/evaluate.ts";
export { explore } from "./runtime/explore.ts";
export { program, stuckCells } from "./runtime/program.ts";
export { defectMap } from "./runtime/readback.ts";
export type { RunOptions, RunResult } from "./runtime/run.ts";
export { run } from "./runtime/run.ts";
export type { TrialCodes } from "./runtime/trial-codes.ts";
export { trialCodes } from "./runtime/trial-codes.ts";
export { verify } from "./runtime/verify.ts";
export type { Tensor };

/** A target's or technology's device model beside the claims of its papers. @throws BAD_OPTION */
export function characterize(
  target: string | Technology,
  options: CharacterizeOptions = {},
): Promise<CharacterizeReport> {
  return characterizeTarget(
    resolveTarget(typeof target === "string" ? targetNamed(target).technology : target),
    options,
  );
}

export type { Parameter, Target, Technology } from "./compiler/define.ts";
export { XbcError } from "./compiler/errors.ts";
export type { ByteSink, ByteSource } from "./compiler/image/bytes.ts";
export { bytesSource, memorySink } from "./compiler/image/bytes.ts";
export { readDie, writeDie } from "./compiler/image/die-file.ts";
export { diffImages } from "./compiler/image/diff.ts";
export { exportOnnx } from "./compiler/image/export-onnx.ts";
export type { SpiceRequest } from "./compiler/image/export-spice.ts";
export { exportSpice } from "./compiler/image/export-spice.ts";
export { inspectImage } from "./compiler/image/inspect.ts";
export { locateCell, locateWeight } from "./compiler/image/locate.ts";
export { readImage } from "./compiler/image/read-image.ts";
export { hashImage, writeImage } from "./compiler/image/write-image.ts";
export type { Die } from "./compiler/ir/die.ts";
export type { ProgrammingImage } from "./compiler/ir/image.ts";
export { tensor } from "./compiler/ir/tensor.ts";
export { applySettings, loadTechnology } from "./compiler/schema/technology.ts";
export type { CompileReport, EvaluationReport, ProgramReport } from "./runtime/report/report.ts";
