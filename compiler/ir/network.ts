import type { Graph, ValueId } from "./graph.ts";
import type { ElementType } from "./tensor.ts";

declare const brand: unique symbol;
/** A layer's name: its ONNX node's, else that node's first output, made unique by `#2`. */
export type LayerId = string & { readonly [brand]: "LayerId" };
/** A place for one tensor per sample between layers. */
export type BufferId = string & { readonly [brand]: "BufferId" };

export const layerId = (name: string): LayerId => name as LayerId;
export const bufferId = (name: string): BufferId => name as BufferId;

/** The integers that activations may be: minimum, minimum + step … maximum. */
export interface CodeRange {
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number;
}

/** The integers that weights may be, ascending, at most 12 bits (design: "An alphabet lists …"). */
export interface Alphabet {
  /** `binary`, `ternary`, `int4` …: the precision it is called by */
  readonly name: string;
  readonly levels: readonly number[];
}

/** Integer weights of one matrix layer. */
export interface CodeMatrix {
  readonly outputs: number;
  /** inputs of one output, always-on ones last: for grouped access, of its group */
  readonly inputs: number;
  readonly alphabet: Alphabet;
  /** [outputs x inputs] row-major */
  readonly data: Int8Array | Int16Array;
}

/** What a buffer holds for one sample; the batch is the runtime's. */
export type Buffer =
  | { readonly kind: "codes"; readonly shape: readonly number[]; readonly range: CodeRange }
  /** exact integer sums of a matrix layer: |n| <= bound < 2^31 */
  | { readonly kind: "sums"; readonly shape: readonly number[]; readonly bound: number }
  | { readonly kind: "float"; readonly shape: readonly number[]; readonly type: ElementType };

/**
 * Which input codes each position of a matrix layer reads; never a table of all indices.
 * `dense`: position p reads codes p·inputs … (p+1)·inputs − 1 and writes p·outputs … of its buffer.
 * `window`: a convolution; channels first, codes outside the image are masked (neither sign). `window.ts` says
 * which code a tap reads.
 */
export type Access = { readonly kind: "dense"; readonly positions: number } | WindowAccess;

/** A kernel that slides over one to three spatial axes, in groups of channels. */
export interface WindowAccess extends WindowShape {
  readonly kind: "window";
  readonly groups: number;
}

/** Where a sliding window reads, of a convolution or a pooling. */
export interface WindowShape {
  readonly channels: number;
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** begin of every axis, then end of every axis, as in ONNX */
  readonly pads: readonly number[];
  readonly output: readonly number[];
}

/** How codes are put on the lines. */
export type Presentation =
  | { readonly kind: "once" }
  /** one binary plane after another; `unipolar` digits are {0, 1}, `bipolar` ones ±1 */
  | {
      readonly kind: "planes";
      readonly digits: "unipolar" | "bipolar";
      readonly significances: readonly number[];
    }
  /** Bernoulli presentations of a probability, outputs summed (R5) */
  | { readonly kind: "stochastic"; readonly presentations: number }
  /** spikes (S6): the positions are the time steps, and a code of 0 is no spike */
  | { readonly kind: "spikes"; readonly steps: number };

/**
 * From a sum n of output o to what the next layer reads.
 * `thresholds`: the code is minimum + step·(how many thresholds are passed); threshold k of output o is
 * passed when n ≥ t (rising) or n ≤ t (falling). Never/always are int32's ends.
 * `table`: for chains that are not monotone; code = codes[o·(maximum − minimum + 1) + n − minimum].
 */
export type Requantize =
  | { readonly kind: "sum" }
  | {
      readonly kind: "thresholds";
      readonly range: CodeRange;
      /** [outputs x steps], steps = (maximum − minimum) / step */
      readonly thresholds: Int32Array;
      /** [outputs] 1 rising, −1 falling */
      readonly directions: Int8Array;
    }
  | {
      readonly kind: "table";
      readonly range: CodeRange;
      readonly minimum: number;
      readonly maximum: number;
      readonly codes: Int16Array;
    };

/**
 * How a layer's sums are read, and by what they become codes.
 * `digital`: cells are sensed one by one, sums and thresholds are logic.
 * `comparator`: an analog sum against its reference, one bit; thresholds are cells on always-on lines.
 * `sweep`: the same comparator while the reference rises in steps of one code, so that a sum is read as a number.
 * `multi-reference`: comparisons one after another with `references`, levels in codes that all outputs share.
 * `adc`: a number of so many bits, counted from `minimum` in steps of one code.
 */
export type ReadOut =
  | { readonly kind: "digital" }
  | { readonly kind: "comparator"; readonly fires: ">=" | ">" }
  | { readonly kind: "sweep" }
  | { readonly kind: "multi-reference"; readonly references: readonly number[] }
  | { readonly kind: "adc"; readonly bits: number; readonly minimum: number };

/** A weight matrix on banks. */
export interface MatrixLayer {
  readonly kind: "matrix";
  readonly id: LayerId;
  /** the ONNX operator it came from */
  readonly op: string;
  readonly from: BufferId;
  readonly to: BufferId;
  /** those that the network has; always-on ones are not counted */
  readonly inputs: number;
  readonly outputs: number;
  /** inputs behind the others that are always 1: their weights hold thresholds and biases as cells */
  readonly alwaysOn: number;
  /** how far at most what those hold lies from what the network asks for, in codes of a sum; 0 where it is exact */
  readonly roundedBy: number;
  readonly readOut: ReadOut;
  readonly access: Access;
  readonly activations: CodeRange;
  readonly presentation: Presentation;
  readonly alphabet: Alphabet;
  /** real value of a sum of 1, float32 values: one, or one per output */
  readonly scale: Float32Array;
  readonly requantize: Requantize;
}

/** Integer work in digital logic. */
export type DigitalLayer =
  /** a float tensor to codes, by thresholds on its value: passed when x ≥ t (rising) or x ≤ t (falling) */
  | {
      readonly kind: "digital";
      readonly op: "encode";
      readonly id: LayerId;
      readonly from: BufferId;
      readonly to: BufferId;
      readonly range: CodeRange;
      /** [channels x steps] float32 values; channel of element e is floor(e / inner) mod channels */
      readonly thresholds: Float32Array;
      readonly directions: Int8Array;
      readonly channels: number;
      readonly inner: number;
    }
  /** the codes (or sums) of one buffer in another order: to[i] = from[order[i]] */
  | {
      readonly kind: "digital";
      readonly op: "permute";
      readonly id: LayerId;
      readonly from: BufferId;
      readonly to: BufferId;
      readonly order: Int32Array;
    }
  /** the largest or the smallest code of each window, as the channel says; what lies outside counts for nothing */
  | {
      readonly kind: "digital";
      readonly op: "pool";
      readonly id: LayerId;
      readonly from: BufferId;
      readonly to: BufferId;
      readonly window: WindowShape;
      /** [channels] 1: the largest, −1: the smallest */
      readonly directions: Int8Array;
    }
  /** bytes of an input to spikes over time: code of element e at step t is table[t·256 + byte e] */
  | {
      readonly kind: "digital";
      readonly op: "spikes";
      readonly id: LayerId;
      readonly from: BufferId;
      readonly to: BufferId;
      readonly steps: number;
      /** [steps x 256] 0 or 1 */
      readonly table: Uint8Array;
    }
  /**
   * Sums over time steps to spikes (S6): each step adds its sum to the potential; at its threshold a neuron fires,
   * and its potential starts again from 0 or is lowered by the threshold.
   */
  | {
      readonly kind: "digital";
      readonly op: "integrate-fire";
      readonly id: LayerId;
      readonly from: BufferId;
      readonly to: BufferId;
      readonly steps: number;
      /** [neurons] smallest potential that fires */
      readonly thresholds: Int32Array;
      readonly reset: "zero" | "subtract";
    }
  /** codes of two buffers as one number: to[e] = factors[0] · from[e] + factors[1] · beside[e] */
  | {
      readonly kind: "digital";
      readonly op: "join";
      readonly id: LayerId;
      readonly from: BufferId;
      readonly beside: BufferId;
      readonly to: BufferId;
      readonly factors: readonly [number, number];
    }
  /** sums that several layers read, to codes */
  | {
      readonly kind: "digital";
      readonly op: "requantize";
      readonly id: LayerId;
      readonly from: BufferId;
      readonly to: BufferId;
      readonly requantize: Requantize;
      /** channel of element e is floor(e / inner) mod channels */
      readonly channels: number;
      readonly inner: number;
    };

/**
 * Float work: an ONNX model inside the image, executed by the float executor. Sums enter as float32, or as
 * float64 where they may reach 2^24; codes enter as float32.
 */
export interface SubgraphLayer {
  readonly kind: "subgraph";
  readonly id: LayerId;
  /** one per input of the model, in its order; with the batch in front */
  readonly from: readonly BufferId[];
  readonly to: readonly BufferId[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** false: its shapes hold for one sample only, so that it runs once per sample */
  readonly anyBatch: boolean;
  readonly onnx: Uint8Array;
}

export type Layer = MatrixLayer | DigitalLayer | SubgraphLayer;

/** The buffers that a layer reads. */
export function readsOf(layer: Layer): readonly BufferId[] {
  if (layer.kind === "subgraph") return layer.from;
  return layer.kind === "digital" && layer.op === "join"
    ? [layer.from, layer.beside]
    : [layer.from];
}

/** One step of what is done to raw data before it enters the network, as `--input-transform` says. */
export type InputTransform =
  | { readonly kind: "scale"; readonly value: number }
  | { readonly kind: "mean"; readonly value: readonly number[] }
  | { readonly kind: "std"; readonly value: readonly number[] }
  | { readonly kind: "layout"; readonly from: string; readonly to: string };

export interface NetworkInput {
  readonly name: string;
  readonly buffer: BufferId;
  readonly type: ElementType;
  /** of one sample; the batch is apart */
  readonly shape: readonly number[];
  /** true: the ONNX input has the batch as its first dimension; false: it has none */
  readonly batched: boolean;
  readonly transform: readonly InputTransform[];
  /**
   * R5: each number is a probability (1 at `fullScale`), of which so many Bernoulli presentations are drawn; the
   * exported network takes the drawn bits, [presentations, …shape], as its input `NAME/bits`. `summed`: the sums of
   * the layer that reads them, or the network's outputs, which then sees one presentation after another as
   * positions of all its layers. Null: as it is.
   */
  readonly drawn: {
    readonly presentations: number;
    readonly fullScale: number;
    readonly summed: "inputs" | "outputs";
  } | null;
}

export interface NetworkOutput {
  readonly name: string;
  readonly buffer: BufferId;
}

/**
 * What is to be computed: integers, and float subgraphs between them.
 * `reference` is the same network as one ONNX graph of standard operators, in which every matrix layer's
 * weights are a constant of integer codes (named in `referenceWeights`), multiplied by its scale, then the
 * chain of operators as the model writes it. Exported, it is what the noise-free runtime must equal.
 */
export interface QuantizedNetwork {
  readonly inputs: readonly NetworkInput[];
  readonly outputs: readonly NetworkOutput[];
  /** execution order */
  readonly layers: readonly Layer[];
  readonly buffers: ReadonlyMap<BufferId, Buffer>;
  readonly weights: ReadonlyMap<LayerId, CodeMatrix>;
  readonly reference: Graph;
  readonly referenceWeights: ReadonlyMap<LayerId, ReferenceWeight>;
  /** the graphs of the subgraph layers, from which their `onnx` bytes were made */
  readonly subgraphs: ReadonlyMap<LayerId, Graph>;
  readonly warnings: readonly string[];
  readonly assumptions: readonly string[];
}

/**
 * The constant of the reference graph that holds a layer's codes, and whether it is stored [inputs x outputs]; else it
 * is [outputs x inputs] in the shape that the graph says.
 */
export interface ReferenceWeight {
  readonly value: ValueId;
  readonly transposed: boolean;
}

/** How many codes a range holds. */
export function levelsOf(range: CodeRange): number {
  return (range.maximum - range.minimum) / range.step + 1;
}

/** The input of the reference graph that carries a network input: itself, or its drawn bits. */
export const referenceInput = (input: NetworkInput): ValueId =>
  input.drawn ? drawnBits(input.name) : input.name;

/** The name of the drawn bits of an input. */
export const drawnBits = (name: ValueId): ValueId => `${name}/bits`;

/** The name of the spikes over time that `--input-encoding spikes:T` makes of an input's bytes. */
export const latencySpikes = (name: ValueId): ValueId => `${name}/spikes`;

export const bipolar: CodeRange = { minimum: -1, maximum: 1, step: 2 };
export const ternaryCodes: CodeRange = { minimum: -1, maximum: 1, step: 1 };
export const unsignedCodes = (bits: number): CodeRange => ({
  minimum: 0,
  maximum: 2 ** bits - 1,
  step: 1,
});

export const binaryAlphabet: Alphabet = { name: "binary", levels: [-1, 1] };
export const ternaryAlphabet: Alphabet = { name: "ternary", levels: [-1, 0, 1] };

/** Two's complement integers of so many bits. */
export function integerAlphabet(bits: number): Alphabet {
  const first = -(2 ** (bits - 1));
  return { name: `int${bits}`, levels: Array.from({ length: 2 ** bits }, (_, k) => first + k) };
}
