import { describe, expect, test } from "vitest";
import { targets } from "../targets/all.generated.ts";
import {
  importedAnswer,
  importNodeTest,
  nodeTestNames,
  outcomeOn,
  type WeightedTest,
  weightedTest,
} from "./support/node-tests.ts";

const names = nodeTestNames();

describe.skipIf(names.length === 0)(
  "ONNX's backend tests (skipped where Debian's libonnx-testdata is absent)",
  () => {
    const weighted: WeightedTest[] = [];
    const reasons = new Map<string, number>();

    test("are imported, or refused with a reason; graphs give what the tests tell", async () => {
      const told: string[] = [];
      const differs: string[] = [];
      for (const name of names) {
        const { graph, refused } = importNodeTest(name);
        const reason = /found (\w+( \w+)?)/.exec(refused)?.[1] ?? refused;
        if (!graph) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        const answer = graph && (await importedAnswer(name, graph));
        if (answer === "as told") told.push(name);
        if (answer === "differs") differs.push(name);
        const own = graph && weightedTest(name, graph);
        if (own) weighted.push(own);
      }
      const refused = [...reasons.values()].reduce((sum, count) => sum + count, 0);
      expect([...reasons.keys()].join()).not.toMatch(/bug/);
      // of Debian 12's 1,072; another version of the package has others
      if (names.length === 1072) {
        expect(names.length - refused).toBe(1023);
        expect(told.length).toBe(984);
        expect(weighted.length).toBe(85);
      }
      expect(differs).toEqual([]);
      expect(weighted.length).toBeGreaterThan(80);
    }, 60_000);

    test.each(targets.map(({ name }) => name))(
      "with a matrix operator run on %s as their export does, and near what they should give",
      async (target) => {
        const wrong: string[] = [];
        const refused: string[] = [];
        for (const one of weighted) {
          const { how, equality, cosine } = await outcomeOn(one, target);
          if (how === null) refused.push(one.name);
          else if (!equality?.passed || (cosine !== null && !(cosine >= 0.997)))
            wrong.push(`${one.name}: ${equality?.detail}, cosine ${cosine}`);
        }
        expect(wrong).toEqual([]);
        // its two vectors make one number: no row is left
        expect(refused).toEqual(["node/test_einsum_inner_prod"]);
      },
      120_000,
    );
  },
);
