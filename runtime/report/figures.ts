/** Numbers as reports print them: the one place, with `units.ts`, where prefixes appear. */
import { formatQuantity } from "../../compiler/units.ts";

export { formatQuantity };

/** `3,723,264` */
export const grouped = (value: number): string => value.toLocaleString("en-US");

/** A share in percent with `digits` decimals. */
export const percent = (share: number, digits = 2): string => `${(share * 100).toFixed(digits)} %`;

/** A probability: `0`, `0.012` or `1.4e-7`. */
export function probability(value: number): string {
  if (value === 0) return "0";
  return value < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** Seconds of programming or age: with minutes, hours and days. */
export function duration(seconds: number): string {
  if (seconds >= 86400) return `${round(seconds / 86400)} d`;
  if (seconds >= 3600) return `${round(seconds / 3600)} h`;
  if (seconds >= 60) return `${round(seconds / 60)} min`;
  return formatQuantity(seconds, "s", 3);
}

const round = (value: number): string => String(Number(value.toPrecision(3)));

/** A technology's parameter; a prefix would mislead in front of a reciprocal unit. */
export const parameterValue = (value: number, unit: string): string =>
  unit.startsWith("1/") ? `${round(value)} ${unit}` : formatQuantity(value, unit);

export const plural = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
