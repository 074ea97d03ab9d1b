import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeShards, type ShardReport, trialsOfShard } from "../../../runtime/report/merge.ts";
import { spreadOf } from "../../../runtime/report/spread.ts";
import { smallEvaluation } from "./small-image.ts";

test("shards cover every trial once, in order, and differ by at most one trial", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 20 }),
      (trials, count) => {
        let next = 0;
        for (let index = 1; index <= count; index++) {
          const part = trialsOfShard(trials, index, count);
          expect(part.firstTrial).toBe(next);
          expect(Math.abs(part.trials - trials / count)).toBeLessThan(1);
          next += part.trials;
        }
        expect(next).toBe(trials);
      },
    ),
  );
});

/** A shard with these accuracies. */
function shardOf(
  index: number,
  count: number,
  perTrial: readonly number[],
  errors: number,
): ShardReport {
  const base = smallEvaluation();
  const spread = spreadOf(perTrial, base.samples, true);
  return {
    ...base,
    noisy: { ...spread, condition: "strong", perTrial },
    weak: null,
    ablation: [{ effects: ["programming"], mean: spread.mean, std: spread.std }],
    overTime: [],
    overBer: [{ ...spread, ber: 1e-3 }],
    layers: base.layers.map((layer) => ({ ...layer, weightErrorRate: errors })),
    shard: { index, count, firstTrial: 0 },
  };
}

const trials = [0.9, 0.91, 0.93, 0.96, 0.95];
const whole = spreadOf(trials, 1000, true);

test("merged shards are the evaluation of all trials, in any order of the files", () => {
  const merged = mergeShards([
    shardOf(2, 2, trials.slice(3), 0.01),
    shardOf(1, 2, trials.slice(0, 3), 0.02),
  ]);
  expect(merged.noisy).toEqual({ ...whole, condition: "strong", perTrial: trials });
  expect(merged.ablation[0].mean).toBeCloseTo(whole.mean, 12);
  expect(merged.ablation[0].std).toBeCloseTo(whole.std, 12);
  expect(merged.overBer[0].ci95[0]).toBeCloseTo(whole.ci95[0], 12);
  expect(merged.layers[0].weightErrorRate).toBeCloseTo((3 * 0.02 + 2 * 0.01) / 5, 12);
  expect(merged).not.toHaveProperty("shard");
});

test("a shard that is missing, twice there, or of another evaluation is refused", () => {
  const first = shardOf(1, 2, trials, 0);
  const second = shardOf(2, 2, trials, 0);
  expect(() => mergeShards([])).toThrow("at least one shard");
  expect(() => mergeShards([first])).toThrow("needs shards 1 to 2, each once, found 1/2");
  expect(() => mergeShards([first, first])).toThrow("found 1/2, 1/2");
  expect(() => mergeShards([first, { ...second, seed: 9 }])).toThrow("shard 2 that differs");
});
