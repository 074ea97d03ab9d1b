import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replicasOf } from "../../compiler/ir/replicas.ts";
import { bitErrors } from "../../runtime/evaluate.ts";
import { createEngine, type Engine } from "../../runtime/kernels/engine.ts";
import { weightErrors } from "../../runtime/layer-errors.ts";
import { chainOf } from "../../runtime/noise-chain.ts";
import { faultsOfReplica, senseLayer, senseLayerPlainly } from "../../runtime/senses.ts";
import { loadStoredLayer, weightFinder } from "../../runtime/stored-layer.ts";
import { compileTo2t2r } from "../support/compile.ts";
import { drawnNetwork, networkDraws } from "../support/networks.ts";
import { convolution } from "../support/nine-positions.ts";
import { noiseOf } from "../support/pair-bank.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ threads: 2 });
});
afterAll(() => engine.close());

const banks = [null, { wordLines: 4, bitLines: 6 }, { wordLines: 7, bitLines: 16 }] as const;
const physics = (condition: "strong" | "h6") => {
  const { programming, cycling, sense } = noiseOf(condition);
  const uses = Object.entries({ programming, cycling, sense });
  return chainOf(
    uses.map(([model, parameters]) => ({ model, parameters })),
    "all",
  );
};
const chains = {
  strong: physics("strong"),
  h6: physics("h6"),
  "few errors": bitErrors({ ber: 0.01 }),
  "many errors": bitErrors({ ber: 0.4 }),
  types: bitErrors({ type1: 0.1, type2: 0.2, type3: 0.3 }),
};

test("what kernels find of a layer is what the models do bank by bank, in any placement", () =>
  fc.assert(
    fc.asyncProperty(
      networkDraws,
      fc.constantFrom("parallel-to-sequential" as const, "sequential-to-parallel" as const),
      fc.constantFrom(...banks),
      fc.constantFrom(...Object.keys(chains)),
      fc.constantFrom("1", "3"),
      fc.nat(1e6),
      async (network, configuration, bank, name, replicate, seed) => {
        const { model, inputTransform, inputEncoding } = drawnNetwork(network);
        const image = await compileTo2t2r(model, {
          configuration,
          bank,
          replicate,
          inputTransform,
          inputEncoding,
        });
        const chain = Object.entries(chains).find(([key]) => key === name)?.[1];
        if (!chain) throw new Error(name);
        const draw = { seed, trial: 3, elapsed_s: 0 };
        for (let index = 0; index < image.placements.length; index++) {
          const stored = await loadStoredLayer(image, index);
          const found = await senseLayer(engine, stored, chain, "bit lines", draw);
          const plain = senseLayerPlainly(stored, chain, "bit lines", draw);
          expect(found).toEqual(plain);
          const errors = weightErrors(stored, found);
          const copies = replicasOf(image.placements[index]);
          const few = copies * stored.slices.reduce((sum, slice) => sum + slice.length, 0);
          if (found.marginal.weight.length === 0) {
            expect(errors.weightErrorRate).toBeCloseTo(found.changed.weight.length / few, 12);
          }
        }
      },
    ),
    { numRuns: 30 },
  ));

test("a sense belongs to the weight whose digit it holds", async () => {
  const [network] = fc.sample(networkDraws, { numRuns: 1, seed: 4 });
  const { model, inputTransform, inputEncoding } = drawnNetwork(network);
  const image = await compileTo2t2r(model, { bank: banks[1], inputTransform, inputEncoding });
  const stored = await loadStoredLayer(image, 0);
  const weightOf = weightFinder(stored);
  const slices = stored.slices.length;
  const seen = new Set<number>();
  stored.digits.forEach((digit, sense) => {
    if (digit === 2) return;
    expect(stored.slices[sense % slices][weightOf(sense)]).toBe(digit);
    seen.add(weightOf(sense));
  });
  expect(seen.size).toBe(stored.placement.outputs * stored.placement.inputs);
});

test("every copy of a matrix has faults of its own, numbered within it", async () => {
  const image = await compileTo2t2r(convolution, { replicate: "3" });
  const stored = await loadStoredLayer(image, 0);
  const [size] = stored.slices.map((slice) => slice.length);
  const draw = { seed: 5, trial: 0, elapsed_s: 0 };
  const all = await senseLayer(engine, stored, bitErrors({ ber: 1 }), "bit lines", draw);
  expect(all.changed.weight.length).toBe(3 * size);
  expect(weightErrors(stored, all)).toMatchObject({ weightErrorRate: 1, type1: 1 });
  const few = await senseLayer(engine, stored, bitErrors({ ber: 0.2 }), "bit lines", draw);
  const parts = [0, 1, 2].map((copy) => faultsOfReplica(few, stored.placement, copy));
  expect(parts.reduce((sum, { changed }) => sum + changed.weight.length, 0)).toBe(
    few.changed.weight.length,
  );
  for (const { changed } of parts) {
    expect(changed.weight.every((weight) => weight >= 0 && weight < size)).toBe(true);
    expect(changed.weight.every((w, k) => stored.slices[0][w] === -changed.digit[k])).toBe(true);
  }
  expect(new Set(parts.map(({ changed }) => changed.weight.join())).size).toBe(3);
});
