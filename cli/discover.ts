import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import type { Technology } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { applySettings, loadTechnology, targetNamed, targets } from "../index.ts";
import { rememberOpened } from "./opened-files.ts";

/**
 * A built-in target's name, or a user's own device as a JSON file, with `--set` applied.
 * @throws BAD_OPTION for a name that is neither, BAD_TECHNOLOGY for a file that breaks the schema
 */
export async function findTechnology(
  target: string,
  settings: readonly string[],
): Promise<Technology> {
  const found = looksLikeFile(target)
    ? await readTechnology(target)
    : targetNamed(target).technology;
  return applySettings(found, settings);
}

/** A path has an ending or a separator; a built-in name has neither. */
const looksLikeFile = (target: string): boolean =>
  extname(target).toLowerCase() === ".json" || /[/\\]/.test(target);

async function readTechnology(path: string): Promise<Technology> {
  const text = (await readWhole(path)).toString("utf8");
  try {
    return loadTechnology(parseJson(text, path), (name) =>
      targets.find((target) => target.name === name),
    );
  } catch (error) {
    if (!(error instanceof XbcError) || error.message.startsWith(path)) throw error;
    throw new XbcError(error.code, `${path}: ${error.message}`);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new XbcError(
      "BAD_TECHNOLOGY",
      `${path}: needs JSON, found what is none: ${found}; correct the file`,
    );
  }
}

/** A file that is held as a whole: models and device files. */
const largest = 2 ** 31;

/**
 * The bytes of a file.
 * @throws BAD_FILE if there is none, it cannot be read, or it is larger than 2 GiB
 */
export async function readWhole(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > largest) {
      throw new XbcError(
        "BAD_FILE",
        `${path}: needs at most 2 GiB, found ${size} bytes; keep large weights as external data`,
      );
    }
    rememberOpened(path);
    return await readFile(path);
  } catch (error) {
    if (error instanceof XbcError) throw error;
    throw unreadable(path, error);
  }
}

/** What the system says of a path, as a fault of the request. */
export function unreadable(path: string, error: unknown): XbcError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  return new XbcError(
    "BAD_FILE",
    `${path}: needs a file that can be read, found ${reasons[code] ?? code}; check the path`,
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "no permission to read it",
  EISDIR: "a folder",
  ENOTDIR: "a file where a folder should be",
};
