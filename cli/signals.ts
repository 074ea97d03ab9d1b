import { constants } from "node:os";
import { removeTemporaries } from "./files.ts";

/** SIGINT and SIGTERM end with 130 and 143, as shells expect, and leave no half-written file. */
export function stopOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      removeTemporaries();
      process.exit(128 + constants.signals[signal]);
    });
  }
}
