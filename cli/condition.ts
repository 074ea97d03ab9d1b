import { assumedParameters } from "../compiler/assumptions.ts";
import type { TargetSpec } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { layerCodes } from "../compiler/image/layer-codes.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { lawful } from "../compiler/lawful.ts";
import { resolveTarget } from "../index.ts";

/**
 * The same cells programmed under another condition of the image's technology: its noise, its pulses and its costs. What that
 * does not change, or makes meaningless, is told.
 * @param condition undefined: the image as it is
 * @throws BAD_OPTION for a condition that the technology has not, listing those it has
 */
export async function underCondition(
  image: ProgrammingImage,
  condition: string | undefined,
  note: (line: string) => void,
): Promise<ProgrammingImage> {
  if (condition === undefined) return image;
  if (condition === image.condition) {
    note(`condition ${condition} is the one that the image was compiled for`);
    return image;
  }
  const target = resolveTarget(image.technology, condition);
  const laws = lawful(target);
  for (const line of await warningsOf(image, target, laws)) note(`warning: ${line}`);
  return { ...image, ...laws, condition, assumptions: assumptionsOf(image, target) };
}

async function warningsOf(
  image: ProgrammingImage,
  target: TargetSpec,
  { programming, noise, costModel }: ReturnType<typeof lawful>,
): Promise<readonly string[]> {
  const { condition, technology } = target;
  const own = [image.programming, image.noise, image.costModel];
  if (JSON.stringify(own) === JSON.stringify([programming, noise, costModel]))
    return [
      `condition ${condition}: programs, disturbs and costs the same as ${image.condition}, which the image was compiled for, so that it changes nothing`,
    ];
  const cautions = target.laws.cautions?.(technology, condition) ?? [];
  return [
    ...cautions,
    ...dropUnder(image, programming, condition),
    ...(await limitsUnder(image, target)),
  ];
}

/** Read segments are chosen so that the decoder drop stays within its limit (P4): it grows with what cells conduct. */
function dropUnder(
  image: ProgrammingImage,
  programming: ProgrammingImage["programming"],
  condition: string,
): readonly string[] {
  if (image.technology.conventions.segments !== "decoder drop") return [];
  const growth = mostOf(programming) / mostOf(image.programming);
  if (!(growth > 1)) return [];
  return [
    `condition ${condition}: cells conduct up to ${growth.toPrecision(3)} times what they do under ${image.condition}, for which read segments were chosen; ` +
      `decoders drop as much more; compile with --condition ${condition} to choose them anew`,
  ];
}

const mostOf = ({ levels }: ProgrammingImage["programming"]): number =>
  levels.reduce((top, { range }) => Math.max(top, range.aim_S), 0);

/**
 * Lines of a bank that may be on or sensed at once can depend on the condition; the image's were chosen under its own.
 * @returns what of the image's banks does not hold under the condition
 */
async function limitsUnder(
  image: ProgrammingImage,
  { laws, technology, condition }: TargetSpec,
): Promise<readonly string[]> {
  const { array } = technology;
  const again = `compile with --condition ${condition} to choose banks for it`;
  const matrices = await Promise.all(
    image.placements.map(async (placement, k) => ({
      codes: await layerCodes(placement, image.cells[k]),
      encoding: placement.encoding,
    })),
  );
  try {
    const { sensedBitLines } = laws.limits({ technology, condition, bank: array, matrices });
    if (sensedBitLines >= array.sensedBitLines) return [];
    return [
      `condition ${condition}: ${sensedBitLines} bit lines can be sensed at once, the image senses ${array.sensedBitLines}, as ${image.condition} allows; ${again}`,
    ];
  } catch (error) {
    if (error instanceof XbcError && error.code === "LIMIT")
      return [`condition ${condition}: ${error.message.split("; give ")[0]}; ${again}`];
    throw error;
  }
}

/** The image's assumptions, with those of the condition's parameters in the place of its own condition's. */
function assumptionsOf(image: ProgrammingImage, { technology, condition }: TargetSpec) {
  const under = (name: string) =>
    assumedParameters({ ...technology.parameters, ...technology.conditions[name]?.parameters });
  const own = new Set(under(image.condition));
  return [...new Set([...under(condition), ...image.assumptions.filter((text) => !own.has(text))])];
}
