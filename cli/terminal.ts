import type { SingleBar } from "cli-progress";
import type { CommonFlags } from "./command.ts";
import { type Console, makeConsole } from "./console.ts";
import { exitCodes } from "./exit.ts";

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

/** A reader that closes its end (`xbc inspect … | head`) ends xbc, quietly. */
export function quietOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(exitCodes.done);
      throw error;
    });
  }
}

/** Waits until stdout has taken everything. */
export function writeOut(): Promise<void> {
  return new Promise((resolve) => process.stdout.write("", () => resolve()));
}
