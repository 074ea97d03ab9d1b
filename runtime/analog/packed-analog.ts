import type { Analog } from "../kernels/analog-command.ts";

/** An analog layer in engine memory, in one trial. */
export type AnalogWeights = Pick<
  Analog,
  "layout" | "order" | "cells" | "mix" | "read" | "unit" | "converter" | "decision"
>;
