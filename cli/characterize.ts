import { characterize } from "../index.ts";
import { characterizeText } from "../runtime/report/characterize-text.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { findTechnology } from "./discover.ts";
import * as values from "./values.ts";

interface Flags extends CommonFlags {
  readonly set?: readonly string[];
  readonly condition?: string;
  readonly samples: number;
  readonly seed: number;
  readonly verbose?: boolean;
}

export default defineCommand<Flags>({
  name: "characterize",
  summary: "Hold a target's device model against the claims of its papers",
  example: "xbc characterize 2t2r --condition h6",
  required: [],
  declare: (command) =>
    command
      .argument("<target>", "built-in target, or a device's JSON file")
      .option(
        "--set <name=value>",
        "a technology parameter, with its unit; repeatable",
        values.repeated,
      )
      .option("--condition <name>", "only claims about this condition")
      .option(
        "--samples <count>",
        "Monte Carlo draws of each claim",
        values.wholeNumber(1e6, "--samples 1000000", 1e9),
        1_000_000,
      )
      .option("--seed <number>", "seed of the draws", values.seedNumber, 1)
      .option("--verbose", "list every assumption"),
  run: async ([name], flags, console) => {
    const technology = await findTechnology(name, flags.set ?? []);
    const report = await characterize(technology, {
      ...(flags.condition === undefined ? {} : { condition: flags.condition }),
      samples: flags.samples,
      seed: flags.seed,
      progress: console.progress,
    });
    console.result(report, () =>
      characterizeText(report, { paint: console.paint, verbose: flags.verbose === true }),
    );
  },
});
