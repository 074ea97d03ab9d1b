import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { commands } from "../../cli/commands.ts";
import { errorLine } from "../../cli/exit.ts";
import { commandOf, makeProgram } from "../../cli/make-program.ts";

/** What a command line prints, and the error that it ends with. */
async function parse(...argv: readonly string[]) {
  let out = "";
  let err = "";
  const program = await makeProgram(argv, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      err += text;
    },
    open: () => Promise.reject(new Error("the command was reached")),
  });
  const error: unknown = await program.parseAsync([...argv], { from: "user" }).then(
    () => null,
    (found: unknown) => found,
  );
  return { out, err, error };
}

const lineOf = async (...argv: readonly string[]): Promise<string> =>
  errorLine(commandOf(argv)?.name ?? null, (await parse(...argv)).error);

describe.each(commands.map(({ name }) => name))("xbc %s", (name) => {
  test("--help shows an example that names it, --json and --quiet", async () => {
    const { out, error } = await parse(name, "--help");
    expect(out).toMatch(new RegExp(`Example:\\n {2}xbc ${name} `));
    expect(out).toContain("--json");
    expect(out).toContain("--quiet");
    expect(error instanceof CommanderError && error.exitCode).toBe(0);
  });
  test("is listed by the summary of its file", async () => {
    const entry = commands.find((command) => command.name === name);
    const { default: command } = (await entry?.load()) ?? {};
    expect(command?.name).toBe(name);
    expect(command?.summary).toBe(entry?.summary);
  });
  test("help NAME shows the same as NAME --help", async () => {
    expect((await parse("help", name)).out).toBe((await parse(name, "--help")).out);
  });
});

test("xbc --help lists every command", async () => {
  const { out } = await parse("--help");
  for (const { name, summary } of commands) {
    expect(out).toContain(` ${name}`);
    expect(out.replace(/\s+/g, " ")).toContain(summary);
  }
});

test("an unknown command or option suggests the nearest", async () => {
  expect(await lineOf("compil")).toBe("xbc: unknown command 'compil'; did you mean compile?");
  expect(await lineOf("compile", "m.onnx", "--tarhet", "2t2r")).toBe(
    "xbc compile: unknown option '--tarhet'; did you mean --target?",
  );
});

test("a value that an option cannot take names the option, the value and what it needs", async () => {
  expect(await lineOf("evaluate", "m.xbi", "--trials", "0")).toBe(
    "xbc evaluate: option --trials <count>: found '0', needs a whole number from 1 to 1000000; write --trials 10",
  );
  expect(await lineOf("evaluate", "m.xbi", "--threads", "abc")).toContain(
    "option --threads <count>: found 'abc'",
  );
  expect(await lineOf("compile", "m.onnx", "--target", "2t2r", "--configuration", "x")).toContain(
    "--configuration",
  );
});

test("missing arguments, missing options and too many arguments are wrong usage", async () => {
  expect(await lineOf("compile")).toContain("missing required argument 'model'");
  expect(await lineOf("compile", "m.onnx")).toContain(
    "needs option --target <name|file>, found none",
  );
  expect(await lineOf("diff", "a.xbi", "b.xbi", "c.xbi")).toContain("too many arguments");
  expect(await lineOf("evaluate", "--merge", "a.json", "--shard", "1/2")).toContain(
    "cannot be used with",
  );
});

test("only the command that is asked for is loaded", () => {
  expect(commandOf(["run", "x"])?.name).toBe("run");
  expect(commandOf(["help", "run"])?.name).toBe("run");
  expect(commandOf(["--help"])).toBeNull();
  expect(commandOf(["walk"])).toBeNull();
});
