import type { PassContext } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import { runFloatModel } from "../../compiler/float-model.ts";
import { parseTransform, transformSamples } from "../../compiler/input-transform.ts";
import type { Graph, ValueId } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { sizeOf, toNumbers } from "../../compiler/ir/tensor.ts";

/**
 * Values of a graph over the calibration data, flat.
 * @throws UNSUPPORTED for an input without data of its own
 */
export async function calibrated(
  graph: Graph,
  values: readonly ValueId[],
  { executor, options }: Pick<PassContext, "executor" | "options">,
): Promise<readonly Float64Array[]> {
  const missing = graph.inputs.find((input) => !options.calibration?.has(input));
  if (missing !== undefined) {
    throw new XbcError(
      "UNSUPPORTED",
      `input ${missing}: needs calibration data of its own, found none; give --calibration for a model of one input that is not drawn`,
    );
  }
  const transform = parseTransform(options.inputTransform);
  const feeds = [...(options.calibration ?? [])].map(([name, data]): [string, Tensor] => [
    name,
    transformSamples(name, transform, spread(data, samplesFor(graph, values))),
  ]);
  const parts = await runFloatModel({ ...graph, outputs: [...values] }, executor, new Map(feeds));
  return values.map((value) => {
    const found = (parts.get(value) ?? []).map(toNumbers);
    const all = new Float64Array(found.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of found) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  });
}

/** samples that are looked at, at most: ranges and means want no more */
const MOST_SAMPLES = 512;
/** numbers that are held of all values and samples together, at most */
const MOST_NUMBERS = 2 ** 26;

/** As many samples as memory holds the values of. */
function samplesFor({ values }: Graph, wanted: readonly ValueId[]): number {
  const each = wanted.reduce((sum, id) => {
    const sizes = (values.get(id)?.shape ?? []).slice(1).map(Number);
    return sum + (sizes.every(Number.isFinite) ? sizeOf(sizes) : 0);
  }, 0);
  return Math.max(1, Math.min(MOST_SAMPLES, Math.floor(MOST_NUMBERS / Math.max(each, 1))));
}

/** At most so many samples, evenly over the data. */
function spread(data: Tensor, most: number): Tensor {
  const [samples] = data.shape;
  if (!(samples > most)) return data;
  const size = data.data.length / samples;
  const kept = data.data.slice();
  for (let s = 1; s < most; s++) {
    const from = Math.floor((s * samples) / most) * size;
    kept.copyWithin(s * size, from, from + size);
  }
  const shape = [most, ...data.shape.slice(1)];
  return { ...data, shape, data: kept.slice(0, most * size) };
}

/** Σ x xᵀ over samples, [inputs x inputs]: how errors of weights add up in outputs. */
export function inputProducts(values: Float64Array, inputs: number): Float64Array {
  const products = new Float64Array(inputs * inputs);
  const active = new Int32Array(inputs);
  for (let first = 0; first < values.length; first += inputs) {
    let count = 0;
    for (let i = 0; i < inputs; i++) if (values[first + i] !== 0) active[count++] = i;
    for (let a = 0; a < count; a++) {
      const i = active[a];
      const x = values[first + i];
      for (let b = a; b < count; b++)
        products[i * inputs + active[b]] += x * values[first + active[b]];
    }
  }
  for (let i = 0; i < inputs; i++)
    for (let j = 0; j < i; j++) products[i * inputs + j] = products[j * inputs + i];
  return products;
}
