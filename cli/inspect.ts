import { open } from "node:fs/promises";
import { basename } from "node:path";
import { inspectImage } from "../compiler/image/inspect.ts";
import { sha256Of } from "../compiler/image/sha256.ts";
import { importGraph } from "../compiler/onnx/import.ts";
import { parseOnnx } from "../compiler/onnx/parse.ts";
import { hashImage } from "../index.ts";
import { compileReport } from "../runtime/report/compile-report.ts";
import { graphSummary, graphText } from "../runtime/report/graph-text.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import type { Console } from "./console.ts";
import { readWhole, unreadable } from "./discover.ts";
import { inFile } from "./exit.ts";
import { externalData } from "./files.ts";
import { withImage } from "./open-image.ts";

interface Flags extends CommonFlags {
  readonly hash?: boolean;
}

export default defineCommand<Flags>({
  name: "inspect",
  summary: "Show what a model or a programming image holds",
  example: "xbc inspect model.xbi --hash",
  required: [],
  declare: (command) =>
    command
      .argument("<file>", "programming image (.xbi) or ONNX model")
      .option("--hash", "print one SHA-256 of the content, the same for every compression"),
  run: async ([path], flags, console) =>
    (await isArchive(path))
      ? inspectArchive(path, flags, console)
      : inspectModel(path, flags, console),
});

/** An image is a ZIP archive; an ONNX model begins with a protobuf field. */
async function isArchive(path: string): Promise<boolean> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const start = Buffer.alloc(4);
    await file.read(start, 0, 4, 0).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    return start.toString("latin1") === "PK\x03\x04";
  } finally {
    await file.close();
  }
}

async function inspectArchive(path: string, { hash }: Flags, console: Console): Promise<void> {
  await withImage(
    path,
    async (image) => {
      if (hash) {
        const value = await hashImage(image);
        return console.result({ file: path, hash: value }, () => value);
      }
      const report = await compileReport(image, path);
      const text = await inspectImage(image);
      console.result({ ...report, hash: await hashImage(image) }, () => text);
    },
    { whole: true },
  );
}

async function inspectModel(path: string, { hash }: Flags, console: Console): Promise<void> {
  const bytes = await readWhole(path);
  const value = sha256Of(bytes);
  if (hash) {
    // what is no model has no hash to compare with another's
    await inFile(path, async () => parseOnnx(bytes));
    return console.result({ file: path, hash: value }, () => value);
  }
  const external = await externalData(path);
  const graph = await inFile(path, async () => importGraph(parseOnnx(bytes, external)));
  const summary = graphSummary(graph, basename(path), value);
  console.result(summary, () => graphText(summary, console.paint));
}
