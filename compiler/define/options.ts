import type { Tensor } from "../ir/tensor.ts";

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
  /** how the real value of code 1 is chosen: `auto`, `sigma:3.5` (P2), `mse`, `output` */
  readonly weightRange: string;
  readonly weightScale: "auto" | "layer" | "output";
  /** cells that weights may take, each layer getting the precision that its error is worth; null: all have one precision */
  readonly cells: number | null;
  /** `auto`: the first and the last layer are kept at eight bits where the others have four or fewer */
  readonly firstLast: "auto" | "same";
  /** LAYER=PRECISION, for single layers */
  readonly layerPrecision: readonly string[];
  /** whether the mean that rounding takes from each output, over the calibration data, is added to its bias */
  readonly biasCorrection: "auto" | "on" | "off";
  /** span of quantized activations over the calibration data: `auto`, `max`, `percentile:99.9`, `mse` */
  readonly activationRange: string;
  readonly weightRounding: "nearest" | "compensating";
  /** word lines read together; null: as the target's limits choose */
  readonly segment: number | null;
  /** inputs that are on together are spread over read segments */
  readonly reorderRows: boolean;
  readonly calibration: ReadonlyMap<string, Tensor> | null;
  /** arrays of a die file by name, NaN but for stuck cells; null: none is known */
  readonly defects: ReadonlyMap<string, Tensor> | null;
  /** copies of matrices that are applied at several positions: `4` (at most), `auto`, `cells:NUMBER`, `banks:NUMBER`; `1`: none */
  readonly replicate: string;
  readonly seed: number;
}
