import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cellsOfWeight } from "../../../compiler/ir/placement.ts";
import { compile, program } from "../../../index.ts";
import { loadAnalogLayer } from "../../../runtime/analog/analog-layer.ts";
import { drawCells, storedDraw } from "../../../runtime/analog/draw-cells.ts";
import { weightNoise } from "../../../runtime/analog/weight-noise.ts";
import { chainOnDie } from "../../../runtime/die.ts";

const model = readFileSync(join(import.meta.dirname, "../../../examples/pcm-mnist/mnist.onnx"));
const image = await compile(model, { target: "pcm-1t1r" });
const analog = await loadAnalogLayer(image, 1);
if (!analog) throw new Error("fc2 is not analog");
const draw = { seed: 3, trial: 0, elapsed_s: 0 };

test("cells as stored have no noise", () => {
  const stored = storedDraw(analog);
  expect(weightNoise(analog, stored, [stored])).toEqual({
    weightErrorRate: 0,
    signalToNoise_dB: Number.POSITIVE_INFINITY,
  });
});

test("of a die it is what its conductances, weight by weight, say", async () => {
  const { die } = await program(image, draw);
  const [drawn] = drawCells(analog, chainOnDie(image, die, "none"), image, draw);
  const found = weightNoise(analog, storedDraw(analog), [drawn]);
  const { placement } = analog;
  const { encoding, bankWordLines, bankBitLines } = placement;
  const own = die.layers.get(placement.layer) ?? new Float32Array(0);
  const level = (bank: number, wordLine: number, bitLine: number) => {
    const at = (bank * bankWordLines + wordLine) * bankBitLines + bitLine;
    return [own[at] * drawn.unit, encoding.levelValues[analog.levels[at]]];
  };
  const [signal, noise] = [{ sum: 0 }, { sum: 0 }];
  const references = encoding.reference?.significance ?? [];
  for (let o = 0; o < placement.outputs; o++) {
    for (let i = 0; i < placement.inputs; i++) {
      const { bank, wordLine, bitLines } = cellsOfWeight(placement, o, i);
      let [now, before] = [0, 0];
      const add = (bitLine: number, significance: number) => {
        const [g, value] = level(bank, wordLine, bitLine);
        now += significance * g;
        before += significance * value;
      };
      bitLines.forEach((bitLine, c) => {
        add(bitLine, encoding.significance[c]);
      });
      references.forEach((s, c) => {
        add(bankBitLines - references.length + c, -s);
      });
      signal.sum += before ** 2;
      noise.sum += (now - before) ** 2;
    }
  }
  expect(found.signalToNoise_dB).toBeCloseTo(10 * Math.log10(signal.sum / noise.sum), 3);
  expect(found.weightErrorRate).toBeGreaterThan(0.1);
});
