import type { Stages } from "./define.ts";
import { internal } from "./errors.ts";
import type { Graph } from "./ir/graph.ts";
import type { MappedNetwork } from "./ir/mapping.ts";
import type { CodeMatrix, Layer, MatrixLayer, QuantizedNetwork } from "./ir/network.ts";
import { levelsOf, readsOf } from "./ir/network.ts";
import { placementFault } from "./ir/placement-fault.ts";
import type { Schedule } from "./ir/schedule.ts";
import { scheduleColumns } from "./ir/schedule.ts";
import { sizeOf } from "./ir/tensor.ts";

/**
 * What must hold of a stage; runs after every pass.
 * @throws INTERNAL naming the pass that broke the rule
 */
export function checkStage(pass: string, stage: keyof Stages, value: Stages[keyof Stages]): void {
  const fail = (message: string): never => {
    throw internal(`pass ${pass}`, message);
  };
  switch (stage) {
    case "graph":
      return "nodes" in value ? checkGraph(value, fail) : fail("did not return a graph");
    case "network":
      return "weights" in value ? checkNetwork(value, fail) : fail("did not return a network");
    case "mapped":
      return "placements" in value
        ? checkMapped(value, fail)
        : fail("did not return a mapped network");
    case "schedule":
      return "steps" in value ? checkSchedule(value, fail) : fail("did not return a schedule");
  }
}

type Fail = (message: string) => never;

/** Every value is made once, before it is read; names are unique. */
function checkGraph(graph: Graph, fail: Fail): void {
  const known = new Set<string>([...graph.inputs, ...graph.constants.keys(), ""]);
  const names = new Set<string>();
  for (const node of graph.nodes) {
    if (names.has(node.name)) fail(`two nodes are named ${node.name}`);
    names.add(node.name);
    for (const input of node.inputs)
      if (!known.has(input)) fail(`node ${node.name} reads ${input} before it is made`);
    for (const output of node.outputs) {
      if (output !== "" && known.has(output))
        fail(`node ${node.name} makes ${output} a second time`);
      known.add(output);
    }
  }
  for (const output of graph.outputs)
    if (!known.has(output)) fail(`output ${output} is never made`);
}

/** Buffers are filled once and before they are read; weights fit their alphabet; sums fit int32. */
function checkNetwork(network: QuantizedNetwork, fail: Fail): void {
  const filled = new Set<string>(network.inputs.map((input) => input.buffer));
  for (const layer of network.layers) {
    for (const from of readsOf(layer)) {
      if (!filled.has(from)) fail(`layer ${layer.id} reads ${from} before it is filled`);
    }
    for (const to of layer.kind === "subgraph" ? layer.to : [layer.to]) {
      if (filled.has(to)) fail(`layer ${layer.id} fills ${to} a second time`);
      if (!network.buffers.has(to)) fail(`layer ${layer.id} fills ${to}, which is no buffer`);
      filled.add(to);
    }
    checkLayer(network, layer, fail);
  }
  for (const { name, buffer } of network.outputs)
    if (!filled.has(buffer)) fail(`output ${name} is never filled`);
}

/** Weights that were checked: they are never written again, so once is enough. */
const checked = new WeakSet<CodeMatrix>();

/** The first code that is not of the alphabet; null where all are. */
function strangeCode(codes: CodeMatrix): number | null {
  if (checked.has(codes)) return null;
  const { data, alphabet } = codes;
  const middle = 1 << 12;
  const allowed = new Uint8Array(2 * middle);
  for (const level of alphabet.levels) allowed[level + middle] = 1;
  for (let k = 0; k < data.length; k++) if (allowed[data[k] + middle] !== 1) return data[k];
  checked.add(codes);
  return null;
}

function checkLayer(network: QuantizedNetwork, layer: Layer, fail: Fail): void {
  if (layer.kind !== "matrix") return;
  const codes = network.weights.get(layer.id);
  const from = network.buffers.get(layer.from);
  const to = network.buffers.get(layer.to);
  if (!codes || !from || !to) return fail(`layer ${layer.id} lacks weights or buffers`);
  if (codes.data.length !== layer.outputs * (layer.inputs + layer.alwaysOn))
    fail(`layer ${layer.id}: weights do not fit its shape`);
  const isDrawn = layer.presentation.kind === "stochastic";
  if (from.kind !== (isDrawn ? "float" : "codes"))
    fail(`layer ${layer.id} reads ${from.kind}, not codes`);
  const strange = strangeCode(codes);
  if (strange !== null) fail(`layer ${layer.id}: code ${strange} is not in ${codes.alphabet.name}`);
  if (to.kind === "sums" && !(to.bound < 2 ** 31))
    fail(`layer ${layer.id}: sums up to ${to.bound} do not fit int32`);
  if (layer.requantize.kind === "thresholds") {
    const steps = levelsOf(layer.requantize.range) - 1;
    if (layer.requantize.thresholds.length !== layer.outputs * steps)
      fail(`layer ${layer.id}: ${layer.requantize.thresholds.length} thresholds`);
  }
  const reads = codesRead(layer);
  if (sizeOf(from.shape) !== reads)
    fail(`layer ${layer.id}: ${sizeOf(from.shape)} codes where its access reads ${reads}`);
}

/** Codes of one sample that a layer's access goes over. */
function codesRead({ access, inputs }: MatrixLayer): number {
  return access.kind === "dense"
    ? access.positions * inputs
    : access.channels * sizeOf(access.input);
}

/** Every matrix is placed once, within the bank limits. */
function checkMapped(mapped: MappedNetwork, fail: Fail): void {
  const matrices = mapped.network.layers
    .filter((layer) => layer.kind === "matrix")
    .map((layer) => layer.id);
  const placed = mapped.placements.map((placement) => placement.layer);
  if (matrices.join("\n") !== placed.join("\n")) fail("placements and matrix layers differ");
  for (const placement of mapped.placements) {
    const fault = placementFault(placement);
    if (fault) fail(`layer ${placement.layer}: ${fault}`);
    if (
      placement.bankWordLines > mapped.limits.wordLines ||
      placement.bankBitLines > mapped.limits.bitLines
    ) {
      fail(`layer ${placement.layer}: its banks exceed the limits`);
    }
  }
}

/** Reads stay inside their bank and within what the array reads at once, and every used word line is read once a bank. */
function checkSchedule({ mapped, steps }: Schedule, fail: Fail): void {
  const width = scheduleColumns.length;
  const { array } = mapped.target.technology;
  for (let row = 0; row < steps.rows; row++) {
    const at = row * width;
    const [, layer, , bank, first, lines, firstBit, bits, count, , , , stride] =
      steps.data.subarray(at, at + width);
    const placement = mapped.placements[layer];
    if (!placement || bank < 0 || bank >= placement.banks)
      fail(`row ${row} reads bank ${bank} of layer ${layer}`);
    const end = first + (count - 1) * stride + lines;
    if (end > placement.bankWordLines || firstBit + bits > placement.bankBitLines)
      fail(`row ${row} reads outside its bank`);
    if (
      lines > Math.max(array.activeWordLines, placement.segmentWordLines) ||
      bits > array.sensedBitLines
    )
      fail(`row ${row} reads more lines at once than the array can`);
  }
}
