import { makeConsole } from "../../cli/console.ts";
import { errorLine, exitCodeOf } from "../../cli/exit.ts";
import { commandOf, makeProgram } from "../../cli/make-program.ts";

export interface Outcome {
  readonly code: number;
  readonly out: string;
  /** notes, and the error's line */
  readonly error: string;
}

/** Runs a command line in this process. */
export async function call(...argv: readonly string[]): Promise<Outcome> {
  let out = "";
  let error = "";
  const write = (text: string) => {
    out += text;
  };
  const note = (text: string) => {
    error += text;
  };
  const streams = { out: write, error: note, bar: null, closeBar: () => {} };
  const program = await makeProgram(argv, {
    out: write,
    error: note,
    open: async ({ json = false, quiet = false }) => makeConsole(streams, { json, quiet }),
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return { code: 0, out, error };
  } catch (found) {
    const line = errorLine(commandOf(argv)?.name ?? null, found);
    return { code: exitCodeOf(found), out, error: `${error}${line}` };
  }
}
