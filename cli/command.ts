import type { Command } from "commander";
import { XbcError } from "../compiler/errors.ts";
import type { Console } from "./console.ts";
import { forgetOpened, refuseSameFile } from "./opened-files.ts";
import { repeated } from "./values.ts";

/** Options that every command has. */
export interface CommonFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface Definition<Flags extends object> {
  readonly name: string;
  readonly summary: string;
  /** one line a reader can copy */
  readonly example: string;
  /** long names of options that must be given */
  readonly required: readonly string[];
  /** declares arguments and options */
  readonly declare: (command: Command) => Command;
  readonly run: (names: readonly string[], flags: Flags, console: Console) => Promise<void>;
}

/** A sub-command, its flags' types hidden: what `main` knows. */
export interface CliCommand {
  readonly name: string;
  readonly summary: string;
  readonly attach: (program: Command, open: (flags: CommonFlags) => Promise<Console>) => Command;
}

/** The default export of a file in cli/ that is a sub-command. */
export function defineCommand<Flags extends object>(definition: Definition<Flags>): CliCommand {
  const { name, summary, example, required, declare, run } = definition;
  return {
    name,
    summary,
    attach: (program, open) => {
      const command = declare(program.command(name).summary(summary).description(`${summary}.`))
        .option("--json", "print one JSON document on stdout, everything else on stderr")
        .option("--quiet", "print no progress, notes or summaries");
      refuseRepeats(command);
      return command.addHelpText("after", `\nExample:\n  ${example}`).action(async () => {
        requireOptions(command, required);
        keepInputs(command);
        const console = await open(command.opts<CommonFlags>());
        try {
          await run(command.args, command.opts<Flags>(), console);
        } finally {
          console.close();
        }
      });
    },
  };
}

/** Options that name a file to write. */
const outputs = ["output", "map", "report"];

/** @throws BAD_OPTION where an output would replace what the command line names as an input */
function keepInputs(command: Command): void {
  forgetOpened();
  for (const name of outputs) {
    const output: unknown = command.getOptionValue(name);
    if (typeof output === "string") refuseSameFile(output, command.args);
  }
}

/** The last of two values would be taken, and the first one lost without a word. @throws USAGE */
function refuseRepeats(command: Command): void {
  for (const option of command.options) {
    const takesOne = option.required && !option.variadic && option.parseArg !== repeated;
    if (!takesOne) continue;
    let given = 0;
    command.on(`option:${option.name()}`, () => {
      if (++given === 1) return;
      throw new XbcError(
        "USAGE",
        `option ${option.flags}: needs one value, found it ${given} times; give it once`,
      );
    });
  }
}

/** Checked after commander has refused unknown options, so that a misspelled one is named rather than missed. */
function requireOptions(command: Command, required: readonly string[]): void {
  const missing = command.options.find(
    (option) =>
      required.includes(option.long ?? "") &&
      command.getOptionValue(option.attributeName()) === undefined,
  );
  if (missing === undefined) return;
  throw new XbcError(
    "USAGE",
    `needs option ${missing.flags}, found none; xbc ${command.name()} --help shows an example`,
  );
}
