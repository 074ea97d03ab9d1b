import { XbcError } from "../../compiler/errors.ts";
import type { Rows } from "./rows.ts";

/** A place to return to: everything allocated after it is given back at once. */
export interface Mark {
  readonly top: number;
  readonly local: number;
  readonly localPeak: number;
}

/**
 * The engine's linear memory, up to 4 GiB: a stack of allocations, seen through typed arrays. A view is
 * taken anew after an allocation, since memory that one thread owns moves when it grows.
 */
export interface EngineMemory {
  readonly memory: WebAssembly.Memory;
  /**
   * Address of `bytes` fresh bytes, not cleared.
   * @throws LIMIT beyond 4 GiB
   */
  readonly allocate: (bytes: number, align?: number) => number;
  /** Rows for all samples of a run. */
  readonly rows: (stride: number, samples: number, positions?: number) => Rows;
  /** Rows that live while a chunk of samples runs. */
  readonly localRows: (stride: number, positions?: number) => Rows;
  /** Calls a function whose local rows may give their room to those that come after: they serve its result alone. */
  readonly passing: <Result>(make: () => Result) => Result;
  /** Bytes of local rows for one sample. */
  readonly localBytes: () => number;
  readonly mark: () => Mark;
  readonly release: (mark: Mark) => void;
  /** Address of a copy of `data`. */
  readonly upload: (data: TypedArray) => number;
  readonly bytes: (at: number, length: number) => Uint8Array;
  readonly int8: (at: number, length: number) => Int8Array;
  readonly int16: (at: number, length: number) => Int16Array;
  readonly int32: (at: number, length: number) => Int32Array;
  readonly uint32: (at: number, length: number) => Uint32Array;
  readonly float32: (at: number, length: number) => Float32Array;
  readonly float64: (at: number, length: number) => Float64Array;
}

export type TypedArray =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

const PAGE = 65536;
const PAGES = 65536;
/** memory grows by at least so many pages: 16 MiB */
const GROWTH = 256;
/** the first page is the engine's own */
export const FIRST_FREE = PAGE;

const alignUp = (value: number, align: number): number => Math.ceil(value / align) * align;

export function createMemory(shared: boolean): EngineMemory {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: PAGES, shared });
  let top = FIRST_FREE;
  let local = 0;
  let localPeak = 0;
  const reach = (end: number): void => {
    const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE);
    if (missing <= 0) return;
    const room = PAGES - memory.buffer.byteLength / PAGE;
    if (missing > room) throw outOfMemory(end);
    try {
      memory.grow(Math.min(Math.max(missing, GROWTH), room));
    } catch {
      throw outOfMemory(end);
    }
  };
  const allocate = (bytes: number, align = 64): number => {
    const at = alignUp(top, align);
    reach(at + bytes);
    top = at + bytes;
    return at;
  };
  const bytes = (at: number, length: number): Uint8Array =>
    new Uint8Array(memory.buffer, at, length);
  return {
    memory,
    allocate,
    rows: (stride, samples, positions = 1) => ({
      at: allocate(stride * positions * samples),
      stride,
      local: false,
    }),
    localRows: (stride, positions = 1) => {
      const at = local;
      local += alignUp(stride * positions, 64);
      localPeak = Math.max(localPeak, local);
      return { at, stride, local: true };
    },
    passing: (make) => {
      const before = local;
      const made = make();
      local = before;
      return made;
    },
    localBytes: () => localPeak,
    mark: () => ({ top, local, localPeak }),
    release: (mark) => {
      top = mark.top;
      local = mark.local;
      localPeak = mark.localPeak;
    },
    upload: (data) => {
      const at = allocate(data.byteLength);
      bytes(at, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return at;
    },
    bytes,
    int8: (at, length) => new Int8Array(memory.buffer, at, length),
    int16: (at, length) => new Int16Array(memory.buffer, at, length),
    int32: (at, length) => new Int32Array(memory.buffer, at, length),
    uint32: (at, length) => new Uint32Array(memory.buffer, at, length),
    float32: (at, length) => new Float32Array(memory.buffer, at, length),
    float64: (at, length) => new Float64Array(memory.buffer, at, length),
  };
}

const outOfMemory = (end: number): XbcError =>
  new XbcError(
    "LIMIT",
    `kernels: needed ${end} bytes of memory, found at most ${PAGE * PAGES} or what the system gives; ` +
      "run fewer samples at a time",
  );
