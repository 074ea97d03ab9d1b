import type { EncodingLayout } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { ProgrammingImage } from "../ir/image.ts";
import type { LayerPlacement } from "../ir/mapping.ts";
import type { Buffer, BufferId, Layer, MatrixLayer } from "../ir/network.ts";
import { levelsOf } from "../ir/network.ts";
import { placementFault } from "../ir/placement-fault.ts";
import { sizeOf } from "../ir/tensor.ts";
import { checkDigital, checkRequantize } from "./check-digital.ts";
import { checkRange, type Need } from "./check-range.ts";
import { checkSchedule } from "./check-schedule.ts";
import { checkWindow } from "./check-window.ts";

/** most elements of one sample in one buffer: above what any run could hold */
export const mostElements = 2 ** 28;
/** most cells of one bank */
export const mostBankCells = 2 ** 30;
/** most banks of an image: 10^8 weights in banks of 8 x 8 cells are fewer */
const mostBanks = 2 ** 24;

/**
 * Checks that what the schema cannot say holds of an image: every name means something, every index lies in its
 * bounds, every size fits, so that a run can trust it.
 * @throws BAD_FILE naming the layer
 */
export function checkImage(image: ProgrammingImage, name: string): void {
  const need: Need = (holds, where, needed, found) => {
    if (holds) return;
    throw new XbcError(
      "BAD_FILE",
      `${name}, ${where}: needs ${needed}, found ${String(found)}; the file was edited or is damaged, compile the image again`,
    );
  };
  for (const [id, buffer] of image.buffers) checkBuffer(id, buffer, need);
  checkFlow(image, need);
  for (const encoding of image.encodings) checkEncoding(encoding, need);
  checkPlacements(image, need);
  for (const layer of image.layers) checkLayer(layer, image, need);
  checkInputs(image, need);
  checkProgramming(image, need);
  checkCosts(image, need);
  checkSchedule(image, need);
}

function checkBuffer(id: BufferId, buffer: Buffer, need: Need): void {
  const where = `buffer ${id}`;
  const size = sizeOf(buffer.shape);
  need(size <= mostElements, where, `at most ${mostElements} elements a sample`, size);
  if (buffer.kind === "codes") checkRange(buffer.range, where, need);
}

/** Every buffer is written once, by an input or a layer, before it is read. */
function checkFlow(image: ProgrammingImage, need: Need): void {
  const written = new Set<BufferId>();
  const write = (id: BufferId, where: string): void => {
    need(image.buffers.has(id), where, "a buffer of the image to write", id);
    need(!written.has(id), where, "each buffer to be written once", `${id} written again`);
    written.add(id);
  };
  const read = (id: BufferId, where: string): void =>
    need(written.has(id), where, "a buffer that was written before to read", id);
  for (const input of image.inputs) write(input.buffer, `input ${input.name}`);
  const names = new Set<string>();
  for (const layer of image.layers) {
    const where = `layer ${layer.id}`;
    need(!names.has(layer.id), where, "a name of its own", "it twice");
    names.add(layer.id);
    const [from, to] =
      layer.kind === "subgraph" ? [layer.from, layer.to] : [[layer.from], [layer.to]];
    for (const id of from) read(id, where);
    for (const id of to) write(id, where);
  }
  for (const output of image.outputs) read(output.buffer, `output ${output.name}`);
  for (const { layer } of image.costs)
    need(names.has(layer), "costs", "a layer of the image", layer);
  for (const layer of image.referenceWeights.keys()) {
    need(names.has(layer), "reference weights", "a layer of the image", layer);
  }
}

function checkInputs(image: ProgrammingImage, need: Need): void {
  for (const { name, buffer, shape, drawn } of image.inputs) {
    const size = sizeOf(image.buffers.get(buffer)?.shape ?? []);
    const rows = drawn?.summed === "outputs" ? drawn.presentations : 1;
    need(
      rows * sizeOf(shape) === size,
      `input ${name}`,
      `the ${size} elements of its buffer`,
      rows * sizeOf(shape),
    );
  }
}

/** The formula of an encoding gives each code of its alphabet from its pattern. */
function checkEncoding(encoding: EncodingLayout, need: Need): void {
  const where = `encoding ${encoding.name}`;
  const { alphabet, cellsPerWeight: c, significance, levelValues, offset, patterns } = encoding;
  need(ascending(alphabet.levels), where, "an ascending alphabet", alphabet.levels.slice(0, 8));
  need(significance.length === c, where, `${c} significances`, significance.length);
  need(
    patterns.length === alphabet.levels.length,
    where,
    `${alphabet.levels.length} patterns`,
    patterns.length,
  );
  need(
    levelValues.length ** c <= Number.MAX_SAFE_INTEGER,
    where,
    "patterns that 2^53 numbers tell apart",
    `${levelValues.length}^${c}`,
  );
  patterns.forEach((pattern, k) => {
    const fits = pattern.length === c && pattern.every((level) => level < levelValues.length);
    need(
      fits,
      `${where}, code ${alphabet.levels[k]}`,
      `${c} levels below ${levelValues.length}`,
      pattern,
    );
    const code = pattern.reduce(
      (sum, level, cell) => sum + significance[cell] * levelValues[level],
      offset,
    );
    need(
      code === alphabet.levels[k],
      `${where}, pattern ${pattern}`,
      `the code ${alphabet.levels[k]}`,
      code,
    );
  });
  checkReference(encoding, need);
  for (const { cells } of encoding.senses) {
    need(
      cells.every((cell) => cell < c),
      where,
      `senses of cells below ${c}`,
      cells,
    );
  }
}

/** Every pattern of the reference takes away what the weights' offset is short of. */
function checkReference({ name, reference, offset, levelValues }: EncodingLayout, need: Need) {
  if (!reference) return;
  const { significance, patterns } = reference;
  for (const pattern of patterns) {
    const where = `encoding ${name}, reference ${pattern}`;
    const fits =
      pattern.length === significance.length && pattern.every((l) => l < levelValues.length);
    need(fits, where, `${significance.length} levels below ${levelValues.length}`, pattern);
    const taken = pattern.reduce((sum, l, k) => sum + significance[k] * levelValues[l], 0);
    need(taken === -offset, where, `the sum ${-offset}`, taken);
  }
}

const ascending = (values: readonly number[]): boolean =>
  values.every((value, k) => k === 0 || values[k - 1] < value);

/** One placement and one set of cells for each matrix layer, in their order, of its size and its alphabet. */
function checkPlacements(image: ProgrammingImage, need: Need): void {
  const matrices = image.layers.filter((layer): layer is MatrixLayer => layer.kind === "matrix");
  const { placements, cells } = image;
  const order = (list: readonly { readonly layer: string }[]) =>
    list.map(({ layer }) => layer).join(", ");
  const names = matrices.map(({ id }) => id).join(", ");
  need(
    order(placements) === names,
    "placements",
    `one for each matrix layer: ${names}`,
    order(placements),
  );
  need(order(cells) === names, "cells", `one for each matrix layer: ${names}`, order(cells));
  const banks = placements.reduce((sum, placement) => sum + placement.banks, 0);
  need(banks <= mostBanks, "placements", `at most ${mostBanks} banks`, banks);
  placements.forEach((placement, k) => {
    checkPlacement(placement, matrices[k], need);
    const fits = cells[k].banks === placement.banks;
    need(fits, `layer ${placement.layer}`, `${placement.banks} banks of cells`, cells[k].banks);
  });
}

function checkPlacement(placement: LayerPlacement, layer: MatrixLayer, need: Need): void {
  const where = `layer ${layer.id}, placement`;
  const fault = placementFault(placement);
  need(fault === null, where, "a placement that fits its banks", fault);
  const inputs = layer.inputs + layer.alwaysOn;
  need(placement.inputs === inputs, where, `${inputs} inputs`, placement.inputs);
  const { alwaysOn } = placement;
  need(alwaysOn === layer.alwaysOn, where, `${layer.alwaysOn} always-on inputs`, alwaysOn);
  need(placement.outputs === layer.outputs, where, `${layer.outputs} outputs`, placement.outputs);
  const cells = placement.bankWordLines * placement.bankBitLines;
  need(cells <= mostBankCells, where, `banks of at most ${mostBankCells} cells`, cells);
  const held = new Set(placement.encoding.alphabet.levels);
  const { levels } = layer.alphabet;
  need(
    levels.every((level) => held.has(level)),
    where,
    `an encoding that holds ${layer.alphabet.name}`,
    placement.encoding.name,
  );
}

function checkLayer(layer: Layer, image: ProgrammingImage, need: Need): void {
  switch (layer.kind) {
    case "matrix":
      checkMatrix(layer, image, need);
      return;
    case "digital":
      checkDigital(layer, image, need);
      return;
    case "subgraph": {
      const { from, to, inputNames, outputNames } = layer;
      const where = `layer ${layer.id}`;
      need(
        inputNames.length === from.length,
        where,
        `${from.length} input names`,
        inputNames.length,
      );
      need(
        outputNames.length === to.length,
        where,
        `${to.length} output names`,
        outputNames.length,
      );
      need(layer.onnx.length > 0, where, "an ONNX model", "no bytes");
    }
  }
}

function checkMatrix(layer: MatrixLayer, image: ProgrammingImage, need: Need): void {
  const where = `layer ${layer.id}`;
  const { inputs, outputs, activations, alphabet, scale } = layer;
  const from = image.buffers.get(layer.from);
  const to = image.buffers.get(layer.to);
  need(
    from?.kind === "codes" || (from?.kind === "float" && layer.presentation.kind === "stochastic"),
    where,
    "codes to read",
    from?.kind,
  );
  checkRange(activations, where, need);
  checkReadOut(layer, where, need);
  need(ascending(alphabet.levels), where, "an ascending alphabet", alphabet.levels.slice(0, 8));
  const largest = (a: number, b: number) => Math.max(Math.abs(a), Math.abs(b));
  const weight = largest(alphabet.levels[0], alphabet.levels[alphabet.levels.length - 1]);
  const lines = inputs + layer.alwaysOn;
  const bound = lines * weight * largest(activations.minimum, activations.maximum);
  need(bound < 2 ** 31, where, "sums below 2^31", bound);
  need(
    scale.length === 1 || scale.length === outputs,
    where,
    `1 or ${outputs} scales`,
    scale.length,
  );
  need(scale.every(Number.isFinite), where, "finite scales", "one that is not");
  const [reads, writes] = accessSizes(layer, where, need);
  const sizes = [from, to].map((buffer) => sizeOf(buffer?.shape ?? []));
  need(sizes[0] === reads, where, `${reads} codes to read`, sizes[0]);
  need(sizes[1] === writes, where, `room for ${writes} results`, sizes[1]);
  checkRequantize(layer.requantize, outputs, to, where, need);
}

/** A read-out that can make what the layer gives; only an analog one has inputs that are always on. */
function checkReadOut(
  { readOut, alwaysOn, requantize, activations }: MatrixLayer,
  where: string,
  need: Need,
): void {
  const { kind } = readOut;
  const isAnalog = kind !== "digital";
  need(isAnalog || alwaysOn === 0, where, "no always-on inputs behind digital sums", alwaysOn);
  if (isAnalog) need(activations.minimum >= 0, where, "activations from 0 on", activations.minimum);
  if (kind === "sweep") need(requantize.kind === "sum", where, "sums to be swept", requantize.kind);
  if (kind === "comparator") {
    const one = requantize.kind === "thresholds" && levelsOf(requantize.range) === 2;
    need(one, where, "one threshold an output behind a comparator", requantize.kind);
  }
}

/** Elements of one sample that a layer reads and writes. */
function accessSizes(
  layer: MatrixLayer,
  where: string,
  need: Need,
): readonly [reads: number, writes: number] {
  const { access, inputs, outputs } = layer;
  if (access.kind === "dense") return [access.positions * inputs, access.positions * outputs];
  const { groups, channels, input, kernel, output } = access;
  checkWindow(access, where, need);
  need(
    channels % groups === 0 && outputs % groups === 0,
    where,
    `channels and outputs in ${groups} groups`,
    `${channels}, ${outputs}`,
  );
  const taps = (channels / groups) * sizeOf(kernel);
  need(inputs === taps, where, `${taps} inputs for its window`, inputs);
  return [channels * sizeOf(input), outputs * sizeOf(output)];
}

/** Currents by level are of every level that a cell may hold, and of word lines that inputs run on. */
function checkCosts({ costModel, encodings, placements }: ProgrammingImage, need: Need): void {
  const { read } = costModel;
  if (read.kind !== "by-current") return;
  const levels = Math.max(...encodings.map(({ levelValues }) => levelValues.length));
  for (const currents of [read.currents_A, read.halfSelected_A])
    need(currents.length >= levels, "cost model", `currents of ${levels} levels`, currents.length);
  for (const { layer, configuration } of placements)
    need(
      configuration === "gated",
      `layer ${layer}`,
      "inputs on word lines, where reads cost by current",
      configuration,
    );
}

/** A level of each cell that a weight may hold is described, so that pulses can be listed. */
function checkProgramming(image: ProgrammingImage, need: Need): void {
  const { levels, routines } = image.programming;
  for (const { name, range } of levels) {
    const { low_S, aim_S, high_S } = range;
    const ascends = low_S <= aim_S && aim_S <= high_S;
    need(ascends, `level ${name}`, "a range around its aim", `${low_S}, ${aim_S}, ${high_S} S`);
  }
  const names = routines.map(({ name }) => name);
  need(new Set(names).size === names.length, "routines", "names of their own", names);
  const described = new Set(levels.map(({ level }) => level));
  for (const { name, patterns } of image.encodings) {
    for (const pattern of patterns) {
      for (const level of pattern)
        need(
          described.has(level),
          `encoding ${name}`,
          "every level to be programmed",
          `none for level ${level}`,
        );
    }
  }
  for (const layer of image.layers) {
    if (layer.kind !== "matrix" || layer.presentation.kind !== "planes") continue;
    const { significances } = layer.presentation;
    need(
      levelsOf(layer.activations) <= 2 ** 16 && significances.length > 0,
      `layer ${layer.id}`,
      "planes of its codes",
      significances,
    );
  }
}
