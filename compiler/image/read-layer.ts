import type { Layer, Requantize } from "../ir/network.ts";
import type { Tensor } from "../ir/tensor.ts";
import { damaged } from "./damaged.ts";
import type { Entries } from "./entries.ts";
import type { StoredLayer, StoredRequantize } from "./manifest.ts";

export async function readLayer(stored: StoredLayer, entries: Entries): Promise<Layer> {
  switch (stored.kind) {
    case "matrix": {
      const scale = await typed(entries, stored.scale, Float32Array);
      return { ...stored, scale, requantize: await readRequantize(stored.requantize, entries) };
    }
    case "subgraph":
      return { ...stored, onnx: await entries.bytes(stored.onnx) };
    case "digital": {
      const { step } = stored;
      switch (step.op) {
        case "encode": {
          const thresholds = await typed(entries, step.thresholds, Float32Array);
          return {
            ...step,
            thresholds,
            directions: await typed(entries, step.directions, Int8Array),
          };
        }
        case "join":
          return step;
        case "permute":
          return { ...step, order: await typed(entries, step.order, Int32Array) };
        case "pool":
          return { ...step, directions: await typed(entries, step.directions, Int8Array) };
        case "spikes":
          return { ...step, table: await typed(entries, step.table, Uint8Array) };
        case "integrate-fire":
          return { ...step, thresholds: await typed(entries, step.thresholds, Int32Array) };
        case "requantize":
          return { ...step, requantize: await readRequantize(step.requantize, entries) };
      }
    }
  }
}

async function readRequantize(stored: StoredRequantize, entries: Entries): Promise<Requantize> {
  switch (stored.kind) {
    case "sum":
      return stored;
    case "thresholds": {
      const thresholds = await typed(entries, stored.thresholds, Int32Array);
      return {
        ...stored,
        thresholds,
        directions: await typed(entries, stored.directions, Int8Array),
      };
    }
    case "table":
      return { ...stored, codes: await typed(entries, stored.codes, Int16Array) };
  }
}

/** The data of an array that must be of one type. */
async function typed<T extends Tensor["data"]>(
  entries: Entries,
  name: string,
  type: { new (length: number): T; readonly name: string },
): Promise<T> {
  const { data } = await entries.array(name);
  if (data instanceof type) return data;
  throw damaged(
    `${entries.name}, entry ${name}`,
    `needs the type of ${type.name}, found ${data.constructor.name}`,
  );
}
