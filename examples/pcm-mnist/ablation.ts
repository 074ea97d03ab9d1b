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
  readonly condition?: string;
  readonly layout?: string;
}

/** The network compiled for a read segment, a forming current and a layout of references. */
async function open({ segment, condition, layout = "alternating" }: Setting): Promise<Opened> {
  const { technology } = targetNamed("pcm-1t1r");
  const conventions = { ...technology.conventions, referenceLayout: layout };
  const target = { ...technology, conventions };
  const image = await compile(model, { target, segment, ...(condition ? { condition } : {}) });
  const session = await openSession(image, { threads: 1, executor: onnxruntimeWeb(), batch: 1000 });
  return { image, session, prepared: session.prepare(new Map([["image", x]])) };
}

/** What differs from the image's own noise. */
interface Change {
  readonly elapsed_s?: number;
  readonly decoder_Ohm?: number;
  /** of drift: 0 all, 1 its mean, 2 its spread */
  readonly part?: number;
}

/** Right answers in percent, mean and standard deviation over the draws. */
async function accuracy(
  { image, session, prepared }: Opened,
  effects: readonly string[],
  { elapsed_s = 60, decoder_Ohm, part = 0 }: Change = {},
): Promise<string> {
  const changed: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    drift: { part },
    "ir-drop": decoder_Ohm === undefined ? {} : { decoder_Ohm },
  };
  const uses = image.noise.map((use) => ({
    ...use,
    parameters: { ...use.parameters, ...changed[use.model] },
  }));
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

/** A table, row by row as its cells are found. */
async function table(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly [string, readonly (() => Promise<string>)[]])[],
): Promise<void> {
  process.stdout.write(`\n${name}: ${title}\n\n`);
  print(...columns);
  print(...columns.map(() => "---"));
  for (const [label, cells] of rows) {
    const found: string[] = [];
    for (const cell of cells) found.push(await cell());
    print(label, ...found);
  }
}

const HOUR = 3600;
const DAY = 24 * HOUR;
const times = [
  ["1 s", 1],
  ["1 h", HOUR],
  ["1 d", DAY],
  ["60 d", 60 * DAY],
  ["1 y", 365 * DAY],
] as const;
const decoders = [10, 50, 200, 1000];
const segments = [16, 32, 64, 128];
const readout = ["comparator-offset", "integrator-mismatch"];
const all = ["variability", "drift", "ir-drop", ...readout];
const bySegment = segments.map((s) => `${s} word lines`);
const opened = new Map<number, Opened>();
for (const segment of segments) opened.set(segment, await open({ segment }));
const each = (cell: (one: Opened) => Promise<string>) =>
  [...opened.values()].map((one) => () => cell(one));
const at32 = opened.get(32) as Opened;

const orders: readonly (readonly [string, readonly string[]])[] = [
  ["16 levels", []],
  ["+ variability", ["variability"]],
  ["+ drift", ["variability", "drift"]],
  ["+ IR drop", ["variability", "drift", "ir-drop"]],
  ["+ comparator, mismatch", all],
  ["exchanged: variability + IR drop", ["variability", "ir-drop"]],
  ["exchanged: + drift", ["variability", "drift", "ir-drop"]],
  [
    "without drift: variability, IR drop, comparator, mismatch",
    ["variability", "ir-drop", ...readout],
  ],
];
await table(
  "effects added in P11's order, then with drift and IR drop exchanged; drift of a day, by read segment",
  ["effects", ...bySegment],
  orders.map(([label, effects]) => [
    label,
    each((one) => accuracy(one, effects, { elapsed_s: DAY })),
  ]),
);
const parts = [
  ["mean", 1],
  ["spread", 2],
  ["both", 0],
] as const;
await table(
  "what of drift costs (P6), no drops, with the comparator",
  ["part of drift", ...times.map(([label]) => label)],
  parts.map(([label, part]) => [
    label,
    times.map(
      ([, elapsed_s]) =>
        () =>
          accuracy(at32, ["variability", "drift", ...readout], { elapsed_s, part }),
    ),
  ]),
);
await table(
  "decoder resistance and elapsed time, all effects, segments of 32",
  ["decoder", ...times.map(([label]) => label)],
  decoders.map((decoder_Ohm) => [
    `${decoder_Ohm} Ω`,
    times.map(
      ([, elapsed_s]) =>
        () =>
          accuracy(at32, all, { elapsed_s, decoder_Ohm }),
    ),
  ]),
);
await table(
  "decoder resistance, alternating references, all effects at 60 s, by read segment",
  ["decoder", ...bySegment],
  decoders.map((decoder_Ohm) => [
    `${decoder_Ohm} Ω`,
    each((one) => accuracy(one, all, { decoder_Ohm })),
  ]),
);
for (const one of opened.values()) await one.session.close();

/** All segments of one setting, opened in turn. */
async function reopened(setting: Omit<Setting, "segment">): Promise<void> {
  opened.clear();
  for (const segment of segments) opened.set(segment, await open({ segment, ...setting }));
}
async function closed(): Promise<void> {
  for (const one of opened.values()) await one.session.close();
}

await reopened({ layout: "straight" });
await table(
  "decoder resistance, straight references, all effects at 60 s, by read segment",
  ["decoder", ...bySegment],
  decoders.map((decoder_Ohm) => [
    `${decoder_Ohm} Ω`,
    each((one) => accuracy(one, all, { decoder_Ohm })),
  ]),
);
await closed();
for (const condition of ["150uA", "350uA", "550uA"]) {
  await reopened({ condition });
  await table(
    `formed at ${condition}, all effects at 60 s`,
    ["", ...bySegment],
    [["right", each((one) => accuracy(one, all))]],
  );
  await closed();
}
