import type { EncodingLayout } from "./encoding.ts";
import type { AnalogRead, ProgrammedBank, SensedBank } from "./noisy-bank.ts";
import type { ProgrammingRoutine, VerifyRoutine } from "./programming.ts";

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
  /** read, analog: what it changes in how the lines of a column of arrays, or of each of its arrays, are read */
  readonly analog?: (
    parameters: Readonly<Record<string, number>>,
    place: AnalogPlace,
  ) => Partial<AnalogRead>;
  /** read, digital: what the sense amplifiers make of a bank */
  readonly sense?: (
    conductances_S: Float32Array,
    levels: Uint8Array,
    parameters: Readonly<Record<string, number>>,
    place: NoisePlace,
  ) => SensedBank;
}

/** The model as it is written: what it can do is known to be there. */
export function defineNoise<Model extends NoiseModel>(model: Model): Model {
  return model;
}

/** A noise model with its parameters bound: what an image and a report carry. */
export interface NoiseUse {
  readonly model: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/** Where sums of bit lines are read: a comparator behind a whole column of arrays, or a converter behind each. */
export interface AnalogPlace extends Pick<NoisePlace, "seed" | "trial" | "layer"> {
  readonly column: number;
  /** along the inputs; 0 where one comparator reads them all */
  readonly array: number;
  readonly reader: "comparator" | "converter";
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
