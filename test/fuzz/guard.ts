/** Runs command lines of the built xbc in a process that is stopped when one takes too long. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, "../../dist/cli/main.js");
const worker = join(here, "worker.mjs");

export const isBuilt = existsSync(main);

/** What a command line came to. */
export interface Outcome {
  /** null: it was stopped */
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
  readonly stack?: string;
  /** of processor time, so that a busy machine makes no case slow */
  readonly seconds: number;
  /** most bytes of memory that its process held */
  readonly peak: number;
}

/** A case may take this much (design: 10 s, 1 GiB); waiting for the processor is not its own time. */
export const mostSeconds = 10;
export const mostBytes = 2 ** 30;
/** by the clock: what hangs without working, or on a machine that is very busy */
const mostWaiting_ms = 90_000;
/** cases of one process, so that what one leaves behind is not counted against many */
const mostCases = 150;

export interface Guard {
  readonly run: (argv: readonly string[]) => Promise<Outcome>;
  readonly close: () => void;
}

/** One process for many command lines; a case that seems too large or too slow is tried again in a fresh one. */
export function openGuard(): Guard {
  let child: ChildProcess | null = null;
  let used = 0;
  const stop = (): void => {
    child?.kill("SIGKILL");
    child = null;
    used = 0;
  };
  const once = async (argv: readonly string[]): Promise<Outcome> => {
    if (child === null || used >= mostCases) {
      stop();
      child = await started();
    }
    used += 1;
    const outcome = await ask(child, argv);
    if (outcome.code === null || isTooMuch(outcome)) stop();
    return outcome;
  };
  return {
    run: async (argv) => {
      const fresh = child === null;
      const outcome = await once(argv);
      return isTooMuch(outcome) && !fresh ? once(argv) : outcome;
    },
    close: stop,
  };
}

const isTooMuch = ({ code, seconds, peak }: Outcome): boolean =>
  code === null || seconds > mostSeconds || peak > mostBytes;

function started(): Promise<ChildProcess> {
  const child = fork(worker, { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  return new Promise((resolve, reject) => {
    child.once("message", () => {
      child.removeAllListeners("exit");
      resolve(child);
    });
    child.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}

function ask(child: ChildProcess, argv: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const end = (outcome: Outcome): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      resolve(outcome);
    };
    const stopped = (error: string): Outcome => ({
      code: null,
      out: "",
      error,
      seconds: 0,
      peak: 0,
    });
    const timer = setTimeout(() => end(stopped("no answer")), mostWaiting_ms);
    child.once("message", (outcome: Outcome) => end(outcome));
    child.once("exit", (code, signal) => end(stopped(`the process ended with ${code ?? signal}`)));
    child.send({ argv });
  });
}

/** The same through the program itself, as a shell would run it. */
export function runProgram(argv: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [main, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), mostWaiting_ms);
  let out = "";
  let error = "";
  child.stdout.on("data", (data) => {
    out += data;
  });
  child.stderr.on("data", (data) => {
    error += data;
  });
  return new Promise((resolve) =>
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, out, error, seconds: 0, peak: 0 });
    }),
  );
}
