import type { Figure, TargetSpec, Technology } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";

/** A parameter and the values that it takes, in SI. */
export interface Sweep {
  readonly name: string;
  readonly values: readonly number[];
}

/** One technology of a sweep: every parameter, and what it gives, or why it cannot be. */
export interface ExploreRow {
  /** the swept ones, in their order */
  readonly point: Readonly<Record<string, number>>;
  /** every number of the technology under the condition, the array's among them */
  readonly parameters: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>> | null;
  readonly boundBy: string | null;
  /** no other row is better in one figure that counts and worse in none */
  readonly isOnFront: boolean;
  readonly accuracy: number | null;
  readonly refused: string | null;
}

export interface ExploreReport {
  readonly target: string;
  readonly condition: string;
  readonly layers: readonly { readonly inputs: number; readonly outputs: number }[];
  readonly figures: Readonly<Record<string, Omit<Figure, "value">>>;
  readonly sweeps: readonly Sweep[];
  readonly rows: readonly ExploreRow[];
}

export interface ExploreOptions {
  readonly layers: ExploreReport["layers"];
  /** figures that make the front; none: all that count */
  readonly objectives: readonly string[];
  readonly most: number;
  /** accuracy of a technology on the front, where a model is given */
  readonly accuracy: ((technology: Technology) => Promise<number>) | null;
  readonly progress: (stage: string, done: number, total: number) => void;
}

const MOST_POINTS = 1_000_000;

/**
 * Every combination of the swept values: figures in closed form, and accuracies on the Pareto front.
 * @param at the target with some parameters set: throws what refuses a technology
 * @throws BAD_OPTION for unknown figures or too many points; UNSUPPORTED for a target without figures
 */
export async function explore(
  target: TargetSpec,
  sweeps: readonly Sweep[],
  at: (point: Readonly<Record<string, number>>) => Technology,
  options: ExploreOptions,
): Promise<ExploreReport> {
  const { figures: law } = target.laws;
  if (!law) {
    throw new XbcError(
      "UNSUPPORTED",
      `explore ${target.name}: needs a target with figures in closed form, which it has not; use 1s1r or a device based on it`,
    );
  }
  const total = sweeps.reduce((product, { values }) => product * values.length, 1);
  if (total > MOST_POINTS) {
    throw new XbcError(
      "BAD_OPTION",
      `--sweep: needs at most ${MOST_POINTS} points, found ${total}; take fewer values`,
    );
  }
  const known = new Map<string, Omit<Figure, "value">>();
  const drafts: Draft[] = [];
  for (let index = 0; index < total; index++) {
    if (index % 256 === 0) options.progress("points", index, total);
    drafts.push(draftAt(target, pointOf(sweeps, index), at, options.layers, law, known));
  }
  options.progress("points", total, total);
  const objectives = chosen(options.objectives, known);
  const front = frontOf(drafts, objectives);
  const accuracies = await accuraciesOf(drafts, front, options);
  return {
    target: target.name,
    condition: target.condition,
    layers: options.layers,
    figures: Object.fromEntries(known),
    sweeps,
    rows: drafts.map(({ technology: _, ...row }, k) => ({
      ...row,
      isOnFront: front.has(k),
      accuracy: accuracies.get(k) ?? null,
    })),
  };
}

type Draft = Omit<ExploreRow, "isOnFront" | "accuracy"> & {
  readonly technology: Technology | null;
};

/** The last sweep varies fastest. */
function pointOf(sweeps: readonly Sweep[], index: number): Readonly<Record<string, number>> {
  let rest = index;
  const picked = [...sweeps].reverse().map(({ name, values }): [string, number] => {
    const value = values[rest % values.length];
    rest = Math.floor(rest / values.length);
    return [name, value];
  });
  return Object.fromEntries(picked.reverse());
}

function draftAt(
  target: TargetSpec,
  point: Readonly<Record<string, number>>,
  at: (point: Readonly<Record<string, number>>) => Technology,
  layers: ExploreReport["layers"],
  law: NonNullable<TargetSpec["laws"]["figures"]>,
  known: Map<string, Omit<Figure, "value">>,
): Draft {
  const { condition, laws } = target;
  let technology: Technology | null = null;
  try {
    technology = at(point);
    const limits = laws.limits({ technology, condition, bank: null, matrices: [] });
    if (limits.sensedBitLines < 1)
      throw new XbcError("LIMIT", "no bit line can be sensed within the word line's current");
    const figures = law({ technology, condition, limits, layers });
    for (const [name, { value: _, ...about }] of Object.entries(figures)) known.set(name, about);
    return {
      point,
      technology,
      parameters: numbersOf(technology, condition),
      figures: Object.fromEntries(
        Object.entries(figures).map(([name, { value }]) => [name, value]),
      ),
      boundBy: limits.boundBy,
      refused: null,
    };
  } catch (error) {
    if (!(error instanceof XbcError)) throw error;
    const parameters = technology ? numbersOf(technology, condition) : point;
    const refused = error.message;
    return { point, technology: null, parameters, figures: null, boundBy: null, refused };
  }
}

function numbersOf(
  { parameters, conditions, array }: Technology,
  condition: string,
): Readonly<Record<string, number>> {
  const merged = { ...parameters, ...conditions[condition]?.parameters };
  const { inputsOn: _, ...counts } = array;
  return {
    ...Object.fromEntries(Object.entries(merged).map(([name, { value }]) => [name, value])),
    ...counts,
  };
}

interface Objective {
  readonly name: string;
  readonly sign: 1 | -1;
}

/** @throws BAD_OPTION */
function chosen(
  names: readonly string[],
  known: ReadonlyMap<string, Omit<Figure, "value">>,
): readonly Objective[] {
  const counting = [...known].filter(([, { better }]) => better !== null);
  const asked = names.length === 0 ? counting.map(([name]) => name) : names;
  return asked.map((name) => {
    const better = known.get(name)?.better;
    if (better) return { name, sign: better === "least" ? 1 : -1 };
    if (known.size === 0) return { name, sign: 1 };
    throw new XbcError(
      "BAD_OPTION",
      `--front ${name}: needs figures of ${counting.map(([figure]) => figure).join(", ")}`,
    );
  });
}

/** Rows that no other row dominates. */
function frontOf(rows: readonly Draft[], objectives: readonly Objective[]): ReadonlySet<number> {
  const costs = rows.map(({ figures }) =>
    figures ? objectives.map(({ name, sign }) => sign * figures[name]) : null,
  );
  // a row that dominates another comes first in this order, so that only the front need be asked
  const order = costs
    .map((cost, k) => ({ cost, k }))
    .filter((entry): entry is { cost: number[]; k: number } => entry.cost !== null)
    .sort((a, b) => compare(a.cost, b.cost));
  const front: { readonly cost: readonly number[]; readonly k: number }[] = [];
  for (const entry of order) {
    if (!front.some(({ cost }) => dominates(cost, entry.cost))) front.push(entry);
  }
  return new Set(front.map(({ k }) => k));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}

const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, i) => value <= b[i]) && a.some((value, i) => value < b[i]);

/** At most `most` of the front, spread evenly over its rows. */
async function accuraciesOf(
  drafts: readonly Draft[],
  front: ReadonlySet<number>,
  { accuracy, most, progress }: ExploreOptions,
): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  if (!accuracy) return found;
  const all = [...front].sort((a, b) => a - b);
  const step = Math.max(1, all.length / most);
  const picked = Array.from(
    { length: Math.min(most, all.length) },
    (_, k) => all[Math.floor(k * step)],
  );
  for (const [done, k] of picked.entries()) {
    progress("accuracy", done, picked.length);
    const { technology } = drafts[k];
    if (technology) found.set(k, await accuracy(technology));
  }
  return found;
}
