import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { resolveTarget } from "../index.ts";

/**
 * The same cells programmed under another condition of the image's technology: its noise and its pulses.
 * @throws BAD_OPTION for a condition that the technology has not, listing those it has
 */
export function underCondition(image: ProgrammingImage, condition: string): ProgrammingImage {
  const { technology } = image;
  const { laws } = resolveTarget(technology, condition);
  const weak = technology.weakCondition;
  return {
    ...image,
    condition,
    programming: laws.programming(technology, condition),
    noise: laws.noise(technology, condition),
    weak:
      weak && weak !== condition ? { condition: weak, noise: laws.noise(technology, weak) } : null,
  };
}
