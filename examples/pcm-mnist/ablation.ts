/**
 * P11, P4 and P6 on the networks of this folder, as tables in Markdown:
 *   node --import ./test/bench/typescript.mjs examples/pcm-mnist/ablation.ts mnist   IMAGES,LABELS [draws] [samples]
 *   node --import ./test/bench/typescript.mjs examples/pcm-mnist/ablation.ts fashion IMAGES,LABELS [draws] [samples]
 * IMAGES,LABELS are the test set's IDX files, gzipped or not.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { ProgrammingImage, Tensor } from "../../index.ts";
import { compile, targetNamed } from "../../index.ts";
import { onnxruntimeWeb } from "../../runtime/float-executor.ts";
import { metricNamed } from "../../runtime/metrics.ts";
import { chainOf } from "../../runtime/noise-chain.ts";
import type { Samples, Session } from "../../runtime/session.ts";
import { openSession } from "../../runtime/session.ts";

const [name = "mnist", files = "", draws = "20", count = "2000"] = process.argv.slice(2);
const bytes = (path: string): Uint8Array => {
  const content = readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(content) : content;
};
const [imagesFile, labelsFile] = files.split(",");
const samples = Number(count);
const x: Tensor = {
  type: "uint8",
  shape: [samples, 28, 28],
  data: Uint8Array.from(bytes(imagesFile).subarray(16, 16 + samples * 784)),
};
const y: Tensor = {
  type: "uint8",
  shape: [samples],
  data: Uint8Array.from(bytes(labelsFile).subarray(8, 8 + samples)),
};
const model = readFileSync(fileURLToPath(new URL(`${name}.onnx`, import.meta.url)));
const top1 = metricNamed("top1");

interface Opened {
  readonly image: ProgrammingImage;
  readonly session: Session;
  readonly prepared: Samples;
}

interface Setting {
  readonly segment: number;
  readonly decoder_Ohm: number;
  readonly condition?: string;
  readonly layout?: string;
}

/** The network compiled for a read segment, a decoder and a layout of references. */
async function open({ segment, decoder_Ohm, condition, layout }: Setting): Promise<Opened> {
  const { technology } = targetNamed("pcm-1t1r");
  const { decoderResistance } = technology.parameters;
  const target = {
    ...technology,
    conventions: { ...technology.conventions, referenceLayout: layout ?? "alternating" },
    parameters: {
      ...technology.parameters,
      decoderResistance: { ...decoderResistance, value: decoder_Ohm },
    },
  };
  const image = await compile(model, { target, segment, ...(condition ? { condition } : {}) });
  const session = await openSession(image, { threads: 1, executor: onnxruntimeWeb(), batch: 1000 });
  return { image, session, prepared: session.prepare(new Map([["image", x]])) };
}

/** Right answers in percent, mean and standard deviation over the draws. */
async function accuracy(
  { image, session, prepared }: Opened,
  effects: readonly string[],
  elapsed_s = 60,
  part = 0,
): Promise<string> {
  const uses = image.noise.map((use) =>
    use.model === "drift" ? { ...use, parameters: { ...use.parameters, part } } : use,
  );
  const found: number[] = [];
  for (let trial = 0; trial < (effects.length === 0 ? 1 : Number(draws)); trial++) {
    const draw = { seed: 1, trial, elapsed_s };
    const faults = await session.sense(chainOf(uses, effects), draw);
    const outputs = await session.run(prepared, faults, draw);
    found.push(100 * top1.of(outputs.get(image.outputs[0].name) ?? [], y));
  }
  const mean = found.reduce((sum, a) => sum + a, 0) / found.length;
  const square = found.reduce((sum, a) => sum + (a - mean) ** 2, 0);
  const deviation = Math.sqrt(square / Math.max(found.length - 1, 1));
  return found.length === 1 ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${deviation.toFixed(1)}`;
}

const print = (...cells: readonly string[]) => process.stdout.write(`| ${cells.join(" | ")} |\n`);
const rule = (columns: number) => print(...Array.from({ length: columns }, () => "---"));

const DAY = 86_400;
const readout = ["comparator-offset", "integrator-mismatch"];
const opened = new Map<number, Opened>();
for (const segment of [16, 32, 64, 128])
  opened.set(segment, await open({ segment, decoder_Ohm: 50 }));
const segments = [...opened.keys()];

process.stdout.write(
  `\n${name}: effects added in P11's order, drift of a day, by read segment\n\n`,
);
print("effects", ...segments.map((s) => `${s} word lines`));
rule(segments.length + 1);
const orders: readonly (readonly [string, readonly string[]])[] = [
  ["16 levels", []],
  ["+ variability", ["variability"]],
  ["+ drift", ["variability", "drift"]],
  ["+ IR drop", ["variability", "drift", "ir-drop"]],
  ["+ comparator, mismatch", ["variability", "drift", "ir-drop", ...readout]],
  ["variability + IR drop, fresh", ["variability", "ir-drop"]],
  ["the same + comparator, mismatch, fresh", ["variability", "ir-drop", ...readout]],
];
for (const [label, effects] of orders) {
  const cells: string[] = [];
  for (const one of opened.values()) cells.push(await accuracy(one, effects, DAY));
  print(label, ...cells);
}

const [first] = opened.values();
process.stdout.write(`\n${name}: what of drift costs (P6), no drops, with the comparator\n\n`);
print("part of drift", "1 s", "1 h", "1 d", "60 d", "1 y");
rule(6);
for (const [label, part] of [
  ["mean", 1],
  ["spread", 2],
  ["both", 0],
] as const) {
  const cells: string[] = [];
  for (const elapsed of [1, 3600, DAY, 60 * DAY, 365 * DAY])
    cells.push(await accuracy(first, ["variability", "drift", ...readout], elapsed, part));
  print(label, ...cells);
}
for (const one of opened.values()) await one.session.close();

process.stdout.write(
  `\n${name}: decoder resistance, all effects at 60 s, by read segment and layout of references\n\n`,
);
print("decoder, layout", ...segments.map((s) => `${s} word lines`));
rule(segments.length + 1);
const all = ["variability", "drift", "ir-drop", ...readout];
for (const layout of ["alternating", "straight"]) {
  for (const decoder_Ohm of [10, 50, 200, 1000]) {
    const cells: string[] = [];
    for (const segment of segments) {
      const one = await open({ segment, decoder_Ohm, layout });
      cells.push(await accuracy(one, all));
      await one.session.close();
    }
    print(`${decoder_Ohm} Ω, ${layout}`, ...cells);
  }
}

process.stdout.write(`\n${name}: forming current, all effects at 60 s, by read segment\n\n`);
print("condition", ...segments.map((s) => `${s} word lines`));
rule(segments.length + 1);
for (const condition of ["150uA", "350uA", "550uA"]) {
  const cells: string[] = [];
  for (const segment of segments) {
    const one = await open({ segment, decoder_Ohm: 50, condition });
    cells.push(await accuracy(one, all));
    await one.session.close();
  }
  print(condition, ...cells);
}
