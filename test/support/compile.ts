import type { CompileOptions } from "../../compiler/define.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import { compile } from "../../index.ts";
import { joined } from "../../runtime/run.ts";
import { floatFeed } from "../../runtime/verify.ts";
import { executor } from "./run-onnx.ts";

/** A model on pairs, with the native runtime as executor where it is installed. */
export const compileTo2t2r = (
  model: Uint8Array,
  options: Partial<CompileOptions> = {},
): Promise<ProgrammingImage> => compile(model, { target: "2t2r", executor, ...options });

/** Raw data as the network's own operators take it: transforms applied, in the input's type. */
export const feedsOf = (image: ProgrammingImage, data: Tensor): ReadonlyMap<string, Tensor> =>
  new Map(
    image.inputs.map((input) => [input.name, floatFeed(input, new Map([[input.name, data]]))]),
  );

/** All numbers by output name, to be compared with `toEqual`; −0 is 0. */
export const numbersOf = (
  outputs: ReadonlyMap<string, Tensor>,
): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    [...outputs].map(([name, t]) => [name, Array.from(toNumbers(t), (x) => x + 0)]),
  );

type Tensors = ReadonlyMap<string, Tensor>;

/** All samples at once, or one by one where a model holds for one sample only; answers joined. */
export async function perBatch(
  feeds: Tensors,
  anyBatch: boolean,
  answer: (feeds: Tensors) => Promise<Tensors>,
): Promise<Tensors> {
  const [samples] = [...feeds.values()].map(({ shape }) => shape[0]);
  if (anyBatch || samples === 1) return answer(feeds);
  const parts: Tensors[] = [];
  for (let s = 0; s < samples; s++) {
    const one = [...feeds].map(([name, all]): [string, Tensor] => [name, samplesOf(all, s, 1)]);
    parts.push(await answer(new Map(one)));
  }
  const names = [...parts[0].keys()];
  return new Map(
    names.map((name) => [name, joined(parts.flatMap((part) => part.get(name) ?? []))]),
  );
}

/** Samples first … first + count − 1 of a tensor. */
export function samplesOf(all: Tensor, first: number, count: number): Tensor {
  const size = all.data.length / all.shape[0];
  const data = all.data.slice(first * size, (first + count) * size);
  return { type: all.type, shape: [count, ...all.shape.slice(1)], data };
}
