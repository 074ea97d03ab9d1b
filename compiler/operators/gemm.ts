import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import { intAttribute } from "../ir/graph.ts";
import { showShape } from "./broadcast.ts";
import { requireOneType } from "./one-type.ts";

export default defineOperator({
  ops: ["Gemm"],
  domains: [""],
  summary: "alpha · A · B + beta · C on matrices, A and B transposed on demand",
  infer: (node, [a, b]) => {
    if (!a) return [null];
    requireOneType(node, a, b);
    if (!a.shape || !b?.shape) return [{ type: a.type, shape: null }];
    const left = intAttribute(node, "transA", 0) ? [a.shape[1], a.shape[0]] : a.shape;
    const right = intAttribute(node, "transB", 0) ? [b.shape[1], b.shape[0]] : b.shape;
    const inner = [left[1], right[0]];
    const agree =
      typeof inner[0] !== "number" || typeof inner[1] !== "number" || inner[0] === inner[1];
    if (a.shape.length !== 2 || b.shape.length !== 2 || !agree) {
      throw new XbcError(
        "SHAPE_MISMATCH",
        `node "${node.name}" (Gemm): needs two matrices that fit, found ${showShape(a.shape)} and ${showShape(b.shape)}; export the model again`,
      );
    }
    return [{ type: a.type, shape: [left[0], right[1]] }];
  },
});
