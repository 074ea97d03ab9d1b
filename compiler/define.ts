/**
 * What can be added to xbc, each as one file: passes, operators, targets, encodings, noise models,
 * read-outs. The types here are the contract; the helpers only check and return.
 */
import { internal } from "./errors.ts";
import type { Graph, GraphNode, ValueType } from "./ir/graph.ts";
import type { BankLimits, MappedNetwork } from "./ir/mapping.ts";
import type { Alphabet, CodeMatrix, QuantizedNetwork } from "./ir/network.ts";
import type { Schedule } from "./ir/schedule.ts";
import type { Tensor } from "./ir/tensor.ts";

// ---- floats ---------------------------------------------------------------------------------

/** Runs ONNX models in float. Handed in, so that xbc runs in Node and in a browser alike. */
export interface FloatExecutor {
  readonly name: string;
  /** @throws BAD_MODEL if the executor refuses the model */
  readonly load: (onnx: Uint8Array) => Promise<FloatSession>;
}

export interface FloatSession {
  readonly run: (feeds: ReadonlyMap<string, Tensor>) => Promise<ReadonlyMap<string, Tensor>>;
  readonly release: () => Promise<void>;
}

// ---- passes ---------------------------------------------------------------------------------

export interface Stages {
  readonly graph: Graph;
  readonly network: QuantizedNetwork;
  readonly mapped: MappedNetwork;
  readonly schedule: Schedule;
}

/** What a pass may ask beside its input: options of the whole compilation, the target, the executor. */
export interface PassContext {
  readonly target: TargetSpec;
  readonly executor: FloatExecutor;
  readonly options: CompileOptions;
  readonly warn: (message: string) => void;
  readonly assume: (message: string) => void;
  readonly progress: (stage: string, done: number, total: number) => void;
}

type StageName = keyof Stages;
type Stage = Stages[StageName];

/** A pass as the recipe holds it: a pure function from one stage to a stage. */
export interface Pass {
  readonly name: string;
  readonly summary: string;
  readonly from: StageName;
  readonly to: StageName;
  /** `exact`: evaluations before and after agree bit for bit; the laws compare them */
  readonly meaning: "exact" | "approximate";
  readonly run: (input: Stage, context: PassContext) => Promise<Stage>;
}

/** A pass as its file writes it, with the types of its stages. */
export interface PassDefinition<From extends StageName, To extends StageName>
  extends Omit<Pass, "run"> {
  readonly from: From;
  readonly to: To;
  readonly run: (input: Stages[From], context: PassContext) => Promise<Stages[To]>;
}

/** @throws INTERNAL if the pass is handed another stage than it takes */
export function definePass<From extends StageName, To extends StageName>(
  pass: PassDefinition<From, To>,
): Pass {
  return {
    ...pass,
    run: async (input, context) => {
      if (!isStage(pass.from, input))
        throw internal(`pass ${pass.name}`, `was not handed a ${pass.from}`);
      return pass.run(input, context);
    },
  };
}

const ownField: Readonly<Record<StageName, string>> = {
  graph: "nodes",
  network: "weights",
  mapped: "placements",
  schedule: "steps",
};

function isStage<K extends StageName>(name: K, value: Stage): value is Stages[K] {
  return ownField[name] in value;
}

/** The options of `compile` that passes see; the command line's words. */
export interface CompileOptions {
  readonly precision: string;
  readonly activations: string;
  readonly inputEncoding: string;
  readonly inputTransform: string;
  readonly configuration: "auto" | "parallel-to-sequential" | "sequential-to-parallel";
  readonly bank: { readonly wordLines: number; readonly bitLines: number } | null;
  readonly readout: string | null;
  /** threshold of ternarize in units of a row's mean magnitude; null: minimize the squared error */
  readonly ternaryThreshold: number | null;
  /** how the real value of code 1 is chosen: `sigma:3.5` (P2), `mse`, `output` */
  readonly weightRange: string;
  readonly weightScale: "layer" | "output";
  readonly weightRounding: "nearest" | "compensating";
  /** word lines read together; null: as the target's limits choose */
  readonly segment: number | null;
  readonly calibration: ReadonlyMap<string, Tensor> | null;
  /** arrays of a die file by name, NaN but for stuck cells; null: none is known */
  readonly defects: ReadonlyMap<string, Tensor> | null;
  readonly seed: number;
}

// ---- operators ------------------------------------------------------------------------------

/** An ONNX operator that xbc knows: its shapes, and what it means when it is not a standard one. */
export interface Operator {
  /** the ONNX operator type, or several that share the rule */
  readonly ops: readonly string[];
  /** domains it is known in; "" is ai.onnx */
  readonly domains: readonly string[];
  readonly summary: string;
  /**
   * Types and shapes of the outputs. `constant` answers a small constant input (shapes, axes), or null.
   * Returns null where the shape cannot be told.
   * @throws SHAPE_MISMATCH, BAD_MODEL with the node's name
   */
  readonly infer?: (
    node: GraphNode,
    inputs: readonly (ValueType | null)[],
    constant: (index: number) => Tensor | null,
  ) => readonly (ValueType | null)[];
  /** For operators outside ai.onnx: the same in standard operators of opset 17. */
  readonly expand?: (node: GraphNode, builder: ExpandContext) => void;
}

/** Adds standard nodes in the place of one that is not standard. */
export interface ExpandContext {
  /** adds a node, returns its (single) output's name */
  readonly add: (
    op: string,
    inputs: readonly string[],
    attributes?: Record<string, number | string | readonly number[]>,
    output?: string,
  ) => string;
  readonly constant: (tensor: Tensor) => string;
  readonly constantOf: (value: string) => Tensor | null;
  readonly typeOf: (value: string) => ValueType | null;
}

export function defineOperator(operator: Operator): Operator {
  return operator;
}

// ---- encodings ------------------------------------------------------------------------------

/**
 * How a weight lies on cells, as data: the runtime needs no target. A weight's code is
 * offset + Σ_c significance[c] · levelValues[level of cell c].
 */
export interface EncodingLayout {
  readonly name: string;
  readonly alphabet: Alphabet;
  /** adjacent cells along the output or input line that hold one weight */
  readonly cellsPerWeight: number;
  readonly significance: readonly number[];
  /** integer value of each level of a cell, by level */
  readonly levelValues: readonly number[];
  readonly offset: number;
  /** levels of the cells for each code of the alphabet: [codes x cellsPerWeight] */
  readonly patterns: readonly (readonly number[])[];
  /**
   * How a digital read-out senses a weight: cells taken together by one sense amplifier, with the
   * significance of the digit that it gives.
   */
  readonly senses: readonly {
    readonly cells: readonly number[];
    readonly significance: number;
    readonly digits: "binary" | "ternary";
  }[];
  /**
   * Analog: cells at the end of each used word line whose currents are subtracted from those of every weight, so
   * that `offset` needs no number. Σ significance · levelValue of each pattern is −offset; word lines take the
   * patterns in turn. Null where weights stand alone.
   */
  readonly reference: {
    readonly significance: readonly number[];
    readonly patterns: readonly (readonly number[])[];
  } | null;
  /** in words, for reports: which of BL/BLb is low for +1, what 0 is */
  readonly convention: string;
}

export interface Encoding {
  readonly name: string;
  readonly summary: string;
  /** the layout of an alphabet, or null where the encoding cannot hold it */
  readonly layout: (alphabet: Alphabet, technology: Technology) => EncodingLayout | null;
  /**
   * The alphabet that weights are quantized to for a precision (`auto`, `int4`, `levels9` …); null where the encoding
   * offers none. Where it is left out, weights keep the codes that their model gives them.
   */
  readonly alphabetOf?: (precision: string, technology: Technology) => Alphabet | null;
}

export function defineEncoding(encoding: Encoding): Encoding {
  return encoding;
}

// ---- technology and targets -------------------------------------------------------------------

/** One number from physics: value, SI unit, and where it comes from. */
export interface Parameter {
  readonly value: number;
  /** SI: V, A, Ohm, S, s, J, m, m2, K; "1" for ratios and counts, "ln" for a spread of a natural logarithm */
  readonly unit: string;
  /** a claim ID (`H4`), `assumed: why`, or `fitted: how` */
  readonly source: string;
  readonly description: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Everything that is data about a device and its array; what a user's own device file holds. */
export interface Technology {
  readonly name: string;
  /** the built-in target whose laws (limits, programming, noise) it uses */
  readonly basedOn: string;
  readonly summary: string;
  readonly readOut: string;
  readonly array: ArrayDescription;
  readonly encodings: readonly string[];
  /** conventions by name, such as plusOne: "HRS/LRS", sourceLine: "per-pair" */
  readonly conventions: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** named programming conditions: parameters that differ from those above */
  readonly conditions: Readonly<
    Record<
      string,
      { readonly summary: string; readonly parameters: Readonly<Record<string, Parameter>> }
    >
  >;
  readonly defaultCondition: string;
  /** the condition that the headline table shows beside it, "" for none */
  readonly weakCondition: string;
}

export interface ArrayDescription {
  /** of one bank, in cells */
  readonly wordLines: number;
  readonly bitLines: number;
  readonly inputsOn: "word lines" | "bit lines";
  /** at most so many word lines at once */
  readonly activeWordLines: number;
  /** at most so many bit lines sensed at once */
  readonly sensedBitLines: number;
}

/** One pulse: voltages of the lines of the cell that is programmed, in the order they are applied. */
export interface Pulse {
  readonly operation: "forming" | "SET" | "RESET";
  readonly wordLine_V: number;
  readonly bitLine_V: number;
  /** null where cells have no source line (1S1R) */
  readonly sourceLine_V: number | null;
  readonly complianceCurrent_A: number | null;
  readonly duration_s: number;
  /** a ramp's rate, for forming */
  readonly ramp_V_per_s: number | null;
  readonly energy_J: number;
}

/** What brings a formed cell to a level, and which conductances count as that level. */
export interface LevelProgramming {
  readonly level: number;
  readonly name: string;
  readonly pulses: readonly Pulse[];
  /** what a verify accepts, from low to high; without one, up to the borders with the neighbouring levels */
  readonly range: { readonly low_S: number; readonly aim_S: number; readonly high_S: number };
}

/**
 * A program that brings cells to their levels. `once`: the pulses of the level, no check. `verify`: the pulses, then
 * reads at once and after a wait, until the cell is in range (and has moved no more than the limit), at most so
 * often; a cell that is not is RESET first (R3).
 */
export type ProgrammingRoutine =
  | { readonly kind: "once"; readonly name: string }
  | {
      readonly kind: "verify";
      readonly name: string;
      readonly wait_s: number;
      /** most that a cell may move during the wait, in units of its relaxation; null: only the range counts */
      readonly movementLimit: number | null;
      readonly mostIterations: number;
      /** a cell that does not pass is brought back by this pulse before the next */
      readonly retry: Pulse;
      readonly readTime_s: number;
      readonly readEnergy_J: number;
    };

/** How a bank is programmed, described once per level; `export --format pulses` expands it. */
export interface ProgrammingDescription {
  readonly forming: Pulse | null;
  readonly levels: readonly LevelProgramming[];
  /** how the pulses of a level are given; the first is the default */
  readonly routines: readonly ProgrammingRoutine[];
  /** lines that are not selected, in words and as a rule that the array model of the tests applies */
  readonly unselected: {
    /** `half voltage`: midway between the selected word line and bit line (S1) */
    readonly wordLines: "grounded" | "half voltage";
    readonly bitLines: "grounded" | "follow source line" | "half voltage";
    readonly complement: "follows source line" | "none";
  };
  readonly sourceLine: "per-pair" | "per-row" | "none";
  /** lines of a read, where they are part of what programs a bank's periphery (S1); null: by the sense amplifier */
  readonly readBias: ReadBias | null;
  readonly energySource: string;
}

/** Voltages of a read: one selected word line, the bit lines that are sensed, and all others. */
export interface ReadBias {
  readonly wordLine_V: number;
  readonly bitLine_V: number;
  readonly unselected_V: number;
  readonly duration_s: number;
  /** chance that a read switches a cell of its level that conducts most */
  readonly switching: number;
  readonly note: string;
}

/** A technology with its laws: the definition of a built-in target, or a user's device on top of one. */
export interface TargetSpec {
  readonly name: string;
  readonly technology: Technology;
  readonly condition: string;
  readonly laws: TargetLaws;
  /** those that the technology names, in its order of preference */
  readonly encodings: readonly Encoding[];
}

export interface TargetLaws {
  /**
   * how large a bank may be, how many bit lines are sensed at once, and what bounds both
   * @throws LIMIT with the numbers if the array that is asked for cannot be read
   */
  readonly limits: (request: LimitsRequest) => BankLimits;
  readonly programming: (technology: Technology, condition: string) => ProgrammingDescription;
  /** the noise of a condition, in life order, with bound parameters */
  readonly noise: (technology: Technology, condition: string) => readonly NoiseUse[];
  readonly costs: (technology: Technology, condition: string) => CostModel;
  /** what a designer compares, in closed form: `xbc explore` sweeps technologies by it */
  readonly figures?: (request: FigureRequest) => Readonly<Record<string, Figure>>;
  /** claims of the source paper, checked by `xbc characterize` */
  readonly claims: readonly Claim[];
}

/** What bounds may depend on: the technology, the array that exists, and what will lie in it. */
export interface LimitsRequest {
  readonly technology: Technology;
  readonly condition: string;
  /** the array that `--bank` says exists, to be checked; null: the largest that can be read is wanted */
  readonly bank: { readonly wordLines: number; readonly bitLines: number } | null;
  /** the matrices to be placed, for bounds that follow the data; none: they follow averages */
  readonly matrices: readonly {
    readonly codes: CodeMatrix;
    readonly encoding: EncodingLayout;
  }[];
}

/** A technology at which figures are asked, the bank that its limits give, and a network of dense layers. */
export interface FigureRequest {
  readonly technology: Technology;
  readonly condition: string;
  readonly limits: BankLimits;
  readonly layers: readonly { readonly inputs: number; readonly outputs: number }[];
}

/** A number that a designer compares: whether more or less of it is better, null where it only informs. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly better: "most" | "least" | null;
  readonly description: string;
}

/** What a read costs, as data in the image; every figure names what it rests on. */
export interface CostModel {
  readonly clock_s: number;
  /** where a ternary read takes another time (L1); null: clock_s */
  readonly ternaryClock_s: number | null;
  readonly pipelineClocks: number;
  readonly read: ReadCost;
  readonly cellArea_m2: number | null;
  readonly sources: readonly string[];
}

/**
 * Energy of a read. `per-synapse`: of every weight sensed (H13). `by-current`: V·I·t of the cells of each word
 * line that is read, and of the half-selected cells beside them (S5, S6); currents by level, means over the spread.
 */
export type ReadCost =
  | { readonly kind: "per-synapse"; readonly energy_J: number }
  | {
      readonly kind: "by-current";
      readonly read_V: number;
      readonly pulse_s: number;
      readonly currents_A: readonly number[];
      readonly halfSelected_A: readonly number[];
    };

export interface Target {
  readonly name: string;
  readonly summary: string;
  readonly technology: Technology;
  readonly laws: TargetLaws;
}

export function defineTarget(target: Target): Target {
  return target;
}

/** One claim of a paper, and what the device model gives for it. */
export interface Claim {
  readonly id: string;
  readonly condition: string;
  readonly quantity: string;
  readonly claimed: string;
  /** by quadrature (exact), and by sampling with a 95 % interval */
  readonly evaluate: (
    technology: Technology,
    options: { readonly seed: number; readonly samples: number },
  ) => ClaimResult;
}

export interface ClaimResult {
  readonly value: number;
  readonly sampled: {
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly samples: number;
    readonly method: string;
  } | null;
  readonly met: boolean;
  /** empty when met: by how much it is missed */
  readonly missedBy: string;
  readonly note: string;
}

// ---- noise ------------------------------------------------------------------------------------

/** A noise model with its parameters bound: what an image and a report carry. */
export interface NoiseUse {
  readonly model: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/** Where a device draw happens. */
export interface NoisePlace {
  readonly seed: number;
  readonly trial: number;
  /** position of the layer among the image's layers */
  readonly layer: number;
  readonly bank: number;
  readonly wordLines: number;
  readonly bitLines: number;
  /** seconds since programming */
  readonly elapsed_s: number;
  readonly encoding: EncodingLayout;
  /** true where a bank's inputs run on its bit lines: adjacent cells of a weight share a word line */
  readonly inputsOn: "word lines" | "bit lines";
}

/**
 * What goes wrong, and when in a cell's life. Each function returns a new array; a random number is a
 * function of its key (seed, trial, model, layer, bank, cell), so no result depends on threads or order.
 */
export interface NoiseModel {
  readonly name: string;
  readonly summary: string;
  readonly acts: "store" | "program" | "age" | "read";
  /** what each parameter is, with its unit */
  readonly parameters: Readonly<
    Record<string, { readonly unit: string; readonly description: string }>
  >;
  /** the same parameters with the model's own effect taken out: what an ablation without it runs */
  readonly ideal?: (
    parameters: Readonly<Record<string, number>>,
  ) => Readonly<Record<string, number>>;
  /** store: levels -> levels, 255 stays */
  readonly store?: (
    levels: Uint8Array,
    parameters: Readonly<Record<string, number>>,
    place: NoisePlace,
  ) => Uint8Array;
  /** program: levels -> conductance of each cell in siemens, 0 where unused */
  readonly program?: (
    levels: Uint8Array,
    parameters: Readonly<Record<string, number>>,
    place: NoisePlace,
  ) => Float32Array;
  /** the same parameters under another routine of the image, where the model depends on how cells were programmed */
  readonly underRoutine?: (
    parameters: Readonly<Record<string, number>>,
    routine: ProgrammingRoutine,
  ) => Readonly<Record<string, number>>;
  /** program, cell by cell by a routine with a verify: what `xbc program` simulates and `program` samples */
  readonly simulate?: (
    levels: Uint8Array,
    parameters: Readonly<Record<string, number>>,
    place: NoisePlace,
    routine: VerifyRoutine,
  ) => ProgrammedBank;
  /** age: conductances at elapsed time from those just programmed */
  readonly age?: (
    conductances_S: Float32Array,
    levels: Uint8Array,
    parameters: Readonly<Record<string, number>>,
    place: NoisePlace,
  ) => Float32Array;
  /** read, analog: what it changes in how the lines of one column of arrays are read */
  readonly analog?: (
    parameters: Readonly<Record<string, number>>,
    place: Pick<NoisePlace, "seed" | "trial" | "layer"> & { readonly column: number },
  ) => Partial<AnalogRead>;
  /** read, digital: what the sense amplifiers make of a bank */
  readonly sense?: (
    conductances_S: Float32Array,
    levels: Uint8Array,
    parameters: Readonly<Record<string, number>>,
    place: NoisePlace,
  ) => SensedBank;
}

export type VerifyRoutine = Extract<ProgrammingRoutine, { readonly kind: "verify" }>;

/** A bank as a routine leaves it, at the end of its last verify. */
export interface ProgrammedBank {
  /** 0 where unused */
  readonly conductances_S: Float32Array;
  /** SETs that each cell took, 0 where unused */
  readonly iterations: Uint32Array;
  /** 1 where the verify passed */
  readonly converged: Uint8Array;
}

/** How the bit lines of one column of arrays (the arrays that share integrators) are read. */
export interface AnalogRead {
  readonly wire_Ohm: number;
  readonly first_Ohm: number;
  readonly decoder_Ohm: number;
  /** at the comparator's input */
  readonly offset_V: number;
  /** gain of the weights' integrator over that of the reference, less 1 */
  readonly gainError: number;
}

/** The model as it is written: what it can do is known to be there. */
export function defineNoise<Model extends NoiseModel>(model: Model): Model {
  return model;
}

/**
 * A bank as its sense amplifiers see it. A sense is one group of cells of a weight (`EncodingLayout.senses`),
 * numbered word line by word line, left to right.
 * A sense that is not marginal gives `digits[sense]` at every read. A marginal one gives, at each read and
 * independently of all others, −1 with the chance below·2^−32, −1 or 0 with belowOrZero·2^−32, else +1. Its words are
 * keyed by (seed, trial, layer, sample, position, plane) and its place among the marginal senses of the layer that leave
 * `digits[sense]` about as often: `Flip` in runtime/kernels/commands.ts says how.
 */
export interface SensedBank {
  /** [senses] −1, 0, +1; 2 where the cells are unused */
  readonly digits: Int8Array;
  /** [marginal] index of the sense, ascending */
  readonly marginal: Int32Array;
  /** [marginal] P(−1) and P(−1 or 0) in units of 2^−32, rounded; 2^32 is written as 0xffffffff + 1 in a Float64Array */
  readonly below: Float64Array;
  readonly belowOrZero: Float64Array;
}
