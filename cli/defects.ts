import { XbcError } from "../compiler/errors.ts";
import { type Tensor, tensor, toNumbers } from "../compiler/ir/tensor.ts";
import { readTensors } from "./data.ts";

/**
 * Maps of stuck cells, joined: a read-back finds only those that disagreed with what was written, several find more.
 * @throws BAD_FILE if they are of different banks
 */
export async function readDefects(
  paths: readonly string[],
): Promise<ReadonlyMap<string, Tensor> | null> {
  if (paths.length === 0) return null;
  const joined = new Map<string, Tensor>();
  for (const path of paths) {
    for (const [name, found] of (await readTensors([path])).tensors) {
      if (!name.endsWith(".conductance_S")) continue;
      const before = joined.get(name);
      joined.set(name, before ? union(before, found, `${path}, array ${name}`) : found);
    }
  }
  return joined;
}

function union(a: Tensor, b: Tensor, where: string): Tensor {
  if (a.shape.join() !== b.shape.join()) {
    throw new XbcError(
      "BAD_FILE",
      `${where}: needs the shape of the map before it, [${a.shape.join(" x ")}], found [${b.shape.join(" x ")}]; give maps of one array`,
    );
  }
  const other = toNumbers(b);
  const values = Float32Array.from(toNumbers(a), (g, c) => (Number.isNaN(g) ? other[c] : g));
  return tensor("float32", a.shape, values);
}
