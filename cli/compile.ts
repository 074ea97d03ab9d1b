import { basename } from "node:path";
import { Option } from "commander";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { compile, evaluate, writeImage } from "../index.ts";
import { compileReport } from "../runtime/report/compile-report.ts";
import { compileText } from "../runtime/report/compile-text.ts";
import { explainLayer, explanationText } from "../runtime/report/explain.ts";
import { checkFit, readCalibration } from "./calibration.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import type { Console } from "./console.ts";
import { readDataset } from "./data.ts";
import { readDefects } from "./defects.ts";
import { findTechnology, readWhole } from "./discover.ts";
import { inFile } from "./exit.ts";
import { externalData, writeAtomically } from "./files.ts";
import { type FloatModel, floatBaseline } from "./float-baseline.ts";
import { threadsOr } from "./threads.ts";
import * as values from "./values.ts";

interface Flags extends CommonFlags {
  readonly target: string;
  readonly output?: string;
  readonly set?: readonly string[];
  readonly condition?: string;
  readonly precision: string;
  readonly segment?: number;
  readonly reorderRows?: boolean;
  readonly weightRange: string;
  readonly weightScale: "auto" | "layer" | "output";
  readonly biasCorrection: "auto" | "on" | "off";
  readonly cells?: number;
  readonly firstLast: "auto" | "same";
  readonly layerPrecision?: readonly string[];
  readonly activationRange: string;
  readonly weightRounding: "nearest" | "compensating";
  readonly activations: string;
  readonly inputEncoding: string;
  readonly inputTransform: string;
  readonly configuration: "auto" | "parallel-to-sequential" | "sequential-to-parallel";
  readonly bank?: values.BankSize;
  readonly readout?: string;
  readonly ternaryThreshold?: number;
  readonly calibration?: string;
  readonly defects?: readonly string[];
  readonly replicate: string;
  readonly seed: number;
  readonly store?: boolean;
  readonly eval?: string;
  readonly trials: number;
  readonly threads?: number;
  readonly explain?: string;
  readonly verbose?: boolean;
}

const configurations = ["auto", "parallel-to-sequential", "sequential-to-parallel"];

export default defineCommand<Flags>({
  name: "compile",
  summary: "Compile an ONNX model to a programming image",
  example: "xbc compile model.onnx --target 2t2r -o model.xbi",
  required: ["--target"],
  declare: (command) =>
    command
      .argument("<model>", "ONNX model")
      .option("--target <name|file>", "built-in target, or a device's JSON file")
      .option("-o, --output <image>", "write the image (.xbi) here")
      .option(
        "--set <name=value>",
        "a technology parameter, with its unit; repeatable",
        values.repeated,
      )
      .option("--condition <name>", "programming condition of the technology")
      .option(
        "--precision <kind>",
        "weights: auto, binary, ternary, int2 to int8, levelsN",
        values.precision,
        "auto",
      )
      .option(
        "--activations <kind>",
        "auto, binary, ternary, uintN, intN",
        values.activations,
        "auto",
      )
      .option(
        "--input-encoding <kind>",
        "auto, binary:THRESHOLD, bits:N, stochastic:N, spikes:T",
        values.inputEncoding,
        "auto",
      )
      .option(
        "--input-transform <steps>",
        'done to raw inputs, as "scale:1/255,mean:0.5,layout:NHWC>NCHW"',
        "",
      )
      .addOption(
        new Option("--configuration <kind>", "how blocks are read")
          .choices(configurations)
          .default("auto"),
      )
      .option("--bank <size>", "WORDLINESxBITLINES of a bank, in cells", values.bankSize)
      .option("--readout <kind>", "digital, comparator, multi-reference:K, adc:B", values.readout)
      .option(
        "--segment <lines>",
        "word lines that are read together, where several may be",
        values.wholeNumber(1, "--segment 32", 65536),
      )
      .option(
        "--reorder-rows",
        "spread inputs that are on together over read segments (calibration data)",
      )
      .option(
        "--weight-range <rule>",
        "real value of code 1: auto, sigma:FACTOR of the layer's weights, mse, or output (calibration data)",
        "auto",
      )
      .addOption(
        new Option("--weight-scale <part>", "one range for a layer, or for each output")
          .choices(["auto", "layer", "output"])
          .default("auto"),
      )
      .addOption(
        new Option(
          "--bias-correction <when>",
          "add to biases the mean that rounding weights takes from outputs (calibration data)",
        )
          .choices(["auto", "on", "off"])
          .default("auto"),
      )
      .option(
        "--cells <count>",
        "cells that weights may take: each layer gets up to --precision, as its error is worth",
        values.cellCount,
      )
      .addOption(
        new Option(
          "--first-last <rule>",
          "auto: the first and the last layer keep int8 where others have int4 or fewer",
        )
          .choices(["auto", "same"])
          .default("auto"),
      )
      .option(
        "--layer-precision <layer=kind>",
        "precision of one layer, as conv1=int8; repeatable",
        values.repeated,
      )
      .option(
        "--activation-range <rule>",
        "span of quantized activations over the calibration data: auto, max, percentile:P, mse",
        "auto",
      )
      .addOption(
        new Option("--weight-rounding <rule>", "compensating: later weights take up what was lost")
          .choices(["nearest", "compensating"])
          .default("nearest"),
      )
      .option(
        "--ternary-threshold <ratio>",
        "ternarize below this share of a row's mean magnitude",
        values.positiveNumber("--ternary-threshold 0.7"),
      )
      .option(
        "--defects <map>",
        "stuck cells of the die (.npz of verify --map), to be avoided; repeatable",
        values.repeated,
      )
      .option(
        "--replicate <copies>",
        "copies of matrices that are applied at several positions: at most N; auto; within cells:N or banks:N",
        values.replication,
        "1",
      )
      .option("--calibration <data>", "data whose activations set quantization ranges")
      .option("--seed <number>", "seed of drawn inputs", values.seedNumber, 0)
      .option("--store", "write the archive without compression")
      .option("--eval <data>", "measure the accuracy after mapping as well")
      .option("--trials <count>", "noisy trials of --eval", values.trialCount, 5)
      .option(
        "--threads <count>",
        "worker threads of --eval; one a core by default",
        values.threadCount,
      )
      .option("--explain <layer>", "say why a layer lies as it does")
      .option("--verbose", "list every assumption"),
  run: async ([path], flags, console) => {
    const model = { bytes: await readWhole(path), external: await externalData(path) };
    const data = flags.eval === undefined ? null : await readDataset(flags.eval);
    if (data) await inFile(path, async () => checkFit(model.bytes, model.external, data));
    const compiled = await inFile(path, async () => compileModel(path, model, flags, console));
    // a name that is no layer's is refused before anything is written
    if (flags.explain !== undefined) explainLayer(compiled, flags.explain);
    const baseline = data && (await floatBaseline(compiled, model, data, "top1", console.progress));
    const image = { ...compiled, baseline };
    const accuracy = data && (await evaluate(image, data, evaluationOptions(flags, console)));
    // written last, so that an interrupted evaluation leaves nothing
    if (flags.output !== undefined) await writeFile(image, flags.output, flags, console);
    const report = await compileReport(image, flags.output ?? null, accuracy);
    const explanation =
      flags.explain === undefined ? null : explainLayer(image, flags.explain, accuracy);
    const document = explanation === null ? report : { ...report, explanation };
    console.summary(document, () => {
      const text = compileText(report, { paint: console.paint, verbose: flags.verbose === true });
      return explanation === null
        ? text
        : `${text}\n\n${explanationText(explanation, console.paint)}`;
    });
  },
});

async function compileModel(
  path: string,
  { bytes, external }: FloatModel,
  flags: Flags,
  console: Console,
): Promise<ProgrammingImage> {
  const target = await findTechnology(flags.target, flags.set ?? []);
  const calibration =
    flags.calibration === undefined
      ? null
      : await readCalibration(bytes, external, flags.calibration);
  return compile(bytes, {
    name: basename(path),
    target,
    ...(flags.condition === undefined ? {} : { condition: flags.condition }),
    precision: flags.precision,
    segment: flags.segment ?? null,
    reorderRows: flags.reorderRows ?? false,
    weightRange: flags.weightRange,
    weightScale: flags.weightScale,
    biasCorrection: flags.biasCorrection,
    cells: flags.cells ?? null,
    firstLast: flags.firstLast,
    layerPrecision: flags.layerPrecision ?? [],
    activationRange: flags.activationRange,
    weightRounding: flags.weightRounding,
    activations: flags.activations,
    inputEncoding: flags.inputEncoding,
    inputTransform: flags.inputTransform,
    configuration: flags.configuration,
    bank: flags.bank ?? null,
    readout: flags.readout ?? null,
    ternaryThreshold: flags.ternaryThreshold ?? null,
    calibration,
    replicate: flags.replicate,
    defects: await readDefects(flags.defects ?? []),
    seed: flags.seed,
    externalData: external,
    progress: console.progress,
  });
}

function writeFile(
  image: ProgrammingImage,
  output: string,
  flags: Flags,
  console: Console,
): Promise<void> {
  return writeAtomically(output, (sink) =>
    writeImage(image, sink, {
      store: flags.store === true,
      progress: (done, total) => console.progress("writing banks", done, total),
    }),
  );
}

const evaluationOptions = (flags: Flags, console: Console) => ({
  trials: flags.trials,
  seed: flags.seed,
  threads: threadsOr(flags.threads),
  progress: console.progress,
});
