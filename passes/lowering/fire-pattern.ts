import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import { intAttribute } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";

/** Integrate-and-fire neurons over time: each step adds a current to the potential, fires, and resets. */
export interface FirePattern {
  readonly steps: number;
  /** one, or one a neuron: in the units of the currents */
  readonly threshold: Float64Array;
  /** fires at ≥, or only above */
  readonly atThreshold: boolean;
  readonly reset: "zero" | "subtract";
}

/** What a value of the chain is, as far as the pattern knows it. */
type Meaning =
  | { readonly kind: "currents" }
  | { readonly kind: "current"; readonly step: number }
  | { readonly kind: "constant"; readonly tensor: Tensor }
  /** the potential before step t adds its current; what reset it, null at the start */
  | { readonly kind: "kept"; readonly step: number; readonly reset: FirePattern["reset"] | null }
  | { readonly kind: "potential"; readonly step: number }
  | { readonly kind: "above"; readonly step: number; readonly threshold: Tensor }
  | { readonly kind: "fires"; readonly step: number; readonly negated: boolean }
  /** threshold where a neuron fires, else 0 */
  | { readonly kind: "amount"; readonly step: number; readonly threshold: Tensor }
  | { readonly kind: "spikes"; readonly steps: number };

/**
 * Recognizes the operators that a loop over time steps is exported as: potential + current, compared with a constant
 * threshold, set back to 0 or lowered by it, spikes stacked in order. `source` holds [batch, steps, neurons]. Null for
 * anything else: it then stays a float subgraph, as exact and slower.
 */
export function firePattern(
  body: Graph,
  source: ValueId,
  output: ValueId,
  steps: number,
): FirePattern | null {
  const reader = new Map<ValueId, Meaning>([[source, { kind: "currents" }]]);
  const rule: Rule = { threshold: null, atThreshold: null, resets: new Set() };
  for (const node of body.nodes) {
    const meanings = node.inputs.map((id) => meaningOf(body, reader, id));
    if (node.op === "Split") {
      if (meanings[0]?.kind !== "currents" || !isTimeAxis(node) || node.outputs.length !== steps)
        return null;
      for (const [step, id] of node.outputs.entries()) reader.set(id, { kind: "current", step });
      continue;
    }
    const meaning = meaningOfNode(node, meanings, rule);
    if (meaning) reader.set(node.outputs[0], meaning);
  }
  const found = reader.get(output);
  const { threshold, atThreshold, resets } = rule;
  if (found?.kind !== "spikes" || found.steps !== steps || !threshold || atThreshold === null)
    return null;
  const [reset = "zero"] = resets;
  if (resets.size > 1) return null;
  return { steps, threshold: toNumbers(threshold), atThreshold, reset };
}

/** What all steps share; a step that differs ends the search by giving its value no meaning. */
interface Rule {
  threshold: Tensor | null;
  atThreshold: boolean | null;
  readonly resets: Set<FirePattern["reset"]>;
}

function meaningOf(body: Graph, known: ReadonlyMap<ValueId, Meaning>, id: ValueId): Meaning | null {
  const tensor = body.constants.get(id);
  return known.get(id) ?? (tensor ? { kind: "constant", tensor } : null);
}

const isTimeAxis = (node: GraphNode): boolean => intAttribute(node, "axis", 0) === 1;

const valuesOf = (meaning: Meaning | null | undefined): Float64Array | null =>
  meaning?.kind === "constant" ? toNumbers(meaning.tensor) : null;

const isAll = (meaning: Meaning | null | undefined, value: number): boolean =>
  valuesOf(meaning)?.every((x) => x === value) ?? false;

function meaningOfNode(
  node: GraphNode,
  inputs: readonly (Meaning | null)[],
  rule: Rule,
): Meaning | null {
  const [a, b, c] = inputs;
  switch (node.op) {
    case "Identity":
    case "Cast":
    case "Squeeze":
    case "Unsqueeze":
      return a ?? null;
    case "ConstantOfShape":
    case "Expand":
      return isZeros(node, a) ? { kind: "kept", step: 0, reset: null } : null;
    case "Gather":
      return gathered(node, a, b);
    case "Slice":
      return sliced(a, inputs);
    case "Add":
      return integrated(a, b) ?? integrated(b, a);
    case "Sub":
      return difference(a, b, rule);
    case "Mul":
      return product(a, b, rule) ?? product(b, a, rule);
    case "Where":
      return chosen(a, b, c, rule);
    case "Not":
      return a?.kind === "fires" ? { ...a, negated: !a.negated } : null;
    case "GreaterOrEqual":
      return fires(a, b, true, false, rule);
    case "Greater":
      return fires(a, b, false, false, rule);
    case "Less":
      return fires(a, b, true, true, rule);
    case "LessOrEqual":
      return fires(a, b, false, true, rule);
    case "Concat":
      return isTimeAxis(node) ? stacked(inputs) : null;
    default:
      return null;
  }
}

/** Zeros of any shape: the potential at the start. */
function isZeros(node: GraphNode, input: Meaning | null | undefined): boolean {
  if (node.op === "Expand") return isAll(input, 0);
  const value = node.attributes.get("value");
  return (
    value === undefined || (value.kind === "tensor" && toNumbers(value.value).every((x) => x === 0))
  );
}

function gathered(node: GraphNode, data: Meaning | null, index: Meaning | null): Meaning | null {
  const at = valuesOf(index);
  if (data?.kind !== "currents" || !isTimeAxis(node) || at?.length !== 1 || at[0] < 0) return null;
  return { kind: "current", step: at[0] };
}

/** One step cut out of the time axis. */
function sliced(data: Meaning | null, inputs: readonly (Meaning | null)[]): Meaning | null {
  const [starts, ends, axes, strides] = inputs.slice(1).map(valuesOf);
  const one = starts?.length === 1 && ends?.length === 1 && starts[0] >= 0;
  if (data?.kind !== "currents" || !one || ends[0] !== starts[0] + 1) return null;
  if (axes?.length !== 1 || axes[0] !== 1 || (strides && strides[0] !== 1)) return null;
  return { kind: "current", step: starts[0] };
}

function integrated(potential: Meaning | null, current: Meaning | null): Meaning | null {
  if (current?.kind !== "current") return null;
  const isStart = isAll(potential, 0) && current.step === 0;
  const follows = potential?.kind === "kept" && potential.step === current.step;
  return isStart || follows ? { kind: "potential", step: current.step } : null;
}

/** The first step's current is a potential by itself. */
const asPotential = (meaning: Meaning | null | undefined): number | null => {
  if (meaning?.kind === "potential") return meaning.step;
  return meaning?.kind === "current" && meaning.step === 0 ? 0 : null;
};

function difference(a: Meaning | null, b: Meaning | null, rule: Rule): Meaning | null {
  if (isAll(a, 1) && b?.kind === "fires") return { ...b, negated: !b.negated };
  const step = asPotential(a);
  if (step === null) return null;
  if (b?.kind === "constant") return { kind: "above", step, threshold: b.tensor };
  const amount =
    b?.kind === "amount"
      ? b
      : b?.kind === "fires" && !b.negated && isThreshold(rule, 1)
        ? { step: b.step }
        : null;
  return amount?.step === step ? reset(rule, step, "subtract") : null;
}

const isThreshold = ({ threshold }: Rule, value: number): boolean =>
  threshold !== null && toNumbers(threshold).every((x) => x === value);

function product(a: Meaning | null, b: Meaning | null, rule: Rule): Meaning | null {
  if (b?.kind !== "fires") return null;
  if (a?.kind === "constant" && !b.negated && isSame(a.tensor, rule.threshold))
    return { kind: "amount", step: b.step, threshold: a.tensor };
  return asPotential(a) === b.step && b.negated ? reset(rule, b.step, "zero") : null;
}

function chosen(
  condition: Meaning | null,
  yes: Meaning | null,
  no: Meaning | null,
  rule: Rule,
): Meaning | null {
  if (condition?.kind !== "fires") return null;
  const [on, off] = condition.negated ? [no, yes] : [yes, no];
  const { step } = condition;
  if (isAll(on, 1) && isAll(off, 0)) return { kind: "fires", step, negated: false };
  if (isAll(on, 0) && isAll(off, 1)) return { kind: "fires", step, negated: true };
  if (isAll(on, 0) && asPotential(off) === step) return reset(rule, step, "zero");
  const lowered = on?.kind === "above" && on.step === step && isSame(on.threshold, rule.threshold);
  return lowered && asPotential(off) === step ? reset(rule, step, "subtract") : null;
}

function reset(rule: Rule, step: number, kind: FirePattern["reset"]): Meaning {
  rule.resets.add(kind);
  return { kind: "kept", step: step + 1, reset: kind };
}

/** A comparison of a potential with a threshold, either way round; one rule must hold for all steps. */
function fires(
  a: Meaning | null,
  b: Meaning | null,
  atThreshold: boolean,
  negated: boolean,
  rule: Rule,
): Meaning | null {
  if (a?.kind === "constant") return b ? fires(b, a, !atThreshold, !negated, rule) : null;
  const compared = comparison(a, b);
  if (!compared) return null;
  const { step, threshold } = compared;
  const fits =
    (rule.threshold === null || isSame(rule.threshold, threshold)) &&
    (rule.atThreshold === null || rule.atThreshold === atThreshold);
  if (!fits) return null;
  rule.threshold = threshold;
  rule.atThreshold = atThreshold;
  return { kind: "fires", step, negated };
}

function comparison(a: Meaning | null, b: Meaning | null) {
  if (b?.kind !== "constant") return null;
  if (a?.kind === "above" && isAll(b, 0)) return { step: a.step, threshold: a.threshold };
  const step = asPotential(a);
  return step === null ? null : { step, threshold: b.tensor };
}

function isSame(a: Tensor, b: Tensor | null): boolean {
  if (b === null) return false;
  const [x, y] = [toNumbers(a), toNumbers(b)];
  return x.length === y.length && x.every((value, k) => value === y[k]);
}

function stacked(inputs: readonly (Meaning | null)[]): Meaning | null {
  const inOrder = inputs.every(
    (meaning, step) => meaning?.kind === "fires" && !meaning.negated && meaning.step === step,
  );
  return inOrder ? { kind: "spikes", steps: inputs.length } : null;
}
