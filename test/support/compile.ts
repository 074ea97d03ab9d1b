import type { CompileOptions } from "../../compiler/define.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import { compile } from "../../index.ts";
import { floatFeed } from "../../runtime/verify.ts";
import { executor } from "./run-onnx.ts";

/** A model on pairs, with the native runtime as executor where it is installed. */
export const compileTo2t2r = (
  model: Uint8Array,
  options: Partial<CompileOptions> = {},
): Promise<ProgrammingImage> => compile(model, { target: "2t2r", executor, ...options });

/** Raw data as the network's own operators take it: transforms applied, in the input's type. */
export const feedsOf = (image: ProgrammingImage, data: Tensor): ReadonlyMap<string, Tensor> =>
  new Map(image.inputs.map((input) => [input.name, floatFeed(input, new Map([[input.name, data]]))]));

/** All numbers by output name, to be compared with `toEqual`; −0 is 0. */
export const numbersOf = (
  outputs: ReadonlyMap<string, Tensor>,
): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries([...outputs].map(([name, t]) => [name, Array.from(toNumbers(t), (x) => x + 0)]));
