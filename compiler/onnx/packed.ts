import { XbcError } from "../errors.ts";
import type { Graph, GraphNode, ValueId } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";
import { tensor } from "../ir/tensor.ts";
import type { PackedType } from "./element-type.ts";
import { dataTypeName, dataTypes, isPacked, packedTypes } from "./element-type.ts";
import { rewriteNodes } from "./rewrite.ts";

/**
 * Types of 2 and 4 bits live in bytes: where a node makes such a type its result is clipped to it, as
 * saturation would.
 * @throws UNSUPPORTED for a Cast to such a type, whose overflow ONNX leaves open
 */
export function clipPacked(graph: Graph, packed: ReadonlyMap<ValueId, PackedType>): Graph {
  return rewriteNodes(graph, (node, builder) => {
    if (node.domain !== "") return false;
    if (node.op === "Cast") refuseCast(node);
    const type = node.op === "QuantizeLinear" ? targetType(node, packed) : null;
    if (type === null) return false;
    const { holder, minimum, maximum } = packedTypes[type];
    const bound = (value: number) =>
      builder.constant(
        tensor(holder, [], holder === "int8" ? Int8Array.of(value) : Uint8Array.of(value)),
      );
    const [output] = node.outputs;
    const wide = `${output}/${holder}`;
    const attributes = new Map(node.attributes);
    if (attributes.has("output_dtype"))
      attributes.set("output_dtype", { kind: "int", value: dataTypes[holder] });
    builder.emit({ ...node, outputs: [wide], attributes });
    builder.add("Clip", [wide, bound(minimum), bound(maximum)], {}, output);
    return true;
  });
}

function targetType(node: GraphNode, packed: ReadonlyMap<ValueId, PackedType>): PackedType | null {
  const name = dataTypeName(intAttribute(node, "output_dtype", 0));
  return packed.get(node.inputs[2] ?? "") ?? (isPacked(name) ? name : null);
}

function refuseCast(node: GraphNode): void {
  const name = dataTypeName(intAttribute(node, "to", 0));
  if (!isPacked(name)) return;
  throw new XbcError(
    "UNSUPPORTED",
    `node "${node.name}" (Cast): needs a type of at least 8 bits, found ${name}; quantize with QuantizeLinear instead`,
  );
}
