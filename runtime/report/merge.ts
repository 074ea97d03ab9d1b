import { XbcError } from "../../compiler/errors.ts";
import { metricNamed } from "../metrics.ts";
import type { EvaluationReport, Spread } from "./report.ts";
import { pooled, spreadFrom, spreadOf } from "./spread.ts";

/** An evaluation of some of the trials: which, of how many parts. */
export interface ShardReport extends EvaluationReport {
  readonly shard: { readonly index: number; readonly count: number; readonly firstTrial: number };
}

/** Which trials a shard evaluates: all shards together evaluate each once. @param index from 1 */
export function trialsOfShard(
  trials: number,
  index: number,
  count: number,
): { readonly firstTrial: number; readonly trials: number } {
  const each = Math.floor(trials / count);
  const more = trials % count;
  return {
    firstTrial: (index - 1) * each + Math.min(index - 1, more),
    trials: each + (index <= more ? 1 : 0),
  };
}

/**
 * The evaluation that all shards together are. Per-trial values are joined in the order of the trials, so that
 * accuracies are those of one run; other means and spreads are pooled.
 * @throws BAD_FILE if a shard is missing, given twice, or of another evaluation
 */
export function mergeShards(reports: readonly ShardReport[]): EvaluationReport {
  const ordered = [...reports].sort((a, b) => a.shard.index - b.shard.index);
  const [first] = ordered;
  checkShards(ordered);
  const { shard: _, ...base } = first;
  const every = <T>(pick: (report: ShardReport) => T): readonly T[] => ordered.map(pick);
  const { isShare } = metricNamed(base.metric);
  const weights = every((report) => report.noisy?.trials ?? 1);
  return {
    ...base,
    noisy: joined(
      every((report) => report.noisy),
      base.samples,
      isShare,
    ),
    weak: joined(
      every((report) => report.weak),
      base.samples,
      isShare,
    ),
    ablation: base.ablation.map((entry, k) => ({
      ...entry,
      ...moments(every(({ ablation, noisy }) => ({ ...ablation[k], trials: noisy?.trials ?? 1 }))),
    })),
    overTime: base.overTime.map((entry, k) => ({
      ...entry,
      ...moments(every(({ overTime, noisy }) => ({ ...overTime[k], trials: noisy?.trials ?? 1 }))),
    })),
    overBer: base.overBer.map((entry, k) => ({
      ...entry,
      ...spreadFrom(pooled(every(({ overBer }) => overBer[k])), base.samples, isShare),
    })),
    layers: base.layers.map((layer, k) =>
      mergedLayer(
        every(({ layers }) => layers[k]),
        layer,
        weights,
      ),
    ),
  };
}

function checkShards(reports: readonly ShardReport[]): void {
  const [first] = reports;
  if (first === undefined) throw refuse("at least one shard", "none");
  const { count } = first.shard;
  const found = reports.map(({ shard }) => shard.index);
  const complete = found.length === count && found.every((index, k) => index === k + 1);
  if (!complete || reports.some(({ shard }) => shard.count !== count)) {
    throw refuse(
      `shards 1 to ${count}, each once`,
      found.map((index) => `${index}/${count}`).join(", "),
    );
  }
  for (const report of reports) {
    const other = identity(report);
    if (other !== identity(first)) {
      throw refuse(
        "shards of one evaluation (image, data, seed, options)",
        `shard ${report.shard.index} that differs`,
      );
    }
  }
}

/** What the shards of one evaluation share. */
const identity = ({
  samples,
  metric,
  mapped,
  seed,
  noise,
  ablation,
  overBer,
  overTime,
  layers,
}: ShardReport): string =>
  JSON.stringify([
    samples,
    metric,
    mapped,
    seed,
    noise,
    ablation.map(({ effects }) => effects),
    overBer.map(({ ber }) => ber),
    overTime.map(({ elapsed_s }) => elapsed_s),
    layers.map(({ name }) => name),
  ]);

type Noisy = EvaluationReport["noisy"];

function joined(parts: readonly Noisy[], samples: number, isShare: boolean): Noisy {
  const present = parts.filter((part): part is NonNullable<Noisy> => part !== null);
  if (present.length === 0) return null;
  const perTrial = present.flatMap((part) => part.perTrial);
  return { ...spreadOf(perTrial, samples, isShare), condition: present[0].condition, perTrial };
}

function moments(groups: readonly Pick<Spread, "mean" | "std" | "trials">[]) {
  const { mean, std } = pooled(groups);
  return { mean, std };
}

type LayerErrors = EvaluationReport["layers"][number];

function mergedLayer(
  parts: readonly LayerErrors[],
  layer: LayerErrors,
  weights: readonly number[],
): LayerErrors {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (pick: (part: LayerErrors) => number) =>
    parts.reduce((sum, part, k) => sum + pick(part) * weights[k], 0) / total;
  const ratios = parts.map((part) => part.signalToNoise_dB);
  return {
    ...layer,
    weightErrorRate: mean((part) => part.weightErrorRate),
    errorTypes: {
      type1: mean((part) => part.errorTypes.type1),
      type2: mean((part) => part.errorTypes.type2),
      type3: mean((part) => part.errorTypes.type3),
    },
    signalToNoise_dB: ratios.includes(null) ? null : mean((part) => part.signalToNoise_dB ?? 0),
  };
}

function refuse(needed: string, found: string): XbcError {
  return new XbcError(
    "BAD_FILE",
    `--merge: needs ${needed}, found ${found}; give the --json document of every shard`,
  );
}
