import { checkCalibration } from "../compiler/calibration.ts";
import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { parseTransform } from "../compiler/input-transform.ts";
import type { Graph, ValueId } from "../compiler/ir/graph.ts";
import { inputDomains } from "./lower.ts";
import type { Span } from "./lowering/activation-ranges.ts";
import { activationRangeOf, spanOf } from "./lowering/activation-ranges.ts";
import type { Domain } from "./lowering/domain.ts";
import { domainsOf } from "./lowering/graph-domains.ts";
import type { QuantizerStep } from "./lowering/insert.ts";
import { insertAfter, uniformQuantizer } from "./lowering/insert.ts";
import { calibrated } from "./lowering/layer-inputs.ts";
import { matrixNodeOf } from "./lowering/matrix-nodes.ts";

export default definePass({
  name: "quantize-activations",
  summary:
    "Quantize the float activations that meet a matrix, over the range that calibration data show",
  from: "graph",
  to: "graph",
  meaning: "approximate",
  run: async (graph, context) => {
    const floats = floatOperands(graph, context);
    activationRangeOf(context.options.activationRange);
    const { calibration, activations } = context.options;
    if (floats.length === 0 && activations !== "auto")
      context.warn(
        `--activations ${activations}: the model's activations are quantized already and stay as they are`,
      );
    if (floats.length === 0 || !calibration) return graph;
    const ranges = await observe(graph, floats, context);
    return floats.reduce(
      (current, value, k) => insertAfter(current, value, quantizerOf(activations, ranges[k])),
      graph,
    );
  },
});

/** Operands of matrix nodes whose values are not known to be quantized. */
function floatOperands(graph: Graph, context: PassContext): readonly ValueId[] {
  const domains = domainsOf(
    graph,
    inputDomains(graph, parseTransform(context.options.inputTransform)),
  );
  const operands = graph.nodes.flatMap((node) => matrixNodeOf(graph, node)?.data ?? []);
  return [...new Set(operands)].filter((value) => !isQuantized(domains.get(value)));
}

const isQuantized = (domain: Domain | undefined): boolean =>
  domain?.codes !== null && domain !== undefined && Number.isFinite(domain.high - domain.low);

/** The span of each value over the calibration data, as the rule says. */
async function observe(
  graph: Graph,
  values: readonly ValueId[],
  context: PassContext,
): Promise<readonly Span[]> {
  const rule = activationRangeOf(context.options.activationRange);
  for (const [name, data] of context.options.calibration ?? [])
    checkCalibration(data, `calibration data of input ${name}`);
  const found = await calibrated(graph, values, context);
  return found.map((numbers, k) => {
    const sorted = numbers.length > 0 ? numbers.sort() : new Float64Array(1);
    const span = spanOf(sorted, rule, bitsOf(context.options.activations));
    context.assume(
      `activation ${values[k]} quantized over ${span.low.toPrecision(4)} to ${span.high.toPrecision(4)} (calibration data, ${rule.name})`,
    );
    return span;
  });
}

/** bits that `--activations` asks for */
const bitsOf = (activations: string): number => Number(/int([2-8])$/.exec(activations)?.[1] ?? 8);

/** @throws BAD_OPTION */
function quantizerOf(activations: string, { low, high }: Span): readonly QuantizerStep[] {
  const magnitude = Math.max(Math.abs(low), Math.abs(high)) || 1;
  if (activations === "binary")
    return [
      { op: "GreaterOrEqual", operands: [0] },
      { op: "Where", operands: [magnitude, -magnitude] },
    ];
  if (activations === "ternary") return uniformQuantizer(magnitude, 0, -1, 1);
  const asked = /^(u?)int([2-8])$/.exec(
    activations === "auto" ? (low >= 0 ? "uint8" : "int8") : activations,
  );
  if (!asked) {
    throw new XbcError(
      "BAD_OPTION",
      `--activations ${activations}: needs auto, binary, ternary, uint2 … uint8 or int2 … int8`,
    );
  }
  const bits = Number(asked[2]);
  if (asked[1] === "u")
    return uniformQuantizer(
      Math.fround((high > 0 ? high : 1) / (2 ** bits - 1)),
      0,
      0,
      2 ** bits - 1,
    );
  const top = 2 ** (bits - 1) - 1;
  return uniformQuantizer(Math.fround(magnitude / top), 0, -top - 1, top);
}
