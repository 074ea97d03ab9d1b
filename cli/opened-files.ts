import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { XbcError } from "../compiler/errors.ts";

/** Files that the running command reads: banks are read while results are written, so none may be written over. */
const opened = new Set<string>();

/** At the start of a command. */
export function forgetOpened(): void {
  opened.clear();
}

export function rememberOpened(path: string): void {
  opened.add(realPath(path));
}

/**
 * @param path where a file is to be written
 * @throws BAD_OPTION if the command reads it, also under another name
 */
export function refuseOpened(path: string): void {
  if (opened.has(realPath(path))) throw ownFile(path);
}

/** The same before anything is done, for what the command line itself names. @throws BAD_OPTION */
export function refuseSameFile(output: string, inputs: readonly string[]): void {
  if (inputs.some((input) => realPath(input) === realPath(output))) throw ownFile(output);
}

const ownFile = (path: string): XbcError =>
  new XbcError(
    "BAD_OPTION",
    `output ${path}: needs a file of its own, found one that the command reads; name another`,
  );

/** Through symbolic links, where there is such a file. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
