import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** A file of the collection of real models beside the project, or null where it is absent. */
export const shared = (path: string): string | null => {
  const full = join(root, "../shared", path);
  return existsSync(full) ? full : null;
};
