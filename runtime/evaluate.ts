import type { NoiseUse } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { toNumbers } from "../compiler/ir/tensor.ts";
import { measureActivity } from "./activity.ts";
import { comparatorReading } from "./comparator-reading.ts";
import { chainOnDie } from "./die.ts";
import { onnxruntimeWeb } from "./float-executor.ts";
import type { LayerErrors } from "./layer-errors.ts";
import { analogErrors, meanErrors, weightErrors } from "./layer-errors.ts";
import { measuredCosts } from "./measured-costs.ts";
import type { Metric } from "./metrics.ts";
import { metricNamed } from "./metrics.ts";
import type { NoiseChain } from "./noise-chain.ts";
import { chainOf, noiseModelNamed, quiet } from "./noise-chain.ts";
import { pause } from "./pause.ts";
import type { EvaluationReport, Spread } from "./report/report.ts";
import { spreadOf } from "./report/spread.ts";
import type { RunOptions } from "./run.ts";
import { DEFAULT_BATCH, named, usualElapsed } from "./run.ts";
import { isUnchanged } from "./senses.ts";
import type { Samples, Session } from "./session.ts";
import { openSession } from "./session.ts";

/** How an evaluation goes. Without options: five trials of all the image's noise, ablation and weak condition. */
export interface EvaluateOptions extends Omit<RunOptions, "trial" | "elapsed_s"> {
  readonly trials?: number;
  /** number of the first trial; shards of one evaluation differ only in it */
  readonly firstTrial?: number;
  readonly metric?: string;
  /** bit error rates to sweep instead of devices' physics */
  readonly ber?: readonly number[];
  /** ternary: rates by type, alone and together */
  readonly errorTypes?: {
    readonly type1: number;
    readonly type2: number;
    readonly type3: number;
  } | null;
  readonly elapsed_s?: readonly number[];
  readonly ablation?: boolean;
  readonly weak?: boolean;
  /** accuracy of the float model; else the one stored in the image */
  readonly baseline?: number | null;
}

export interface EvaluationData {
  readonly x: Tensor | ReadonlyMap<string, Tensor>;
  /** labels for top1 and top5, expected outputs for mse and cosine; not used by agreement */
  readonly y: Tensor | null;
}

/** Accuracy of an image on labelled data, without noise and with it: design.md's report. */
export async function evaluate(
  image: ProgrammingImage,
  data: EvaluationData,
  options: EvaluateOptions = {},
): Promise<EvaluationReport> {
  const session = await openSession(image, {
    threads: options.threads ?? 1,
    executor: options.executor ?? onnxruntimeWeb(),
    batch: options.batch ?? DEFAULT_BATCH,
  });
  try {
    return await evaluateIn(session, image, data, options);
  } finally {
    await session.close();
  }
}

async function evaluateIn(
  session: Session,
  image: ProgrammingImage,
  data: EvaluationData,
  options: EvaluateOptions,
): Promise<EvaluationReport> {
  const samples = session.prepare(named(image, data.x));
  const metric = metricNamed(options.metric ?? "top1");
  refuseImpossibleTypes(image, options);
  const trialist = await openTrials(session, samples, metric, data.y, image, options);
  const choice = options.noise ?? "all";
  const { die } = options;
  const noise = die ? chainOnDie(image, die, choice) : chainOf(image.noise, choice);
  const noisy = noise.active.length > 0 ? await trialist.spread("noisy", noise) : null;
  // a die was programmed once, under its own condition, and its cells are as they were measured
  const wantsWeak = !die && options.weak !== false && noisy !== null && image.weak !== null;
  const weak =
    wantsWeak && image.weak
      ? await trialist.spread("weak", chainOf(image.weak.noise, options.noise ?? "all"))
      : null;
  const costs = await measuredCosts(
    image,
    await measureActivity(
      image,
      named(image, data.x),
      options.executor ?? onnxruntimeWeb(),
      options.seed ?? image.seed,
      options.threads ?? 1,
    ),
  );
  return {
    samples: samples.count,
    metric: metric.name,
    baseline:
      options.baseline !== undefined && options.baseline !== null
        ? { accuracy: options.baseline }
        : storedBaseline(image, metric, samples.count),
    mapped: { accuracy: trialist.mapped },
    comparators: metric.name === "top1" ? comparatorReading(image, trialist.clean, data.y) : null,
    noisy: noisy && {
      ...noisy.spread,
      condition: die ? "of the die" : image.condition,
      perTrial: noisy.perTrial,
    },
    weak: weak &&
      image.weak && { ...weak.spread, condition: image.weak.condition, perTrial: weak.perTrial },
    ablation:
      die || options.ablation === false || !noisy
        ? []
        : await ablate(trialist, image, noise, noisy.spread),
    overTime: die || !noisy ? [] : await overTime(trialist, noise, options.elapsed_s ?? []),
    overBer: await sweepBer(trialist, options),
    layers: image.placements.map(({ layer }, index) => ({
      name: layer,
      ...reported(noisy?.errors[index]),
    })),
    ...costs,
    seed: options.seed ?? image.seed,
    noise: noise.active,
    assumptions: image.assumptions,
  };
}

/** The same devices at later times: a draw does not depend on the time. */
async function overTime(
  trialist: Trialist,
  noise: NoiseChain,
  times: readonly number[],
): Promise<EvaluationReport["overTime"]> {
  const rows: EvaluationReport["overTime"][number][] = [];
  for (const elapsed_s of times) {
    const { spread } = await trialist.spread(`at ${elapsed_s} s`, noise, elapsed_s);
    rows.push({ elapsed_s, mean: spread.mean, std: spread.std });
  }
  return rows;
}

/** The float accuracy that the compilation measured, where it was measured on as many samples. */
function storedBaseline(
  image: ProgrammingImage,
  metric: Metric,
  samples: number,
): EvaluationReport["baseline"] {
  return image.baseline?.metric === metric.name && image.baseline.samples === samples
    ? { accuracy: image.baseline.value }
    : null;
}

function reported(
  errors: LayerErrors | undefined,
): Omit<EvaluationReport["layers"][number], "name"> {
  const { weightErrorRate, type1, type2, type3, signalToNoise_dB } = errors ?? {
    weightErrorRate: 0,
    type1: 0,
    type2: 0,
    type3: 0,
    signalToNoise_dB: null,
  };
  return { weightErrorRate, errorTypes: { type1, type2, type3 }, signalToNoise_dB };
}

interface TrialResult {
  readonly spread: Spread;
  readonly perTrial: readonly number[];
  /** by layer, mean over trials */
  readonly errors: readonly LayerErrors[];
}

interface Trialist {
  readonly mapped: number;
  /** outputs without noise */
  readonly clean: readonly Tensor[];
  /** at so many seconds since programming; without them at the technology's own */
  readonly spread: (stage: string, chain: NoiseChain, elapsed_s?: number) => Promise<TrialResult>;
}

async function openTrials(
  session: Session,
  samples: Samples,
  metric: Metric,
  labels: Tensor | null,
  image: ProgrammingImage,
  options: EvaluateOptions,
): Promise<Trialist> {
  const trials = options.trials ?? 5;
  const firstTrial = options.firstTrial ?? 0;
  const seed = options.seed ?? image.seed;
  const usual = usualElapsed(image);
  const output = image.outputs[0].name;
  const clean =
    (await session.run(samples, null, { seed, trial: 0, elapsed_s: usual })).get(output) ?? [];
  const expected = metric.name === "agreement" ? classesOf(clean) : labels;
  if (!expected)
    throw new XbcError(
      "BAD_INPUT",
      `metric ${metric.name}: needs labels beside the samples, found none; use data with y, or --metric agreement`,
    );
  const mapped = metric.of(clean, expected);

  const spread: Trialist["spread"] = async (stage, chain, elapsed_s = usual) => {
    const perTrial: number[] = [];
    const errors: (readonly LayerErrors[])[] = [];
    for (let k = 0; k < trials; k++) {
      options.progress?.(stage, k, trials);
      await pause();
      const draw = { seed, trial: firstTrial + k, elapsed_s };
      const faults = await session.sense(chain, draw);
      errors.push(
        session.stored.map((stored, index) => {
          const noise = faults ? session.weightNoise(index, faults[index]) : null;
          return noise ? analogErrors(noise) : weightErrors(stored, faults?.[index] ?? null);
        }),
      );
      const unchanged = !faults || faults.every(isUnchanged);
      const outputs = unchanged
        ? clean
        : ((await session.run(samples, faults, draw)).get(output) ?? []);
      perTrial.push(metric.of(outputs, expected));
    }
    options.progress?.(stage, trials, trials);
    return {
      spread: spreadOf(perTrial, samples.count, metric.isShare),
      perTrial,
      errors: meanErrors(errors),
    };
  };
  return { mapped, clean, spread };
}

/** Index of the largest output of each sample, the lowest where several are equal. */
function classesOf(batches: readonly Tensor[]): Tensor {
  const classes: number[] = [];
  for (const batch of batches) {
    const values = toNumbers(batch);
    const width = values.length / batch.shape[0];
    for (let s = 0; s < batch.shape[0]; s++) {
      const row = values.subarray(s * width, (s + 1) * width);
      classes.push(width === 1 ? row[0] : row.indexOf(row.reduce((top, x) => Math.max(top, x))));
    }
  }
  return { type: "int32", shape: [classes.length], data: Int32Array.from(classes) };
}

/** Effects cumulative in life order, then each alone, on the same drawn devices. */
async function ablate(
  trialist: Trialist,
  image: ProgrammingImage,
  chain: NoiseChain,
  together: Spread,
): Promise<EvaluationReport["ablation"]> {
  const names = chain.active.filter(hasEffect).map((use) => use.model);
  const sets = [...names.map((_, k) => names.slice(0, k + 1)), ...names.map((name) => [name])];
  const distinct = [...new Map(sets.map((set) => [set.join("+"), set])).values()];
  const rows: EvaluationReport["ablation"][number][] = [];
  for (const effects of distinct) {
    const isAll = effects.length === names.length;
    const { spread } = isAll
      ? { spread: together }
      : await trialist.spread(`ablation ${effects.join("+")}`, chainOf(image.noise, effects));
    rows.push({ effects, mean: spread.mean, std: spread.std });
  }
  return rows;
}

/** @throws BAD_OPTION for errors to or from a 0 that no weight of the image can be */
function refuseImpossibleTypes(image: ProgrammingImage, { errorTypes }: EvaluateOptions): void {
  const hasZero = image.encodings.some(({ senses }) => senses.some((s) => s.digits === "ternary"));
  if (hasZero || !errorTypes || (errorTypes.type2 === 0 && errorTypes.type3 === 0)) return;
  throw new XbcError(
    "BAD_OPTION",
    `--ber type2, type3: need weights that can be 0, found ${image.encodings.map((e) => e.name).join(", ")}; give type1 or one rate`,
  );
}

/** False where a model's parameters already take its effect out, such as cycling at 0 cycles. */
function hasEffect({ model, parameters }: NoiseUse): boolean {
  const ideal = noiseModelNamed(model).ideal?.(parameters);
  return !ideal || Object.keys(parameters).some((name) => ideal[name] !== parameters[name]);
}

async function sweepBer(
  trialist: Trialist,
  options: EvaluateOptions,
): Promise<EvaluationReport["overBer"]> {
  const rows: EvaluationReport["overBer"][number][] = [];
  for (const ber of options.ber ?? []) {
    const { spread } = await trialist.spread(`BER ${ber}`, bitErrors({ ber }));
    rows.push({ ber, ...spread });
  }
  if (options.errorTypes) {
    const { type1, type2, type3 } = options.errorTypes;
    const given = Object.entries({ type1, type2, type3 }).filter(([, rate]) => rate > 0);
    const alone = given.map((entry) => Object.fromEntries([entry]));
    for (const rates of given.length > 1 ? [...alone, Object.fromEntries(given)] : alone) {
      const { spread } = await trialist.spread(
        `error types ${Object.keys(rates).join("+")}`,
        bitErrors(rates),
      );
      rows.push({ ber: rates, ...spread });
    }
  }
  return rows;
}

/** Stored bit errors alone, whatever the image's own noise. */
export function bitErrors(rates: NoiseUse["parameters"]): NoiseChain {
  const total = Object.values(rates).reduce((sum, rate) => sum + rate, 0);
  return total === 0 ? quiet : chainOf([{ model: "bit-error", parameters: rates }], "all");
}
