import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import { planeBytesOf } from "./places.ts";

/** Memory of the kernels that a batch may take: a quarter of what they can address. */
const mostBytes = 2 ** 30;

/** bytes of a value: codes as int16, sums and the floats of inputs as 32 bits */
const widths = { codes: 2, sums: 4, float: 4 } as const;

/** Samples of a batch, as asked or as many as fit; no result depends on it. */
export function batchSize(
  { buffers, layers }: Pick<ProgrammingImage, "buffers" | "layers">,
  asked: number,
): number {
  const values = [...buffers.values()].reduce(
    (sum, { kind, shape }) => sum + widths[kind] * sizeOf(shape),
    0,
  );
  return Math.max(1, Math.min(asked, Math.floor(mostBytes / (values + planeBytesOf(layers)))));
}
