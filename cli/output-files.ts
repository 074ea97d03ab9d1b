import { extname } from "node:path";
import { XbcError } from "../compiler/errors.ts";
import { writeNpy } from "../compiler/image/npy.ts";
import { writeNpz } from "../compiler/image/npz.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { writeAtomically } from "./files.ts";

/**
 * Writes tensors as NumPy reads them: one as `.npy`, any number as `.npz`.
 * @throws BAD_OPTION for another ending, or several tensors in one `.npy`
 */
export async function writeTensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
): Promise<void> {
  const ending = extname(path).toLowerCase();
  const [first] = tensors.values();
  if (ending === ".npy" && tensors.size === 1) {
    return writeAtomically(path, (sink) => sink.write(writeNpy(first)));
  }
  if (ending === ".npz") return writeAtomically(path, (sink) => writeNpz(sink, tensors));
  throw new XbcError(
    "BAD_OPTION",
    `option --output: needs ${tensors.size === 1 ? "a name ending in .npy or .npz" : `.npz for ${tensors.size} outputs`}, found ${path}`,
  );
}
