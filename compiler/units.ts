/**
 * Quantities in SI, told apart by type; and their text form with prefixes, for `--set`, `--at` and reports.
 */
import { XbcError } from "./errors.ts";

declare const unit: unique symbol;
type Quantity<Name extends string> = number & { readonly [unit]: Name };

export type Siemens = Quantity<"S">;
export type Ohms = Quantity<"Ohm">;
export type Volts = Quantity<"V">;
export type Amperes = Quantity<"A">;
export type Seconds = Quantity<"s">;
export type Joules = Quantity<"J">;

export const siemens = (value: number): Siemens => value as Siemens;
export const ohms = (value: number): Ohms => value as Ohms;
export const volts = (value: number): Volts => value as Volts;
export const amperes = (value: number): Amperes => value as Amperes;
export const seconds = (value: number): Seconds => value as Seconds;
export const joules = (value: number): Joules => value as Joules;

export const conductanceOf = (resistance: Ohms): Siemens => siemens(1 / resistance);
export const resistanceOf = (conductance: Siemens): Ohms => ohms(1 / conductance);

const prefixes: readonly (readonly [string, number])[] = [
  ["G", 9],
  ["M", 6],
  ["k", 3],
  ["", 0],
  ["m", -3],
  ["u", -6],
  ["n", -9],
  ["p", -12],
  ["f", -15],
];

const times: Readonly<Record<string, number>> = { min: 60, h: 3600, d: 86400, y: 31557600 };
/** units without a prefix: ratios, counts, spreads of a logarithm */
const bare = new Set(["1", "ln"]);
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/;

/**
 * `2uA` with unit `A` gives 2e−6. The unit is required, except for ratios and counts (unit `1`, or `ln`
 * for a spread of a logarithm). Times also take min, h, d and y (a year of 365.25 days). `µ` and `u`, `Ω` and `Ohm` are the same.
 * @throws BAD_OPTION
 */
export function parseQuantity(text: string, unit: string, where = `"${text}"`): number {
  const trimmed = text.trim();
  const digits = numberPattern.exec(trimmed)?.[0];
  if (digits === undefined) throw refuse(where, unit, `"${text}", which is no number`);
  const suffix = trimmed
    .slice(digits.length)
    .trim()
    .replace(/[µμ]/g, "u")
    .replace(/[ΩΩ]/g, "Ohm")
    .replace(/ohms?$/i, "Ohm");
  const value = Number(digits);
  if (!Number.isFinite(value)) throw refuse(where, unit, `"${text}", which is too large`);
  if (bare.has(unit)) {
    if (suffix === "" || suffix === unit) return value;
    throw refuse(where, unit, `the unit "${suffix}"`);
  }
  if (unit === "s" && Object.hasOwn(times, suffix)) return value * times[suffix];
  const prefix = suffix.endsWith(unit) ? suffix.slice(0, suffix.length - unit.length) : null;
  const exponent = prefixes.find(([name]) => name === prefix)?.[1];
  if (exponent === undefined) {
    throw refuse(where, unit, suffix === "" ? "no unit" : `the unit "${suffix}"`);
  }
  // through the decimal text, so that 2u is the double nearest to 2e−6
  return exponent === 0 ? value : scaled(digits, exponent);
}

function scaled(digits: string, exponent: number): number {
  const [mantissa, power] = digits.toLowerCase().split("e");
  return Number(`${mantissa}e${Number(power ?? 0) + exponent}`);
}

function refuse(where: string, unit: string, found: string): XbcError {
  const needed = bare.has(unit) ? "a bare number" : `a number with the unit ${unit}`;
  return new XbcError(
    "BAD_OPTION",
    `${where}: needs ${needed}, found ${found}; write it as ${example(unit)}`,
  );
}

function example(unit: string): string {
  if (bare.has(unit)) return "0.5";
  return unit === "s" ? "50ns, 1h, 60d or 1y" : `2u${unit} or 2${unit}`;
}

/** `2e−6, "A"` as `2 µA`; ratios and counts as they are. `digits` are significant ones. */
export function formatQuantity(value: number, unit: string, digits = 4): string {
  if (bare.has(unit)) return shortest(value, digits);
  const shown = unit === "Ohm" ? "Ω" : unit;
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(value)) return `${value} ${shown}`;
  // squares and kelvins take no prefix
  if (unit === "m2" || unit === "K") return `${shortest(value, digits)} ${shown}`;
  const rounded = Math.abs(Number(value.toPrecision(digits)));
  const [prefix, exponent] =
    prefixes.find(([, power]) => rounded >= Number(`1e${power}`)) ?? prefixes[prefixes.length - 1];
  const number = shortest(value / Number(`1e${exponent}`), digits);
  return `${number} ${prefix === "u" ? "µ" : prefix}${shown}`;
}

function shortest(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
