import type { Parameter } from "./define.ts";

/** A claim of the source papers: a letter for the paper, a number, perhaps a place in it. */
const claim = /^[HLSPR]\d{1,2}(?!\w)/;

/** A sentence for every parameter that the source papers do not fix: assumed, fitted, or a device's own figure. */
export function assumedParameters(
  parameters: Readonly<Record<string, Parameter>>,
): readonly string[] {
  return Object.entries(parameters).flatMap(([name, { value, unit, source }]) => {
    if (claim.test(source)) return [];
    const said = /^(assumed|fitted)/.test(source) ? source : `own: ${source}`;
    return [`${name} = ${value}${unit === "1" ? "" : ` ${unit}`} (${said})`];
  });
}
