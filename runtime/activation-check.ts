import type { FloatExecutor } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import { runFloatModel } from "../compiler/float-model.ts";
import type { Graph, GraphNode, ValueId } from "../compiler/ir/graph.ts";
import { producers } from "../compiler/ir/graph.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { MatrixLayer } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { toNumbers } from "../compiler/ir/tensor.ts";
import type { VerifyReport } from "./report/report.ts";
import { joined } from "./run.ts";

type Check = VerifyReport["checks"][number];
type Tensors = ReadonlyMap<string, Tensor>;

/** Ulps of float32 by which a sum's rounding may move it across a switching point (design: "What is exact"). */
const ALLOWED_ULPS = 4;

/** An activation that a matrix reads, and the sums of the matrices right before it. */
interface Activation {
  readonly layer: string;
  readonly value: ValueId;
  readonly sums: readonly Sum[];
}

/** One matrix's real sums in both graphs. */
interface Sum {
  readonly theirs: ValueId;
  readonly ours: ValueId;
  /** where cells hold its thresholds: what comparators compare, and how far at most that was rounded */
  readonly compared: MatrixLayer | null;
}

/** The check, and which samples have an activation that differs; null where none were compared. */
export interface ActivationCheck {
  readonly check: Check;
  readonly differing: Uint8Array | null;
}

/** Names of a layer's real sums in the reference graph; the last that is there holds bias, offset and scale. */
const sumNames = ["biased", "untransposed", "with-offset", "rounded", "scaled", "sum"];

/**
 * Compares what every matrix reads in the model as its author left it with what it reads in the quantized network.
 * A float model rounds each sum in its own way, so an activation may differ where that moves the sum across a
 * switching point: the two sums then lie on both sides of it. Where they are more than 4 ulp of the layer's
 * largest sum apart, rounding is no excuse, and the check fails. Thresholds that cells hold are rounded to what always-on
 * inputs can sum to: there an activation may differ where a sum lies within that of a threshold. What follows from an
 * earlier difference in the same sample is not judged again.
 * @param reference the quantized network, weights filled in
 * @param feeds     by input name, all samples in front
 */
export async function checkActivations(
  image: ProgrammingImage,
  model: Graph,
  reference: Graph,
  executor: FloatExecutor,
  feeds: Tensors,
): Promise<ActivationCheck> {
  const name = "activations";
  const without = (detail: string): ActivationCheck => ({
    check: { name, passed: true, detail },
    differing: null,
  });
  const changed = changedBy(image);
  if (changed.length > 0)
    return without(`not compared with the model's: ${changed.join(", ")} changed them`);
  const activations = activationsOf(image, model, reference);
  if (activations.length === 0) return without("no layer reads what another one gives");
  const watched = (side: "theirs" | "ours") => [
    ...new Set(activations.flatMap(({ value, sums }) => [value, ...sums.map((sum) => sum[side])])),
  ];
  const [samples] = [...feeds.values()].map(({ shape }) => shape[0]);
  const tally: Tally = { compared: 0, different: 0, excused: 0, rounded: 0, worst: 0, where: "" };
  const differing = new Uint8Array(samples);
  for (let first = 0; first < samples; first += SAMPLES_AT_ONCE) {
    const count = Math.min(SAMPLES_AT_ONCE, samples - first);
    const part = slice(feeds, first, count);
    const theirs = await valuesOf(model, watched("theirs"), executor, part);
    const ours = await valuesOf(reference, watched("ours"), executor, part);
    const spoiled = differing.subarray(first, first + count);
    for (const activation of activations) compare(activation, theirs, ours, spoiled, tally);
  }
  const judged = tally.different - tally.excused - tally.rounded;
  const what = activations.map(({ layer }) => layer).join(", ");
  const reasons = [
    ...(tally.excused > 0 || tally.rounded === 0
      ? [`${tally.excused} of them by rounding at a switching point`]
      : []),
    ...(tally.rounded > 0
      ? [`${tally.rounded} where thresholds were rounded to what cells can hold`]
      : []),
  ];
  const rounding = tally.different > 0 ? `, ${reasons.join(", ")}` : "";
  const fault =
    judged > 0
      ? `; ${judged} lie farther from a switching point (layer ${tally.where}${tally.worst > 0 ? `: sums up to ${tally.worst.toPrecision(3)} ulp apart, needs at most ${ALLOWED_ULPS}` : ""})`
      : "";
  const detail = `what ${what} read: ${tally.different} of ${tally.compared} differ from the model's${rounding}${fault}`;
  return { check: { name, passed: judged === 0, detail }, differing };
}

/** Passes that change what the network computes, beside the one whose changes are known threshold by threshold. */
function changedBy({ options }: ProgrammingImage): readonly string[] {
  const { approximatedBy } = options;
  if (typeof approximatedBy !== "string") return [];
  return approximatedBy.split(" ").filter((pass) => pass !== "" && pass !== "thresholds-to-cells");
}

const SAMPLES_AT_ONCE = 500;

/** Activations with one name in both graphs that stand behind at least one matrix. */
function activationsOf(
  image: ProgrammingImage,
  model: Graph,
  reference: Graph,
): readonly Activation[] {
  const makers = producers(model);
  const ours = producers(reference);
  const layers = new Set<string>(image.placements.map(({ layer }) => layer));
  const isLayer = (node: GraphNode) => layers.has(node.name);
  const sumOf = (node: GraphNode) =>
    sumNames.map((name) => `${node.name}/${name}`).find((id) => ours.has(id));
  return model.nodes.filter(isLayer).flatMap((node) => {
    const value = node.inputs.find((id) => !model.constants.has(id) && ours.has(id));
    if (value === undefined) return [];
    const sums = matricesBehind(value, makers, isLayer).flatMap((matrix) => {
      const own = sumOf(matrix);
      const compared = comparedLayer(image, matrix.name);
      return own === undefined ? [] : [{ theirs: matrix.outputs[0], ours: own, compared }];
    });
    return sums.length === 0 ? [] : [{ layer: node.name, value, sums }];
  });
}

function comparedLayer({ layers }: ProgrammingImage, id: string): MatrixLayer | null {
  const layer = layers.find((other) => other.id === id);
  if (layer?.kind !== "matrix" || layer.requantize.kind !== "thresholds") return null;
  return layer.readOut.kind === "comparator" || layer.readOut.kind === "multi-reference"
    ? layer
    : null;
}

/** The nearest matrices that a value is made of. */
function matricesBehind(
  value: ValueId,
  makers: ReadonlyMap<ValueId, GraphNode>,
  isLayer: (node: GraphNode) => boolean,
): readonly GraphNode[] {
  const found = new Set<GraphNode>();
  const seen = new Set<ValueId>();
  const open = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const node = makers.get(next);
    if (!node) continue;
    if (isLayer(node)) found.add(node);
    else open.push(...node.inputs);
  }
  return [...found];
}

async function valuesOf(
  graph: Graph,
  watched: readonly ValueId[],
  executor: FloatExecutor,
  feeds: Tensors,
): Promise<Values> {
  const parts = await runFloatModel({ ...graph, outputs: watched }, executor, feeds);
  return new Map([...parts].map(([id, list]) => [id, toNumbers(joined(list))]));
}

function slice(feeds: Tensors, first: number, count: number): Tensors {
  return new Map(
    [...feeds].map(([name, feed]): [string, Tensor] => {
      const size = feed.data.length / feed.shape[0];
      const data = feed.data.slice(first * size, (first + count) * size);
      return [name, { ...feed, shape: [count, ...feed.shape.slice(1)], data }];
    }),
  );
}

type Values = ReadonlyMap<string, Float64Array>;

interface Tally {
  compared: number;
  different: number;
  excused: number;
  /** differences that rounded thresholds explain */
  rounded: number;
  worst: number;
  where: string;
}

/** Adds one activation's differences to the tally; samples with any are spoiled for what comes after. */
function compare(
  { layer, value, sums }: Activation,
  theirs: Values,
  ours: Values,
  spoiled: Uint8Array,
  tally: Tally,
): void {
  const a = of(theirs, value);
  const b = of(ours, value);
  const size = a.length / spoiled.length;
  const digital = sums.filter((sum) => sum.compared === null);
  const distances = digital.map((sum) =>
    ulpsApart(of(theirs, sum.theirs), of(ours, sum.ours), spoiled.length),
  );
  const near = sums.flatMap(({ compared, ours: id }) =>
    compared ? [nearThresholds(compared, of(ours, id), spoiled.length)] : [],
  );
  for (let s = 0; s < spoiled.length; s++) {
    if (spoiled[s]) continue;
    tally.compared += size;
    let differ = 0;
    for (let e = s * size; e < (s + 1) * size; e++) if (a[e] !== b[e]) differ++;
    if (differ === 0) continue;
    spoiled[s] = 1;
    tally.different += differ;
    const apart = Math.max(0, ...distances.map((list) => list[s]));
    const close = near.reduce((sum, list) => sum + list[s], 0);
    if (near.length > 0 && differ <= close * fanOf(sums, size, ours, spoiled.length))
      tally.rounded += differ;
    else if (near.length > 0) tally.where = layer;
    else if (apart <= ALLOWED_ULPS) tally.excused += differ;
    else if (apart > tally.worst) Object.assign(tally, { worst: apart, where: layer });
  }
}

function of(values: Values, id: string): Float64Array {
  const found = values.get(id);
  if (!found) throw internal("verify", `value ${id} was not computed`);
  return found;
}

/** [samples] largest distance of a sample's sums, in ulps of the largest sum of all. */
function ulpsApart(a: Float64Array, b: Float64Array, samples: number): Float64Array {
  const size = a.length / samples;
  const largest = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const ulp = 2 ** (Math.floor(Math.log2(largest || 1)) - 23);
  const apart = new Float64Array(samples);
  for (let e = 0; e < a.length; e++) {
    const s = Math.floor(e / size);
    apart[s] = Math.max(apart[s], Math.abs(a[e] - b[e]) / ulp);
  }
  return apart;
}

/** [samples] sums that lie so near to a point where their code changes that the rounding of thresholds may have moved it. */
function nearThresholds(layer: MatrixLayer, sums: Float64Array, samples: number): Uint32Array {
  const { requantize, outputs, roundedBy } = layer;
  if (requantize.kind !== "thresholds") return new Uint32Array(samples);
  const { thresholds } = requantize;
  const steps = thresholds.length / outputs;
  const size = sums.length / samples;
  const inner = layer.access.kind === "window" ? size / outputs : 1;
  const near = new Uint32Array(samples);
  for (let e = 0; e < sums.length; e++) {
    const output = Math.floor(e / inner) % outputs;
    const points = thresholds.subarray(output * steps, (output + 1) * steps);
    if (points.some((point) => Math.abs(sums[e] - point) <= roundedBy))
      near[Math.floor(e / size)]++;
  }
  return near;
}

/** Activations that one sum may decide: one, unless sums go through windows on their way. */
function fanOf(sums: readonly Sum[], size: number, ours: Values, samples: number): number {
  const made = sums.reduce((all, sum) => all + of(ours, sum.ours).length / samples, 0);
  return made === size ? 1 : Number.POSITIVE_INFINITY;
}
