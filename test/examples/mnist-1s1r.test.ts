import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exportOnnx } from "../../compiler/image/export-onnx.ts";
import { compile, evaluate, run } from "../../index.ts";
import { feedsOf, numbersOf, samplesOf } from "../support/compile.ts";
import { mnistTest } from "../support/mnist.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const SAMPLES = 400;
const { x, y } = mnistTest();
const digits = { x: samplesOf(x, 0, SAMPLES), y: samplesOf(y, 0, SAMPLES) };
const imageOf = (name: string) =>
  compile(readFileSync(join(import.meta.dirname, `../../examples/mnist-1s1r/${name}.onnx`)), {
    target: "1s1r",
    executor,
  });

describe("examples/mnist-1s1r", () => {
  test.each(["bnn-512", "bsnn-512"])(
    "%s: a run without noise is onnxruntime's, bit for bit",
    async (name) => {
      const image = await imageOf(name);
      const { outputs } = await run(image, digits.x, { executor });
      const exported = await runBytes(
        await exportOnnx(image),
        Object.fromEntries(feedsOf(image, digits.x)),
      );
      expect(numbersOf(outputs)).toEqual(numbersOf(exported));
    },
  );

  test("S6: the spiking network reads 0.10 to 0.16 times a neuron, and takes that share of the energy", async () => {
    const report = async (name: string) =>
      evaluate(await imageOf(name), digits, {
        executor,
        trials: 2,
        ablation: false,
        weak: false,
        ber: [1e-4, 1e-2, 0.2],
      });
    const [binary, spiking] = [await report("bnn-512"), await report("bsnn-512")];
    expect(binary.energy.presentedPerInput).toBe(1);
    expect(spiking.energy.presentedPerInput).toBeGreaterThan(0.1);
    expect(spiking.energy.presentedPerInput).toBeLessThan(0.16);
    // a pixel of at least 128 fires once: counted by hand over all samples, beyond the first batch too
    const bright = digits.x.data as Uint8Array;
    const fired = bright.reduce((sum, byte) => sum + Number(byte >= 128), 0);
    expect(spiking.energy.presented[0].perInference).toBeCloseTo(fired / SAMPLES, 9);
    const share = spiking.energy.perInference_J / binary.energy.perInference_J;
    expect(share).toBeCloseTo(spiking.energy.presentedPerInput, 1);
    expect(spiking.latency_s).toBeLessThan(binary.latency_s);
    // S7: flat up to about 1e-2, gone at 0.2
    for (const { mapped, noisy, overBer } of [binary, spiking]) {
      const [few, some, many] = overBer.map(({ mean }) => mean);
      expect(mapped.accuracy).toBeGreaterThan(0.95);
      expect(noisy?.mean).toBeGreaterThan(mapped.accuracy - 0.01);
      expect(few).toBeGreaterThan(mapped.accuracy - 0.005);
      expect(some).toBeGreaterThan(mapped.accuracy - 0.02);
      expect(many).toBeLessThan(mapped.accuracy - 0.2);
    }
    // some cells in a thousand are read wrong, cell by cell
    for (const { layers } of [binary, spiking])
      for (const { weightErrorRate } of layers) {
        expect(weightErrorRate).toBeGreaterThan(1e-3);
        expect(weightErrorRate).toBeLessThan(4e-3);
      }
  });

  test("S5, S6: the energy of a binary network is V·I·t of every cell and of what is half-selected", async () => {
    const image = await imageOf("bnn-512");
    const { energy } = await evaluate(image, digits, { executor, noise: "none" });
    const { read } = image.costModel;
    if (read.kind !== "by-current") throw new Error("by current");
    const { read_V, pulse_s, currents_A, halfSelected_A } = read;
    const k = image.technology.array.sensedBitLines;
    let expected = 0;
    for (const [index, cells] of image.cells.entries()) {
      for (let bank = 0; bank < cells.banks; bank++) {
        const levels = await cells.levels(bank);
        let selected = 0;
        let half = 0;
        let lines = 0;
        let width = 0;
        for (let w = 0; w < cells.wordLines; w++) {
          const row = levels.subarray(w * cells.bitLines, (w + 1) * cells.bitLines);
          if (row[0] === 255) continue;
          lines++;
          width = row.filter((level) => level !== 255).length;
          for (const level of row) {
            if (level === 255) continue;
            selected += currents_A[level];
            half += halfSelected_A[level];
          }
        }
        // every cell is half-selected once a group of its own word line, and at each other word line's reads
        const times = Math.ceil(width / k) - 1 + lines - 1;
        expected += pulse_s * read_V * (selected + 0.5 * times * half);
      }
      expect(image.placements[index].configuration).toBe("gated");
    }
    expect(energy.perInference_J / expected).toBeCloseTo(1, 9);
  });
});
