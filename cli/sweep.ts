import type { Technology } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { nearNames } from "../compiler/schema/near-names.ts";
import { parseQuantity } from "../compiler/units.ts";
import type { Sweep } from "../runtime/explore.ts";

const MOST_VALUES = 100_000;

/** Units of what can be swept: the technology's parameters, and the counts of its array. */
export function sweepableUnits({ parameters, array }: Technology): ReadonlyMap<string, string> {
  const counts = Object.keys(array).filter((name) => name !== "inputsOn");
  return new Map([
    ...Object.entries(parameters).map(([name, { unit }]): [string, string] => [name, unit]),
    ...counts.map((name): [string, string] => [name, "1"]),
  ]);
}

/**
 * `name=10nm:25nm:16` (16 values from 10 to 25 nm), `name=0.1nA:10nA:31:log`, or `name=10nm,15nm,20nm`.
 * @throws BAD_OPTION
 */
export function parseSweep(text: string, units: ReadonlyMap<string, string>): Sweep {
  const at = text.indexOf("=");
  const name = text.slice(0, at).trim();
  const where = `option --sweep ${text}`;
  const unit = units.get(name);
  if (at < 1 || unit === undefined) {
    const near = nearNames(name, [...units.keys()]);
    throw new XbcError(
      "BAD_OPTION",
      `${where}: needs a parameter of the target, found ${name === "" ? "none" : `"${name}"`}` +
        `${near.length > 0 ? ` (near: ${near.join(", ")})` : ""}; write --sweep selectorThickness=10nm:25nm:16`,
    );
  }
  const value = (part: string) => parseQuantity(part, unit, where);
  const [from, to, count, scale, ...more] = text.slice(at + 1).split(":");
  if (to === undefined) return { name, values: from.split(",").map(value) };
  const steps = Number(count);
  const isScale = scale === undefined || scale === "log";
  if (
    !/^\d+$/.test(count ?? "") ||
    steps < 2 ||
    steps > MOST_VALUES ||
    !isScale ||
    more.length > 0
  ) {
    throw new XbcError(
      "BAD_OPTION",
      `${where}: needs FROM:TO:COUNT or FROM:TO:COUNT:log with a count from 2 to ${MOST_VALUES}, or a list A,B,C`,
    );
  }
  return { name, values: spaced(value(from), value(to), steps, scale === "log", where) };
}

function spaced(from: number, to: number, count: number, isLog: boolean, where: string) {
  if (isLog && !(from > 0 && to > 0))
    throw new XbcError("BAD_OPTION", `${where}: a logarithmic sweep needs ends above 0`);
  return Array.from({ length: count }, (_, k) => {
    const share = k / (count - 1);
    const value = isLog ? from * (to / from) ** share : from + (to - from) * share;
    // a sweep lands on round numbers, not beside them by the last bit
    return Number(value.toPrecision(12));
  });
}
