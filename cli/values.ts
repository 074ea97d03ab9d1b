/** Option values from text; each says what it needs, and commander names the option. */
import { InvalidArgumentError } from "commander";
import { XbcError } from "../compiler/errors.ts";
import { parseQuantity } from "../compiler/units.ts";
import { replicationRequest } from "../passes/replication/request.ts";

const refuse = (needed: string, example: string): InvalidArgumentError =>
  new InvalidArgumentError(`needs ${needed}; write ${example}`);

/** A whole number from `minimum` to `maximum`. */
export function wholeNumber(minimum: number, example: string, maximum = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    const range =
      maximum === Number.MAX_SAFE_INTEGER
        ? `of at least ${minimum}`
        : `from ${minimum} to ${maximum}`;
    throw refuse(`a whole number ${range}`, example);
  };
}

export const trialCount = wholeNumber(1, "--trials 10", 1e6);
export const threadCount = wholeNumber(1, "--threads 2", 1024);
export const cellCount = wholeNumber(1, "--cells 2000000", 2 ** 40);
export const seedNumber = wholeNumber(0, "--seed 1", 2 ** 32 - 1);

/** A positive real number. */
export function positiveNumber(example: string) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
    throw refuse("a number above 0", example);
  };
}

/** `4`, `auto`, `cells:2000000` or `banks:500`, as it was written. */
export function replication(text: string): string {
  asArgument(() => replicationRequest(text));
  return text;
}

export interface BankSize {
  readonly wordLines: number;
  readonly bitLines: number;
}

/** `32x64`: word lines x bit lines, in cells. */
export function bankSize(text: string): BankSize {
  const match = /^([1-9]\d{0,6})x([1-9]\d{0,6})$/i.exec(text);
  if (!match) throw refuse("WORDLINESxBITLINES in cells", "--bank 32x64");
  return { wordLines: Number(match[1]), bitLines: Number(match[2]) };
}

/** Error probabilities per stored bit: a list to sweep, or one by kind of error (L5). */
export type BitErrorRates =
  | { readonly kind: "sweep"; readonly values: readonly number[] }
  | {
      readonly kind: "types";
      readonly type1: number;
      readonly type2: number;
      readonly type3: number;
    };

const berExample = "--ber 1e-3,1e-2 or --ber type1=1e-6,type2=0.01,type3=0.065";

/** `1e-3,1e-2`, or `type1=P,type2=P,type3=P` where a type that is not given is 0. */
export function bitErrorRates(text: string): BitErrorRates {
  const parts = text.split(",").map((part) => part.trim());
  if (!text.includes("=")) return { kind: "sweep", values: parts.map(probability) };
  const types = { type1: 0, type2: 0, type3: 0 };
  const seen = new Set<string>();
  for (const part of parts) {
    const [name, value] = part.split("=", 2);
    if (name !== "type1" && name !== "type2" && name !== "type3") {
      throw refuse(`probabilities of type1, type2 and type3, not of "${name}"`, berExample);
    }
    if (seen.has(name)) throw refuse(`${name} once`, berExample);
    seen.add(name);
    types[name] = probability(value);
  }
  // an error of a stored ±1 is of one kind
  if (types.type1 + types.type2 > 1) throw refuse("type1 + type2 of at most 1", berExample);
  return { kind: "types", ...types };
}

function probability(text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || text === "" || !(value >= 0 && value <= 1)) {
    throw refuse("probabilities from 0 to 1", berExample);
  }
  return value;
}

/** `none`, `all`, or names of models, separated by commas. */
export function noiseChoice(text: string): "none" | "all" | readonly string[] {
  if (text === "none" || text === "all") return text;
  const names = text.split(",").map((name) => name.trim());
  if (
    names.some((name) => !/^[a-z0-9-]+$/.test(name)) ||
    names.includes("none") ||
    names.includes("all")
  ) {
    throw refuse(
      "none, all, or names of noise models separated by commas",
      "--noise programming,sense",
    );
  }
  return [...new Set(names)];
}

/** `1h,1d,60d` in seconds. */
export function elapsedTimes(text: string): readonly number[] {
  const times = text.split(",").map((part) => {
    const value = asArgument(() => parseQuantity(part, "s"));
    if (value >= 0) return value;
    throw refuse("times of at least 0 s", "--at 1h,1d,60d");
  });
  return [...new Set(times)].sort((a, b) => a - b);
}

/** One time, as `1h`. */
export function elapsedTime(text: string): number {
  const [time, ...more] = elapsedTimes(text);
  if (more.length === 0) return time;
  throw refuse("one time of at least 0 s", "--at 1h");
}

/** A share from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw refuse("a share from 0 to 1", "--stuck 0.01");
}

export interface Shard {
  /** from 1 */
  readonly index: number;
  readonly count: number;
}

/** `2/8`: the second of eight parts. */
export function shard(text: string): Shard {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (!match || index < 1 || index > count) throw refuse("i/n with i from 1 to n", "--shard 1/4");
  return { index, count };
}

/** A value that fits a pattern, named in words. */
export function word(pattern: RegExp, needed: string, example: string) {
  return (text: string): string => {
    if (pattern.test(text)) return text;
    throw refuse(needed, example);
  };
}

export const precision = word(
  /^(auto|binary|ternary|int[2-8]|levels([2-9]|[1-9]\d{1,2}))$/,
  "auto, binary, ternary, int2 to int8, or levelsN",
  "--precision ternary",
);
export const activations = word(
  /^(auto|binary|ternary|u?int[1-8])$/,
  "auto, binary, ternary, uintN or intN",
  "--activations binary",
);
export const inputEncoding = word(
  /^(auto|binary:[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|bits:([1-9]|1\d)|stochastic:[1-9]\d{0,5}(:(inputs|outputs))?|spikes:[1-9]\d{0,2})$/i,
  "auto, binary:THRESHOLD, bits:N, stochastic:N or spikes:T",
  "--input-encoding binary:0.5",
);
export const readout = word(
  /^(digital|comparator|multi-reference:[1-9]\d{0,3}|adc:[1-9]\d?)$/,
  "digital, comparator, multi-reference:K or adc:B",
  "--readout digital",
);

/** `784,512,10`: neurons of each layer of a dense network. */
export function sizes(text: string): readonly number[] {
  const found = text.split(",").map(Number);
  if (found.length >= 2 && found.every((n) => Number.isInteger(n) && n >= 1 && n <= 1e7))
    return found;
  throw refuse("two or more whole numbers", "--layers 784,512,10");
}

/** `0-31,40`: lines of an array, each once, in rising order. */
export function lineList(text: string): readonly number[] {
  const lines = text.split(",").flatMap((part) => {
    const match = /^\s*(\d{1,7})(?:\s*-\s*(\d{1,7}))?\s*$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? first);
    if (!match || last < first) throw refuse("line numbers and ranges of them", "0-31,40");
    return Array.from({ length: last - first + 1 }, (_, k) => first + k);
  });
  return [...new Set(lines)].sort((a, b) => a - b);
}

/** Names separated by commas. */
export const names = (text: string): readonly string[] =>
  text.split(",").map((name) => name.trim());

/** Gathers a repeatable option. */
export const repeated = (
  text: string,
  earlier: readonly string[] | undefined,
): readonly string[] => [...(earlier ?? []), text];

/** What a library function refuses is what the option's value is refused for. */
export function asArgument<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof XbcError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
