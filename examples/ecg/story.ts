import type { ProgrammingImage, Tensor } from "../../index.ts";
import { compile, run, tensor } from "../../index.ts";

/** Feature vectors in [0, 1] and the classes of their beats. */
export interface Beats {
  /** [samples x 32] float32 */
  readonly x: Tensor;
  /** [samples] uint8, index of the class */
  readonly y: Tensor;
}

/** statistics.json, as export.py writes it. */
export interface Statistics {
  readonly classes: readonly {
    readonly name: string;
    readonly share: number;
    readonly mean: readonly number[];
    /** rows of the lower triangle of the Cholesky factor, one after another */
    readonly factor: readonly number[];
  }[];
}

const FEATURES = 32;

/** Feature vectors drawn from the statistics of each class, as often as it comes; the same at every call. */
export function drawnBeats({ classes }: Statistics, samples: number): Beats {
  const draw = dice(1);
  const x = new Float32Array(samples * FEATURES);
  const y = new Uint8Array(samples);
  for (let s = 0; s < samples; s++) {
    y[s] = classAt(classes, draw());
    const { mean, factor } = classes[y[s]];
    const normals = Array.from({ length: FEATURES }, () => normal(draw));
    for (let i = 0, at = 0; i < FEATURES; i++) {
      let value = mean[i];
      for (let j = 0; j <= i; j++) value += factor[at++] * normals[j];
      x[s * FEATURES + i] = Math.min(1, Math.max(0, value));
    }
  }
  return { x: tensor("float32", [samples, FEATURES], x), y: tensor("uint8", [samples], y) };
}

/** The class in whose part of [0, 1] a number lies; shares are rounded, so that the last takes the rest. */
function classAt(classes: Statistics["classes"], u: number): number {
  let end = 0;
  const found = classes.findIndex(({ share }) => {
    end += share;
    return u < end;
  });
  return found < 0 ? classes.length - 1 : found;
}

/** Uniform numbers of a linear congruential generator: good enough to draw a few thousand beats. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

const normal = (draw: () => number): number =>
  Math.sqrt(-2 * Math.log(draw())) * Math.cos(2 * Math.PI * draw());

/** How well classes were told. */
export interface Scores {
  readonly accuracy: number;
  /** of always saying the most frequent class */
  readonly majority: number;
  readonly macroF1: number;
  readonly recall: readonly number[];
}

/** @param votes [samples x 5] output bits summed over the presentations; the lowest class wins a tie */
export function scoresOf(votes: Tensor, y: Tensor): Scores {
  const classes = votes.shape[1];
  const truth = Array.from(y.data, Number);
  const found = truth.map((_, s) => {
    const row = Array.from(votes.data.slice(s * classes, (s + 1) * classes), Number);
    return row.indexOf(Math.max(...row));
  });
  const count = (of: (found: number, truth: number) => boolean) =>
    truth.reduce((sum, t, s) => sum + (of(found[s], t) ? 1 : 0), 0);
  const all = Array.from({ length: classes }, (_, k) => k);
  const hits = all.map((k) => count((f, t) => f === k && t === k));
  const named = all.map((k) => count((f) => f === k));
  const present = all.map((k) => count((_, t) => t === k));
  const f1 = all.map((k) => (2 * hits[k]) / Math.max(1, named[k] + present[k]));
  return {
    accuracy: hits.reduce((sum, n) => sum + n, 0) / truth.length,
    majority: Math.max(...present) / truth.length,
    macroF1: f1.reduce((sum, x) => sum + x, 0) / classes,
    recall: all.map((k) => hits[k] / Math.max(1, present[k])),
  };
}

export const PRESENTATIONS = 16;

/** A network of this folder on multilevel cells, so many presentations a beat, output bits summed (R5). */
export const compileEcg = (
  model: Uint8Array,
  {
    condition = "smart",
    levels = 9,
    presentations = PRESENTATIONS,
  }: { condition?: string; levels?: number; presentations?: number } = {},
): Promise<ProgrammingImage> =>
  compile(model, {
    target: "rram-1t1r",
    condition,
    precision: `levels${levels}`,
    inputEncoding: `stochastic:${presentations}`,
    weightRange: "mse",
  });

/** Scores of one drawn die at a time after its programming. */
export async function scoresAt(
  image: ProgrammingImage,
  beats: Beats,
  trial: number,
  elapsed_s: number,
  noise: "all" | "none" = "all",
): Promise<Scores> {
  const { outputs } = await run(image, beats.x, { noise, trial, elapsed_s, threads: 1 });
  const [votes] = outputs.values();
  return scoresOf(votes, beats.y);
}

/** The story: a heartbeat classifier on two arrays of 32 x 32 cells, fresh and after two months. */
export async function tellStory(
  model: Uint8Array,
  beats: Beats,
  names: readonly string[],
  dies: number,
): Promise<string> {
  const smart = await compileEcg(model);
  const standard = await compileEcg(model, { condition: "standard" });
  const clean = await scoresAt(smart, beats, 0, 0, "none");
  const lines = [
    `${smart.cells.map(({ banks, wordLines, bitLines }) => `${banks} array of ${wordLines} x ${bitLines}`).join(" and ")} cells, ` +
      `${PRESENTATIONS} presentations a beat, output bits summed`,
    line("majority class", clean.majority, null),
    line("without noise", clean.accuracy, clean.macroF1),
    `  recall  ${names.map((name, k) => `${name} ${percent(clean.recall[k])}`).join("  ")}`,
  ];
  for (const [name, image] of [
    ["smart", smart],
    ["standard", standard],
  ] as const) {
    for (const [when, elapsed_s] of [
      ["1 min", 60],
      ["1 d", 86400],
      ["60 d", 60 * 86400],
    ] as const) {
      const all: Scores[] = [];
      for (let trial = 0; trial < dies; trial++)
        all.push(await scoresAt(image, beats, trial, elapsed_s));
      const mean = (of: (scores: Scores) => number) =>
        all.reduce((sum, s) => sum + of(s), 0) / dies;
      lines.push(
        line(
          `${name} program and verify, ${when}, ${dies} dies`,
          mean((s) => s.accuracy),
          mean((s) => s.macroF1),
        ),
      );
    }
  }
  return lines.join("\n");
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const line = (what: string, accuracy: number, macroF1: number | null): string =>
  `${what.padEnd(48)}${percent(accuracy).padStart(8)}${macroF1 === null ? "" : `   macro-F1 ${macroF1.toFixed(3)}`}`;
