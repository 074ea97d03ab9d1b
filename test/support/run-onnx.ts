import type { FloatExecutor } from "../../compiler/define.ts";
import type { Graph } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import { importGraph } from "../../compiler/onnx/import.ts";
import { parseOnnx } from "../../compiler/onnx/parse.ts";
import { serializeGraph } from "../../compiler/onnx/serialize.ts";
import { onnxruntimeNode, onnxruntimeWeb } from "../../runtime/float-executor.ts";

/** The native runtime where it is installed, for its speed. */
export const executor: FloatExecutor = (await onnxruntimeNode()) ?? onnxruntimeWeb();

export async function runBytes(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<ReadonlyMap<string, Tensor>> {
  const session = await executor.load(bytes);
  try {
    return await session.run(new Map(Object.entries(feeds)));
  } finally {
    await session.release();
  }
}

export const runGraph = (graph: Graph, feeds: Readonly<Record<string, Tensor>> = {}) =>
  runBytes(serializeGraph(graph), feeds);

export const importBytes = (bytes: Uint8Array): Graph => importGraph(parseOnnx(bytes));

/** Largest difference over the largest magnitude; NaN and infinities must agree exactly. */
export function relativeDifference(a: Tensor, b: Tensor): number {
  const [x, y] = [toNumbers(a), toNumbers(b)];
  if (x.length !== y.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < x.length; i++) {
    if (Object.is(x[i], y[i])) continue;
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, Math.abs(x[i] - y[i]));
    magnitude = Math.max(magnitude, Math.abs(x[i]));
  }
  return difference === 0 ? 0 : difference / Math.max(magnitude, Number.MIN_VALUE);
}

/** What a pass from graph to graph returned. */
export function graphOf(stage: object): Graph {
  if (!isGraph(stage)) throw new Error("the pass returned no graph");
  return stage;
}

function isGraph(stage: object): stage is Graph {
  return "nodes" in stage && "constants" in stage;
}
