import type { Tensor } from "../ir/tensor.ts";

/** Runs ONNX models in float. Handed in, so that xbc runs in Node and in a browser alike. */
export interface FloatExecutor {
  readonly name: string;
  /** @throws BAD_MODEL if the executor refuses the model */
  readonly load: (onnx: Uint8Array) => Promise<FloatSession>;
}

export interface FloatSession {
  readonly run: (feeds: ReadonlyMap<string, Tensor>) => Promise<ReadonlyMap<string, Tensor>>;
  readonly release: () => Promise<void>;
}
