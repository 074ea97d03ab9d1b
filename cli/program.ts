import { writeDie } from "../compiler/image/die-file.ts";
import { program, stuckCells } from "../index.ts";
import { programText } from "../runtime/report/program-text.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { underCondition } from "./condition.ts";
import { checkedTimes } from "./elapsed.ts";
import { writeAtomically } from "./files.ts";
import { withImage } from "./open-image.ts";
import * as values from "./values.ts";

interface Flags extends CommonFlags {
  readonly routine?: string;
  readonly condition?: string;
  readonly output?: string;
  readonly seed?: number;
  readonly trial: number;
  readonly at?: number;
  readonly stuck: number;
  readonly map?: string;
}

export default defineCommand<Flags>({
  name: "program",
  summary: "Simulate programming an image on a drawn die: iterations, time, energy, yield",
  example: "xbc program model.xbi --routine smart -o die.npz",
  required: [],
  declare: (command) =>
    command
      .argument("<image>", "programming image (.xbi)")
      .option("--routine <name>", "a routine of the image; its first one by default")
      .option("--condition <name>", "another programming condition of the image's technology")
      .option("-o, --output <file>", "die file (.npz): the conductances that the cells end with")
      .option(
        "--at <time>",
        "when the die is read, from its programming, as 1h",
        values.elapsedTime,
        0,
      )
      .option(
        "--seed <number>",
        "seed of the drawn devices; the image's own by default",
        values.seedNumber,
      )
      .option(
        "--trial <number>",
        "which drawn die",
        values.wholeNumber(0, "--trial 0", 2 ** 32 - 1),
        0,
      )
      .option("--stuck <share>", "share of cells that no pulse moves", values.share, 0)
      .option("--map <file>", "with --stuck: write all stuck cells, as a test of the array finds"),
  run: async ([path], flags, console) =>
    withImage(path, async (compiled) => {
      const image = await underCondition(compiled, flags.condition, console.note);
      const { at = 0 } = flags;
      checkedTimes(image, at > 0 ? [at] : []);
      const options = {
        ...(flags.routine === undefined ? {} : { routine: flags.routine }),
        ...(flags.seed === undefined ? {} : { seed: flags.seed }),
        trial: flags.trial,
        elapsed_s: at,
        stuck: flags.stuck,
        progress: console.progress,
      };
      const { report, die } = await program(image, options);
      const { output, map } = flags;
      if (map !== undefined)
        await writeAtomically(map, (sink) => writeDie(stuckCells(image, options), image, sink));
      if (output !== undefined) await writeAtomically(output, (sink) => writeDie(die, image, sink));
      console.result({ ...report, die: output ?? null }, () =>
        [
          programText(report, console.paint),
          ...(output === undefined ? [] : [`wrote ${output}`]),
        ].join("\n"),
      );
    }),
});
