import { XbcError } from "../compiler/errors.ts";
import { locateCell, locateWeight } from "../index.ts";
import { cellText, weightText } from "../runtime/report/locate-text.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { withImage } from "./open-image.ts";
import { wholeNumber } from "./values.ts";

interface Flags extends CommonFlags {
  readonly layer: string;
  readonly output?: number;
  readonly input?: number;
  readonly bank?: number;
  readonly wordLine?: number;
  readonly bitLine?: number;
}

const index = (option: string) => wholeNumber(0, `${option} 0`);

export default defineCommand<Flags>({
  name: "locate",
  summary: "Find the cells of a weight, or the weight of a cell",
  example: "xbc locate model.xbi --layer fc1 --output 3 --input 17",
  required: ["--layer"],
  declare: (command) =>
    command
      .argument("<image>", "programming image (.xbi)")
      .option("--layer <name>", "a layer on banks")
      .option("--output <index>", "output of the weight", index("--output"))
      .option(
        "--input <index>",
        "input: row-major index into the ONNX weight of one output",
        index("--input"),
      )
      .option("--bank <index>", "bank of the cell, from 0 within the layer", index("--bank"))
      .option("--word-line <index>", "word line of the cell", index("--word-line"))
      .option("--bit-line <index>", "bit line of the cell", index("--bit-line")),
  run: async ([path], flags, console) => {
    const { layer, output, input, bank, wordLine, bitLine } = flags;
    const weight = [output, input].filter((value) => value !== undefined).length;
    const cell = [bank, wordLine, bitLine].filter((value) => value !== undefined).length;
    await withImage(path, async (image) => {
      if (output !== undefined && input !== undefined && cell === 0) {
        const found = await locateWeight(image, layer, output, input);
        return console.result(found, () => weightText(found, console.paint));
      }
      if (bank !== undefined && wordLine !== undefined && bitLine !== undefined && weight === 0) {
        const found = await locateCell(image, layer, bank, wordLine, bitLine);
        return console.result(found, () => cellText(found, console.paint));
      }
      throw new XbcError(
        "USAGE",
        `needs --output and --input of a weight, or --bank, --word-line and --bit-line of a cell, found ` +
          `${weight} of the first two and ${cell} of the other three; xbc locate --help shows an example`,
      );
    });
  },
});
