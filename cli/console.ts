import type { Paint } from "../runtime/report/paint.ts";
import { plain } from "../runtime/report/paint.ts";

/** Where a command prints. Results go to stdout; progress, notes and warnings to stderr. */
export interface Console {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly paint: Paint;
  /** what the command is asked for: the document with `--json`, else the text */
  readonly result: (document: unknown, text: () => string) => void;
  /** what a command says about a file it wrote: silent with `--quiet`, unless as a document */
  readonly summary: (document: unknown, text: () => string) => void;
  readonly note: (line: string) => void;
  readonly progress: (stage: string, done: number, total: number) => void;
  /** ends a progress bar, if there is one */
  readonly close: () => void;
  /** true once a document was printed: an error adds no second one */
  readonly hasDocument: () => boolean;
}

export interface Streams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly bar: ((stage: string, done: number, total: number) => void) | null;
  readonly closeBar: () => void;
}

export interface ConsoleOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly paint?: Paint;
}

export function makeConsole(streams: Streams, options: ConsoleOptions): Console {
  const { json, quiet, paint = plain } = options;
  let documents = 0;
  const print = (document: unknown, text: () => string) => {
    streams.closeBar();
    if (json) documents++;
    streams.out(json ? `${toJson(document)}\n` : ended(text()));
  };
  return {
    json,
    quiet,
    paint,
    result: print,
    summary: (document, text) => {
      if (json || !quiet) print(document, text);
    },
    note: (line) => {
      if (quiet) return;
      streams.closeBar();
      streams.error(`${line}\n`);
    },
    progress: (stage, done, total) => {
      if (!quiet) streams.bar?.(stage, done, total);
    },
    close: streams.closeBar,
    hasDocument: () => documents > 0,
  };
}

const ended = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

/** One JSON document: maps as objects, typed arrays as arrays, 64-bit integers as text beyond 2^53. */
export function toJson(document: unknown): string {
  return JSON.stringify(document, (_, value: unknown) => asJson(value), 2);
}

function asJson(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (isTypedArray(value)) return Array.from<unknown>(value);
  return value;
}

const isTypedArray = (value: unknown): value is Iterable<unknown> =>
  ArrayBuffer.isView(value) && Symbol.iterator in value;
