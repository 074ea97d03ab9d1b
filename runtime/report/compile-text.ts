import type { ReadBias } from "../../compiler/define.ts";
import { evaluationText } from "./evaluation-text.ts";
import { duration, formatQuantity, grouped, percent, plural } from "./figures.ts";
import { assumptionsText, blocks, warningsText } from "./notes-text.ts";
import type { Paint } from "./paint.ts";
import { replicationText } from "./replication-text.ts";
import type { CompileReport, LayerReport } from "./report.ts";
import type { TextOptions } from "./text-options.ts";
import { left, pairs, right, textTable } from "./text-table.ts";

/** The mapping of a model: layers, totals, what is assumed, what to mind. */
export function compileText(report: CompileReport, options: TextOptions): string {
  const { paint, verbose } = options;
  const { source, target, condition, precision } = report;
  return blocks(
    `${paint.strong(source.file)} on ${paint.strong(target)}, condition ${condition}, precision ${precision}`,
    mappingTable(report.layers, paint),
    totalsText(report),
    replicationText(report, paint),
    report.accuracy ? evaluationText({ ...report.accuracy, assumptions: [] }, options) : "",
    assumptionsText(report.assumptions, verbose, paint),
    warningsText(report.warnings, paint),
    report.image === null ? "" : `wrote ${report.image}`,
  );
}

const configurations: Readonly<Record<string, string>> = {
  "parallel-to-sequential": "par>seq",
  "sequential-to-parallel": "seq>par",
};

/** One row a matrix layer: where it lies and what an inference takes. */
export function mappingTable(layers: readonly LayerReport[], paint: Paint): string {
  const hasCopies = layers.some(({ replicas }) => replicas > 1);
  const columns = [
    left("layer"),
    right("matrix"),
    right("positions"),
    left("encoding"),
    left("order"),
    ...(hasCopies ? [right("copies")] : []),
    right("banks"),
    right("cells"),
    right("clocks"),
  ];
  const rows = layers.map((layer) => [
    layer.name,
    `${layer.outputs} x ${layer.inputs}`,
    layer.presentations === 1
      ? grouped(layer.positions)
      : `${grouped(layer.positions)} x ${layer.presentations}`,
    layer.encoding,
    configurations[layer.configuration] ?? layer.configuration,
    ...(hasCopies ? [grouped(layer.replicas)] : []),
    grouped(layer.banks),
    grouped(layer.cells),
    grouped(layer.clocks),
  ]);
  return layers.length === 0
    ? "no layer lies on banks: the model holds no constant weight matrix"
    : textTable(columns, rows, paint);
}

function totalsText(report: CompileReport): string {
  const { totals, bankLimits, layers, readBias } = report;
  const { weights, cells, banks, utilization, clocks } = totals;
  const { wordLines, bitLines, boundBy, margin } = bankLimits;
  const next =
    margin === 1 ? "" : `; the next limit lies ${Number(margin.toPrecision(3))} times higher`;
  return pairs([
    ["bank", `at most ${wordLines} word lines x ${bitLines} bit lines, bound by ${boundBy}${next}`],
    [
      "array",
      `${plural(weights, "weight")} in ${plural(cells, "cell")} of ${plural(banks, "bank")}, ` +
        `${percent(utilization, 1)} of their cells used`,
    ],
    [
      "inference",
      `${plural(clocks, "clock")}; latency ${duration(totals.latency_s)}, one every ` +
        `${duration(totals.interval_s)} when pipelined; reads ${formatQuantity(totals.readEnergy_J, "J")}`,
    ],
    ...(totals.channels === null ? [] : [["read-out", readOutText(report)] as const]),
    ...(readBias ? [["sensing", sensingText(layers, readBias)] as const] : []),
    [
      "programming",
      `${plural(totals.pulses, "pulse")}, ${duration(totals.programmingTime_s)} device by device, ` +
        `${formatQuantity(totals.programmingEnergy_J, "J")}`,
    ],
    [
      "area",
      totals.area_m2 === null
        ? "not known: the technology gives no cell area"
        : area(totals.area_m2),
    ],
  ]);
}

/** What reads analog sums, and what an arg max takes beside the clocks of comparators (P10). */
function readOutText({ totals, layers }: CompileReport): string {
  const { channels, sweepClocks, sweep_s, latency_s, conversions, conversionEnergy_J } = totals;
  const kinds = layers.map(({ name, readout }) => `${name} ${readout}`).join(", ");
  const sweep =
    sweepClocks === 0
      ? ""
      : `; the arg max by a rising reference takes up to ${plural(sweepClocks, "clock")} more, latency ${duration(latency_s + sweep_s)} then`;
  const converted =
    conversions === 0
      ? ""
      : `; ${plural(conversions, "conversion")} an inference, ${formatQuantity(conversionEnergy_J, "J")} of its reads`;
  return `${plural(channels ?? 0, "channel")} (${kinds})${sweep}${converted}`;
}

function sensingText(layers: readonly LayerReport[], bias: ReadBias): string {
  const references = layers.flatMap(({ senseReferences_A }) => senseReferences_A ?? []);
  const ends = [Math.min(...references), Math.max(...references)].map((reference) =>
    formatQuantity(reference, "A", 3),
  );
  return (
    `word line at ${formatQuantity(bias.wordLine_V, "V", 3)}, lines not selected at ${formatQuantity(bias.unselected_V, "V", 3)}; ` +
    `${references.length > 0 ? `reference by bank ${ends[0]} to ${ends[1]}; ` : ""}` +
    `P(switch) ${bias.switching.toExponential(1)} an LRS cell and read; ${bias.note}`
  );
}

const area = (area_m2: number): string =>
  `${Number((area_m2 * 1e6).toPrecision(3))} mm² of cells, periphery excluded`;
