import type { CodeMatrix } from "../ir/network.ts";
import type { EncodingLayout } from "./encoding.ts";
import type { Technology } from "./technology.ts";

/** What bounds may depend on: the technology, the array that exists, and what will lie in it. */
export interface LimitsRequest {
  readonly technology: Technology;
  readonly condition: string;
  /** the array that `--bank` says exists, to be checked; null: the largest that can be read is wanted */
  readonly bank: { readonly wordLines: number; readonly bitLines: number } | null;
  /** the matrices to be placed, for bounds that follow the data; none: they follow averages */
  readonly matrices: readonly {
    readonly codes: CodeMatrix;
    readonly encoding: EncodingLayout;
  }[];
}
