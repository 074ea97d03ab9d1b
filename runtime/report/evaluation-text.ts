import { duration, formatQuantity, grouped, percent, plural, probability } from "./figures.ts";
import { assumptionsText, blocks } from "./notes-text.ts";
import type { Paint } from "./paint.ts";
import type { EvaluationReport, Spread } from "./report.ts";
import type { TextOptions } from "./text-options.ts";
import { left, pairs, right, textTable } from "./text-table.ts";

/** Accuracy after mapping: without noise, with it, what each effect does, where the errors are. */
export function evaluationText(report: EvaluationReport, { paint, verbose }: TextOptions): string {
  const { metric } = report;
  return blocks(
    accuracyTable(report, paint),
    ablationTable(report, paint),
    titled("over time", overTimeTable(report, paint)),
    titled("over bit error rate", berTable(report, paint)),
    report.noisy === null ? "" : titled("errors by layer", errorTable(report, paint)),
    costsText(report),
    metric === "top1" || report.metric === "top5" ? "" : `metric: ${metric}`,
    assumptionsText(report.assumptions, verbose, paint),
  );
}

const titled = (title: string, text: string): string => (text === "" ? "" : `${title}\n${text}`);

/** A value of a metric: shares in percent, distances as they are. */
export function metricValue(metric: string, value: number): string {
  return metric === "mse" || metric === "cosine" ? value.toPrecision(5) : percent(value);
}

const spreadOf = (metric: string, std: number): string => `± ${metricValue(metric, std)}`;

const interval = (metric: string, [low, high]: readonly [number, number]): string =>
  `${metricValue(metric, low)} to ${metricValue(metric, high)}`;

/** The headline: float model, mapped, noisy, and a weak condition beside the chosen one. */
export function accuracyTable(report: EvaluationReport, paint: Paint): string {
  const { metric, baseline, mapped, comparators, noisy, weak, samples } = report;
  const exact = (name: string, value: number) => [name, metricValue(metric, value), "", "", ""];
  const noise = (spread: Spread & { readonly condition: string }) => [
    `noisy, condition ${spread.condition}`,
    ...spreadCells(metric, spread),
  ];
  const rows = [
    ...(baseline ? [exact("float model", baseline.accuracy)] : []),
    exact("mapped, no noise", mapped.accuracy),
    ...(comparators
      ? [
          exact("the first comparator that fires", comparators.accuracy),
          exact("  none fires", comparators.none),
          exact("  several fire", comparators.several),
        ]
      : []),
    ...(noisy ? [noise(noisy)] : []),
    ...(weak ? [noise(weak)] : []),
  ];
  const columns = [
    left(`${metric}, ${plural(samples, "sample")}`),
    right("mean"),
    right("std"),
    right("95 % interval"),
    right("trials"),
  ];
  return textTable(columns, rows, paint);
}

function spreadCells(metric: string, { mean, std, ci95, trials }: Spread): readonly string[] {
  return [
    metricValue(metric, mean),
    trials > 1 ? spreadOf(metric, std) : "",
    interval(metric, ci95),
    grouped(trials),
  ];
}

/** Effects added in the order of a cell's life, then each alone. */
export function ablationTable({ ablation, metric }: EvaluationReport, paint: Paint): string {
  if (ablation.length === 0) return "";
  const rows = ablation.map(({ effects, mean, std }) => [
    effects.length === 0 ? "none" : effects.join(" + "),
    metricValue(metric, mean),
    spreadOf(metric, std),
  ]);
  return textTable([left("effects"), right("mean"), right("std")], rows, paint);
}

function overTimeTable({ overTime, metric }: EvaluationReport, paint: Paint): string {
  if (overTime.length === 0) return "";
  const rows = overTime.map(({ elapsed_s, mean, std }) => [
    duration(elapsed_s),
    metricValue(metric, mean),
    spreadOf(metric, std),
  ]);
  return textTable([right("after"), right("mean"), right("std")], rows, paint);
}

function berTable({ overBer, metric }: EvaluationReport, paint: Paint): string {
  if (overBer.length === 0) return "";
  const rows = overBer.map((point) => [rateText(point.ber), ...spreadCells(metric, point)]);
  const columns = [
    left("BER"),
    right("mean"),
    right("std"),
    right("95 % interval"),
    right("trials"),
  ];
  return textTable(columns, rows, paint);
}

function rateText(ber: EvaluationReport["overBer"][number]["ber"]): string {
  if (typeof ber === "number") return probability(ber);
  return Object.entries(ber)
    .map(([name, value]) => `${name} ${probability(value)}`)
    .join(", ");
}

/** Weights that a read finds at another code, by kind (L5). */
export function errorTable({ layers }: EvaluationReport, paint: Paint): string {
  if (layers.length === 0) return "";
  // digits are read wrong by type, sums of currents are off by some noise
  const isDigital = layers.some((layer) => layer.signalToNoise_dB === null);
  const isAnalog = layers.some((layer) => layer.signalToNoise_dB !== null);
  const columns = [
    left("layer"),
    right(isAnalog ? "weights nearer another level" : "wrong weights"),
    ...(isDigital
      ? [right("type 1: ±1 as ∓1"), right("type 2: ±1 as 0"), right("type 3: 0 as ±1")]
      : []),
    ...(isAnalog ? [right("SNR of weights")] : []),
  ];
  const rows = layers.map(({ name, weightErrorRate, errorTypes, signalToNoise_dB: ratio }) => {
    const types = [errorTypes.type1, errorTypes.type2, errorTypes.type3];
    return [
      name,
      probability(weightErrorRate),
      ...(isDigital ? types.map((type) => (ratio === null ? probability(type) : "")) : []),
      ...(isAnalog ? [ratio === null ? "" : `${ratio.toFixed(1)} dB`] : []),
    ];
  });
  return textTable(columns, rows, paint);
}

function costsText({ energy, interval_s, latency_s, seed, noise }: EvaluationReport): string {
  const { perInference_J, synapsesRead, synapsesMasked, maskedAreRead, presented } = energy;
  const rates = presented.map(
    ({ layer, perInput }) => `${layer} ${Number(perInput.toPrecision(3))}`,
  );
  const apart =
    synapsesMasked === null || synapsesMasked === 0 || synapsesRead === 0
      ? ""
      : `, ${grouped(Math.round(synapsesMasked))} of them with a masked input: ` +
        `${formatQuantity((perInference_J * synapsesMasked) / synapsesRead, "J")} apart`;
  return pairs([
    [
      "energy",
      `${formatQuantity(perInference_J, "J")} an inference; ${plural(Math.round(synapsesRead), "synapse")} read${maskedAreRead ? apart : ""}`,
    ],
    ...(maskedAreRead
      ? []
      : [
          [
            "reads",
            `${Number(energy.presentedPerInput.toPrecision(3))} an input and inference: ${rates.join(", ")}; masked inputs are not read`,
          ] as const,
        ]),
    [
      "time",
      `latency ${duration(latency_s)}, one inference every ${duration(interval_s)} when pipelined`,
    ],
    [
      "noise",
      `${noise.length === 0 ? "none" : noise.map(({ model }) => model).join(", ")}; seed ${seed}`,
    ],
  ]);
}
