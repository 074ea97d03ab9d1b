import type { PassContext } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import { runFloatModel } from "../../compiler/float-model.ts";
import { parseTransform, transformSamples } from "../../compiler/input-transform.ts";
import type { Graph, ValueId } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";

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
    transformSamples(name, transform, spread(data)),
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

/** samples that are looked at: statistics of ranges want no more, and the values of all layers are held at once */
const MOST_SAMPLES = 512;

/** At most so many samples, evenly over the data. */
function spread(data: Tensor): Tensor {
  const [samples] = data.shape;
  if (!(samples > MOST_SAMPLES)) return data;
  const size = data.data.length / samples;
  const kept = data.data.slice();
  for (let s = 1; s < MOST_SAMPLES; s++) {
    const from = Math.floor((s * samples) / MOST_SAMPLES) * size;
    kept.copyWithin(s * size, from, from + size);
  }
  const shape = [MOST_SAMPLES, ...data.shape.slice(1)];
  return { ...data, shape, data: kept.slice(0, MOST_SAMPLES * size) };
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
