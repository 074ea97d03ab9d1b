import { XbcError } from "../errors.ts";
import type { LayerPlacement } from "../ir/mapping.ts";

/**
 * The code that the cells of one weight stand for.
 * @param levels [cellsPerWeight]
 * @throws BAD_FILE if no code has these levels, naming the cells
 */
export function codeOfLevels(
  { layer, encoding }: LayerPlacement,
  levels: Uint8Array,
  bank: number,
  wordLine: number,
  bitLine: number,
): number {
  const { significance, levelValues, offset, alphabet } = encoding;
  let code = offset;
  for (let k = 0; k < levels.length; k++) code += significance[k] * levelValues[levels[k]];
  const index = alphabet.levels.indexOf(code);
  if (index >= 0 && encoding.patterns[index].every((level, k) => level === levels[k])) return code;
  throw new XbcError(
    "BAD_FILE",
    `layer ${layer}, bank ${bank}, word line ${wordLine}, bit line ${bitLine}: needs a code of ${encoding.name}, ` +
      `found levels ${Array.from(levels).join(", ")}; compile the image again`,
  );
}
