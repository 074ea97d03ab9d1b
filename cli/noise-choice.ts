import type { NoiseUse } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";

/**
 * What `--noise` asks for, checked against the image's models.
 * @throws BAD_OPTION for a model that the image has not
 */
export function checkedNoise(
  image: Pick<ProgrammingImage, "noise">,
  choice: "none" | "all" | readonly string[],
): "none" | "all" | readonly string[] {
  if (typeof choice === "string") return choice;
  const known = image.noise.map(({ model }) => model);
  const unknown = choice.find((name) => !known.includes(name));
  if (unknown === undefined) return choice;
  throw new XbcError(
    "BAD_OPTION",
    `option --noise: needs none, all, or names of the image's noise models (${known.join(", ") || "it has none"}), ` +
      `found "${unknown}"; xbc inspect shows them`,
  );
}

/**
 * The times of `--at`, if the image's noise changes with time: a model that does has a parameter in seconds.
 * @throws BAD_OPTION if none has
 */
export function checkedTimes(
  image: Pick<ProgrammingImage, "noise">,
  times: readonly number[],
): readonly number[] {
  if (times.length === 0 || image.noise.some(changesWithTime)) return times;
  const names = image.noise.map(({ model }) => model).join(", ");
  throw new XbcError(
    "BAD_OPTION",
    `option --at: needs an image whose noise changes with time, found ${names || "no noise"}; leave it out` +
      `${image.noise.some(({ parameters }) => "cycles" in parameters) ? ", and age cells by cycles: compile with --set cycles=1e6" : ""}`,
  );
}

const changesWithTime = ({ parameters }: NoiseUse): boolean =>
  Object.keys(parameters).some((name) => name.endsWith("_s"));
