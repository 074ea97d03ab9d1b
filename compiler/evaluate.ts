import type { FloatExecutor } from "./define.ts";
import { internal, XbcError } from "./errors.ts";
import type { Graph, ValueType } from "./ir/graph.ts";
import type {
  BufferId,
  CodeMatrix,
  DigitalLayer,
  MatrixLayer,
  QuantizedNetwork,
  Requantize,
  WindowAccess,
} from "./ir/network.ts";
import { levelsOf } from "./ir/network.ts";
import type { Tensor } from "./ir/tensor.ts";
import { sizeOf, tensor, toNumbers } from "./ir/tensor.ts";
import { pixelOf, tapsOfWindow } from "./ir/window.ts";
import { serializeGraph } from "./onnx/serialize.ts";

/** A graph's answer in float, through the executor. */
export async function evaluateGraph(
  graph: Graph,
  executor: FloatExecutor,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<ReadonlyMap<string, Tensor>> {
  const session = await executor.load(serializeGraph(graph));
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** The reference graph with its weights filled in, [inputs x outputs] integer-valued floats. */
export function filledReference(
  reference: Graph,
  referenceWeights: QuantizedNetwork["referenceWeights"],
  weights: ReadonlyMap<string, CodeMatrix>,
): Graph {
  const constants = new Map(reference.constants);
  for (const [id, { value, transposed }] of referenceWeights) {
    const codes = weights.get(id);
    if (!codes) throw internal("filledReference", `no weights for ${id}`);
    const { outputs, inputs, data } = codes;
    const stored = reference.values.get(value);
    const wide = stored?.type === "float64";
    const filled = wide ? new Float64Array(inputs * outputs) : new Float32Array(inputs * outputs);
    if (!transposed) filled.set(data);
    for (let o = 0; transposed && o < outputs; o++)
      for (let i = 0; i < inputs; i++) filled[i * outputs + o] = data[o * inputs + i];
    const shape = transposed ? [inputs, outputs] : fixedShape(stored, [outputs, inputs]);
    constants.set(value, tensor(wide ? "float64" : "float32", shape, filled));
  }
  const isWeight = new Set([...referenceWeights.values()].map((weight) => weight.value));
  return {
    ...reference,
    constants,
    inputs: reference.inputs.filter((input) => !isWeight.has(input)),
  };
}

function fixedShape(type: ValueType | undefined, fallback: readonly number[]): readonly number[] {
  const sizes = type?.shape?.filter((size) => typeof size === "number");
  return sizes && sizes.length === type?.shape?.length ? sizes : fallback;
}

/**
 * The plain truth of a quantized network: integer loops, one sample after another, float subgraphs through the
 * executor. Slow, and written to be read; the kernels are held to it bit for bit.
 * @param inputs by name, with the batch in front (of a network without one, a single sample); of a drawn input its bits, [samples, presentations, …shape]
 */
export async function evaluateNetwork(
  network: Pick<QuantizedNetwork, "inputs" | "outputs" | "layers" | "buffers" | "weights">,
  executor: FloatExecutor,
  inputs: ReadonlyMap<string, Tensor>,
): Promise<ReadonlyMap<string, Tensor>> {
  const buffers = new Map<BufferId, Tensor>();
  let samples = 0;
  const batched = network.inputs.every((input) => input.batched);
  for (const input of network.inputs) {
    const given = inputs.get(input.name);
    if (!given) throw new XbcError("BAD_INPUT", `input ${input.name}: needs a tensor, found none`);
    samples = given.data.length / sizeOf(input.shape) / (input.drawn?.presentations ?? 1);
    buffers.set(input.buffer, given);
  }
  for (const layer of network.layers) {
    switch (layer.kind) {
      case "matrix":
        buffers.set(layer.to, matrix(layer, network.weights, read(buffers, layer.from), samples));
        break;
      case "digital":
        buffers.set(
          layer.to,
          layer.op === "join"
            ? joined(layer, read(buffers, layer.from), read(buffers, layer.beside))
            : digital(layer, read(buffers, layer.from), samples),
        );
        break;
      case "subgraph": {
        const session = await executor.load(layer.onnx);
        const feeds = new Map<string, Tensor>();
        layer.from.forEach((from, k) => {
          const buffer = network.buffers.get(from);
          const values = read(buffers, from);
          const wide = buffer?.kind === "sums" && buffer.bound >= 2 ** 24;
          const asFloat =
            buffer?.kind === "float"
              ? values
              : tensor(
                  wide ? "float64" : "float32",
                  values.shape,
                  (wide ? Float64Array : Float32Array).from(toNumbers(values)),
                );
          feeds.set(layer.inputNames[k], {
            ...asFloat,
            shape: [...(batched ? [samples] : []), ...(buffer?.shape ?? [])],
          });
        });
        const answer = await session.run(feeds);
        layer.to.forEach((to, k) => {
          const made = answer.get(layer.outputNames[k]);
          if (made) buffers.set(to, made);
        });
        await session.release();
        break;
      }
    }
  }
  return new Map(network.outputs.map(({ name, buffer }) => [name, read(buffers, buffer)]));
}

function read(buffers: ReadonlyMap<BufferId, Tensor>, id: BufferId): Tensor {
  const found = buffers.get(id);
  if (!found) throw internal("evaluateNetwork", `buffer ${id} is empty`);
  return found;
}

function matrix(
  layer: MatrixLayer,
  weights: ReadonlyMap<string, CodeMatrix>,
  codes: Tensor,
  samples: number,
): Tensor {
  const w = weights.get(layer.id);
  if (!w) throw internal("evaluateNetwork", `layer ${layer.id} cannot be evaluated`);
  const x =
    layer.presentation.kind === "stochastic"
      ? counted(codes, layer.presentation.presentations, samples)
      : toNumbers(codes);
  const { access } = layer;
  if (access.kind === "window") {
    const positions = sizeOf(access.output);
    const sums = windowSums(layer, access, w, x, samples);
    const shape = [samples, layer.outputs * positions];
    return requantized(layer.requantize, tensor("int32", shape, sums), layer.outputs, positions);
  }
  const { positions } = access;
  const sums = new Int32Array(samples * positions * layer.outputs);
  for (let row = 0; row < samples * positions; row++) {
    for (let o = 0; o < layer.outputs; o++) {
      let sum = 0;
      for (let i = 0; i < layer.inputs; i++)
        sum += x[row * layer.inputs + i] * w.data[o * w.inputs + i];
      for (let i = layer.inputs; i < w.inputs; i++) sum += w.data[o * w.inputs + i];
      sums[row * layer.outputs + o] = sum;
    }
  }
  return requantized(
    layer.requantize,
    tensor("int32", [samples, positions * layer.outputs], sums),
    layer.outputs,
    1,
  );
}

/** [samples x outputs x positions]; a tap outside the image adds nothing. */
function windowSums(
  { inputs, outputs }: MatrixLayer,
  access: WindowAccess,
  w: CodeMatrix,
  x: Float64Array,
  samples: number,
): Int32Array {
  const positions = sizeOf(access.output);
  const pixels = sizeOf(access.input);
  const taps = tapsOfWindow(access);
  const perGroup = access.channels / access.groups;
  const sums = new Int32Array(samples * outputs * positions);
  for (let o = 0; o < outputs; o++) {
    let alwaysOn = 0;
    for (let i = inputs; i < w.inputs; i++) alwaysOn += w.data[o * w.inputs + i];
    for (let s = 0; s < samples; s++)
      sums.fill(alwaysOn, (s * outputs + o) * positions, (s * outputs + o + 1) * positions);
  }
  for (let p = 0; p < positions; p++) {
    for (let tap = 0; tap < taps; tap++) {
      const pixel = pixelOf(access, p, tap);
      if (pixel < 0) continue;
      for (let o = 0; o < outputs; o++) {
        const first = Math.floor((o * access.groups) / outputs) * perGroup;
        for (let s = 0; s < samples; s++) {
          let sum = 0;
          for (let c = 0; c < perGroup; c++) {
            const code = x[(s * access.channels + first + c) * pixels + pixel];
            sum += code * w.data[o * w.inputs + c * taps + tap];
          }
          sums[(s * outputs + o) * positions + p] += sum;
        }
      }
    }
  }
  return sums;
}

/** How many of the presentations of each element are 1: drawn bits are [samples, presentations, elements]. */
function counted(bits: Tensor, presentations: number, samples: number): Float64Array {
  const size = bits.data.length / samples / presentations;
  const counts = new Float64Array(samples * size);
  for (let s = 0; s < samples; s++) {
    for (let k = 0; k < presentations; k++) {
      for (let e = 0; e < size; e++)
        counts[s * size + e] += Number(bits.data[(s * presentations + k) * size + e]);
    }
  }
  return counts;
}

/** Channel of element e is floor(e / inner) mod channels. */
function requantized(rule: Requantize, sums: Tensor, channels: number, inner: number): Tensor {
  if (rule.kind === "sum") return sums;
  const n = toNumbers(sums);
  const codes = Int16Array.from(n, (value, e) =>
    codeOf(rule, value, Math.floor(e / inner) % channels),
  );
  return tensor("int16", sums.shape, codes);
}

function codeOf(rule: Exclude<Requantize, { kind: "sum" }>, n: number, channel: number): number {
  if (rule.kind === "table")
    return rule.codes[channel * (rule.maximum - rule.minimum + 1) + n - rule.minimum];
  const steps = levelsOf(rule.range) - 1;
  let passed = 0;
  for (let s = channel * steps; s < (channel + 1) * steps; s++) {
    if (rule.directions[channel] > 0 ? n >= rule.thresholds[s] : n <= rule.thresholds[s]) passed++;
  }
  return rule.range.minimum + passed * rule.range.step;
}

type Join = Extract<DigitalLayer, { op: "join" }>;

function joined({ factors }: Join, from: Tensor, beside: Tensor): Tensor {
  const y = toNumbers(beside);
  const sums = Int32Array.from(toNumbers(from), (x, e) => factors[0] * x + factors[1] * y[e]);
  return tensor("int32", from.shape, sums);
}

function digital(layer: Exclude<DigitalLayer, Join>, from: Tensor, samples: number): Tensor {
  switch (layer.op) {
    case "encode": {
      const steps = levelsOf(layer.range) - 1;
      const codes = Int16Array.from(toNumbers(from), (x, e) => {
        const channel = Math.floor(e / layer.inner) % layer.channels;
        let passed = 0;
        for (let s = channel * steps; s < (channel + 1) * steps; s++) {
          const t = layer.thresholds[s];
          if (layer.directions[channel] > 0 ? x >= t : x <= t) passed++;
        }
        return layer.range.minimum + passed * layer.range.step;
      });
      return tensor("int16", from.shape, codes);
    }
    case "permute": {
      const values = toNumbers(from);
      const size = layer.order.length;
      const out = new Int32Array(values.length);
      for (let s = 0; s < samples; s++)
        for (let k = 0; k < size; k++) out[s * size + k] = values[s * size + layer.order[k]];
      return tensor("int32", from.shape, out);
    }
    case "pool":
      return pooled(layer, from, samples);
    case "spikes": {
      const bytes = toNumbers(from);
      const each = bytes.length / samples;
      const out = new Int16Array(samples * layer.steps * each);
      for (let e = 0; e < out.length; e++) {
        const row = Math.floor(e / each);
        const byte = bytes[Math.floor(row / layer.steps) * each + (e % each)];
        out[e] = layer.table[(row % layer.steps) * 256 + byte];
      }
      return tensor("int16", [samples, layer.steps * each], out);
    }
    case "integrate-fire":
      return tensor("int16", from.shape, fired(layer, toNumbers(from), samples));
    case "requantize":
      return requantized(layer.requantize, from, layer.channels, layer.inner);
  }
}

function pooled(
  { window, directions }: Extract<DigitalLayer, { op: "pool" }>,
  from: Tensor,
  samples: number,
): Tensor {
  const x = toNumbers(from);
  const positions = sizeOf(window.output);
  const pixels = sizeOf(window.input);
  const taps = tapsOfWindow(window);
  const out = new Int32Array(samples * window.channels * positions);
  for (let row = 0; row < samples * window.channels; row++) {
    const way = directions[row % window.channels];
    for (let p = 0; p < positions; p++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let tap = 0; tap < taps; tap++) {
        const pixel = pixelOf(window, p, tap);
        if (pixel >= 0) best = Math.max(best, way * x[row * pixels + pixel]);
      }
      out[row * positions + p] = way * best;
    }
  }
  return tensor("int32", [samples, window.channels * positions], out);
}

function fired(
  { steps, thresholds, reset }: Extract<DigitalLayer, { op: "integrate-fire" }>,
  sums: Float64Array,
  samples: number,
): Int16Array {
  const neurons = thresholds.length;
  const out = new Int16Array(sums.length);
  for (let s = 0; s < samples; s++) {
    for (let n = 0; n < neurons; n++) {
      let potential = 0;
      for (let t = 0; t < steps; t++) {
        const at = (s * steps + t) * neurons + n;
        potential += sums[at];
        if (potential < thresholds[n]) continue;
        out[at] = 1;
        potential = reset === "zero" ? 0 : potential - thresholds[n];
      }
    }
  }
  return out;
}
