/** What the ternary paper states of convergence in time (L3) and of its error types (L5, L6). */
import type { Claim, Technology } from "../define.ts";
import { log } from "../math.ts";
import { below, between, deviceOf, judge, rateClaim } from "./claim.ts";
import { valuesOf } from "./condition.ts";
import { amplifierLaws, convergenceDelay, supplyDelay } from "./oxram-pair.ts";
import { inTime, typeOne, typeThree, typeTwo } from "./pair-rates.ts";
import { samplePairBer, sampleTypeThree, sampleTypeTwo } from "./pair-sampling.ts";

/** Chance that a pair whose lower resistance is known converges in time. */
const convergesAt = (technology: Technology, resistance_Ohm: number) =>
  inTime(deviceOf(technology, "strong"), log(resistance_Ohm));

const rarely = "met where fewer than 1 in 100 reads differ (assumed reading of always and never)";

export const convergenceClaims: readonly Claim[] = [
  {
    id: "L3",
    condition: "strong",
    quantity: "P(no convergence), lower device 10 kΩ",
    claimed: "never",
    evaluate: (technology) => {
      // the far tail: 1 − P would lose it
      const device = deviceOf(technology, "strong");
      const border = 2 * log(device.amplifier.convergence_Ohm) - log(10e3);
      return judge(inTime(device, border), below(0.01), null, rarely);
    },
  },
  {
    id: "L3",
    condition: "strong",
    quantity: "P(convergence), both devices at 100 kΩ",
    claimed: "never",
    evaluate: (technology) => judge(convergesAt(technology, 100e3), below(0.01), null, rarely),
  },
  ...[1.1, 1.3].map((supply) => ({
    id: "L3",
    condition: "strong",
    quantity: `border of convergence at ${supply} V, Ω`,
    claimed: "10 kΩ to 100 kΩ",
    evaluate: (technology: Technology) => {
      const values = valuesOf(technology, "strong");
      const laws = amplifierLaws((name) => (name === "supply" ? supply : values(name)));
      return judge(laws.convergence_Ohm, between(10e3, 100e3));
    },
  })),
  ...(
    [
      [0.6, "slower"],
      [0.8, "faster"],
    ] as const
  ).map(([supply, which]) => ({
    id: "L3",
    condition: "strong",
    quantity: `delay at ${supply} V against 0.7 V, times ${which}`,
    claimed: "2",
    evaluate: (technology: Technology) => {
      const values = valuesOf(technology, "strong");
      const ratio = supplyDelay(values, supply) / supplyDelay(values, 0.7);
      return judge(which === "slower" ? ratio : 1 / ratio, between(1.5, 2.5));
    },
  })),
  {
    id: "L3",
    condition: "strong",
    quantity: "delay of a pair of 5 kΩ and 350 kΩ, s",
    claimed: "< 50 ns",
    evaluate: (technology) =>
      judge(convergenceDelay(valuesOf(technology, "strong"), 5e3), below(50e-9)),
  },
  {
    id: "L3",
    condition: "strong",
    quantity: "delay of a pair of 320 kΩ and 350 kΩ, s",
    claimed: "> 200 ns",
    evaluate: (technology) =>
      judge(
        convergenceDelay(valuesOf(technology, "strong"), 320e3),
        between(200e-9, Number.POSITIVE_INFINITY),
      ),
  },
];

/** Table II of the ternary paper; its error types as rates over a population of arrays. */
export function ternaryClaims(id: string, condition: string, zeros: number): readonly Claim[] {
  const percent = (100 * zeros).toFixed(1);
  return [
    rateClaim(
      { id, condition, quantity: "Type 1 (+1 ↔ −1)", claimed: "< 1e-6", bound: below(1e-6) },
      typeOne,
      // an LRS of 200 µA is always in time, so that a wrong sign is all it takes
      samplePairBer,
    ),
    rateClaim(
      { id, condition, quantity: "Type 2 (±1 → 0)", claimed: "< 1 %", bound: below(0.01) },
      typeTwo,
      (device, _, options) => sampleTypeTwo(device, options),
    ),
    rateClaim(
      {
        id,
        condition,
        quantity: "Type 3 (0 → ±1)",
        claimed: `${percent} %`,
        bound: between(zeros - 0.0005, zeros + 0.0005),
      },
      typeThree,
      (device, _, options) => sampleTypeThree(device, options),
    ),
  ];
}
