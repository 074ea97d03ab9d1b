import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { lawful } from "../compiler/lawful.ts";
import { resolveTarget } from "../index.ts";

/**
 * The same cells programmed under another condition of the image's technology: its noise and its pulses.
 * @throws BAD_OPTION for a condition that the technology has not, listing those it has
 */
export function underCondition(image: ProgrammingImage, condition: string): ProgrammingImage {
  const { programming, noise, weak } = lawful(resolveTarget(image.technology, condition));
  return { ...image, condition, programming, noise, weak };
}
