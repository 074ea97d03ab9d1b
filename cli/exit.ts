import { CommanderError } from "commander";
import { type ErrorCode, XbcError } from "../compiler/errors.ts";

/** The exit codes of xbc; scripts depend on them. */
export const exitCodes = { done: 0, fault: 1, usage: 2, check: 3, bug: 70 } as const;

/** Which exit code an error ends with: anything that is not an XbcError is a bug in xbc. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError)
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  return error instanceof XbcError ? codeOf(error.code) : exitCodes.bug;
}

function codeOf(code: ErrorCode): number {
  switch (code) {
    case "USAGE":
    case "BAD_OPTION":
      return exitCodes.usage;
    case "CHECK_FAILED":
      return exitCodes.check;
    case "INTERNAL":
      return exitCodes.bug;
    case "BAD_FILE":
    case "BAD_MODEL":
    case "UNSUPPORTED":
    case "NOT_ENCODABLE":
    case "SHAPE_MISMATCH":
    case "BAD_INPUT":
    case "BAD_TECHNOLOGY":
    case "LIMIT":
      return exitCodes.fault;
  }
}

/** An error as `--json` prints it on stdout; the same line stands on stderr. */
export interface ErrorDocument {
  readonly error: { readonly code: ErrorCode; readonly message: string };
}

export function errorDocument(error: unknown): ErrorDocument {
  return { error: { code: errorCode(error), message: messageOf(error) } };
}

function errorCode(error: unknown): ErrorCode {
  if (error instanceof CommanderError) return "USAGE";
  return error instanceof XbcError ? error.code : "INTERNAL";
}

/** `xbc compile: FILE: message`, always one line. */
export function errorLine(command: string | null, error: unknown): string {
  return `${command === null ? "xbc" : `xbc ${command}`}: ${messageOf(error)}`;
}

function messageOf(error: unknown): string {
  if (error instanceof CommanderError) return oneLine(usageMessage(error));
  if (error instanceof XbcError) return oneLine(error.message);
  const found = error instanceof Error ? error.message : String(error);
  return `internal error: ${oneLine(found)}; this is a bug in xbc, please report it (XBC_DEBUG=1 shows where)`;
}

/** Commander's message in our form: no `error:` in front, its suggestion on the same line. */
function usageMessage(error: CommanderError): string {
  const text = error.message
    .replace(/^error: /, "")
    .replace(/\n?\(Did you mean (.*)\?\)$/s, "; did you mean $1?");
  return `${text.replace(/^option '(.*?)' argument '(.*?)' is invalid\. /s, "option $1: found '$2', ")}${advice(error.code, text)}`;
}

/** What to do, where neither commander nor the option's parser says it. */
const advice = (code: string, text: string): string =>
  text.includes(";") || !code.startsWith("commander.") ? "" : "; --help shows what there is";

/** A message may quote names out of a file: no control character of theirs reaches the terminal, nor any length. */
const longest = 2000;

function oneLine(text: string): string {
  const line = text
    .trim()
    .replace(/\s*\n\s*/g, " ")
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped);
  if (line.length <= longest) return line;
  return `${line.slice(0, longest / 2)} … ${line.slice(-longest / 2)}`;
}

const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;

/**
 * Errors of a file's content, with the file's name in front.
 * @throws what `work` throws; an XbcError that does not name the file gets its name
 */
export async function inFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof XbcError) || !isOfInput(error) || error.message.includes(path))
      throw error;
    throw new XbcError(error.code, `${path}: ${error.message}`);
  }
}

/** Options and bugs do not lie in a file. */
const isOfInput = (error: XbcError): boolean => codeOf(error.code) === exitCodes.fault;
