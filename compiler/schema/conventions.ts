import { XbcError } from "../errors.ts";

/** What conventions may say, by name; those that are not listed are checked where they are used. */
const meanings: Readonly<Record<string, readonly string[]>> = {
  plusOne: ["HRS/LRS", "LRS/HRS", "HRS"],
  sourceLine: ["per-pair", "per-row"],
  senseReference: ["per bank", "per bit line"],
  wordLineCurrent: ["average", "worst case", "data"],
  referenceLayout: ["alternating", "straight"],
  integrator: ["across arrays", "none"],
  segments: ["decoder drop", "whole bank"],
  levelLayout: ["equal-centres", "spread"],
  pairs: ["low-conductance", "any"],
};

/**
 * @param where what says so, as `option --set referenceLayout`
 * @throws BAD_OPTION, or BAD_TECHNOLOGY, naming what the convention may say
 */
export function checkConvention(
  name: string,
  value: string,
  where: string,
  code: "BAD_OPTION" | "BAD_TECHNOLOGY",
): void {
  const allowed = Object.hasOwn(meanings, name) ? meanings[name] : [value];
  if (allowed.includes(value)) return;
  throw new XbcError(
    code,
    `${where}: needs ${allowed.map((one) => `"${one}"`).join(" or ")}, found ${JSON.stringify(value)}; write one of them`,
  );
}
