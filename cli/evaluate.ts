import { Option } from "commander";
import { XbcError } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { evaluate } from "../index.ts";
import { samplesIn } from "../runtime/input.ts";
import { evaluationText } from "../runtime/report/evaluation-text.ts";
import { mergeShards, type ShardReport, trialsOfShard } from "../runtime/report/merge.ts";
import type { EvaluationReport } from "../runtime/report/report.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { underCondition } from "./condition.ts";
import type { Console } from "./console.ts";
import { type Dataset, readDataset } from "./data.ts";
import { measuredDie } from "./die.ts";
import { readWhole } from "./discover.ts";
import { checkedTimes } from "./elapsed.ts";
import { inFile } from "./exit.ts";
import { externalData } from "./files.ts";
import { floatBaseline } from "./float-baseline.ts";
import { withImage } from "./open-image.ts";
import { parseShard } from "./shard-file.ts";
import { threadsOr } from "./threads.ts";
import * as values from "./values.ts";

interface Flags extends CommonFlags {
  readonly data?: string;
  readonly noise: "none" | "all" | readonly string[];
  readonly condition?: string;
  readonly ber?: values.BitErrorRates;
  readonly at?: readonly number[];
  readonly die?: string;
  readonly trials: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly model?: string;
  readonly metric: string;
  readonly ablation: boolean;
  readonly shard?: values.Shard;
  readonly merge?: readonly string[];
  readonly verbose?: boolean;
}

const metrics = ["top1", "top5", "mse", "cosine", "agreement"];

export default defineCommand<Flags>({
  name: "evaluate",
  summary: "Measure the accuracy of a programming image under noise",
  example: "xbc evaluate model.xbi --data test.npz --trials 20",
  required: [],
  declare: (command) =>
    command
      .argument("[image]", "programming image (.xbi)")
      .option("--data <data>", ".npz with x and y, a pair of .npy, or IDX files")
      .option("--model <model>", "the ONNX model: its float accuracy, for comparison")
      .option(
        "--noise <models>",
        "all, none, or a list of the image's models",
        values.noiseChoice,
        "all",
      )
      .option("--condition <name>", "another programming condition of the image's technology")
      .option(
        "--ber <rates>",
        "P[,P…] to sweep, or type1=P,type2=P,type3=P: errors per stored bit",
        values.bitErrorRates,
      )
      .option(
        "--at <times>",
        "elapsed times, as 1h,1d,60d, where the image's noise changes with time",
        values.elapsedTimes,
      )
      .addOption(
        new Option(
          "--die <file>",
          "a measured die (.npz): its conductances instead of drawn ones",
        ).conflicts(["at", "ber", "condition"]),
      )
      .option("--trials <count>", "drawn devices", values.trialCount, 5)
      .option(
        "--seed <number>",
        "seed of noise and of drawn inputs; the image's own by default",
        values.seedNumber,
      )
      .option("--threads <count>", "worker threads; one a core by default", values.threadCount)
      .addOption(new Option("--metric <name>", "what is measured").choices(metrics).default("top1"))
      .option("--no-ablation", "leave out each effect alone and added one by one")
      .addOption(
        new Option("--shard <i/n>", "only the trials of part i of n")
          .argParser(values.shard)
          .conflicts("merge"),
      )
      .addOption(
        new Option("--merge <files...>", "join the --json documents of all shards").conflicts(
          "data",
        ),
      )
      .option("--verbose", "list every assumption"),
  run: async ([path], flags, console) => {
    const report = flags.merge ? await merged(flags.merge) : await evaluated(path, flags, console);
    console.result(report, () =>
      evaluationText(report, { paint: console.paint, verbose: flags.verbose === true }),
    );
  },
});

async function merged(paths: readonly string[]): Promise<EvaluationReport> {
  const shards = await Promise.all(
    paths.map(async (path) => parseShard((await readWhole(path)).toString("utf8"), path)),
  );
  return mergeShards(shards);
}

async function evaluated(
  path: string | undefined,
  flags: Flags,
  console: Console,
): Promise<EvaluationReport | ShardReport> {
  if (path === undefined || flags.data === undefined) {
    throw new XbcError(
      "USAGE",
      `needs ${path === undefined ? "an image and " : ""}--data, or --merge with the documents of all shards; ` +
        "xbc evaluate --help shows an example",
    );
  }
  const spec = flags.data;
  return withImage(path, async (compiled) => {
    const image = await underCondition(compiled, flags.condition, console.note);
    const data = await readDataset(spec);
    const [input, ...more] = image.inputs;
    if (more.length === 0) await inFile(spec, async () => samplesIn(input, data.x));
    const baseline = await baselineOf(image, data, flags, console);
    const die =
      flags.die === undefined ? {} : { die: await measuredDie(flags.die, image, console) };
    const options = { ...evaluationOptions(image, flags, console), ...die, baseline };
    if (!flags.shard) return evaluate(image, data, { ...options, trials: flags.trials });
    const { index, count } = flags.shard;
    const part = trialsOfShard(flags.trials, index, count);
    if (part.trials === 0) {
      throw new XbcError(
        "BAD_OPTION",
        `option --shard: needs at most as many parts as --trials ${flags.trials}, found ${count}; use fewer`,
      );
    }
    const report = await evaluate(image, data, { ...options, ...part });
    return { ...report, shard: { index, count, firstTrial: part.firstTrial } };
  });
}

async function baselineOf(image: ProgrammingImage, data: Dataset, flags: Flags, console: Console) {
  const path = flags.model;
  if (path === undefined) return null;
  const model = { bytes: await readWhole(path), external: await externalData(path) };
  const found = await inFile(path, () =>
    floatBaseline(image, model, data, flags.metric, console.progress),
  );
  return found?.value ?? null;
}

function evaluationOptions(image: ProgrammingImage, flags: Flags, console: Console) {
  const { ber, threads } = flags;
  return {
    noise: flags.noise,
    ber: ber?.kind === "sweep" ? ber.values : [],
    errorTypes:
      ber?.kind === "types" ? { type1: ber.type1, type2: ber.type2, type3: ber.type3 } : null,
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    elapsed_s: checkedTimes(image, flags.at ?? []),
    threads: threadsOr(threads),
    metric: flags.metric,
    ablation: flags.ablation,
    weak: true,
    progress: console.progress,
  };
}
