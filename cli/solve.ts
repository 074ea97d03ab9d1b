import { XbcError } from "../compiler/errors.ts";
import { solve } from "../index.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { toJson } from "./console.ts";
import { readWhole } from "./discover.ts";
import { inFile } from "./exit.ts";

export default defineCommand<CommonFlags>({
  name: "solve",
  summary: "Solve a bit line or a crossbar with the resistance of its wires",
  example: "xbc solve problem.json",
  required: [],
  declare: (command) =>
    command.argument("<problem>", "JSON file: one problem, or a list of them, in SI units"),
  run: async ([path], _, console) => {
    const text = (await readWhole(path)).toString("utf8");
    const answer = await inFile(path, async () => solve(parsed(text)));
    console.result(answer, () => toJson(answer));
  },
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new XbcError("BAD_FILE", `needs JSON, found text that is none (${why}); correct it`);
  }
}
