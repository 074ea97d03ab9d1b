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
});

function packAnalog(engine: Engine, analog: AnalogLayer, draw: AnalogDraw): AnalogWeights {
  const { layer, layout } = analog;
  return {
    layout,
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

/** Bounds of the one comparison: 0, since thresholds are cells, but for outputs that never or always fire. */
function decisionOf(
  engine: Engine,
  { readOut, requantize }: MatrixLayer,
): AnalogWeights["decision"] {
  if (readOut.kind !== "comparator") return null;
  if (requantize.kind !== "thresholds") throw internal("analog", "a comparator without thresholds");
  const { thresholds, directions } = requantize;
  const bounds = Float32Array.from(thresholds, (t, o) => {
    if (t !== NEVER && t !== ALWAYS) return 0;
    const passes = directions[o] > 0 ? t === ALWAYS : t === NEVER;
    return passes ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  });
  return {
    strict: readOut.fires === ">",
    bounds: engine.upload(bounds),
    directions: engine.upload(Float32Array.from(directions)),
  };
}
