import type { Graph, ValueId } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import type { Domain } from "./domain.ts";
import { integers, truth, unknown } from "./domain.ts";
import type { RuleContext } from "./domain-rule.ts";
import { domainRules } from "./domain-rules.ts";

/** The domain of every value of a graph whose inputs' domains are given; values without one are absent. */
export function domainsOf(
  graph: Graph,
  inputs: ReadonlyMap<ValueId, Domain>,
): ReadonlyMap<ValueId, Domain> {
  const domains = new Map<ValueId, Domain>();
  for (const id of graph.inputs) {
    const known = inputs.get(id) ?? typeDomain(graph.values.get(id)?.type);
    if (known) domains.set(id, known);
  }
  for (const node of graph.nodes) {
    const rule = domainRules[node.op];
    if (node.domain !== "" || !rule) {
      // an integer of eight bits is its own code, whatever made it
      for (const output of node.outputs) {
        const domain = typeDomain(graph.values.get(output)?.type);
        if (domain) domains.set(output, domain);
      }
      continue;
    }
    const context: RuleContext = {
      graph,
      of: (index) =>
        domains.get(node.inputs[index] ?? "") ??
        constantDomain(graph.constants.get(node.inputs[index] ?? "")) ??
        unknown,
      scalar: (index) => scalarOf(graph.constants.get(node.inputs[index] ?? "")),
    };
    const domain = rule(node, context);
    if (domain) domains.set(node.outputs[0], domain);
  }
  return new Map([...domains].map(([id, domain]) => [id, withoutLargeCodes(domain)]));
}

/** more codes than this are no quantization that an array could take */
const LARGEST_SPAN = 2 ** 20;

function withoutLargeCodes(domain: Domain): Domain {
  const range = domain.codes?.range;
  const fits = !range || range.maximum - range.minimum <= LARGEST_SPAN * range.step;
  return fits ? domain : { ...domain, codes: null };
}

function typeDomain(type: string | undefined): Domain | null {
  if (type === "uint8") return integers(0, 255);
  if (type === "int8") return integers(-128, 127);
  if (type === "bool") return truth;
  return null;
}

/** The one value of a constant, if all its elements are equal. */
function scalarOf(constant: Tensor | undefined): number | null {
  if (!constant || constant.data.length === 0 || constant.data.length > 1 << 16) return null;
  const values = toNumbers(constant);
  return values.every((v) => v === values[0]) ? values[0] : null;
}

function constantDomain(constant: Tensor | undefined): Domain | null {
  const value = scalarOf(constant);
  if (value !== null) return { low: value, high: value, codes: null };
  if (!constant || constant.data.length > 1 << 16 || constant.data.length === 0) return null;
  const values = toNumbers(constant);
  let low = values[0];
  let high = values[0];
  for (const v of values) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return { low, high, codes: null };
}
