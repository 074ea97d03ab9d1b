import type { PassContext, TargetSpec } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import type { Alphabet } from "../../compiler/ir/network.ts";
import { levelGrid } from "./level-grid.ts";
import type { MatrixNode } from "./matrix-node.ts";
import { targetAlphabet } from "./target-alphabet.ts";
import { unitOf } from "./weight-ranges.ts";
import type { WeightRule } from "./weight-rule.ts";
import { weightRule } from "./weight-rule.ts";

/** The alphabet of each matrix, and why where layers differ. */
export interface LayerPrecisions {
  readonly alphabets: readonly Alphabet[];
  readonly reason: string | null;
}

/** What the first and the last layer get where no precision of their own is asked for. */
const HIGHER = "int8";
/** precisions up to which the first and the last layer are kept higher */
const LOW = ["int2", "int3", "int4"];
const CHOICES = ["int2", "int3", "int4", "int5", "int6", "int7", "int8"];

/** A matrix as precisions are chosen for it. */
export interface Weighed {
  readonly matrix: MatrixNode;
  /** [outputs] of [inputs] */
  readonly rows: readonly Float64Array[];
  /** mean square of each input over the calibration data, one list a group; null: not known, all alike */
  readonly squares: readonly Float64Array[] | null;
}

/**
 * One precision for all but the first and the last layer, or, under a budget of cells, for each what its error is worth:
 * from the lowest on, the layer whose outputs gain most per cell is raised until the cells are used up.
 * @throws LIMIT where the budget does not hold even the lowest precision, BAD_OPTION for a layer that is not there
 */
export function layerPrecisions(
  weighed: readonly Weighed[],
  context: PassContext,
): LayerPrecisions {
  const { target, options } = context;
  const names = weighed.map(({ matrix }) => matrix.node.name);
  const asked = new Map(options.layerPrecision.map((text) => askedFor(text, names)));
  const fixed = names.map((name, index) => asked.get(name) ?? endPrecision(index, names, context));
  if (options.cells === null) {
    const chosen = fixed.map((precision) => precision ?? options.precision);
    return {
      alphabets: chosen.map((precision) => alphabetFor(target, precision)),
      reason: chosen.every((precision) => precision === options.precision)
        ? null
        : chosen.map((precision, k) => `${names[k]} ${precision}`).join(", "),
    };
  }
  return underBudget(weighed, fixed, options.cells, context);
}

/** @throws BAD_OPTION */
function askedFor(text: string, names: readonly string[]): readonly [string, string] {
  const at = text.lastIndexOf("=");
  const [name, precision] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && names.includes(name) && precision !== "") return [name, precision];
  throw new XbcError(
    "BAD_OPTION",
    `--layer-precision ${text}: needs LAYER=PRECISION of a layer with float weights, which are ${names.slice(0, 12).join(", ")}`,
  );
}

function endPrecision(
  index: number,
  names: readonly string[],
  { target, options }: PassContext,
): string | null {
  const isEnd = index === 0 || index === names.length - 1;
  const isLow = LOW.includes(options.precision);
  // where comparators read sums, the paper's networks have one precision throughout (P2)
  if (!isEnd || options.firstLast === "same" || target.technology.readOut !== "digital")
    return null;
  if (options.cells !== null) return options.precision;
  return isLow && targetAlphabet(target, HIGHER) ? HIGHER : null;
}

/** @throws BAD_OPTION */
function alphabetFor(target: TargetSpec, precision: string): Alphabet {
  const alphabet = targetAlphabet(target, precision);
  if (alphabet) return alphabet;
  throw new XbcError(
    "BAD_OPTION",
    `--layer-precision ${precision}: needs a precision that ${target.name} offers float weights, such as int4 or int8`,
  );
}

interface Candidate {
  readonly precision: string;
  readonly alphabet: Alphabet;
  readonly cells: number;
  /** squared error of outputs over their energy */
  readonly error: number;
}

function underBudget(
  weighed: readonly Weighed[],
  fixed: readonly (string | null)[],
  budget: number,
  context: PassContext,
): LayerPrecisions {
  const { target, options, progress } = context;
  const highest = CHOICES.indexOf(options.precision);
  if (highest < 0) {
    throw new XbcError(
      "BAD_OPTION",
      `--cells ${budget}: needs --precision int2 to int8, the most that a layer may get, found ${options.precision}`,
    );
  }
  const candidates = weighed.map((one, index) => {
    progress("sensitivity", index, weighed.length);
    const own = fixed[index];
    const offered = own === null ? CHOICES.slice(0, highest + 1) : [own];
    return offered.flatMap((precision) => {
      const alphabet = targetAlphabet(target, precision);
      return alphabet ? [candidateOf(one, precision, alphabet, context)] : [];
    });
  });
  const chosen = candidates.map(() => 0);
  const used = () => candidates.reduce((sum, of, k) => sum + of[chosen[k]].cells, 0);
  const least = used();
  if (least > budget) {
    throw new XbcError(
      "LIMIT",
      `--cells ${budget}: needs at least ${least} cells for weights of ${candidates.map((of) => of[0].precision)[Math.floor(candidates.length / 2)]}` +
        `${fixed.some((own) => own !== null) ? " with the first and the last layer as asked" : ""}; give more cells, or --first-last same`,
    );
  }
  for (;;) {
    const free = budget - used();
    const raise = bestRaise(candidates, chosen, free);
    if (raise === null) break;
    chosen[raise]++;
  }
  const picked = candidates.map((of, k) => of[chosen[k]]);
  const said = picked.map(
    ({ precision, error }, k) =>
      `${weighed[k].matrix.node.name} ${precision} (${(100 * error).toFixed(2)} % error)`,
  );
  return {
    alphabets: picked.map(({ alphabet }) => alphabet),
    reason: `${used()} of ${budget} cells for weights: ${said.join(", ")}`,
  };
}

/** The layer whose next precision takes most error away per cell, among those that fit; null where none does. */
function bestRaise(
  candidates: readonly (readonly Candidate[])[],
  chosen: readonly number[],
  free: number,
): number | null {
  let best: number | null = null;
  let most = 0;
  candidates.forEach((of, k) => {
    const [now, next] = [of[chosen[k]], of[chosen[k] + 1]];
    if (!next || next.cells - now.cells > free) return;
    const gain = (now.error - next.error) / (next.cells - now.cells);
    if (gain > most) [best, most] = [k, gain];
  });
  return best;
}

function candidateOf(
  { matrix, rows, squares }: Weighed,
  precision: string,
  alphabet: Alphabet,
  { target, options }: PassContext,
): Candidate {
  const rule = weightRule({ target, options }, alphabet);
  const { weights, node } = matrix;
  const layout = target.encodings
    .map((encoding) => encoding.layout(alphabet, target.technology))
    .find((found) => found !== null);
  if (!layout) throw new XbcError("NOT_ENCODABLE", `layer ${node.name}: ${precision} has no cells`);
  return {
    precision,
    alphabet,
    cells: weights.outputs * weights.inputs * layout.cellsPerWeight,
    error: relativeError(rows, squares, alphabet, rule),
  };
}

/** Σ off² · mean x² over Σ w² · mean x²: what rounding adds to outputs whose inputs do not go together. */
function relativeError(
  rows: readonly Float64Array[],
  squares: Weighed["squares"],
  alphabet: Alphabet,
  { range, scale }: WeightRule,
): number {
  const grid = levelGrid(alphabet);
  const plain = range.kind === "output" ? ({ kind: "mse" } as const) : range;
  const shared = scale === "layer" ? unitOf(rows, plain, grid, null) : 0;
  let [error, energy] = [0, 0];
  rows.forEach((row, o) => {
    const unit = scale === "layer" ? shared : unitOf([row], plain, grid, null);
    const square = squares?.[Math.floor((o * squares.length) / rows.length)];
    for (let i = 0; i < row.length; i++) {
      const weight = square ? square[i] : 1;
      error += weight * (row[i] - unit * grid.nearest(row[i] / unit)) ** 2;
      energy += weight * row[i] ** 2;
    }
  });
  return energy === 0 ? 0 : error / energy;
}
