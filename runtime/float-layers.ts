import type { FloatSession } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { Buffer, BufferId, SubgraphLayer } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { allocate, sizeOf, tensor } from "../compiler/ir/tensor.ts";
import type { InputRows } from "./input.ts";
import type { Engine } from "./kernels/engine.ts";
import type { Layout } from "./layout.ts";
import { isSameOrder } from "./layout.ts";
import type { Place } from "./places.ts";

export interface FloatContext {
  readonly image: ProgrammingImage;
  readonly placeOf: (id: BufferId) => Place;
  readonly floats: Map<BufferId, Tensor>;
  readonly engine: Engine;
  readonly samples: number;
  readonly inputs: ReadonlyMap<BufferId, InputRows>;
}

export async function runSubgraph(
  layer: SubgraphLayer,
  session: FloatSession,
  context: FloatContext,
): Promise<void> {
  const feeds = layer.from.map((id, k): [string, Tensor] => [
    layer.inputNames[k],
    feedOf(id, context),
  ]);
  const batched = context.image.inputs.every((input) => input.batched);
  const answers =
    layer.anyBatch || (context.samples === 1 && batched)
      ? await session.run(new Map(feeds))
      : await oneByOne(session, feeds, context.samples, batched);
  layer.to.forEach((to, k) => {
    const made = answers.get(layer.outputNames[k]);
    if (made) context.floats.set(to, made);
  });
}

/** A model whose shapes hold for one sample runs once per sample; without a batch it takes no axis for one. */
async function oneByOne(
  session: FloatSession,
  feeds: readonly (readonly [string, Tensor])[],
  samples: number,
  batched: boolean,
): Promise<ReadonlyMap<string, Tensor>> {
  const parts: ReadonlyMap<string, Tensor>[] = [];
  for (let s = 0; s < samples; s++) {
    const one = feeds.map(([name, { type, shape, data }]): [string, Tensor] => {
      const size = data.length / samples;
      const own = batched ? [1, ...shape.slice(1)] : shape.slice(1);
      return [name, tensor(type, own, data.slice(s * size, (s + 1) * size))];
    });
    parts.push(await session.run(new Map(one)));
  }
  return new Map(
    [...parts[0].keys()].map((name) => [
      name,
      stack(
        parts.map((part) => part.get(name)),
        batched,
      ),
    ]),
  );
}

function stack(parts: readonly (Tensor | undefined)[], batched: boolean): Tensor {
  const known = parts.flatMap((part) => part ?? []);
  const [first] = known;
  const size = first.data.length;
  const all = allocate(first.type, size * known.length);
  known.forEach((part, s) => {
    for (let e = 0; e < size; e++) all[s * size + e] = part.data[e];
  });
  const shape = batched ? first.shape.slice(1) : first.shape;
  return tensor(first.type, [known.length, ...shape], all);
}

export function collectOutputs(context: FloatContext): ReadonlyMap<string, Tensor> {
  return new Map(context.image.outputs.map(({ name, buffer }) => [name, feedOf(buffer, context)]));
}

/** A buffer's values as the subgraph takes them: sums and codes as floats, inputs in their own type. */
function feedOf(
  id: BufferId,
  { image, placeOf, floats, engine, samples, inputs }: FloatContext,
): Tensor {
  const known = floats.get(id);
  if (known) return known;
  const given = inputs.get(id);
  if (given) return inputTensor(given, samples, image.buffers.get(id));
  const { buffer, values, layout } = placeOf(id);
  if (buffer.kind === "float") throw internal("runner", `buffer ${id} is empty`);
  const length = samples * sizeOf(buffer.shape);
  const shape = [samples, ...buffer.shape];
  if (buffer.kind === "codes") {
    const codes = engine.int16(values.at, length);
    return tensor("float32", shape, inOrder(codes, new Float32Array(length), layout));
  }
  const sums = engine.int32(values.at, length);
  return buffer.bound >= 2 ** 24
    ? tensor("float64", shape, inOrder(sums, new Float64Array(length), layout))
    : tensor("float32", shape, inOrder(sums, new Float32Array(length), layout));
}

/** Values as ONNX orders them: channel by channel. */
function inOrder<Data extends Float32Array | Float64Array>(
  values: Int16Array | Int32Array,
  out: Data,
  layout: Layout,
): Data {
  if (isSameOrder(layout, null) || layout === null) {
    out.set(values);
    return out;
  }
  const { channels, pixels } = layout;
  for (let first = 0; first < values.length; first += channels * pixels) {
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < pixels; p++)
        out[first + c * pixels + p] = values[first + p * channels + c];
  }
  return out;
}

function inputTensor(given: InputRows, samples: number, buffer: Buffer | undefined): Tensor {
  const shape = [samples, ...(buffer?.shape ?? [])];
  const type = buffer?.kind === "float" ? buffer.type : "float32";
  if (given.kind === "bytes" && type === "uint8") return tensor("uint8", shape, given.data);
  const numbers =
    given.kind === "bytes" ? Float32Array.from(given.data, given.valueOf) : given.data;
  if (type === "float32") return tensor("float32", shape, numbers);
  const data = allocate(type, numbers.length);
  numbers.forEach((x, e) => {
    data[e] = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(x) : x;
  });
  return tensor(type, shape, data);
}
