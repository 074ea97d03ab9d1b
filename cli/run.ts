import { XbcError } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { NetworkInput } from "../compiler/ir/network.ts";
import { type Tensor, toNumbers } from "../compiler/ir/tensor.ts";
import { run } from "../index.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { type NamedTensors, readTensors } from "./data.ts";
import { measuredDie } from "./die.ts";
import { withImage } from "./open-image.ts";
import { writeTensors } from "./output-files.ts";
import { threadsOr } from "./threads.ts";
import * as values from "./values.ts";

interface Flags extends CommonFlags {
  readonly input: readonly string[];
  readonly output?: string;
  readonly noise: "none" | "all" | readonly string[];
  readonly seed?: number;
  readonly trial: number;
  readonly threads?: number;
  readonly die?: string;
}

export default defineCommand<Flags>({
  name: "run",
  summary: "Run a programming image on inputs",
  example: "xbc run model.xbi --input x.npy -o y.npy",
  required: ["--input"],
  declare: (command) =>
    command
      .argument("<image>", "programming image (.xbi)")
      .option(
        "--input <file>",
        "X.npy, NAME=X.npy (repeatable), or an .npz of several inputs",
        values.repeated,
      )
      .option(
        "-o, --output <file>",
        ".npy for one output, .npz for several; without it, the values are printed",
      )
      .option(
        "--noise <models>",
        "none (bit-accurate), all, or a list of the image's models",
        values.noiseChoice,
        "none",
      )
      .option(
        "--seed <number>",
        "seed of noise and of drawn inputs; the image's own by default",
        values.seedNumber,
      )
      .option(
        "--trial <number>",
        "which drawn device",
        values.wholeNumber(0, "--trial 0", 2 ** 32 - 1),
        0,
      )
      .option("--die <file>", "a measured die (.npz): its conductances instead of drawn ones")
      .option("--threads <count>", "worker threads; one a core by default", values.threadCount),
  run: async ([path], flags, console) =>
    withImage(path, async (image) => {
      const inputs = namedInputs(image, await readTensors(flags.input));
      const result = await run(image, inputs, {
        noise: flags.noise,
        ...(flags.seed === undefined ? {} : { seed: flags.seed }),
        trial: flags.trial,
        ...(flags.die === undefined ? {} : { die: await measuredDie(flags.die, image, console) }),
        threads: threadsOr(flags.threads),
        progress: console.progress,
      });
      const { outputs, ...rest } = result;
      if (flags.output === undefined) {
        const document = {
          ...rest,
          outputs: Object.fromEntries([...outputs].map(([name, y]) => [name, asDocument(y)])),
        };
        console.result(document, () => outputsText(outputs));
        return;
      }
      await writeTensors(flags.output, outputs);
      const shapes = Object.fromEntries(
        [...outputs].map(([name, { type, shape }]) => [name, { type, shape }]),
      );
      console.summary(
        { ...rest, file: flags.output, outputs: shapes },
        () => `wrote ${flags.output}: ${shapesText(outputs)}`,
      );
    }),
});

/** An input without a name is the network's only one. */
function namedInputs(
  image: ProgrammingImage,
  { tensors: given, asked }: NamedTensors,
): ReadonlyMap<string, Tensor> {
  const names = image.inputs.map((input: NetworkInput) => input.name);
  const strange = [...asked].find((name) => !names.includes(name));
  if (strange !== undefined) {
    throw new XbcError(
      "BAD_OPTION",
      `option --input: needs the image's inputs ${names.join(", ")}, found ${strange}; write --input ${names[0]}=X.npy`,
    );
  }
  const [only] = given.keys();
  if (given.size === 1 && names.length === 1 && !names.includes(only)) {
    return new Map([[names[0], [...given.values()][0]]]);
  }
  const missing = names.find((name) => !given.has(name));
  if (missing === undefined) return given;
  throw new XbcError(
    "BAD_OPTION",
    `option --input: needs the inputs ${names.join(", ")}, found ${[...given.keys()].join(", ") || "none"}; write --input ${missing}=X.npy`,
  );
}

const asDocument = ({ type, shape, data }: Tensor) => ({ type, shape, data });

const shapesText = (outputs: ReadonlyMap<string, Tensor>): string =>
  [...outputs]
    .map(([name, { type, shape }]) => `${name} ${type} [${shape.join(" x ")}]`)
    .join(", ");

const mostRows = 20;
const mostColumns = 10;

/** The first rows of every output. */
function outputsText(outputs: ReadonlyMap<string, Tensor>): string {
  return [...outputs]
    .map(
      ([name, tensor]) =>
        `${name} ${tensor.type} [${tensor.shape.join(" x ")}]\n${rowsText(tensor)}`,
    )
    .join("\n");
}

function rowsText(tensor: Tensor): string {
  const numbers = toNumbers(tensor);
  const rows = tensor.shape[0] ?? 1;
  const width = rows === 0 ? 0 : numbers.length / rows;
  const lines = Array.from({ length: Math.min(rows, mostRows) }, (_, row) => {
    const shown = Array.from(
      numbers.subarray(row * width, row * width + Math.min(width, mostColumns)),
    );
    return `  ${shown.map((value) => Number(value.toPrecision(7))).join(" ")}${width > mostColumns ? " …" : ""}`;
  });
  return [
    ...lines,
    ...(rows > mostRows ? [`  … ${rows - mostRows} more; -o FILE writes all`] : []),
  ].join("\n");
}
