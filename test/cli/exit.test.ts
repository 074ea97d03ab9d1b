import { CommanderError, InvalidArgumentError } from "commander";
import { expect, test } from "vitest";
import { errorDocument, errorLine, exitCodeOf, inFile } from "../../cli/exit.ts";
import { type ErrorCode, XbcError } from "../../compiler/errors.ts";

test("every error code has its exit code", () => {
  const codes: Readonly<Record<ErrorCode, number>> = {
    BAD_FILE: 1,
    BAD_MODEL: 1,
    UNSUPPORTED: 1,
    NOT_ENCODABLE: 1,
    SHAPE_MISMATCH: 1,
    BAD_INPUT: 1,
    BAD_TECHNOLOGY: 1,
    LIMIT: 1,
    BAD_OPTION: 2,
    USAGE: 2,
    CHECK_FAILED: 3,
    INTERNAL: 70,
  };
  for (const [code, exit] of Object.entries(codes)) {
    expect(exitCodeOf(new XbcError(code as ErrorCode, "")), code).toBe(exit);
  }
});

test("what is no XbcError is a bug: exit code 70, one line that asks to report it", () => {
  const error = new TypeError("x is undefined\n  somewhere");
  expect(exitCodeOf(error)).toBe(70);
  expect(exitCodeOf("a string")).toBe(70);
  expect(errorLine("run", error)).toBe(
    "xbc run: internal error: x is undefined somewhere; this is a bug in xbc, please report it (XBC_DEBUG=1 shows where)",
  );
});

test("a message is one line, with the command and the file in front", async () => {
  const work = () => Promise.reject(new XbcError("BAD_MODEL", "node a:\nneeds b"));
  const error = await inFile("m.onnx", work).catch((found: unknown) => found);
  expect(errorLine("compile", error)).toBe("xbc compile: m.onnx: node a: needs b");
  expect(exitCodeOf(error)).toBe(1);
});

test("a file that the message names already is not named twice, and options lie in no file", async () => {
  for (const error of [
    new XbcError("BAD_FILE", "m.xbi: damaged"),
    new XbcError("BAD_OPTION", "option --x"),
  ]) {
    await expect(inFile("m.xbi", () => Promise.reject(error))).rejects.toBe(error);
  }
});

test("wrong usage is 2, help and version are 0", () => {
  expect(
    exitCodeOf(new CommanderError(1, "commander.unknownOption", "error: unknown option '--x'")),
  ).toBe(2);
  expect(exitCodeOf(new CommanderError(0, "commander.version", "0.1.0"))).toBe(0);
  expect(exitCodeOf(new InvalidArgumentError("needs more"))).toBe(2);
});

test("a suggestion stays on the line", () => {
  const error = new CommanderError(
    1,
    "commander.unknownOption",
    "error: unknown option '--tarhet'\n(Did you mean --target?)",
  );
  expect(errorLine("compile", error)).toBe(
    "xbc compile: unknown option '--tarhet'; did you mean --target?",
  );
});

test("names out of a file reach the terminal without control characters, and shortened", () => {
  const named = (name: string) =>
    errorLine("compile", new XbcError("BAD_MODEL", `node "${name}": bad`));
  expect(named("a\u001b[31mb\r\u2028\u202e")).toBe(
    'xbc compile: node "a\\u001b[31mb\\u000d\\u2028\\u202e": bad',
  );
  expect(named("n".repeat(100_000)).length).toBeLessThan(2100);
  expect(named("n".repeat(100_000))).toMatch(/n … n+": bad$/);
});

test("with --json the error is a document with its code", () => {
  expect(errorDocument(new XbcError("LIMIT", "bank 9x9: too large"))).toEqual({
    error: { code: "LIMIT", message: "bank 9x9: too large" },
  });
});
