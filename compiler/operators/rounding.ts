import type { ExpandContext } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { GraphNode } from "../ir/graph.ts";
import { stringAttribute } from "../ir/graph.ts";
import { tensor } from "../ir/tensor.ts";

type Add = (x: string) => string;

/**
 * The rounding that a QONNX node asks for, as standard nodes.
 * @throws UNSUPPORTED for modes that QONNX does not have
 * Source: qonnx, resolve_rounding_mode; ONNX's Round is half to even, as NumPy's.
 */
export function roundingOf(node: GraphNode, fallback: string, builder: ExpandContext): Add {
  const { add } = builder;
  const half = () => builder.constant(tensor("float32", [], Float32Array.of(0.5)));
  const bySize =
    (round: Add): Add =>
    (x) =>
      add("Mul", [add("Sign", [x]), round(add("Abs", [x]))]);
  const modes: Readonly<Record<string, Add | undefined>> = {
    ROUND: (x) => add("Round", [x]),
    HALF_EVEN: (x) => add("Round", [x]),
    FLOOR: (x) => add("Floor", [x]),
    CEIL: (x) => add("Ceil", [x]),
    ROUND_TO_ZERO: bySize((x) => add("Floor", [x])),
    DOWN: bySize((x) => add("Floor", [x])),
    UP: bySize((x) => add("Ceil", [x])),
    HALF_UP: bySize((x) => add("Floor", [add("Add", [x, half()])])),
    HALF_DOWN: bySize((x) => add("Ceil", [add("Sub", [x, half()])])),
  };
  const mode = stringAttribute(node, "rounding_mode", fallback).toUpperCase();
  const found = modes[mode];
  if (found) return found;
  throw new XbcError(
    "UNSUPPORTED",
    `node "${node.name}" (${node.op}): needs a rounding_mode of ${Object.keys(modes).join(", ")}, found ${mode}; export it with one of them`,
  );
}
