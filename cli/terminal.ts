import type { SingleBar } from "cli-progress";
import type { CommonFlags } from "./command.ts";
import { type Console, makeConsole } from "./console.ts";
import { errorLine, exitCodes } from "./exit.ts";
import { asFileError } from "./files.ts";

/** The console of this process: colours on a terminal's stdout, a progress bar on a terminal's stderr. */
export async function openConsole(flags: CommonFlags): Promise<Console> {
  const json = flags.json === true;
  const quiet = flags.quiet === true;
  const bar = process.stderr.isTTY && !quiet ? await progressBar() : null;
  const paint = process.stdout.isTTY && !json ? (await import("./paint.ts")).colours : null;
  return makeConsole(
    {
      out: (text) => process.stdout.write(text),
      error: (text) => process.stderr.write(text),
      bar: bar?.show ?? null,
      closeBar: () => bar?.close(),
    },
    { json, quiet, ...(paint ? { paint } : {}) },
  );
}

async function progressBar() {
  const { default: progress } = await import("cli-progress");
  let bar: SingleBar | null = null;
  const close = () => {
    bar?.stop();
    bar = null;
  };
  const show = (stage: string, done: number, total: number) => {
    if (bar === null) {
      const format = "{stage} {bar} {value}/{total}";
      bar = new progress.SingleBar({
        format,
        clearOnComplete: true,
        hideCursor: false,
        stream: process.stderr,
      });
      bar.start(total, done, { stage });
    }
    bar.setTotal(total);
    bar.update(done, { stage });
  };
  return { show, close };
}

/**
 * A reader that closes its end (`xbc inspect … | head`) ends xbc, quietly; stdout that takes no more, such as a file
 * on a full disk, with a line that says so.
 */
export function endOnLostOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCodes.done);
    process.stderr.write(`${errorLine(null, lost(error))}\n`, () => process.exit(exitCodes.fault));
  });
  // nowhere is left to say it
  process.stderr.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? exitCodes.done : exitCodes.fault),
  );
}

const lost = (error: Error): unknown =>
  asFileError(error, "standard output", "a place to write to", "write to another, or make room");

/** Waits until stdout has taken everything. */
export function writeOut(): Promise<void> {
  return new Promise((resolve) => process.stdout.write("", () => resolve()));
}
