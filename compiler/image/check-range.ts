import type { CodeRange } from "../ir/network.ts";

/** Throws BAD_FILE unless what is needed holds. */
export type Need = (holds: boolean, where: string, needed: string, found: unknown) => void;

/** The range of a code: minimum, minimum + step … maximum, in 16 bits. */
export function checkRange({ minimum, maximum, step }: CodeRange, where: string, need: Need): void {
  const whole = minimum <= maximum && (maximum - minimum) % step === 0;
  need(
    whole,
    where,
    "a range from minimum to maximum in whole steps",
    `${minimum} to ${maximum} by ${step}`,
  );
  need(
    minimum >= -32768 && maximum <= 32767,
    where,
    "codes of 16 bits",
    `${minimum} to ${maximum}`,
  );
}
