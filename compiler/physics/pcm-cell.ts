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
 */
export function pcmCell(values: Values): PcmCell {
  const growth = values("formingCurrent") / values("formingReference");
  return {
    lrsMean_S: values("lrsReference") * growth ** values("formingExponent"),
    lrsSpread_S: values("lrsSpread"),
    hrsMedian_S: values("hrsMedian"),
    hrsSpread: values("hrsSpread"),
  };
}
