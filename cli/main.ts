#!/usr/bin/env node
import { CommanderError } from "commander";
import type { Console } from "./console.ts";
import { toJson } from "./console.ts";
import { errorDocument, errorLine, exitCodeOf, exitCodes } from "./exit.ts";
import { commandOf, makeProgram } from "./make-program.ts";
import { stopOnSignals } from "./signals.ts";
import { endOnLostOutput, openConsole, writeOut } from "./terminal.ts";

/** Runs a command line and returns its exit code; every error ends here, as one line on stderr. */
async function main(argv: readonly string[]): Promise<number> {
  let console: Console | null = null;
  const program = await makeProgram(argv, {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    open: async (flags) => {
      console = await openConsole(flags);
      return console;
    },
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCodes.done;
  } catch (error) {
    return report(argv, error, console);
  }
}

function report(argv: readonly string[], error: unknown, console: Console | null): number {
  const code = exitCodeOf(error);
  if (code === exitCodes.done) return code;
  // `xbc` alone has already shown the help
  if (error instanceof CommanderError && error.code === "commander.help") return exitCodes.usage;
  process.stderr.write(`${errorLine(commandOf(argv)?.name ?? null, error)}\n`);
  if (process.env.XBC_DEBUG === "1" && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  const wantsJson = console?.json ?? argv.includes("--json");
  if (wantsJson && !console?.hasDocument())
    process.stdout.write(`${toJson(errorDocument(error))}\n`);
  return code;
}

endOnLostOutput();
stopOnSignals();
const code = await main(process.argv.slice(2));
await writeOut();
process.exit(code);
