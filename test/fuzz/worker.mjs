// Runs command lines of the built xbc, one after another, as its main program does: {argv} in, what came of it out.
import { makeConsole } from "../../dist/cli/console.js";
import { errorLine, exitCodeOf } from "../../dist/cli/exit.js";
import { commandOf, makeProgram } from "../../dist/cli/make-program.js";

async function run(argv) {
  let out = "";
  let error = "";
  const write = (text) => {
    out += text;
  };
  const note = (text) => {
    error += text;
  };
  try {
    const open = async ({ json = false, quiet = false }) =>
      makeConsole({ out: write, error: note, bar: null, closeBar: () => {} }, { json, quiet });
    const program = await makeProgram(argv, { out: write, error: note, open });
    await program.parseAsync([...argv], { from: "user" });
    return { code: 0, out, error };
  } catch (fault) {
    const line = errorLine(commandOf(argv)?.name ?? null, fault);
    return { code: exitCodeOf(fault), out, error: `${error}${line}\n`, stack: fault?.stack };
  }
}

const answer = (outcome, cpu) => {
  const { user, system } = process.cpuUsage(cpu);
  process.send({
    ...outcome,
    seconds: (user + system) / 1e6,
    // the largest that this process has been, in bytes
    peak: process.resourceUsage().maxRSS * 1024,
  });
};

// what no one waits for would end the real program with a stack trace
process.on("uncaughtException", (fault) => {
  answer({ code: 70, out: "", error: `uncaught: ${fault?.message}\n`, stack: fault?.stack });
});

process.on("message", async ({ argv }) => {
  const before = process.cpuUsage();
  answer(await run(argv), before);
});
process.send("ready");
