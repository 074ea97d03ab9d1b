import { Command } from "commander";
import { version } from "../compiler/version.ts";
import type { CommonFlags } from "./command.ts";
import { type CommandEntry, commands } from "./commands.ts";
import type { Console } from "./console.ts";

export interface ProgramOutput {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly open: (flags: CommonFlags) => Promise<Console>;
}

/** The sub-command that a command line asks for, or null. `help compile` asks for compile's. */
export function commandOf(argv: readonly string[]): CommandEntry | null {
  const [first, second] = argv.filter((word) => !word.startsWith("-"));
  const name = first === "help" ? second : first;
  return commands.find((entry) => entry.name === name) ?? null;
}

/** The command line as commander parses it, with only the asked sub-command loaded. */
export async function makeProgram(
  argv: readonly string[],
  output: ProgramOutput,
): Promise<Command> {
  const program = new Command("xbc")
    .description("Compile trained neural networks onto arrays of resistive memory.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help of a command")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: output.out,
      writeErr: output.error,
      // main prints the error itself, as one line
      outputError: () => {},
    })
    .addHelpText("after", epilogue);
  const asked = commandOf(argv);
  for (const entry of commands) {
    if (entry === asked) (await entry.load()).default.attach(program, output.open);
    else program.command(entry.name).summary(entry.summary);
  }
  return program;
}

const epilogue = `
Example:
  xbc compile model.onnx --target 2t2r -o model.xbi

Exit codes: 0 done, 1 the input or the request is at fault, 2 wrong usage, 3 a check failed, 70 a bug in xbc.
An error is one line on stderr; with --json stdout holds {"error": {"code", "message"}} instead of a result.`;
