import type { Technology } from "../define.ts";
import { XbcError } from "../errors.ts";
import { siemens } from "../units.ts";
import { valuesOf } from "./condition.ts";
import {
  type LevelRange,
  levelRanges,
  type MultilevelLaws,
  multilevelLaws,
} from "./multilevel-cell.ts";

/** The laws of a technology under a condition. @throws BAD_TECHNOLOGY if its numbers contradict each other */
export function multilevelOf(technology: Technology, condition: string): MultilevelLaws {
  const values = valuesOf(technology, condition);
  const levels = values("levels");
  if (!Number.isInteger(levels) || levels < 2 || levels > 16) {
    throw new XbcError(
      "BAD_TECHNOLOGY",
      `technology ${technology.name}, levels: needs a whole number from 2 to 16 (R1), found ${levels}; use bit slicing for more`,
    );
  }
  const laws = multilevelLaws(values, layoutOf(technology));
  const { lcs_S, lowest_S, highest_S } = laws;
  if (!(lcs_S < lowest_S && lowest_S < highest_S)) {
    throw new XbcError(
      "BAD_TECHNOLOGY",
      `technology ${technology.name}: needs lcsConductance < lowestConductance < highestConductance, ` +
        `found ${lcs_S}, ${lowest_S} and ${highest_S} S`,
    );
  }
  return laws;
}

function layoutOf({ name, conventions }: Technology): MultilevelLaws["layout"] {
  switch (conventions.levelLayout) {
    case "equal-centres":
      return "centres";
    case "spread":
      return "spread";
    default:
      throw new XbcError(
        "BAD_TECHNOLOGY",
        `technology ${name}, conventions.levelLayout: needs "equal-centres" or "spread" (R2), found "${conventions.levelLayout}"`,
      );
  }
}

/** Every level of a cell, the low-conductance state first: what counts as it, up to half way to the next in √G. */
export function cellRanges(laws: MultilevelLaws): readonly LevelRange[] {
  const high = levelRanges(laws);
  const border = ((Math.sqrt(laws.lcs_S) + Math.sqrt(high[0].low_S)) / 2) ** 2;
  return [{ low_S: siemens(0), aim_S: siemens(laws.lcs_S), high_S: siemens(border) }, ...high];
}
