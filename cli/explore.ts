import { basename } from "node:path";
import { XbcError } from "../compiler/errors.ts";
import {
  applySettings,
  compile,
  evaluate,
  explore,
  resolveTarget,
  type Technology,
} from "../index.ts";
import { exploreCsv, exploreText } from "../runtime/report/explore-text.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { readDataset } from "./data.ts";
import { findTechnology, readWhole } from "./discover.ts";
import { externalData, writeAtomically } from "./files.ts";
import { parseSweep, sweepableUnits } from "./sweep.ts";
import { threadsOr } from "./threads.ts";
import * as values from "./values.ts";

interface Flags extends CommonFlags {
  readonly target: string;
  readonly sweep: readonly string[];
  readonly set?: readonly string[];
  readonly condition?: string;
  readonly layers: readonly number[];
  readonly front?: readonly string[];
  readonly plot: string;
  readonly csv?: string;
  readonly model?: string;
  readonly data?: string;
  readonly most: number;
  readonly trials: number;
  readonly threads?: number;
  readonly seed: number;
}

export default defineCommand<Flags>({
  name: "explore",
  summary: "Sweep technology parameters: banks, error rates, parallelism, time, energy, area",
  example:
    "xbc explore --target 1s1r --sweep selectorThickness=10nm:25nm:31 --sweep leakageCurrent=0.1nA:10nA:33:log",
  required: ["--target", "--sweep"],
  declare: (command) =>
    command
      .option("--target <name|file>", "built-in target, or a device's JSON file")
      .option(
        "--sweep <name=values>",
        "FROM:TO:COUNT, FROM:TO:COUNT:log or A,B,C, with units; repeatable, two or three",
        values.repeated,
      )
      .option(
        "--set <name=value>",
        "a technology parameter, with its unit; repeatable",
        values.repeated,
      )
      .option("--condition <name>", "programming condition of the technology")
      .option(
        "--layers <sizes>",
        "neurons of the dense network that time, energy and area are of",
        values.sizes,
        [784, 512, 10],
      )
      .option(
        "--front <figures>",
        "figures that make the Pareto front; all that count",
        values.names,
      )
      .option("--plot <figure>", "figure that the terminal plots", "bankLines")
      .option("--csv <file>", "write every row, with every parameter")
      .option("--model <model>", "ONNX model whose accuracy is measured on the front")
      .option("--data <data>", "labelled data for it")
      .option(
        "--most <count>",
        "technologies of the front to measure",
        values.wholeNumber(1, "--most 8"),
        8,
      )
      .option("--trials <count>", "noisy trials of each", values.trialCount, 1)
      .option("--threads <count>", "worker threads; one a core by default", values.threadCount)
      .option("--seed <number>", "seed of all draws", values.seedNumber, 0),
  run: async (_, flags, console) => {
    const technology = await findTechnology(flags.target, flags.set ?? []);
    const units = sweepableUnits(technology);
    const sweeps = flags.sweep.map((text) => parseSweep(text, units));
    const names = sweeps.map(({ name }) => name);
    const twice = names.find((name, k) => names.indexOf(name) !== k);
    if (twice !== undefined)
      throw new XbcError("BAD_OPTION", `--sweep ${twice}: needs one range a parameter, found two`);
    const at = (point: Readonly<Record<string, number>>): Technology =>
      applySettings(
        technology,
        Object.entries(point).map(([name, value]) => `${name}=${value}${suffix(units.get(name))}`),
      );
    const target = resolveTarget(technology, flags.condition);
    const report = await explore(target, sweeps, at, {
      layers: flags.layers.slice(1).map((outputs, k) => ({ inputs: flags.layers[k], outputs })),
      objectives: flags.front ?? [],
      most: flags.most,
      accuracy: await accuracyOf(flags, target.condition),
      progress: console.progress,
    });
    if (!(flags.plot in report.figures) && Object.keys(report.figures).length > 0) {
      throw new XbcError(
        "BAD_OPTION",
        `--plot ${flags.plot}: needs one of ${Object.keys(report.figures).join(", ")}`,
      );
    }
    const { csv } = flags;
    if (csv !== undefined) {
      const bytes = new TextEncoder().encode(exploreCsv(report));
      await writeAtomically(csv, async (sink) => {
        await sink.write(bytes);
      });
    }
    console.result(report, () =>
      exploreText(report, { paint: console.paint, plot: flags.plot, units }),
    );
  },
});

const suffix = (unit = "1"): string => (unit === "1" || unit === "ln" ? "" : unit);

/** Compiles the model for a technology and measures it under all noise. */
async function accuracyOf(
  { model, data, trials, threads, seed }: Flags,
  condition: string,
): Promise<((technology: Technology) => Promise<number>) | null> {
  if (model === undefined && data === undefined) return null;
  if (model === undefined || data === undefined)
    throw new XbcError("BAD_OPTION", "--model and --data: needs both, found one; give the other");
  const bytes = await readWhole(model);
  const external = await externalData(model);
  const { x, y } = await readDataset(data);
  return async (technology) => {
    const image = await compile(bytes, {
      name: basename(model),
      target: technology,
      condition,
      externalData: external,
    });
    const { noisy, mapped } = await evaluate(
      image,
      { x, y },
      { trials, seed, threads: threadsOr(threads), ablation: false, weak: false },
    );
    return noisy?.mean ?? mapped.accuracy;
  };
}
