import type { EncodingLayout, PassContext, TargetSpec } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { mostBankCells } from "../compiler/image/check-placement.ts";
import type { BankLimits } from "../compiler/ir/bank-limits.ts";
import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import type { MatrixLayer } from "../compiler/ir/network.ts";
import { weightsOfLine } from "../compiler/ir/placement.ts";
import { offeredPrecisions } from "./lowering/target-alphabet.ts";

export default definePass({
  name: "tile",
  summary: "Choose an encoding and a bank layout for every matrix, within the target's limits",
  from: "network",
  to: "mapped",
  meaning: "exact",
  run: async (network, context) => {
    const matrices = network.layers.filter(
      (layer): layer is MatrixLayer => layer.kind === "matrix",
    );
    const { target: asked, options } = context;
    const limits = asked.laws.limits({
      technology: asked.technology,
      condition: asked.condition,
      bank: options.bank,
      matrices: matrices.flatMap((layer) => {
        const codes = network.weights.get(layer.id);
        return codes ? [{ codes, encoding: chooseEncoding(layer, asked) }] : [];
      }),
    });
    const bank = options.bank ?? storable(limits, matrices, asked);
    checkArray(asked, bank, limits);
    const target = withArray(asked, bank, limits);
    if (options.configuration !== "auto" && asked.technology.array.inputsOn === "word lines")
      context.warn(
        `--configuration ${options.configuration} changes nothing: ${asked.name} reads inputs on word lines, which knows one order`,
      );
    const placements = matrices.map((layer) => placeLayer(layer, target, context));
    return { network, target, limits, placements, otherPatterns: new Map() };
  },
});

type BankSize = Pick<BankLimits, "wordLines" | "bitLines">;

/** What limits allow; where that is more than an image holds, no more of it than the largest matrix fills. */
function storable(
  limits: BankSize,
  matrices: readonly MatrixLayer[],
  target: TargetSpec,
): BankSize {
  const { wordLines, bitLines } = limits;
  if (wordLines * bitLines <= mostBankCells || matrices.length === 0) return limits;
  const inputs = matrices.map((layer) => layer.inputs + layer.alwaysOn);
  const cells = matrices.map(
    (layer) => layer.outputs * chooseEncoding(layer, target).cellsPerWeight,
  );
  return {
    wordLines: Math.min(wordLines, Math.max(...inputs)),
    bitLines: Math.min(bitLines, Math.max(...cells)),
  };
}

/** The target with the array that its limits give, or that `--bank` says exists: an image records what it lies in. */
function withArray(
  target: TargetSpec,
  { wordLines, bitLines }: BankSize,
  { sensedBitLines }: BankLimits,
): TargetSpec {
  const { array } = target.technology;
  const resolved = {
    ...array,
    wordLines,
    bitLines,
    activeWordLines: Math.min(array.activeWordLines, wordLines),
    sensedBitLines: Math.min(array.sensedBitLines, sensedBitLines, bitLines),
  };
  return { ...target, technology: { ...target.technology, array: resolved } };
}

function checkArray({ name }: TargetSpec, bank: BankSize, limits: BankLimits): void {
  const { wordLines, bitLines } = bank;
  if (wordLines * bitLines > mostBankCells) {
    throw new XbcError(
      "LIMIT",
      `bank ${wordLines}x${bitLines} on ${name}: an image holds banks of at most ${mostBankCells} cells, found ${wordLines * bitLines}; ` +
        "give a smaller --bank, or a smaller array in the device file",
    );
  }
  if (wordLines <= limits.wordLines && bitLines <= limits.bitLines) return;
  throw new XbcError(
    "LIMIT",
    `bank ${wordLines}x${bitLines} on ${name}: at most ${limits.wordLines} word lines x ${limits.bitLines} bit lines can be read ` +
      `(bound by ${limits.boundBy}); give a smaller --bank, or change the technology with --set`,
  );
}

/** The first encoding of the technology that holds the layer's alphabet. */
export function chooseEncoding(layer: MatrixLayer, target: TargetSpec): EncodingLayout {
  for (const encoding of target.encodings) {
    const layout = encoding.layout(layer.alphabet, target.technology);
    if (layout) return layout;
  }
  throw new XbcError(
    "NOT_ENCODABLE",
    `layer ${layer.id}: ${layer.alphabet.name} weights do not fit ${target.name}, whose encodings are ` +
      `${target.encodings.map((e) => e.name).join(", ")}; use ${offeredPrecisions(target)}`,
  );
}

interface Shape {
  readonly inputs: number;
  readonly outputs: number;
  readonly wordLines: number;
  readonly perWordLine: number;
  readonly cellsPerWeight: number;
}

type Layout = Pick<
  LayerPlacement,
  "configuration" | "banks" | "tileInputs" | "tileOutputs" | "clocks"
>;

/** H3: a bank holds a block of n x n weights, a clock reads one word line of every bank. */
function parallelToSequential({ inputs, outputs, wordLines, perWordLine }: Shape): Layout {
  const inputBlocks = Math.ceil(inputs / perWordLine);
  const outputBlocks = Math.ceil(outputs / wordLines);
  return {
    configuration: "parallel-to-sequential",
    banks: inputBlocks * outputBlocks,
    tileInputs: perWordLine,
    tileOutputs: wordLines,
    clocks: Math.min(outputs, wordLines),
  };
}

/** H3: a bank computes one output, its inputs arrive n at a time. */
function sequentialToParallel({ inputs, outputs, wordLines, perWordLine }: Shape): Layout {
  const capacity = wordLines * perWordLine;
  return {
    configuration: "sequential-to-parallel",
    banks: outputs * Math.ceil(inputs / capacity),
    tileInputs: capacity,
    tileOutputs: 1,
    clocks: Math.ceil(Math.min(inputs, capacity) / perWordLine),
  };
}

/** Inputs on word lines: a tile is read in segments of the lines that may be active and sensed at once. */
function gated(
  { inputs, outputs, wordLines, perWordLine, cellsPerWeight }: Shape,
  target: TargetSpec,
): Layout {
  const { activeWordLines, sensedBitLines } = target.technology.array;
  const bitLines = Math.min(outputs, perWordLine) * cellsPerWeight;
  const segments =
    Math.ceil(Math.min(inputs, wordLines) / activeWordLines) * Math.ceil(bitLines / sensedBitLines);
  return {
    configuration: "gated",
    banks: Math.ceil(inputs / wordLines) * Math.ceil(outputs / perWordLine),
    tileInputs: wordLines,
    tileOutputs: perWordLine,
    clocks: segments,
  };
}

const groupsOf = ({ access }: MatrixLayer): number =>
  access.kind === "window" ? access.groups : 1;

/**
 * The outputs of a tile share its word lines, and so its inputs: of a convolution in groups they belong to one group,
 * and every group has banks of its own. (On bit lines a word line is read with the inputs of its own output.)
 */
function gatedGroups(
  shape: Shape,
  groups: number,
  target: TargetSpec,
): { readonly layout: Layout; readonly reason: string } {
  const reason = "inputs run on the word lines";
  if (groups === 1) return { layout: gated(shape, target), reason };
  const perGroup = shape.outputs / groups;
  let tile = Math.min(perGroup, shape.perWordLine);
  while (perGroup % tile !== 0) tile--;
  const layout = gated({ ...shape, perWordLine: tile }, target);
  return { layout, reason: `${reason}; ${groups} groups in banks of their own` };
}

function placeLayer(layer: MatrixLayer, target: TargetSpec, context: PassContext): LayerPlacement {
  const encoding = chooseEncoding(layer, target);
  const { array } = target.technology;
  const perWordLine = weightsOfLine(array.bitLines, encoding);
  if (perWordLine < 1) {
    throw new XbcError(
      "LIMIT",
      `layer ${layer.id}: needs a bank of at least ${encoding.cellsPerWeight} bit lines for one ${layer.alphabet.name} weight ` +
        `(${encoding.name}), found ${array.bitLines}; give a wider --bank`,
    );
  }
  const inputs = layer.inputs + layer.alwaysOn;
  const shape = {
    inputs,
    outputs: layer.outputs,
    wordLines: array.wordLines,
    perWordLine,
    cellsPerWeight: encoding.cellsPerWeight,
  };
  const { layout, reason } =
    array.inputsOn === "word lines"
      ? gatedGroups(shape, groupsOf(layer), target)
      : chooseConfiguration(shape, context.options.configuration);
  return {
    layer: layer.id,
    encoding,
    ...layout,
    reason,
    bankWordLines: array.wordLines,
    bankBitLines: array.bitLines,
    segmentWordLines: Math.min(array.activeWordLines, array.wordLines),
    inputs,
    alwaysOn: layer.alwaysOn,
    outputs: layer.outputs,
    slots: null,
    lines: null,
  };
}

/** The smaller product of banks and clocks; with equal products, fewer banks, then parallel to sequential. */
function chooseConfiguration(
  shape: Shape,
  asked: PassContext["options"]["configuration"],
): { readonly layout: Layout; readonly reason: string } {
  const parallel = parallelToSequential(shape);
  const sequential = sequentialToParallel(shape);
  const describe = (l: Layout) =>
    `${l.configuration}: ${l.banks} banks x ${l.clocks} clocks = ${l.banks * l.clocks}`;
  const both = `${describe(parallel)}; ${describe(sequential)}`;
  if (asked !== "auto") {
    return {
      layout: asked === "parallel-to-sequential" ? parallel : sequential,
      reason: `asked for (${both})`,
    };
  }
  const difference = sequential.banks * sequential.clocks - parallel.banks * parallel.clocks;
  const takeSequential = difference < 0 || (difference === 0 && sequential.banks < parallel.banks);
  const why =
    difference !== 0
      ? "the smaller product"
      : sequential.banks !== parallel.banks
        ? "equal products, fewer banks"
        : "equal in both, the simpler inputs";
  return { layout: takeSequential ? sequential : parallel, reason: `${why} (${both})` };
}
