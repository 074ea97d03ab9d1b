import type { LayerId } from "./network.ts";

/** One array as it was measured, or as `program` simulates it. */
export interface Die {
  /** by layer: conductance of each cell in siemens, [banks x wordLines x bitLines]; NaN = not measured */
  readonly layers: ReadonlyMap<LayerId, Float32Array>;
  /** from programming to the measurement */
  readonly elapsed_s: number;
  /** what made it, as text; "" where the file does not say */
  readonly provenance: string;
}
