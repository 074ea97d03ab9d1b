import type { Technology } from "../define.ts";
import { XbcError } from "../errors.ts";

/** A technology's values under one programming condition, by name, in SI. */
export type Values = (name: string) => number;

/**
 * What each parameter is under a condition: the condition's own value, else the technology's.
 * @throws BAD_TECHNOLOGY, when asked, for a parameter that neither has; BAD_OPTION for an unknown condition
 */
export function valuesOf(technology: Technology, condition: string): Values {
  const named = technology.conditions[condition];
  if (named === undefined) {
    throw new XbcError(
      "BAD_OPTION",
      `technology ${technology.name}: needs one of the conditions ` +
        `${Object.keys(technology.conditions).join(", ")}, found "${condition}"; ` +
        "choose one of them, or add it to the technology file",
    );
  }
  return (name) => {
    const parameter = named.parameters[name] ?? technology.parameters[name];
    if (parameter === undefined) {
      throw new XbcError(
        "BAD_TECHNOLOGY",
        `technology ${technology.name}, condition ${condition}: needs the parameter "${name}", ` +
          "found none; add it with value, unit and source",
      );
    }
    return parameter.value;
  };
}
