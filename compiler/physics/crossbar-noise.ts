import type { NoiseUse, Technology } from "../define.ts";
import { XbcError } from "../errors.ts";
import { crossbarWires } from "./crossbar-device.ts";
import { halfSelectParameters } from "./half-select-read.ts";
import { subthresholdCell } from "./subthreshold-cell.ts";

/** The noise of a condition in life order: currents as programmed, then read among half-selected cells (S1). */
export function crossbarNoise(technology: Technology, condition: string): readonly NoiseUse[] {
  const cell = subthresholdCell(technology, condition);
  const { read_V, low_A, high_A, lowSpread, highSpread } = cell;
  return [
    { model: "subthreshold", parameters: { read_V, low_A, high_A, lowSpread, highSpread } },
    {
      model: "half-select",
      parameters: {
        ...halfSelectParameters(
          cell,
          crossbarWires(technology, condition),
          referenceIsPerBitLine(technology),
        ),
        sensedBitLines: technology.array.sensedBitLines,
      },
    },
  ];
}

/** @throws BAD_TECHNOLOGY */
function referenceIsPerBitLine({ name, conventions }: Technology): boolean {
  if (conventions.senseReference === "per bit line") return true;
  if (conventions.senseReference === "per bank") return false;
  throw new XbcError(
    "BAD_TECHNOLOGY",
    `technology ${name}, conventions.senseReference: needs "per bank" or "per bit line", found ` +
      `${conventions.senseReference === undefined ? "nothing" : `"${conventions.senseReference}"`}; say what the reference follows`,
  );
}
