import { diffImages } from "../index.ts";
import { diffText } from "../runtime/report/diff-text.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { withImage } from "./open-image.ts";

export default defineCommand<CommonFlags>({
  name: "diff",
  summary: "List the cells and pulses that lead from one image to another",
  example: "xbc diff old.xbi new.xbi",
  required: [],
  declare: (command) =>
    command
      .argument("<from>", "programming image (.xbi)")
      .argument("<to>", "programming image (.xbi)"),
  run: async ([from, to], _, console) =>
    withImage(from, (a) =>
      withImage(to, async (b) => {
        const found = await diffImages(a, b);
        console.result({ from, to, ...found }, () => diffText(found, console.paint));
      }),
    ),
});
