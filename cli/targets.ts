import { resolveTarget, targetNamed, targets } from "../index.ts";
import { targetsText, targetText } from "../runtime/report/target-text.ts";
import { type CommonFlags, defineCommand } from "./command.ts";
import { findTechnology } from "./discover.ts";
import * as values from "./values.ts";

interface Flags extends CommonFlags {
  readonly set?: readonly string[];
}

export default defineCommand<Flags>({
  name: "targets",
  summary: "List targets, or show a target's technology with units and sources",
  example: "xbc targets 2t2r --json > my-device.json",
  required: [],
  declare: (command) =>
    command
      .argument("[target]", "built-in target, or a device's JSON file")
      .option(
        "--set <name=value>",
        "a technology parameter, with its unit; repeatable",
        values.repeated,
      ),
  run: async ([name], flags, console) => {
    if (name === undefined) {
      const list = targets.map((target) => ({ name: target.name, summary: target.summary }));
      console.result(list, () => targetsText(targets, console.paint));
      return;
    }
    const technology = await findTechnology(name, flags.set ?? []);
    const { summary } = targetNamed(technology.basedOn);
    const { laws } = resolveTarget(technology);
    // the document is a device file as it stands: xbc compile --target takes it back
    console.result(technology, () => targetText(technology, summary, laws, console.paint));
  },
});
