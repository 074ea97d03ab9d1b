import type { ImageLayerCosts, ProgrammingImage } from "../ir/image.ts";
import { UNUSED } from "../ir/image.ts";
import type {
  Access,
  CodeRange,
  DigitalLayer,
  Layer,
  MatrixLayer,
  Presentation,
  Requantize,
  WindowShape,
} from "../ir/network.ts";
import { readsOf } from "../ir/network.ts";
import { banksOfReplica, replicasOf } from "../ir/replicas.ts";
import { bankGroups } from "./bank-groups.ts";
import { levelName, type PlacedLayer, placedLayers } from "./find-layer.ts";
import { sha256 } from "./sha256.ts";
import { hashImage } from "./write-image.ts";

/** word and bit lines of the first bank that are drawn */
const shownWordLines = 8;
const shownBitLines = 64;
/** values of a list that are written out */
const shownValues = 8;

/**
 * An image as text: what it is, then each layer on at most a screen, with the corner of its first bank and the hash
 * of all its cells. The same image gives the same text, line for line, so that two can be compared by `diff`.
 */
export async function inspectImage(image: ProgrammingImage): Promise<string> {
  const placed = new Map(placedLayers(image).map((layer) => [layer.layer.id, layer]));
  const sections = [headText(image, await hashImage(image))];
  for (const [index, layer] of image.layers.entries()) {
    const lines = layerLines(layer, index);
    const cells = placed.get(layer.id);
    sections.push([...lines, ...(cells ? await cellLines(image, cells) : [])].join("\n"));
  }
  return `${sections.join("\n\n")}\n`;
}

function headText(image: ProgrammingImage, hash: string): string {
  const { technology, limits, programming, baseline } = image;
  const condition = image.condition === "" ? "" : `, condition ${image.condition}`;
  const uses = (noise: ProgrammingImage["noise"]) =>
    noise.map(
      ({ model, parameters }) =>
        `${model}(${Object.entries(parameters)
          .map(([name, value]) => `${name} ${value}`)
          .join(", ")})`,
    );
  return [
    `${image.format} ${image.version} by ${image.generator}`,
    `hash        ${hash}`,
    `source      ${image.source.file} sha256 ${image.source.sha256}`,
    `target      ${image.target}${condition}, read-out ${technology.readOut}, inputs on ${technology.array.inputsOn}`,
    `precision   ${image.precision}`,
    `bank        ${limits.wordLines} word lines x ${limits.bitLines} bit lines, bound by ${limits.boundBy}`,
    `levels      ${programming.levels.map(({ level, name }) => `${level} ${name}`).join(", ")}, ${UNUSED} unused (.)`,
    ...image.encodings.map(({ name, convention }) => `encoding    ${name}: ${convention}`),
    ...uses(image.noise).map((text) => `noise       ${text}`),
    ...(image.weak
      ? [`weak        ${image.weak.condition}: ${uses(image.weak.noise).join(", ")}`]
      : []),
    ...image.inputs.map(
      ({ name, type, shape, buffer }) =>
        `input       ${name} ${type} [${shape.join(" x ")}] -> ${buffer}`,
    ),
    ...image.outputs.map(({ name, buffer }) => `output      ${name} <- ${buffer}`),
    ...(baseline
      ? [`baseline    ${baseline.metric} ${baseline.value} of ${baseline.samples} samples`]
      : []),
    `schedule    ${image.steps.rows} rows`,
    `seed        ${image.seed}`,
    ...Object.entries(image.options)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `option      ${name} ${value}`),
    ...image.assumptions.map((text) => `assumed     ${text}`),
    ...image.warnings.map((text) => `warning     ${text}`),
  ].join("\n");
}

function layerLines(layer: Layer, index: number): readonly string[] {
  switch (layer.kind) {
    case "matrix": {
      const {
        id,
        op,
        from,
        to,
        inputs,
        outputs,
        access,
        presentation,
        activations,
        alphabet,
        scale,
      } = layer;
      return [
        `layer ${index} ${id}: ${op}, ${inputs} inputs x ${outputs} outputs, ${from} -> ${to}`,
        ...readOutLines(layer),
        `  access      ${accessText(access)}, presented ${presentationText(presentation)}`,
        `  activations ${rangeText(activations)}; weights ${alphabet.name} ${listText(alphabet.levels)}`,
        `  scale       ${listText(Array.from(scale))}`,
        ...requantizeLines(layer.requantize),
      ];
    }
    case "digital":
      return [
        `layer ${index} ${layer.id}: ${layer.op}, ${readsOf(layer).join(", ")} -> ${layer.to}`,
        ...digitalLines(layer),
      ];
    case "subgraph":
      return [
        `layer ${index} ${layer.id}: float subgraph, ${layer.from.join(", ")} -> ${layer.to.join(", ")}`,
        `  onnx        ${layer.onnx.length} bytes, sha256 ${hashOf(layer.onnx)}`,
      ];
  }
}

/** How an analog layer is read, and what of it is always on. */
function readOutLines({ readOut, alwaysOn }: MatrixLayer): readonly string[] {
  switch (readOut.kind) {
    case "digital":
      return [];
    case "comparator":
      return [`  read        comparator ${readOut.fires}, ${alwaysOn} always-on inputs`];
    case "sweep":
      return [`  read        comparator under a rising reference, ${alwaysOn} always-on inputs`];
    case "multi-reference":
      return [
        `  read        against references ${listText(readOut.references)}, ${alwaysOn} always-on inputs`,
      ];
    case "adc":
      return [`  read        converter of ${readOut.bits} bits from ${readOut.minimum}`];
  }
}

function digitalLines(layer: DigitalLayer): readonly string[] {
  switch (layer.op) {
    case "encode": {
      const { range, thresholds, channels } = layer;
      return [
        `  thresholds  ${rangeText(range)}, ${channels} channels: ${listText(Array.from(thresholds))}`,
        `  hash        ${hashOf(thresholds)}`,
      ];
    }
    case "join":
      return [`  factors     ${layer.factors.join(", ")}`];
    case "permute":
      return [
        `  order       ${listText(Array.from(layer.order))}`,
        `  hash        ${hashOf(layer.order)}`,
      ];
    case "pool":
      return [
        `  ${windowText(layer.window)}`,
        `  smallest    ${layer.directions.filter((way) => way < 0).length} of ${layer.directions.length} channels, else the largest`,
      ];
    case "spikes":
      return [
        `  spikes      ${layer.steps} steps: ${listText(spikingBytes(layer.table))}`,
        `  hash        ${hashOf(layer.table)}`,
      ];
    case "integrate-fire":
      return [
        `  neurons     ${layer.thresholds.length} over ${layer.steps} steps, reset ${layer.reset === "zero" ? "to 0" : "by subtraction"}; fire at ${listText(Array.from(layer.thresholds))}`,
        `  hash        ${hashOf(layer.thresholds)}`,
      ];
    case "requantize":
      return requantizeLines(layer.requantize);
  }
}

/** By step, how many of the 256 bytes spike. */
const spikingBytes = (table: Uint8Array): readonly number[] =>
  Array.from({ length: table.length / 256 }, (_, step) =>
    table.subarray(step * 256, (step + 1) * 256).reduce((sum, code) => sum + code, 0),
  );

function requantizeLines(requantize: Requantize): readonly string[] {
  switch (requantize.kind) {
    case "sum":
      return ["  gives       sums"];
    case "thresholds": {
      const { range, thresholds, directions } = requantize;
      const falling = directions.filter((direction) => direction < 0).length;
      return [
        `  thresholds  ${rangeText(range)}: ${listText(Array.from(thresholds))}; ${falling} of ${directions.length} falling`,
        `  hash        ${hashOf(thresholds, directions)}`,
      ];
    }
    case "table": {
      const { range, minimum, maximum, codes } = requantize;
      return [
        `  table       ${rangeText(range)} for sums ${minimum} to ${maximum}: ${listText(Array.from(codes))}`,
        `  hash        ${hashOf(codes)}`,
      ];
    }
  }
}

async function cellLines(
  image: ProgrammingImage,
  { layer, placement, cells }: PlacedLayer,
): Promise<readonly string[]> {
  const counts = new Float64Array(UNUSED + 1);
  const hash = sha256();
  let corner: Uint8Array | null = null;
  for await (const { levels } of bankGroups(cells)) {
    corner ??= levels.slice(0, shownWordLines * cells.bitLines);
    hash.update(levels);
    for (const level of levels) counts[level]++;
  }
  const held = Array.from(counts.entries()).filter(([, count]) => count > 0);
  const costs = image.costs.find((candidate) => candidate.layer === layer.id);
  return [
    `  placement   ${placement.configuration}, ${placement.encoding.name}: ${placement.reason}`,
    `  banks       ${cells.banks} of ${cells.wordLines} x ${cells.bitLines}, tiles of ${placement.tileInputs} inputs x ${placement.tileOutputs} outputs${copiesText(placement)}`,
    `  cells       ${held.map(([level, count]) => `${count} ${levelName(image, level)}`).join(", ")}`,
    ...(costs
      ? [
          `  cost        ${costs.segments} read segments, ${costs.clocks} clocks, ${costs.synapsesRead} synapses sensed an inference${analogCosts(costs)}`,
        ]
      : []),
    `  hash        ${hash.hex()}`,
    ...(corner ? [`  bank 0`, ...drawing(corner, cells.bitLines)] : []),
  ];
}

function copiesText(placement: PlacedLayer["placement"]): string {
  const copies = replicasOf(placement);
  return copies === 1
    ? ""
    : `; ${copies} copies of ${banksOfReplica(placement)} banks, position p read on copy p mod ${copies}`;
}

function analogCosts({ channels, sweepClocks, conversions }: ImageLayerCosts): string {
  return [
    channels === undefined ? "" : `, ${channels} read-out channels`,
    sweepClocks === undefined ? "" : `, up to ${sweepClocks} clocks more of an arg max`,
    conversions === undefined ? "" : `, ${conversions} conversions`,
  ].join("");
}

/** Levels as digits, word line by word line; `.` is unused, `+` a level above 35. */
function drawing(levels: Uint8Array, bitLines: number): readonly string[] {
  const wordLines = levels.length / bitLines;
  const shown = Math.min(bitLines, shownBitLines);
  return Array.from({ length: wordLines }, (_, w) => {
    const line = Array.from(levels.subarray(w * bitLines, w * bitLines + shown), symbol).join("");
    return `    ${String(w).padStart(2)} ${line}${shown < bitLines ? " …" : ""}`;
  });
}

function symbol(level: number): string {
  if (level === UNUSED) return ".";
  return level < 36 ? level.toString(36) : "+";
}

function hashOf(...arrays: readonly ArrayBufferView[]): string {
  const hash = sha256();
  for (const { buffer, byteOffset, byteLength } of arrays)
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.hex();
}

function accessText(access: Access): string {
  if (access.kind === "dense") return `dense, ${access.positions} positions`;
  return `${windowText(access)}, ${access.groups} groups`;
}

function windowText(window: WindowShape): string {
  const { channels, input, kernel, strides, dilations, pads, output } = window;
  const by = (list: readonly number[]) => list.join(" x ");
  return `window ${by(kernel)} over ${channels} x ${by(input)} to ${by(output)}, strides ${by(strides)}, dilations ${by(dilations)}, pads ${pads.join(" ")}`;
}

function presentationText(presentation: Presentation): string {
  switch (presentation.kind) {
    case "once":
      return "once";
    case "planes":
      return `in ${presentation.digits} planes of ${presentation.significances.join(", ")}`;
    case "stochastic":
      return `${presentation.presentations} times at random`;
    case "spikes":
      return `over ${presentation.steps} steps of spikes`;
  }
}

const rangeText = ({ minimum, maximum, step }: CodeRange): string =>
  `${minimum} to ${maximum}${step === 1 ? "" : ` by ${step}`}`;

function listText(values: readonly number[]): string {
  const shown = values.slice(0, shownValues).join(" ");
  return values.length > shownValues ? `${shown} … (${values.length})` : shown;
}
