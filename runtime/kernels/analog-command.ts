import type { CodeScale, PlaneTerm, Rows } from "./rows.ts";

/** How the arrays of a layer lie in memory, and how their bit lines make its outputs. */
export interface AnalogLayout {
  /** of the planes; word lines behind them are always on */
  readonly inputs: number;
  readonly lines: number;
  readonly outputs: number;
  readonly tileLines: number;
  readonly tileOutputs: number;
  readonly segment: number;
  /** blocks of 16 bit lines of an array */
  readonly blocks: number;
  readonly perWeight: number;
  readonly firstReference: number;
  readonly references: number;
  /** outputs in so many groups, which read planes of their own and share no array */
  readonly groups: number;
}

/** Bit lines of a block of the kernel. */
export const BLOCK_LINES = 16;

/** Arrays side by side: outputs that share no integrator. */
export const columnsOf = ({ outputs, tileOutputs }: AnalogLayout): number =>
  Math.ceil(outputs / tileOutputs);

/** Arrays one behind the other along the inputs. */
export const arraysOf = ({ lines, tileLines }: AnalogLayout): number =>
  Math.ceil(lines / tileLines);

/** float32 of the cells of all arrays. */
export const cellsOf = (layout: AnalogLayout): number =>
  arraysOf(layout) * columnsOf(layout) * layout.blocks * layout.tileLines * BLOCK_LINES;

/** Bytes of a row of currents. */
export const currentBytes = (layout: AnalogLayout): number =>
  columnsOf(layout) * layout.blocks * BLOCK_LINES * 4;

/** Bytes of a row's list of lines that are on, in one array. */
export const listBytes = ({ tileLines, segment }: AnalogLayout): number =>
  (tileLines + Math.ceil(tileLines / segment)) * 8;

/** Analog sums of a layer: planes on word lines, currents of bit lines, decisions or numbers. */
export interface Analog {
  readonly kind: "analog";
  readonly positions: number;
  readonly layout: AnalogLayout;
  /** u32[inputs] bit of a plane that each word line is gated by; 0: in their order */
  readonly order: number;
  /** f32[arrays][columns][blocks][tileLines][16] siemens, or level values without noise */
  readonly cells: number;
  /** f32[perWeight + references] significance of each bit line */
  readonly mix: number;
  /**
   * f32[arrays][columns][4]: gain of the weights, offset in codes, ohms from cell to cell, ohms before the first; where sums
   * are integrated over arrays, gain and offset are those of the first
   */
  readonly read: number;
  /** codes of one siemens */
  readonly unit: number;
  /** every array's sum becomes a number of this range before it is added; null: integrated */
  readonly converter: { readonly least: number; readonly most: number } | null;
  /** comparisons of an output: passed where direction · sum is at least (`strict`: above) the bound; null: sums alone */
  readonly decision: {
    readonly strict: boolean;
    /** comparisons of an output, one after another; more than one make codes, not bits */
    readonly steps: number;
    /** f32[outputs x steps] */
    readonly bounds: number;
    readonly directions: number;
  } | null;
  readonly from: readonly PlaneTerm[];
  readonly currents: Rows;
  readonly lists: Rows;
  readonly sums: Rows | null;
  readonly mask: Rows | null;
  readonly codes: (CodeScale & { readonly rows: Rows }) | null;
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** A float32 as the word that holds it. */
function floatWord(x: number): number {
  float[0] = x;
  return bits[0];
}

/** The words of a command, as assembly/analog.ts reads them. */
export function analogWords(command: Analog, rows: (rows: Rows | null) => number[]): number[] {
  const { layout, converter, decision, codes, from } = command;
  const { inputs, lines, outputs, tileLines, tileOutputs, segment, blocks } = layout;
  return [
    ...[inputs, lines, outputs, tileLines, tileOutputs, segment, blocks, command.cells],
    ...[layout.perWeight, layout.firstReference, layout.references, command.mix, command.read],
    floatWord(command.unit),
    floatWord(converter?.least ?? 0),
    floatWord(converter?.most ?? 0),
    converter ? 1 : 0,
    decision?.strict ? 1 : 0,
    decision?.bounds ?? 0,
    decision?.directions ?? 0,
    decision?.steps ?? 0,
    codes?.minimum ?? 0,
    codes?.step ?? 0,
    ...rows(command.currents),
    ...rows(command.lists),
    ...rows(command.sums),
    ...rows(command.mask),
    ...rows(codes?.rows ?? null),
    layout.groups,
    command.order,
    from.length,
    ...from.flatMap(({ mask, significance }) => [...rows(mask), floatWord(significance)]),
  ];
}
