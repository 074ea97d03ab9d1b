import { internal } from "../../compiler/errors.ts";

/** One call of the kernels: which program, and how its samples are cut into chunks. */
export interface Job {
  readonly program: number;
  readonly commands: number;
  readonly samples: number;
  readonly chunk: number;
  readonly scratch: number;
}

/** A thread beside the calling one. */
export interface Helper {
  /** Runs chunks until none is left. Rejects when the thread fails. */
  readonly run: (job: Job) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Address of the next chunk to take, an int32 that the threads share. */
export const NEXT_CHUNK = 64;

type Execute = (
  program: number,
  commands: number,
  begin: number,
  end: number,
  scratch: number,
) => number;

/** Takes chunk after chunk; a thread stops at its first error, which its scratch describes. */
export function takeChunks(execute: Execute, memory: WebAssembly.Memory, job: Job): void {
  const next = new Int32Array(memory.buffer, NEXT_CHUNK, 1);
  for (;;) {
    const begin = Atomics.add(next, 0, 1) * job.chunk;
    if (begin >= job.samples) return;
    const end = Math.min(begin + job.chunk, job.samples);
    if (execute(job.program, job.commands, begin, end, job.scratch) !== 0) return;
  }
}

/** The same in a worker, as text, so that no bundler has to find a file. */
const workerSource = `
const start = (listen, post) => {
  let execute = null, next = null;
  listen(({ module, memory, job }) => {
    try {
      if (module) {
        execute = new WebAssembly.Instance(module, { env: { memory } }).exports.execute;
        next = new Int32Array(memory.buffer, ${NEXT_CHUNK}, 1);
        return;
      }
      for (;;) {
        const begin = Atomics.add(next, 0, 1) * job.chunk;
        if (begin >= job.samples) break;
        const end = Math.min(begin + job.chunk, job.samples);
        if (execute(job.program, job.commands, begin, end, job.scratch) !== 0) break;
      }
      post("");
    } catch (error) {
      post(String(error));
    }
  });
};
`;
const nodeSource = `${workerSource}
const { parentPort } = require("node:worker_threads");
start((listener) => parentPort.on("message", listener), (value) => parentPort.postMessage(value));
`;
const pageSource = `${workerSource}
start((listener) => { onmessage = (event) => listener(event.data); }, (value) => postMessage(value));
`;

/** What a helper needs of a worker, whoever made it. */
interface Thread {
  readonly post: (message: unknown) => void;
  readonly close: () => Promise<void>;
  /** whether the thread keeps the process alive */
  readonly hold: (held: boolean) => void;
}

interface Listeners {
  readonly onReply: (fault: string) => void;
  readonly onFailure: (why: string) => void;
}

export async function startHelper(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<Helper> {
  let pending: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null =
    null;
  let failure: string | null = null;
  const settle = (fault: string): void => {
    const waiting = pending;
    pending = null;
    thread.hold(false);
    if (fault === "") waiting?.resolve();
    else waiting?.reject(internal("kernels, worker thread", fault));
  };
  const listeners: Listeners = {
    onReply: settle,
    onFailure: (why) => {
      failure ??= why;
      settle(failure);
    },
  };
  const isNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  const thread = isNode ? await nodeThread(listeners) : pageThread(listeners);
  thread.hold(false);
  thread.post({ module, memory });
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (failure !== null) {
          reject(internal("kernels, worker thread", failure));
          return;
        }
        pending = { resolve, reject };
        thread.hold(true);
        thread.post({ job });
      }),
    close: thread.close,
  };
}

async function nodeThread(listeners: Listeners): Promise<Thread> {
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(nodeSource, { eval: true });
  worker.on("message", listeners.onReply);
  worker.on("error", (error) => listeners.onFailure(String(error)));
  worker.on("exit", () => listeners.onFailure("the thread has ended"));
  return {
    post: (message) => worker.postMessage(message),
    close: async () => {
      await worker.terminate();
    },
    hold: (held) => (held ? worker.ref() : worker.unref()),
  };
}

function pageThread(listeners: Listeners): Thread {
  const address = URL.createObjectURL(new Blob([pageSource], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.onmessage = (event) => listeners.onReply(String(event.data));
  worker.onerror = (event) => listeners.onFailure(event.message);
  return {
    post: (message) => worker.postMessage(message),
    close: async () => {
      worker.terminate();
      URL.revokeObjectURL(address);
      listeners.onFailure("the thread has ended");
    },
    hold: () => {},
  };
}
