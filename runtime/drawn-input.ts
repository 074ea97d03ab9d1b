import { XbcError } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { BufferId, NetworkInput } from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import { deriveKey, philox } from "../compiler/random.ts";
import type { InputRows } from "./input.ts";

/** Which samples' bits are drawn, and with which seed. */
export interface InputDraw {
  readonly seed: number;
  /** position of the input among the network's */
  readonly index: number;
  /** index in the data set of the first sample */
  readonly sampleBase: number;
}

/**
 * Bernoulli presentations of an input (R5): bit k of element e of sample s is 1 when word e & 3 of
 * philox(counter = (e >> 2, s, k, 0)) is below probability · 2^32. So a bit depends on the seed and its place alone.
 * @param visit gets sample (within the rows), presentation and element of each 1
 * @throws BAD_INPUT at a number that is no probability
 */
export function drawBits(
  input: NetworkInput,
  rows: InputRows,
  { seed, index, sampleBase }: InputDraw,
  visit: (sample: number, presentation: number, element: number) => void,
): void {
  if (!input.drawn) return;
  const { presentations, fullScale } = input.drawn;
  const size = sizeOf(input.shape);
  const [k0, k1] = deriveKey(seed, "stochastic-input", 0, index);
  const samples = rows.data.length / size;
  const limits = new Float64Array(size);
  const words = new Uint32Array(4);
  for (let s = 0; s < samples; s++) {
    for (let e = 0; e < size; e++)
      limits[e] = limitOf(input, valueAt(rows, s * size + e) / fullScale, sampleBase + s, e);
    for (let k = 0; k < presentations; k++) {
      for (let e = 0; e < size; e++) {
        if ((e & 3) === 0) philox(e >>> 2, sampleBase + s, k, 0, k0, k1, words, 0);
        if (words[e & 3] < limits[e]) visit(s, k, e);
      }
    }
  }
}

/** The inputs of a batch, with the drawn bits in the place of those whose presentations go through the network. */
export function drawnRows(
  image: Pick<ProgrammingImage, "inputs">,
  inputs: ReadonlyMap<BufferId, InputRows>,
  draw: Omit<InputDraw, "index">,
): ReadonlyMap<BufferId, InputRows> {
  const rows = new Map(inputs);
  image.inputs.forEach((input, index) => {
    const given = inputs.get(input.buffer);
    if (input.drawn?.summed !== "outputs" || !given) return;
    const size = sizeOf(input.shape);
    const { presentations } = input.drawn;
    const data = new Uint8Array(given.data.length * presentations);
    drawBits(input, given, { ...draw, index }, (sample, presentation, element) => {
      data[(sample * presentations + presentation) * size + element] = 1;
    });
    rows.set(input.buffer, { kind: "bytes", data, valueOf: (byte) => byte });
  });
  return rows;
}

function valueAt(rows: InputRows, at: number): number {
  return rows.kind === "bytes" ? rows.valueOf(rows.data[at]) : rows.data[at];
}

function limitOf(
  input: NetworkInput,
  probability: number,
  sample: number,
  element: number,
): number {
  if (probability >= 0 && probability <= 1) return Math.round(probability * 2 ** 32);
  throw new XbcError(
    "BAD_INPUT",
    `input ${input.name}, sample ${sample}, element ${element}: stochastic presentations need 0 to ${input.drawn?.fullScale}, ` +
      `found a probability of ${probability}; give --input-transform, such as scale:1/255 for bytes`,
  );
}
