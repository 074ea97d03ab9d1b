import { join } from "node:path";
import { Option } from "commander";
import { XbcError } from "../compiler/errors.ts";
import type { ByteSink } from "../compiler/image/bytes.ts";
import { exportCsv } from "../compiler/image/export-csv.ts";
import { exportNpz } from "../compiler/image/export-npz.ts";
import { exportPulses } from "../compiler/image/pulses.ts";
import { exportReadmemh } from "../compiler/image/readmemh.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { exportOnnx, exportSpice, type TrialCodes, trialCodes } from "../index.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import type { Console } from "./console.ts";
import { measuredDie } from "./die.ts";
import { makeFolder, writeAtomically } from "./files.ts";
import { withImage } from "./open-image.ts";
import * as values from "./values.ts";

type Format = "npz" | "csv" | "pulses" | "readmemh" | "spice" | "onnx";

interface Flags extends CommonFlags {
  readonly format: Format;
  readonly output: string;
  readonly trial?: number;
  readonly seed?: number;
  readonly die?: string;
  readonly layer?: string;
  readonly bank?: number;
  readonly wordLines?: readonly number[];
  readonly bitLines?: readonly number[];
  readonly noise: "none" | "all" | readonly string[];
}

const formats: readonly Format[] = ["npz", "csv", "pulses", "readmemh", "spice", "onnx"];

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
          "npz and csv: cells; pulses: what programs them; readmemh: a folder with a file a layer; spice: a read of one bank as a netlist; onnx: the quantized network",
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
          "with onnx: the weights as a measured die (.npz) reads them; with spice: its conductances",
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
      )
      .option("--layer <name>", "with spice: the layer whose bank is read")
      .option(
        "--bank <number>",
        "with spice: which of the layer's banks",
        values.wholeNumber(0, "--bank 0"),
      )
      .option(
        "--word-lines <list>",
        "with spice: word lines that are on, as 0-31,40",
        values.lineList,
      )
      .option(
        "--bit-lines <list>",
        "with spice: bit lines that are read, as 0-3; all that are used by default",
        values.lineList,
      ),
  run: async ([path], flags, console) =>
    withImage(path, async (image) => {
      const { format, output } = flags;
      checkSpiceOptions(flags);
      const codes = format === "spice" ? undefined : await deviceCodes(image, flags, console);
      const files =
        format === "spice"
          ? await writeSpice(image, flags, console)
          : await write(image, format, output, codes);
      console.summary({ image: path, format, files }, () =>
        files.map((file) => `wrote ${file}`).join("\n"),
      );
    }),
});

/** What only one format takes is not passed over in silence. @throws USAGE */
function checkSpiceOptions(flags: Flags): void {
  const { layer, bank, wordLines, bitLines, format } = flags;
  const own = {
    "--layer": layer,
    "--bank": bank,
    "--word-lines": wordLines,
    "--bit-lines": bitLines,
  };
  const [given] = Object.entries(own).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (format !== "spice" && given !== undefined)
    throw new XbcError(
      "USAGE",
      `option ${given}: needs --format spice, found ${format}, which holds all banks; leave it out`,
    );
  if (format === "spice" && flags.trial !== undefined)
    throw new XbcError(
      "USAGE",
      "option --trial: needs --format onnx, found spice; draw a die with xbc program -o DIE.npz and give --die",
    );
}

async function writeSpice(
  image: ProgrammingImage,
  { output, layer, bank, wordLines, bitLines, die }: Flags,
  console: Console,
): Promise<readonly string[]> {
  const request = {
    layer: layer ?? null,
    bank: bank ?? 0,
    wordLines: wordLines ?? null,
    bitLines: bitLines ?? null,
    die: die === undefined ? null : await measuredDie(die, image, console),
  };
  await writeText(output, exportSpice(image, request));
  return [output];
}

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
  format: Exclude<Format, "spice">,
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
