import { availableParallelism } from "node:os";

/** What `--threads` says, else one thread a core; no result depends on it. */
export const threadsOr = (asked: number | undefined): number => asked ?? availableParallelism();
