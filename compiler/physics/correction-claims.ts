/** H9: pairs against error-correcting codes of the same redundancy. */
import type { Claim } from "../define.ts";
import { log10 } from "../math.ts";
import { between, judge } from "./claim.ts";
import { valuesOf } from "./condition.ts";
import { idealPairLaw, secBer, secded84Ber, secdedBer } from "./error-correction.ts";
import { pairDevice } from "./oxram-pair.ts";
import { bestReference, idealPairBer, singleCellBer } from "./pair-rates.ts";
import { rootOf } from "./quadrature.ts";

/** A raw BER between those that the paper plots. */
const RAW = 1e-4;

export const correctionClaims: readonly Claim[] = [
  {
    id: "H9",
    condition: "strong",
    quantity: "ideal pair over SECDED(8,4) at a raw BER of 1e−4, log-normal law",
    claimed: "1",
    evaluate: () =>
      judge(
        idealPairLaw(RAW) / secded84Ber(RAW, "left"),
        between(0.5, 2),
        null,
        "matches: within a factor 2; a detected double error is left as read",
      ),
  },
  {
    id: "H9",
    condition: "strong",
    quantity: "ideal pair over SECDED(8,4) where 1T1R (best reference) is 1e−4",
    claimed: "1",
    evaluate: (technology) => {
      const values = valuesOf(technology, "strong");
      const at = (current: number) =>
        pairDevice((name) => (name === "setCurrent" ? current : values(name))).cell;
      const raw = (current: number) => singleCellBer(at(current), bestReference(at(current)));
      const cell = at(rootOf((current) => -log10(raw(current) / RAW), 55e-6, 150e-6));
      const ratio = idealPairBer(cell) / secded84Ber(RAW, "left");
      return judge(ratio, between(0.5, 2), null, "this device's laws; H8 uses the mid reference");
    },
  },
  ...(
    [
      ["SEC(71,64)", secBer(71, RAW)],
      ["SECDED(72,64)", secdedBer(72, RAW, "left")],
    ] as const
  ).map(([code, ber]) => ({
    id: "H9",
    condition: "strong",
    quantity: `${code} over SECDED(8,4) at a raw BER of 1e−4`,
    claimed: "> 1: less redundancy gains less",
    evaluate: () => judge(ber / secded84Ber(RAW, "left"), between(1, Number.POSITIVE_INFINITY)),
  })),
];
