import { describe, expect, test } from "vitest";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { compile, exportSpice, type SpiceRequest, solve } from "../../index.ts";
import { smallModel } from "../cli/small-model.ts";
import { executor } from "../support/run-onnx.ts";
import { ngspice, ngspiceVersion } from "./ngspice.ts";

const imageOn = (target: string): Promise<ProgrammingImage> =>
  compile(smallModel(), { target, executor });

const whole: SpiceRequest = { layer: "fc1", bank: 0, wordLines: null, bitLines: null, die: null };

async function netlistOf(image: ProgrammingImage, request: SpiceRequest): Promise<string> {
  let text = "";
  for await (const chunk of exportSpice(image, request)) text += chunk;
  return text;
}

/** [wordLines][bitLines] siemens that the levels of fc1's first bank aim at; 0 where unused. */
async function aimed({ cells, programming }: ProgrammingImage): Promise<readonly number[][]> {
  const [{ wordLines, bitLines, levels }] = cells;
  const stored = await levels(0);
  const aim = (level: number) =>
    level === UNUSED ? 0 : (programming.levels.find((l) => l.level === level)?.range.aim_S ?? 0);
  return Array.from({ length: wordLines }, (_, w) =>
    Array.from(stored.subarray(w * bitLines, (w + 1) * bitLines), aim),
  );
}

const relative = (found: number, expected: number) => Math.abs(found / expected - 1);

describe("a netlist of a bank", () => {
  test("has a parameter for each used word line, and a cell wherever one is used", async () => {
    const image = await imageOn("pcm-1t1r");
    const text = await netlistOf(image, { ...whole, wordLines: [0, 1, 4] });
    const [placement] = image.placements;
    expect(text).toMatch(/^\* pcm-1t1r, layer fc1, bank 0: bit lines behind their decoders\n/);
    expect(text).toContain("word lines 0-1, 4 on");
    expect(text.match(/^\.param wl\d+=1$/gm)).toHaveLength(3);
    expect(text.match(/^\.param wl\d+=[01]$/gm)).toHaveLength(placement.inputs);
    const used = (await aimed(image)).flat().filter((g) => g > 0).length;
    expect(text.match(/^Rc/gm)).toHaveLength(used);
  });

  test.skipIf(ngspiceVersion() === null)(
    "ngspice finds the currents of xbc solve on a phase-change bank",
    async () => {
      const image = await imageOn("pcm-1t1r");
      const wordLines = [0, 2, 3, 11, 30];
      const cells = (await aimed(image)).slice(0, image.placements[0].inputs);
      // of weights, and the last of references
      const used = cells[0].flatMap((g, b) => (g > 0 ? [b] : []));
      const bitLines = [...used.slice(0, 4), ...used.slice(-1)];
      const found = ngspice(await netlistOf(image, { ...whole, wordLines, bitLines }));
      bitLines.forEach((b, k) => {
        const answer = solve({
          kind: "bitline",
          conductance_S: cells.map((row) => row[b]),
          gate: cells.map((_, w) => (wordLines.includes(w) ? 1 : 0)),
          wire_Ohm: 0.5,
          decoder_Ohm: 50,
          read_V: 0.2,
        });
        expect(relative(-found[k], Number(Reflect.get(answer, "current_A")))).toBeLessThan(1e-8);
      });
    },
  );

  test.skipIf(ngspiceVersion() === null)(
    "a die's own conductances are taken, and those not measured as aimed",
    async () => {
      const image = await imageOn("rram-1t1r");
      const cells = await aimed(image);
      const [{ banks, wordLines, bitLines }] = image.cells;
      const measured = new Float32Array(banks * wordLines * bitLines).fill(Number.NaN);
      measured[0] = 1e-4;
      const [layer] = image.placements.map((p) => p.layer);
      const die = { layers: new Map([[layer, measured]]), elapsed_s: 1, provenance: "" };
      const lines = { wordLines: [0, 1], bitLines: [0] };
      const [current] = ngspice(await netlistOf(image, { ...whole, ...lines, die }));
      // no wire has a resistance in that technology: the sum of both cells at 0.2 V
      expect(relative(-current, 0.2 * (Math.fround(1e-4) + cells[1][0]))).toBeLessThan(1e-8);
    },
  );

  test.skipIf(ngspiceVersion() === null)(
    "ngspice finds the currents of xbc solve in a V/2 read",
    async () => {
      const image = await compile(smallModel(), {
        target: "1s1r",
        executor,
        bank: { wordLines: 12, bitLines: 8 },
      });
      const selectedBitLines = [0, 2];
      const request = { ...whole, wordLines: [5], bitLines: selectedBitLines };
      const found = ngspice(await netlistOf(image, request));
      const read = image.noise.find(({ model }) => model === "half-select")?.parameters ?? {};
      const { read_V, lowSlope_V, highSlope_V } = read;
      const cells = await aimed(image);
      const low = Math.max(...cells.flat());
      const slope = (g: number) => (g > low / 2 ? lowSlope_V : highSlope_V);
      const answer = solve({
        kind: "half-select",
        i0_A: cells.map((row) => row.map((g) => (g * read_V) / Math.sinh(read_V / slope(g)))),
        v0_V: cells.map((row) => row.map(slope)),
        read_V,
        selectedWordLine: 5,
        selectedBitLines,
        wordLineWire_Ohm: read.wordLineWire_Ohm,
        bitLineWire_Ohm: read.bitLineWire_Ohm,
      });
      const sensed = Reflect.get(answer, "senseCurrent_A") as readonly number[];
      expect(found).toHaveLength(sensed.length);
      sensed.forEach((current, k) => {
        expect(relative(found[k], current)).toBeLessThan(1e-8);
      });
    },
  );

  test("what cannot be simulated is refused by name", async () => {
    const image = await imageOn("1s1r");
    const refused = (of: ProgrammingImage, request: Partial<SpiceRequest>) =>
      netlistOf(of, { ...whole, ...request }).catch((error: Error) => error.message);
    expect(await refused(image, { layer: null })).toMatch(/needs --layer, one of fc1, fc2/);
    expect(await refused(image, { layer: "fc9" })).toMatch(/needs one of .*fc1/);
    expect(await refused(image, { bank: 7 })).toMatch(/^--bank 7: needs a bank below the 1 of/);
    expect(await refused(image, { wordLines: [0, 1] })).toMatch(/needs one word line/);
    expect(await refused(image, { bitLines: [9999] })).toMatch(/^--bit-lines 9999: needs lines/);
    expect(await refused(await imageOn("2t2r"), {})).toMatch(/precharged pairs/);
  });

  test("a layer's name cannot add a line to the netlist", async () => {
    const image = await imageOn("pcm-1t1r");
    const renamed = JSON.parse(JSON.stringify("fc1\n.control")) as string;
    const evil = {
      ...image,
      layers: image.layers.map((layer) => (layer.id === "fc1" ? { ...layer, id: renamed } : layer)),
      placements: image.placements.map((p) => (p.layer === "fc1" ? { ...p, layer: renamed } : p)),
      cells: image.cells.map((c) => (c.layer === "fc1" ? { ...c, layer: renamed } : c)),
    } as ProgrammingImage;
    const text = await netlistOf(evil, { ...whole, layer: renamed });
    expect(text.match(/^\.control$/gm)).toHaveLength(1);
  });
});
