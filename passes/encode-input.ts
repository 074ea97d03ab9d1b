import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { parseTransform, transformSamples } from "../compiler/input-transform.ts";
import type { Graph, ValueId } from "../compiler/ir/graph.ts";
import { toNumbers } from "../compiler/ir/tensor.ts";
import type { Domain } from "./lowering/domain.ts";
import { drawInput } from "./lowering/drawn-input.ts";
import { domainsOf } from "./lowering/graph-domains.ts";
import { inputDomain } from "./lowering/input-transform.ts";
import type { QuantizerStep } from "./lowering/insert.ts";
import { insertAfter, uniformQuantizer } from "./lowering/insert.ts";
import { latencyInput } from "./lowering/latency-input.ts";
import { matrixNodeOf } from "./lowering/matrix-nodes.ts";
import { presentNetwork } from "./lowering/present-network.ts";

/** `binary:THRESHOLD`, `bits:N`, `stochastic:N`, `stochastic:N:inputs`, `stochastic:N:outputs` or `auto`. */
type InputEncoding =
  | { readonly kind: "auto" }
  | { readonly kind: "binary"; readonly threshold: number }
  | { readonly kind: "bits"; readonly bits: number }
  | { readonly kind: "spikes"; readonly steps: number }
  | {
      readonly kind: "stochastic";
      readonly presentations: number;
      /** what is summed over the presentations; `auto`: outputs where currents are compared, else inputs */
      readonly summed: "auto" | "inputs" | "outputs";
    };

export default definePass({
  name: "encode-input",
  summary: "Quantize the network's input as --input-encoding says, where the model itself does not",
  from: "graph",
  to: "graph",
  meaning: "approximate",
  run: async (graph, context) => {
    const encoding = parseEncoding(context.options.inputEncoding);
    const domain = inputDomain(parseTransform(context.options.inputTransform));
    return graph.inputs.reduce(
      (current, input) => encodeInput(current, input, encoding, domain, context),
      graph,
    );
  },
});

/** presentations where none are given: 0.3 points below 64 of them on the heartbeats of examples/ecg, 8 are 0.7 */
const PRESENTATIONS = 16;

/** @throws BAD_OPTION */
export function parseEncoding(text: string): InputEncoding {
  const [name, value = "", summed = "auto", ...more] = text.split(":");
  if (text === "auto") return { kind: "auto" };
  if (name === "binary" && value !== "" && Number.isFinite(Number(value)))
    return { kind: "binary", threshold: Number(value) };
  const bits = name === "stochastic" && value === "" ? PRESENTATIONS : Number(value);
  if (name === "bits" && Number.isInteger(bits) && bits >= 1 && bits <= 12)
    return { kind: "bits", bits };
  if (name === "spikes" && Number.isInteger(bits) && bits >= 2 && bits <= 128)
    return { kind: "spikes", steps: bits };
  const isSum = summed === "auto" || summed === "inputs" || summed === "outputs";
  const isCount = Number.isInteger(bits) && bits >= 1 && bits <= 4096;
  if (name === "stochastic" && isCount && isSum && more.length === 0)
    return { kind: "stochastic", presentations: bits, summed };
  throw new XbcError(
    "BAD_OPTION",
    `--input-encoding ${text}: needs auto, binary:THRESHOLD, bits:N (N from 1 to 12), spikes:T (T from 2 to 128) or stochastic:N (to 4096; :inputs or :outputs behind it says what is summed), such as binary:0.5 or bits:8`,
  );
}

function encodeInput(
  graph: Graph,
  input: ValueId,
  encoding: InputEncoding,
  domain: Domain | null,
  context: PassContext,
): Graph {
  if (encoding.kind === "stochastic") {
    const { presentations, summed } = encoding;
    const compares = context.target.technology.readOut === "comparator";
    return summed === "outputs" || (summed === "auto" && compares)
      ? presentNetwork(graph, input, presentations)
      : drawInput(graph, input, presentations);
  }
  if (encoding.kind === "spikes") {
    context.assume(
      `input ${input} spikes by first-spike latency over ${encoding.steps} steps: bytes from 128, brighter ones sooner (the rule is assumed, S6)`,
    );
    return latencyInput(graph, input, encoding.steps);
  }
  const type = graph.values.get(input)?.type;
  if (type !== "float32" && type !== "float64") {
    if (encoding.kind !== "auto")
      context.warn(
        `--input-encoding ${context.options.inputEncoding} changes nothing of input ${input}: the model takes ${type ?? "no numbers"} and encodes it itself`,
      );
    return graph;
  }
  switch (encoding.kind) {
    case "binary":
      return insertAfter(graph, input, [
        { op: "Greater", operands: [encoding.threshold] },
        { op: "Where", operands: [1, -1] },
      ]);
    case "bits":
      return encodeBits(graph, input, encoding.bits, domain);
    case "auto":
      return domain || !meetsMatrixUnquantized(graph, input)
        ? graph
        : encodeByData(graph, input, context);
  }
}

/** N bits over the span of the transformed bytes, or over [0, 1] without a transform. */
function encodeBits(graph: Graph, input: ValueId, bits: number, domain: Domain | null): Graph {
  const low = domain?.low ?? 0;
  const high = domain?.high ?? 1;
  const levels = 2 ** bits - 1;
  if (domain?.codes && bits === 8) return graph;
  return insertAfter(graph, input, uniformQuantizer((high - low) / levels, low, 0, levels));
}

/** True where a matrix node reads the input through operators that leave it a float. */
function meetsMatrixUnquantized(graph: Graph, input: ValueId): boolean {
  const bytes: Domain = {
    low: 0,
    high: 255,
    codes: { scale: 1, offset: 0, range: { minimum: 0, maximum: 255, step: 1 } },
  };
  const assumed = domainsOf(graph, new Map([[input, bytes]]));
  const without = domainsOf(graph, new Map());
  return graph.nodes.some((node) => {
    const matrix = matrixNodeOf(graph, node);
    return matrix !== null && !without.get(matrix.data)?.codes && assumed.get(matrix.data)?.codes;
  });
}

/** What calibration data say of the input: whole bytes, or a span in 8 bits. Recorded as an assumption. */
function encodeByData(graph: Graph, input: ValueId, context: PassContext): Graph {
  const data = context.options.calibration?.get(input);
  if (!data) return graph;
  const values = toNumbers(
    transformSamples(input, parseTransform(context.options.inputTransform), data),
  );
  let low = values[0];
  let high = values[0];
  let whole = true;
  for (const v of values) {
    low = Math.min(low, v);
    high = Math.max(high, v);
    whole &&= Number.isInteger(v);
  }
  if (whole && low >= 0 && high <= 255 && high > 1) {
    context.assume(`input ${input} takes whole numbers 0 to 255, as in the calibration data`);
    context.warn(
      `input ${input} is a float and the calibration data are whole bytes, taken as they are; ` +
        "if the model expects 0 to 1, say --input-transform scale:1/255",
    );
    return insertAfter(graph, input, uniformQuantizer(1, 0, 0, 255));
  }
  if (whole && low >= -128 && high <= 127 && low < -1) {
    context.assume(`input ${input} takes whole numbers −128 to 127, as in the calibration data`);
    return insertAfter(graph, input, uniformQuantizer(1, 0, -128, 127));
  }
  const [from, to] = low >= 0 && high <= 1 ? [0, 1] : [low, high];
  context.assume(
    `input ${input} is read in 8 bits over ${from} to ${to}, the span of the calibration data`,
  );
  return insertAfter(graph, input, alignedQuantizer(from, to, 255));
}

/** Levels from `low` to about `high`, moved so that 0 is one of them where it lies between: padding must have a code. */
function alignedQuantizer(low: number, high: number, levels: number): readonly QuantizerStep[] {
  const scale = Math.fround((high - low) / levels);
  return uniformQuantizer(scale, Math.fround(Math.round(low / scale) * scale), 0, levels);
}
