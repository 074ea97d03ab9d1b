import { XbcError } from "../errors.ts";
import type { Values } from "./condition.ts";

/** Conductances of a phase-change cell as programmed (device-models.md section 3). */
export interface PcmCell {
  readonly lrsMean_S: number;
  /** standard deviation, the same for every forming current: so higher forming is more accurate (P7) */
  readonly lrsSpread_S: number;
  readonly hrsMedian_S: number;
  /** of ln G */
  readonly hrsSpread: number;
}

/**
 * P7: G_LRS = G_ref·(I_F/I_ref)^p. The largest bit-line current grows from 165 µA at 150 µA to 317 µA at 550 µA, so
 * p = ln(317/165)/ln(550/150).
 * @throws BAD_TECHNOLOGY for states that no cell has
 */
export function pcmCell(values: Values): PcmCell {
  const cell = cellOf(values);
  const { lrsMean_S, lrsSpread_S, hrsMedian_S } = cell;
  // what is no number at all is named with its path where laws are checked
  if (!Number.isFinite(lrsMean_S)) return cell;
  if (!(hrsMedian_S < lrsMean_S))
    refuse(
      `needs an HRS below the LRS mean of ${short(lrsMean_S)} S, found hrsMedian ${short(hrsMedian_S)} S; lower hrsMedian or raise lrsReference`,
    );
  if (!(3 * lrsSpread_S < lrsMean_S))
    refuse(
      `needs an lrsSpread below a third of the LRS mean of ${short(lrsMean_S)} S, found ${short(lrsSpread_S)} S: cells would conduct less than nothing; lower it`,
    );
  return cell;
}

const short = (x: number): string => String(Number(x.toPrecision(3)));

function refuse(message: string): never {
  throw new XbcError("BAD_TECHNOLOGY", `technology of phase-change cells: ${message}`);
}

function cellOf(values: Values): PcmCell {
  const growth = values("formingCurrent") / values("formingReference");
  return {
    lrsMean_S: values("lrsReference") * growth ** values("formingExponent"),
    lrsSpread_S: values("lrsSpread"),
    hrsMedian_S: values("hrsMedian"),
    hrsSpread: values("hrsSpread"),
  };
}
