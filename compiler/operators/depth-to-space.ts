import { defineOperator } from "../define.ts";
import type { Dimension } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";

export default defineOperator({
  ops: ["DepthToSpace", "SpaceToDepth"],
  domains: [""],
  summary: "Channels as blocks of pixels, or back",
  infer: (node, [x]) => {
    if (!x?.shape) return [x];
    const block = intAttribute(node, "blocksize", 1);
    const factor = node.op === "DepthToSpace" ? block : 1 / block;
    const scaled = (size: Dimension, by: number) => (typeof size === "number" ? size * by : null);
    const [batch, channels, ...spatial] = x.shape;
    const shape = [
      batch,
      scaled(channels, 1 / factor ** 2),
      ...spatial.map((size) => scaled(size, factor)),
    ];
    return [{ type: x.type, shape }];
  },
});
