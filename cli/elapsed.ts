import type { NoiseUse } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";

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
