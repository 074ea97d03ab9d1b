import { join } from "node:path";
import { Option } from "commander";
import type { ByteSink } from "../compiler/image/bytes.ts";
import { exportCsv } from "../compiler/image/export-csv.ts";
import { exportNpz } from "../compiler/image/export-npz.ts";
import { exportPulses } from "../compiler/image/pulses.ts";
import { exportReadmemh } from "../compiler/image/readmemh.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { exportOnnx } from "../index.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { makeFolder, writeAtomically } from "./files.ts";
import { withImage } from "./open-image.ts";

type Format = "npz" | "csv" | "pulses" | "readmemh" | "onnx";

interface Flags extends CommonFlags {
  readonly format: Format;
  readonly output: string;
}

const formats: readonly Format[] = ["npz", "csv", "pulses", "readmemh", "onnx"];

export default defineCommand<Flags>({
  name: "export",
  summary: "Write an image's cells, pulses or quantized network in another format",
  example: "xbc export model.xbi --format pulses -o pulses.csv",
  required: ["--format", "--output"],
  declare: (command) =>
    command
      .argument("<image>", "programming image (.xbi)")
      .addOption(
        new Option(
          "--format <kind>",
          "npz and csv: cells; pulses: what programs them; readmemh: a folder with a file a layer; onnx: the quantized network",
        ).choices(formats),
      )
      .option("-o, --output <file>", "file to write; for readmemh, a folder"),
  run: async ([path], { format, output }, console) =>
    withImage(path, async (image) => {
      const files = await write(image, format, output);
      console.summary({ image: path, format, files }, () =>
        files.map((file) => `wrote ${file}`).join("\n"),
      );
    }),
});

async function write(
  image: ProgrammingImage,
  format: Format,
  output: string,
): Promise<readonly string[]> {
  switch (format) {
    case "npz":
      await writeAtomically(output, (sink) => exportNpz(image, sink));
      return [output];
    case "csv":
      await writeText(output, exportCsv(image));
      return [output];
    case "pulses":
      await writeText(output, exportPulses(image));
      return [output];
    case "readmemh":
      return writeFolder(image, output);
    case "onnx":
      await writeAtomically(output, async (sink) => sink.write(await exportOnnx(image)));
      return [output];
  }
}

async function writeFolder(image: ProgrammingImage, folder: string): Promise<readonly string[]> {
  await makeFolder(folder);
  const files: string[] = [];
  for (const { name, text } of exportReadmemh(image)) {
    const file = join(folder, name);
    await writeText(file, text);
    files.push(file);
  }
  return files;
}

function writeText(path: string, text: AsyncIterable<string>): Promise<void> {
  const encoder = new TextEncoder();
  return writeAtomically(path, async (sink: ByteSink) => {
    for await (const part of text) await sink.write(encoder.encode(part));
  });
}
