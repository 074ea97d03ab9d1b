import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect } from "vitest";

/** True while `npm run golden` rewrites what is expected. */
const isUpdate = process.env.UPDATE_GOLDEN === "1";

/**
 * Compares a text with the file that holds what is expected; a missing file is a failure, or is written by
 * `npm run golden`.
 */
export function expectGolden(path: string, text: string): void {
  if (isUpdate) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  expect(existsSync(path), `${path}: npm run golden writes it`).toBe(true);
  expect(text).toBe(readFileSync(path, "utf8"));
}
