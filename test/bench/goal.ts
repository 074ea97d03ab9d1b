/** What a measurement is held to: a line each, so that one run of all benchmarks says what holds on a machine. */
export interface Goal {
  readonly name: string;
  readonly measured: number;
  /** null: only reported */
  readonly goal: { readonly atLeast: number } | { readonly atMost: number } | null;
  readonly unit: string;
}

/** Prints a line; true unless the goal is missed. */
export function hold({ name, measured, goal, unit }: Goal): boolean {
  const text = `${name}: ${figure(measured)} ${unit}`;
  if (goal === null) {
    console.log(`${text}; reported, no goal`);
    return true;
  }
  const [word, limit, isMet] =
    "atLeast" in goal
      ? ["at least", goal.atLeast, measured >= goal.atLeast]
      : ["at most", goal.atMost, measured <= goal.atMost];
  const share = ((measured / limit) * 100).toFixed(0);
  const verdict = isMet ? "met" : `MISSED (${share} % of it)`;
  console.log(`${text}; goal ${word} ${figure(limit)}: ${verdict}`);
  return isMet;
}

const figure = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(value < 10 ? 2 : 1);

/** Of an odd number of rounds, the middle one. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1];

/** Seconds of the process's own work in user mode, whatever else the machine does. */
export const userSeconds = (): number => process.cpuUsage().user * 1e-6;
