import type { Technology } from "../define.ts";
import { cellBer, senseLevel, subthresholdCell } from "./subthreshold-cell.ts";

/** At 3e-2 a binary network of examples/mnist-1s1r loses 3 points, at 0.1 40 of them (S7: flat up to 1e-2). */
const WORTHLESS = 0.05;

/** What makes results of a technology meaningless although it can be computed: reads that write, states that overlap. */
export function crossbarCautions(technology: Technology, condition: string): readonly string[] {
  const cell = subthresholdCell(technology, condition);
  const errors = cellBer(cell, senseLevel(cell));
  const cautions: string[] = [];
  if (cell.switching >= WORTHLESS)
    cautions.push(
      `condition ${condition}: a read switches ${percent(cell.switching)} of the LRS cells (V_read ${cell.read_V.toPrecision(4)} V, ` +
        `V_th,LRS ${cell.threshold_V.toPrecision(4)} V), which no figure here counts; raise readBelowThreshold`,
    );
  if (errors >= WORTHLESS)
    cautions.push(
      `condition ${condition}: ${percent(errors)} of the cells are read wrong even without leakage, the states overlap; ` +
        "raise readMargin, or lower lrsSpread or hrsSpread",
    );
  return cautions;
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
