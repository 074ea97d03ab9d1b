import { defineOperator } from "../define.ts";
import { intAttribute } from "../ir/graph.ts";
import { slicedSize } from "./slice.ts";

export default defineOperator({
  ops: ["Shape", "Size"],
  domains: [""],
  summary: "Sizes of a tensor's axes, or the number of its elements, as int64",
  infer: (node, [x]) => {
    if (node.op === "Size") return [{ type: "int64", shape: [] }];
    const rank = x?.shape?.length ?? null;
    const end = intAttribute(node, "end", Number.MAX_SAFE_INTEGER);
    return [{ type: "int64", shape: [slicedSize(rank, intAttribute(node, "start", 0), end, 1)] }];
  },
});
