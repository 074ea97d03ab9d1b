import { XbcError } from "../compiler/errors.ts";
import { verify } from "../index.ts";
import { verifyText } from "../runtime/report/verify-text.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { readDataset } from "./data.ts";
import { readWhole } from "./discover.ts";
import { externalData } from "./files.ts";
import { withImage } from "./open-image.ts";
import { threadsOr } from "./threads.ts";
import { threadCount } from "./values.ts";

interface Flags extends CommonFlags {
  readonly model?: string;
  readonly data?: string;
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
      .option("--threads <count>", "worker threads; one a core by default", threadCount),
  run: async ([path], flags, console) =>
    withImage(path, async (image) => {
      const model = flags.model === undefined ? null : await readModel(flags.model);
      const data = flags.data === undefined ? null : (await readDataset(flags.data)).x;
      const report = await verify(image, {
        ...(model === null ? {} : model),
        ...(data === null ? {} : { data }),
        threads: threadsOr(flags.threads),
        progress: console.progress,
      });
      console.result(report, () => verifyText(report, console.paint));
      const failed = report.checks.find((check) => !check.passed);
      if (failed) throw new XbcError("CHECK_FAILED", `${path}: ${failed.name}: ${failed.detail}`);
    }),
});

const readModel = async (path: string) => ({
  model: await readWhole(path),
  externalData: await externalData(path),
});
