import type { NoiseUse, Technology } from "../define.ts";
import { valuesOf } from "./condition.ts";
import { pcmCell } from "./pcm-cell.ts";

/** The noise of a condition in life order: programmed, drifted, read through wires by real circuits (P11). */
export function pcmNoise(technology: Technology, condition: string): readonly NoiseUse[] {
  const values = valuesOf(technology, condition);
  const { lrsMean_S, lrsSpread_S, hrsMedian_S, hrsSpread } = pcmCell(values);
  return [
    { model: "variability", parameters: { lrsMean_S, lrsSpread_S, hrsMedian_S, hrsSpread } },
    {
      model: "drift",
      parameters: {
        onset_s: values("driftOnset"),
        lrsExponent: values("lrsDrift"),
        lrsExponentSpread: values("lrsDriftSpread"),
        hrsExponent: values("hrsDrift"),
        hrsExponentSpread: values("hrsDriftSpread"),
        lrsMean_S,
        hrsMedian_S,
        part: 0,
      },
    },
    {
      model: "ir-drop",
      parameters: {
        wire_Ohm: values("wireResistance"),
        first_Ohm: values("firstWireResistance"),
        decoder_Ohm: values("decoderResistance"),
      },
    },
    {
      model: "comparator-offset",
      parameters: {
        spread_V: values("comparatorOffset"),
        converter_V: values("converterOffset"),
      },
    },
    { model: "integrator-mismatch", parameters: { spread: values("integratorMismatch") } },
  ];
}
