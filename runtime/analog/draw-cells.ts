import type { AnalogRead, NoisePlace, Technology } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { replicasOf } from "../../compiler/ir/replicas.ts";
import { valuesOf } from "../../compiler/physics/condition.ts";
import type { Draw } from "../draw.ts";
import { arraysOf, columnsOf } from "../kernels/analog-command.ts";
import type { NoiseChain } from "../noise-chain.ts";
import type { AnalogLayer } from "./analog-layer.ts";
import { kernelCells } from "./analog-layer.ts";

/** What the kernel needs of one trial: cells and how their bit lines are read. */
export interface AnalogDraw {
  /** in the kernel's order: siemens, or level values where `unit` is 1 */
  readonly cells: Float32Array;
  /** codes of one siemens */
  readonly unit: number;
  /** [arrays along inputs][columns][4] gain, offset in codes, wire, head; behind comparators alike for all arrays */
  readonly read: Float32Array;
}

/** Levels as the integers that they stand for: sums are exact, of every copy of the matrix the same. */
export const storedDraw = (analog: AnalogLayer): AnalogDraw => exactDraw(analog, analog.levels, 0);

function exactDraw(analog: AnalogLayer, levels: Uint8Array, replica: number): AnalogDraw {
  const { levelValues } = analog.placement.encoding;
  const values = Float32Array.from({ length: 256 }, (_, level) => levelValues[level] ?? 0);
  const size = bankSize(analog);
  const cells = kernelCells(
    analog,
    (bank) =>
      Float32Array.from(levels.subarray(bank * size, (bank + 1) * size), (level) => values[level]),
    replica,
  );
  const read = new Float32Array(arraysOf(analog.layout) * columnsOf(analog.layout) * 4);
  for (let q = 0; q < read.length; q += 4) read[q] = 1;
  return { cells, unit: 1, read };
}

const bankSize = ({ placement }: AnalogLayer): number =>
  placement.bankWordLines * placement.bankBitLines;

/** One draw of the devices and circuits of a layer, for each copy of its matrix. */
export function drawCells(
  analog: AnalogLayer,
  chain: NoiseChain,
  image: Pick<ProgrammingImage, "technology" | "condition">,
  draw: Draw,
): readonly AnalogDraw[] {
  const levels = erroneous(analog, chain, draw, bankSize(analog));
  return Array.from({ length: replicasOf(analog.placement) }, (_, replica) =>
    chain.program
      ? drawCopy(analog, chain, image, draw, levels, replica)
      : exactDraw(analog, levels, replica),
  );
}

function drawCopy(
  analog: AnalogLayer,
  chain: NoiseChain,
  image: Pick<ProgrammingImage, "technology" | "condition">,
  draw: Draw,
  levels: Uint8Array,
  replica: number,
): AnalogDraw {
  const size = bankSize(analog);
  const means = levelMeans(analog);
  const device = (bank: number) => {
    const own = levels.subarray(bank * size, (bank + 1) * size);
    const conductances = conductancesOf(chain, own, placeOf(analog, draw, bank));
    means.add(own, conductances);
    return conductances;
  };
  const cells = kernelCells(analog, device, replica);
  const unit = means.unit();
  return { cells, unit, read: readOf(analog, chain, image, draw, unit, replica) };
}

function placeOf({ placement, index }: AnalogLayer, draw: Draw, bank: number): NoisePlace {
  const { bankWordLines: wordLines, bankBitLines: bitLines, encoding } = placement;
  const inputsOn = "word lines";
  return { ...draw, layer: index, bank, wordLines, bitLines, encoding, inputsOn };
}

function erroneous(
  analog: AnalogLayer,
  { store }: NoiseChain,
  draw: Draw,
  size: number,
): Uint8Array {
  if (store.length === 0) return analog.levels;
  const out = new Uint8Array(analog.levels.length);
  for (let bank = 0; bank < analog.placement.banks; bank++) {
    const place = placeOf(analog, draw, bank);
    const changed = store.reduce(
      (before, { model, parameters }) => model.store?.(before, parameters, place) ?? before,
      analog.levels.subarray(bank * size, (bank + 1) * size),
    );
    out.set(changed, bank * size);
  }
  return out;
}

/** Siemens of the cells of a bank, 0 where unused. */
function conductancesOf(
  { program, age }: NoiseChain,
  levels: Uint8Array,
  place: NoisePlace,
): Float32Array {
  const made =
    program?.model.program?.(levels, program.parameters, place) ?? new Float32Array(levels.length);
  return age.reduce(
    (before, { model, parameters }) => model.age?.(before, levels, parameters, place) ?? before,
    made,
  );
}

/**
 * Codes of one siemens, by the mean conductances of the cells themselves: a reference made of cells drifts along with
 * them (P6), and so do the steps by which it is swept.
 */
function levelMeans({ placement }: AnalogLayer) {
  const { levelValues } = placement.encoding;
  const sums = new Float64Array(256);
  const counts = new Float64Array(256);
  return {
    add: (levels: Uint8Array, conductances: Float32Array): void => {
      for (let c = 0; c < levels.length; c++) {
        if (levels[c] === UNUSED) continue;
        sums[levels[c]] += conductances[c];
        counts[levels[c]]++;
      }
    },
    unit: (): number => {
      const held = levelValues.map((_, level) => level).filter((level) => counts[level] > 0);
      const [low, high] = [held[0], held[held.length - 1]];
      const span = sums[high] / counts[high] - sums[low] / counts[low];
      return span > 0 ? (levelValues[high] - levelValues[low]) / span : 0;
    },
  };
}

const noRead: AnalogRead = { wire_Ohm: 0, first_Ohm: 0, decoder_Ohm: 0, offset_V: 0, gainError: 0 };

function readOf(
  analog: AnalogLayer,
  chain: NoiseChain,
  { technology, condition }: Pick<ProgrammingImage, "technology" | "condition">,
  { seed, trial }: Draw,
  unit: number,
  replica: number,
): Float32Array {
  const columns = columnsOf(analog.layout);
  const converts = analog.layer.readOut.kind === "adc";
  const reader = converts ? "converter" : "comparator";
  const all = arraysOf(analog.layout) * columns;
  const read = new Float32Array(all * 4);
  for (let at = 0; at < all; at++) {
    // columns of arrays are numbered on through the copies
    const column = replica * columns + (at % columns);
    const array = converts ? Math.floor(at / columns) : 0;
    const place = { seed, trial, layer: analog.index, column, array, reader } as const;
    const changes = chain.reads.map(({ model, parameters }) => model.analog?.(parameters, place));
    const { wire_Ohm, first_Ohm, decoder_Ohm, offset_V, gainError } = Object.assign(
      { ...noRead },
      ...changes,
    ) as AnalogRead;
    const offset = offset_V === 0 ? 0 : offset_V / voltsOfCode(analog, technology, condition, unit);
    read.set([1 + gainError, offset, wire_Ohm, decoder_Ohm + first_Ohm], at * 4);
  }
  return read;
}

/**
 * Volts at the comparator of one code (P3): transimpedance stages at the read voltage, a star that weights bit lines by
 * their significance, the gain behind it: V = V_read·R_T·gain·Σ s_k G_k / Σ|s_k|.
 * @throws BAD_TECHNOLOGY without a transimpedance, or where levels conduct alike
 */
function voltsOfCode(
  { placement }: AnalogLayer,
  technology: Technology,
  condition: string,
  unit: number,
): number {
  const values = valuesOf(technology, condition);
  const all = placement.encoding.significance.reduce((sum, s) => sum + Math.abs(s), 0);
  const volts =
    (values("readVoltage") * values("transimpedance") * values("stageGain")) / (all * unit);
  if (volts > 0 && Number.isFinite(volts)) return volts;
  throw new XbcError(
    "BAD_TECHNOLOGY",
    `technology ${technology.name}: needs a transimpedance, a gain and levels that differ, found ${volts} V a code; correct its parameters`,
  );
}
