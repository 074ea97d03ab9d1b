import type { MultilevelLaws } from "../../compiler/physics/multilevel-cell.ts";

/** Eight conducting levels as device-models.md gives them. */
export const eightLevels: MultilevelLaws = {
  levels: 8,
  lowest_S: 20e-6,
  highest_S: 200e-6,
  guard: 0.1,
  layout: "spread",
  lcs_S: 5e-6,
  lcsSpread: 0.3,
  setSpread_S: 8e-6,
  setReference_S: 50e-6,
  relaxation: {
    scale_S: 1.73e-6,
    reference_S: 31e-6,
    tail: 0.364,
    fall: 0,
    fast_s: 2.5,
    slow_s: 60,
    least_S: 1e-6,
    most_S: 250e-6,
  },
};

export const smart = { wait_s: 5, movementLimit: 0.38 };
export const retest = { wait_s: 5, movementLimit: null };
