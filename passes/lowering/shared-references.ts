import type { Alphabet } from "../../compiler/ir/network.ts";
import type { AlwaysOn } from "./always-on.ts";
import { alwaysOnRows } from "./always-on.ts";

/** Thresholds of a layer as reference levels that all its outputs share, and always-on rows that shift its sums to them. */
export interface SharedReferences {
  readonly on: AlwaysOn;
  /** [steps] in codes, ascending: comparison k is passed where direction · (sum + rows) is at least references[k] */
  readonly references: readonly number[];
  /** largest distance between a threshold asked for and the one that rows and references make, in codes */
  readonly largestError: number;
  /** how many thresholds are not met exactly, of how many that some sum can pass */
  readonly rounded: number;
  readonly thresholds: number;
}

/** ends of int32: a threshold that is never, or always, passed */
export const NEVER = 2 ** 31 - 1;
export const ALWAYS = -(2 ** 31);

export const isConstant = (threshold: number): boolean =>
  threshold === NEVER || threshold === ALWAYS;

/** rounds of fitting shifts and levels to each other, where some thresholds are constant */
const ROUNDS = 4;

/**
 * Splits thresholds t[o][k] into one shift an output and levels common to all: with scales folded into the weights they
 * differ by their bias alone (design.md section 1). Shifts lie around 0, so that few rows hold them.
 * @param thresholds [outputs x steps], passed when direction · sum is at least direction · threshold
 */
export function sharedReferences(
  thresholds: Int32Array,
  directions: Int8Array,
  steps: number,
  alphabet: Alphabet,
): SharedReferences {
  const asked = (o: number, k: number): number | null => {
    const t = thresholds[o * steps + k];
    return isConstant(t) ? null : directions[o] * t;
  };
  const outputs = directions.length;
  const shifts = fitShifts(asked, outputs, steps);
  const sums = Int32Array.from(shifts, (shift, o) => Math.round(shift) * directions[o]);
  const on = alwaysOnRows(sums, alphabet);
  const held = sums.map((sum, o) => (sum + on.errors[o]) * directions[o]);
  const references = levelsOf(asked, held, steps);
  let [largestError, rounded, counted] = [0, 0, 0];
  for (let o = 0; o < outputs; o++) {
    for (let k = 0; k < steps; k++) {
      const t = asked(o, k);
      if (t === null) continue;
      const error = Math.abs(references[k] - held[o] - t);
      largestError = Math.max(largestError, error);
      counted++;
      if (error > 0) rounded++;
    }
  }
  return { on, references, largestError, rounded, thresholds: counted };
}

type Asked = (output: number, step: number) => number | null;

/** What is added to each output's sum so that its thresholds lie at the common levels, centred on 0. */
function fitShifts(asked: Asked, outputs: number, steps: number): Float64Array {
  const shifts = new Float64Array(outputs);
  for (let round = 0; round < ROUNDS; round++) {
    const levels = Array.from({ length: steps }, (_, k) =>
      mean(outputs, (o) => plus(asked(o, k), shifts[o])),
    );
    for (let o = 0; o < outputs; o++) {
      const found = mean(steps, (k) => {
        const t = asked(o, k);
        const level = levels[k];
        return t === null || level === null ? null : level - t;
      });
      shifts[o] = found ?? 0;
    }
    const middle = (Math.min(...shifts) + Math.max(...shifts)) / 2;
    for (let o = 0; o < outputs; o++) shifts[o] -= middle;
  }
  return shifts;
}

const plus = (a: number | null, b: number): number | null => (a === null ? null : a + b);

function mean(count: number, at: (index: number) => number | null): number | null {
  let [sum, found] = [0, 0];
  for (let index = 0; index < count; index++) {
    const value = at(index);
    if (value === null) continue;
    sum += value;
    found++;
  }
  return found === 0 ? null : sum / found;
}

/** Each level in the middle of what the outputs ask for, never below the one before; of a level that none asks for, the one before. */
function levelsOf(asked: Asked, held: Int32Array, steps: number): readonly number[] {
  const levels: number[] = [];
  for (let k = 0; k < steps; k++) {
    const before = levels[k - 1] ?? Number.NEGATIVE_INFINITY;
    const own = Array.from(held, (shift, o) => plus(asked(o, k), shift)).filter((t) => t !== null);
    const sorted = own.sort((a, b) => a - b);
    const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? (k === 0 ? 0 : before);
    levels.push(Math.max(before, middle));
  }
  return levels;
}
