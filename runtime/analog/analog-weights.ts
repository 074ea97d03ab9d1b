import { internal } from "../../compiler/errors.ts";
import type { MatrixLayer } from "../../compiler/ir/network.ts";
import type { Engine } from "../kernels/engine.ts";
import type { LayerWeights } from "../layer-weights.ts";
import type { AnalogLayer } from "./analog-layer.ts";
import { mixOf } from "./analog-layer.ts";
import type { AnalogDraw } from "./draw-cells.ts";
import type { AnalogWeights } from "./packed-analog.ts";

/** A layer's weights for the runner: none of them bits. */
export const analogWeights = (
  engine: Engine,
  analog: AnalogLayer,
  draw: AnalogDraw,
): LayerWeights => ({
  packed: [],
  rows: null,
  flips: [],
  key: [0, 0],
  analog: packAnalog(engine, analog, draw),
  replicas: [],
});

/** The same in one trial, with a draw for each copy of the matrix. */
export function analogTrial(
  engine: Engine,
  analog: AnalogLayer,
  draws: readonly AnalogDraw[],
): LayerWeights {
  const replicas = draws.map((draw) => analogWeights(engine, analog, draw));
  return replicas.length === 1 ? replicas[0] : { ...replicas[0], replicas };
}

function packAnalog(engine: Engine, analog: AnalogLayer, draw: AnalogDraw): AnalogWeights {
  const { layer, layout } = analog;
  return {
    layout,
    order: analog.order ? engine.upload(analog.order) : 0,
    cells: engine.upload(draw.cells),
    mix: engine.upload(mixOf(analog)),
    read: engine.upload(draw.read),
    unit: draw.unit,
    converter: converterOf(layer),
    decision: decisionOf(engine, layer),
  };
}

function converterOf({ readOut }: MatrixLayer): AnalogWeights["converter"] {
  if (readOut.kind !== "adc") return null;
  return { least: readOut.minimum, most: readOut.minimum + 2 ** readOut.bits - 1 };
}

const NEVER = 2 ** 31 - 1;

const ALWAYS = -(2 ** 31);

/**
 * Bounds of each comparison: 0 of the one of a comparator, since thresholds are cells, else the layer's reference
 * levels; of outputs that never or always pass one, infinity.
 */
function decisionOf(
  engine: Engine,
  { readOut, requantize }: MatrixLayer,
): AnalogWeights["decision"] {
  const levels = referenceLevels(readOut);
  if (!levels) return null;
  if (requantize.kind !== "thresholds") throw internal("analog", "a comparator without thresholds");
  const { thresholds, directions } = requantize;
  const steps = levels.length;
  const bounds = Float32Array.from(thresholds, (t, at) => {
    if (t !== NEVER && t !== ALWAYS) return levels[at % steps];
    const passes = directions[Math.floor(at / steps)] > 0 ? t === ALWAYS : t === NEVER;
    return passes ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  });
  return {
    strict: readOut.kind === "comparator" && readOut.fires === ">",
    steps,
    bounds: engine.upload(bounds),
    directions: engine.upload(Float32Array.from(directions)),
  };
}

/** Levels in codes that an output is compared with; null where it is read as a number. */
function referenceLevels(readOut: MatrixLayer["readOut"]): readonly number[] | null {
  if (readOut.kind === "comparator") return [0];
  return readOut.kind === "multi-reference" ? readOut.references : null;
}
