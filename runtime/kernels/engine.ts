import { internal, XbcError } from "../../compiler/errors.ts";
import type { Command } from "./commands.ts";
import { encode, scratchBytes } from "./encode.ts";
import { type Job, NEXT_CHUNK, startHelper, takeChunks } from "./helpers.ts";
import { createMemory, type EngineMemory } from "./memory.ts";
import { sharedWasm, singleWasm } from "./wasm.generated.ts";

/** Runs commands on samples, in WebAssembly, over threads that share one memory. */
export interface Engine extends EngineMemory {
  /** threads that run, the calling one among them */
  readonly threads: number;
  /**
   * Runs the commands, in order, on samples 0 ... samples - 1. Chunks of samples go to whichever thread
   * is free; no result depends on that.
   * @throws BAD_INPUT where a float is NaN; INTERNAL where a sum lies outside its table
   */
  readonly run: (commands: readonly Command[], samples: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Samples of a chunk: as many as keep local rows within half of a common second-level cache. */
const CHUNK = 64;
const LOCAL_BUDGET = 512 * 1024;

export function chunkOf(localBytes: number): number {
  const fit = Math.floor(LOCAL_BUDGET / Math.max(localBytes, 1));
  return Math.min(Math.max(fit, 1), CHUNK);
}

/**
 * Without shared memory (a page that is not cross-origin isolated) one thread runs, with the same bits.
 * Threads never keep a process alive, except while a run waits for them.
 */
export async function createEngine(options: { readonly threads: number }): Promise<Engine> {
  const isShared = typeof SharedArrayBuffer !== "undefined";
  const threads = isShared ? Math.max(1, Math.floor(options.threads)) : 1;
  const memory = createMemory(isShared);
  const module = await WebAssembly.compile(fromBase64(isShared ? sharedWasm : singleWasm));
  const instance = await WebAssembly.instantiate(module, { env: { memory: memory.memory } });
  const execute = instance.exports.execute as Parameters<typeof takeChunks>[0];
  const helpers = await Promise.all(
    Array.from({ length: threads - 1 }, () => startHelper(module, memory.memory)),
  );
  let running = false;

  const runJobs = async (jobs: readonly Job[]): Promise<void> => {
    memory.int32(NEXT_CHUNK, 1)[0] = 0;
    for (const job of jobs) memory.int32(job.scratch, 1)[0] = 0;
    const others = jobs.slice(1).map((job, index) => helpers[index].run(job));
    const own = new Promise<void>((resolve) => {
      takeChunks(execute, memory.memory, jobs[0]);
      resolve();
    });
    // all must have ended, whatever fails, before their scratch is given back
    const ended = await Promise.allSettled([own, ...others]);
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  };

  const run = async (commands: readonly Command[], samples: number): Promise<void> => {
    if (running) throw internal("kernels", "a run began before the last one ended");
    if (samples === 0 || commands.length === 0) return;
    const mark = memory.mark();
    running = true;
    try {
      const local = memory.localBytes();
      const chunk = chunkOf(local);
      const used = Math.min(threads, Math.ceil(samples / chunk));
      const program = memory.upload(encode(commands, chunk));
      const jobs = Array.from({ length: used }, () => ({
        program,
        commands: commands.length,
        samples,
        chunk,
        scratch: memory.allocate(scratchBytes(chunk, local)),
      }));
      await runJobs(jobs);
      report(memory, commands, jobs);
    } finally {
      running = false;
      memory.release(mark);
    }
  };

  return {
    ...memory,
    threads,
    run,
    close: async () => {
      await Promise.all(helpers.map((helper) => helper.close()));
    },
  };
}

/** Throws the error of the lowest sample, if a thread found one. */
function report(memory: EngineMemory, commands: readonly Command[], jobs: readonly Job[]): void {
  const errors = jobs
    .map(({ scratch }) => [...memory.uint32(scratch, 4)])
    .filter(([code]) => code !== 0)
    .sort((a, b) => a[1] - b[1]);
  if (errors.length === 0) return;
  const [, sample, element, index] = errors[0];
  throw commandError(commands[index].kind, sample, element);
}

/** What the kernels and their plain twins report. */
export function commandError(kind: Command["kind"], sample: number, element: number): XbcError {
  if (kind === "threshold-float") {
    return new XbcError(
      "BAD_INPUT",
      `sample ${sample}, element ${element}: needed a number, found NaN; remove the sample or repair its data`,
    );
  }
  return internal(
    `kernels, ${kind}`,
    `sample ${sample}, element ${element}: a sum lies outside its table`,
  );
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
