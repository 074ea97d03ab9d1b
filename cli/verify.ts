import { XbcError } from "../compiler/errors.ts";
import { writeDie } from "../compiler/image/die-file.ts";
import type { Die } from "../compiler/ir/die.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { defectMap, verify } from "../index.ts";
import { verifyText } from "../runtime/report/verify-text.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { underCondition } from "./condition.ts";
import { readDataset } from "./data.ts";
import { openDie } from "./die.ts";
import { readWhole } from "./discover.ts";
import { externalData, writeAtomically } from "./files.ts";
import { withImage } from "./open-image.ts";
import { threadsOr } from "./threads.ts";
import { threadCount } from "./values.ts";

interface Flags extends CommonFlags {
  readonly model?: string;
  readonly data?: string;
  readonly readback?: string;
  readonly map?: string;
  readonly condition?: string;
  readonly threads?: number;
}

export default defineCommand<Flags>({
  name: "verify",
  summary: "Check a programming image, and its answers against an independent executor",
  example: "xbc verify model.xbi --model model.onnx --data test.npz",
  required: [],
  declare: (command) =>
    command
      .argument("<image>", "programming image (.xbi)")
      .option("--model <model>", "the ONNX model: count decisions that differ from it")
      .option("--data <data>", "samples to compare on; without them, drawn ones")
      .option("--readback <die>", "the array as it was read (.npz): cells at the wrong level")
      .option("--map <file>", "with --readback: write those cells, for compile --defects")
      .option(
        "--condition <name>",
        "with --readback: the condition that the array was programmed under",
      )
      .option("--threads <count>", "worker threads; one a core by default", threadCount),
  run: async ([path], flags, console) =>
    withImage(
      path,
      async (compiled) => {
        const image = await underCondition(compiled, flags.condition, console.note);
        const model = flags.model === undefined ? null : await readModel(flags.model);
        const data = flags.data === undefined ? null : (await readDataset(flags.data)).x;
        const readback = flags.readback === undefined ? null : await openDie(flags.readback, image);
        if (flags.map !== undefined && readback === null)
          throw new XbcError("USAGE", "option --map: needs --readback, found none; give the die");
        const report = await verify(image, {
          ...(model === null ? {} : model),
          ...(data === null ? {} : { data }),
          ...(readback === null ? {} : { readback }),
          threads: threadsOr(flags.threads),
          progress: console.progress,
        });
        if (readback && flags.map !== undefined) await writeMap(flags.map, image, readback);
        console.result(report, () => verifyText(report, console.paint));
        const failed = report.checks.find((check) => !check.passed);
        if (failed) throw new XbcError("CHECK_FAILED", `${path}: ${failed.name}: ${failed.detail}`);
      },
      { whole: true },
    ),
});

async function writeMap(path: string, image: ProgrammingImage, readback: Die): Promise<void> {
  const map = await defectMap(image, readback);
  await writeAtomically(path, (sink) => writeDie(map, image, sink));
}

const readModel = async (path: string) => ({
  model: await readWhole(path),
  externalData: await externalData(path),
});
