import { tensor } from "../../compiler/ir/tensor.ts";
import type { NodeSpec } from "./build-onnx.ts";
import { buildModel, floats, integers } from "./build-onnx.ts";

/** How the loop over time steps is spelled; each is what some exporter writes. */
export interface Spelling {
  readonly cut: "Gather" | "Split" | "Slice";
  readonly compare: "GreaterOrEqual" | "Less" | "above zero" | "Greater" | "turned";
  readonly reset: "Mul" | "Where" | "subtract" | "lowered";
  readonly start: "none" | "zeros";
}

export const STEPS = 3;
const INPUTS = 9;
const HIDDEN = 5;
const OUTPUTS = 2;

const sign = (k: number): number => ((Math.imul(k + 1, 2654435761) >>> 16) & 1 ? 1 : -1);
const bytes = (k: number): number => (Math.imul(k + 7, 2654435761) >>> 13) % 256;

/** `samples` pictures of 9 bytes. */
export const pictures = (samples: number) =>
  tensor(
    "uint8",
    [samples, INPUTS],
    Uint8Array.from({ length: samples * INPUTS }, (_, k) => bytes(k)),
  );

/** A spiking network 9-5-2 over three steps: bytes to spikes by latency, integrate and fire, potentials summed. */
export function spikingModel(
  spelling: Spelling,
  thresholds: readonly number[] = [1, 2, 1, 3, 2],
  leak = 1,
): Uint8Array {
  const steps = Array.from({ length: STEPS }, (_, t) => t);
  return buildModel({
    inputs: { image: ["uint8", ["n", INPUTS]] },
    outputs: ["y"],
    constants: {
      low: floats([STEPS, 1], [192, 128, 64]),
      high: floats([STEPS, 1], [256, 192, 128]),
      w1: floats(
        [INPUTS, HIDDEN],
        Array.from({ length: INPUTS * HIDDEN }, (_, k) => sign(k)),
      ),
      w2: floats(
        [HIDDEN, OUTPUTS],
        Array.from({ length: HIDDEN * OUTPUTS }, (_, k) => sign(k + 99)),
      ),
      threshold: floats([HIDDEN], thresholds),
      leak: floats([], [leak]),
      zero: floats([], [0]),
      one: floats([], [1]),
      axis: integers([1]),
      ...Object.fromEntries(
        steps.flatMap((t) => [
          [`at${t}`, integers([t])],
          [`to${t}`, integers([t + 1])],
        ]),
      ),
    },
    nodes: [
      ["Cast", ["image"], ["pixels"], { to: 1 }],
      ["Unsqueeze", ["pixels", "axis"], ["spread"]],
      ["GreaterOrEqual", ["spread", "low"], ["above"]],
      ["Less", ["spread", "high"], ["below"]],
      ["And", ["above", "below"], ["window"]],
      ["Cast", ["window"], ["spikes"], { to: 1 }],
      ["MatMul", ["spikes", "w1"], ["currents"], {}, "fc1"],
      ...(spelling.cut === "Split"
        ? [["Split", ["currents"], steps.map((t) => `part${t}`), { axis: 1 }] satisfies NodeSpec]
        : []),
      ...steps.flatMap((t) => stepNodes(t, spelling, leak)),
      ["Concat", steps.map((t) => `fired${t}`), ["hidden"], { axis: 1 }],
      ["MatMul", ["hidden", "w2"], ["potentials"], {}, "fc2"],
      ["ReduceSum", ["potentials", "axis"], ["y"], { keepdims: 0 }],
    ],
  });
}

/** One step; currents and potentials are [n, 1, neurons]. */
function stepNodes(
  t: number,
  { cut, compare, reset, start }: Spelling,
  leak: number,
): readonly NodeSpec[] {
  const current = cut === "Split" ? `part${t}` : `current${t}`;
  const isFirst = t === 0 && start === "none";
  const before = t === 0 ? "zero" : `kept${t - 1}`;
  const v = isFirst ? current : `v${t}`;
  const nodes: NodeSpec[] = [];
  if (cut === "Gather") nodes.push(["Gather", ["currents", `at${t}`], [current], { axis: 1 }]);
  if (cut === "Slice") nodes.push(["Slice", ["currents", `at${t}`, `to${t}`, "axis"], [current]]);
  if (leak !== 1 && t > 0) {
    nodes.push(["Mul", [before, "leak"], [`leaked${t}`]], ["Add", [`leaked${t}`, current], [v]]);
  } else if (!isFirst) nodes.push(["Add", [before, current], [v]]);
  switch (compare) {
    case "GreaterOrEqual":
    case "Greater":
      nodes.push([compare, [v, "threshold"], [`reaches${t}`]]);
      break;
    case "Less":
      nodes.push(
        ["Less", [v, "threshold"], [`short${t}`]],
        ["Not", [`short${t}`], [`reaches${t}`]],
      );
      break;
    case "turned":
      nodes.push(["LessOrEqual", ["threshold", v], [`reaches${t}`]]);
      break;
    case "above zero":
      nodes.push(
        ["Sub", [v, "threshold"], [`over${t}`]],
        ["GreaterOrEqual", [`over${t}`, "zero"], [`reaches${t}`]],
      );
  }
  nodes.push(["Cast", [`reaches${t}`], [`fired${t}`], { to: 1 }]);
  if (t === STEPS - 1) return nodes;
  switch (reset) {
    case "Mul":
      nodes.push(
        ["Sub", ["one", `fired${t}`], [`rest${t}`]],
        ["Mul", [v, `rest${t}`], [`kept${t}`]],
      );
      break;
    case "Where":
      nodes.push(["Where", [`reaches${t}`, "zero", v], [`kept${t}`]]);
      break;
    case "subtract":
      nodes.push(
        ["Mul", [`fired${t}`, "threshold"], [`drop${t}`]],
        ["Sub", [v, `drop${t}`], [`kept${t}`]],
      );
      break;
    case "lowered":
      nodes.push(
        ["Sub", [v, "threshold"], [`lower${t}`]],
        ["Where", [`reaches${t}`, `lower${t}`, v], [`kept${t}`]],
      );
  }
  return nodes;
}
