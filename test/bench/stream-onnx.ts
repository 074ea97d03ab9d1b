// Writes large ONNX files piece by piece, for benchmarks: what a protobuf library would hold in memory twice.
import { closeSync, openSync, writeSync } from "node:fs";
import { philox } from "../../compiler/random.ts";

type Parts = readonly Uint8Array[];

/** A protobuf field of bytes. */
function field(number: number, ...parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]), ...parts];
}
function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
const number = (id: number, value: number) =>
  Uint8Array.from([...varint(id * 8), ...varint(value)]);
const text = (id: number, value: string) => field(id, new TextEncoder().encode(value));
const flat = (parts: readonly (readonly Uint8Array[])[]) => parts.flat();

export function initializer(
  name: string,
  shape: readonly number[],
  data: Float32Array,
): readonly Uint8Array[] {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return field(
    5,
    ...shape.map((d) => number(1, d)),
    number(2, 1),
    ...text(8, name),
    ...field(9, raw),
  );
}
/** A node of one output, named for it, with attributes that are lists of integers. */
export const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, readonly number[]>> = {},
): Parts =>
  field(
    1,
    ...flat([
      ...inputs.map((id) => text(1, id)),
      text(2, output),
      text(3, output),
      text(4, op),
      ...Object.entries(attributes).map(([name, values]) =>
        field(5, ...text(1, name), ...values.map((value) => number(8, value)), number(20, 7)),
      ),
    ]),
  );

export function valueInfo(id: number, name: string, type: number, sizes: readonly number[]): Parts {
  const dims = [
    ...field(1, ...text(2, "batch")),
    ...sizes.flatMap((size) => field(1, number(1, size))),
  ];
  return field(
    id,
    ...text(1, name),
    ...field(2, ...field(1, number(1, type), ...field(2, ...dims))),
  );
}

/** ±1 of a random bit each. */
export function signs(length: number, stream: number): Float32Array {
  const data = new Float32Array(length);
  const words = new Uint32Array(4);
  for (let i = 0; i < length; i += 128) {
    philox(i / 128, stream, 0, 0, 1, 2, words);
    for (let k = 0; k < 128 && i + k < length; k++)
      data[i + k] = (words[k >> 5] >>> (k & 31)) & 1 ? 1 : -1;
  }
  return data;
}

/** Writes a model, so that its weights lie in memory once. */
export function writeModel(
  path: string,
  {
    nodes,
    tensors,
    input,
    output,
  }: { nodes: readonly Parts[]; tensors: readonly Parts[]; input: Parts; output: Parts },
): void {
  const graph = flat([...nodes, text(2, "generated"), ...tensors, input, output]);
  const model = [number(1, 8), ...field(7, ...graph), ...field(8, ...text(1, ""), number(2, 17))];
  const file = openSync(path, "w");
  for (const part of model)
    for (let at = 0; at < part.length; at += 1 << 26)
      writeSync(file, part.subarray(at, at + (1 << 26)));
  closeSync(file);
}
