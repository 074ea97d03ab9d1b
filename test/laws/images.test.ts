import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesSource, memorySink } from "../../compiler/image/bytes.ts";
import { readImage } from "../../compiler/image/read-image.ts";
import { hashImage, writeImage } from "../../compiler/image/write-image.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { cellsOfWeight, tiles } from "../../compiler/ir/placement.ts";
import { readSegments } from "../../compiler/ir/schedule.ts";
import { run } from "../../runtime/run.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { drawnNetwork, networkDraws } from "../support/networks.ts";
import { executor } from "../support/run-onnx.ts";

const compiled = fc.record({
  draw: networkDraws,
  configuration: fc.constantFrom("auto", "parallel-to-sequential", "sequential-to-parallel"),
  bank: fc.constantFrom(
    null,
    { wordLines: 4, bitLines: 6 },
    { wordLines: 1, bitLines: 2 },
    { wordLines: 5, bitLines: 33 },
  ),
});

type Drawn = typeof compiled extends fc.Arbitrary<infer T> ? T : never;

async function imageOf({ draw, configuration, bank }: Drawn) {
  const { model, inputTransform, inputEncoding, data } = drawnNetwork(draw);
  const image = await compileTo2t2r(model, { configuration, bank, inputTransform, inputEncoding });
  return { image, data: data(9), model };
}

const settings = { numRuns: 20, seed: 31 };

test("an image that was written and read runs to the same bits and hashes to the same", async () => {
  await fc.assert(
    fc.asyncProperty(compiled, fc.boolean(), async (drawn, store) => {
      const { image, data } = await imageOf(drawn);
      const sink = memorySink();
      await writeImage(image, sink, { store });
      const back = await readImage(bytesSource(sink.bytes()));
      expect(await hashImage(back)).toBe(await hashImage(image));
      const [before, after] = [
        await run(image, data, { executor }),
        await run(back, data, { executor }),
      ];
      expect(numbersOf(after.outputs)).toEqual(numbersOf(before.outputs));
      expect(after.counts).toEqual(before.counts);
    }),
    settings,
  );
});

test("tiles cover every weight of every layer once", async () => {
  await fc.assert(
    fc.asyncProperty(compiled, async (drawn) => {
      const { image } = await imageOf(drawn);
      for (const placement of image.placements) {
        const times = new Uint8Array(placement.inputs * placement.outputs);
        for (const tile of tiles(placement)) {
          for (let o = 0; o < tile.outputs.count; o++) {
            for (let i = 0; i < tile.inputs.count; i++)
              times[(tile.outputs.first + o) * placement.inputs + tile.inputs.first + i]++;
          }
        }
        expect(times.every((count) => count === 1)).toBe(true);
      }
    }),
    settings,
  );
});

/** The weights that the read segments of a layer sense, each as often as it is sensed. */
function timesSensed(image: ProgrammingImage, layer: number): Uint8Array {
  const placement = image.placements[layer];
  const times = new Uint8Array(placement.inputs * placement.outputs);
  const sensed = new Set<string>();
  for (const segment of readSegments(image.steps)) {
    if (segment.layer !== layer) continue;
    for (let w = segment.firstWordLine; w < segment.firstWordLine + segment.wordLines; w++) {
      for (let b = segment.firstBitLine; b < segment.firstBitLine + segment.bitLines; b++) {
        const cell = `${segment.bank}/${w}/${b}`;
        expect(sensed.has(cell)).toBe(false);
        sensed.add(cell);
      }
    }
  }
  for (let o = 0; o < placement.outputs; o++) {
    for (let i = 0; i < placement.inputs; i++) {
      const { bank, wordLine, bitLines } = cellsOfWeight(placement, o, i);
      if (bitLines.every((b) => sensed.delete(`${bank}/${wordLine}/${b}`)))
        times[o * placement.inputs + i]++;
    }
  }
  expect(sensed.size).toBe(0);
  return times;
}

test("a schedule senses every weight once a presentation, within what the array reads at once", async () => {
  await fc.assert(
    fc.asyncProperty(compiled, async (drawn) => {
      const { image } = await imageOf(drawn);
      const { array } = image.technology;
      const inStep = new Set<string>();
      for (const {
        step,
        layer,
        bank,
        firstWordLine,
        wordLines,
        firstBitLine,
        bitLines,
      } of readSegments(image.steps)) {
        const placement = image.placements[layer];
        expect(wordLines).toBeLessThanOrEqual(array.activeWordLines);
        expect(bitLines).toBeLessThanOrEqual(array.sensedBitLines);
        expect(firstWordLine + wordLines).toBeLessThanOrEqual(placement.bankWordLines);
        expect(firstBitLine + bitLines).toBeLessThanOrEqual(placement.bankBitLines);
        expect(step).toBeLessThan(placement.clocks);
        const place = `${layer}/${bank}/${step}`;
        expect(inStep.has(place)).toBe(false);
        inStep.add(place);
      }
      image.placements.forEach((_, layer) => {
        expect(timesSensed(image, layer).every((count) => count === 1)).toBe(true);
      });
    }),
    settings,
  );
});

test("the same model and options give the same image, hash for hash", async () => {
  await fc.assert(
    fc.asyncProperty(compiled, async (drawn) => {
      const [first, second] = [await imageOf(drawn), await imageOf(drawn)];
      expect(await hashImage(second.image)).toBe(await hashImage(first.image));
    }),
    { ...settings, numRuns: 8 },
  );
});
