import { join } from "node:path";
import { Option } from "commander";
import { XbcError } from "../compiler/errors.ts";
import type { ByteSink } from "../compiler/image/bytes.ts";
import { exportCsv } from "../compiler/image/export-csv.ts";
import { exportNpz } from "../compiler/image/export-npz.ts";
import { exportPulses } from "../compiler/image/pulses.ts";
import { exportReadmemh } from "../compiler/image/readmemh.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { exportOnnx, type TrialCodes, trialCodes } from "../index.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import type { Console } from "./console.ts";
import { measuredDie } from "./die.ts";
import { makeFolder, writeAtomically } from "./files.ts";
import { withImage } from "./open-image.ts";
import * as values from "./values.ts";

type Format = "npz" | "csv" | "pulses" | "readmemh" | "onnx";

interface Flags extends CommonFlags {
  readonly format: Format;
  readonly output: string;
  readonly trial?: number;
  readonly seed?: number;
  readonly die?: string;
  readonly noise: "none" | "all" | readonly string[];
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
      .option("-o, --output <file>", "file to write; for readmemh, a folder")
      .option(
        "--trial <number>",
        "with onnx: the weights as this drawn device reads them",
        values.wholeNumber(0, "--trial 0", 2 ** 32 - 1),
      )
      .addOption(
        new Option(
          "--die <file>",
          "with onnx: the weights as a measured die (.npz) reads them",
        ).conflicts("trial"),
      )
      .option(
        "--noise <models>",
        "with --trial or --die: all, or a list of the image's models",
        values.noiseChoice,
        "all",
      )
      .option(
        "--seed <number>",
        "with --trial: seed of the drawn devices; the image's own by default",
        values.seedNumber,
      ),
  run: async ([path], flags, console) =>
    withImage(path, async (image) => {
      const { format, output } = flags;
      const codes = await deviceCodes(image, flags, console);
      const files = await write(image, format, output, codes);
      console.summary({ image: path, format, files }, () =>
        files.map((file) => `wrote ${file}`).join("\n"),
      );
    }),
});

/** The weights that a device reads, where one is asked for. @throws USAGE where another format than onnx is */
async function deviceCodes(
  image: ProgrammingImage,
  { format, trial, die, seed, noise }: Flags,
  console: Console,
): Promise<TrialCodes["codes"] | undefined> {
  const asked = [
    ...(trial === undefined ? [] : ["--trial"]),
    ...(die === undefined ? [] : ["--die"]),
  ];
  if (asked.length === 0) return undefined;
  if (format !== "onnx")
    throw new XbcError(
      "USAGE",
      `option ${asked[0]}: needs --format onnx, found ${format}; the other formats hold what is stored, leave it out`,
    );
  const { codes, changed, marginal } = await trialCodes(image, {
    noise,
    ...(trial === undefined ? {} : { trial }),
    ...(seed === undefined ? {} : { seed }),
    ...(die === undefined ? {} : { die: await measuredDie(die, image, console) }),
  });
  console.note(`${changed} stored digits read another value`);
  if (marginal > 0)
    console.note(
      `warning: ${marginal} digits are drawn at each read; the network holds their likeliest value, xbc run draws them`,
    );
  return codes;
}

async function write(
  image: ProgrammingImage,
  format: Format,
  output: string,
  codes: TrialCodes["codes"] | undefined,
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
      await writeAtomically(output, async (sink) => sink.write(await exportOnnx(image, codes)));
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
