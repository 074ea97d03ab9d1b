import type { EncodingLayout, NoisePlace, SensedBank } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { UNUSED } from "../compiler/ir/image.ts";
import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import { weightOfCell } from "../compiler/ir/placement.ts";
import type { NoiseChain } from "./noise-chain.ts";
import type { SenseBanks } from "./noise/sense-fast.ts";
import { fastSenseBanks } from "./noise/sense-fast.ts";

/** digit of a sense whose cells hold no weight */
const NO_DIGIT = 2;

/** The cells of one layer as stored, and what each sense reads there without noise. */
export interface StoredLayer {
  readonly placement: LayerPlacement;
  /** position among the image's matrix layers: part of every key of a random draw */
  readonly index: number;
  /** [banks x wordLines x bitLines] */
  readonly levels: Uint8Array;
  /** senses of one bank */
  readonly perBank: number;
  /** [banks x senses] −1, 0, +1, or 2 where unused */
  readonly digits: Int8Array;
}

/** Senses of a layer that do not read what is stored, weight by weight. */
export interface LayerFaults {
  /** at every read another digit */
  readonly changed: WeightDigits;
  /** at each read a drawn digit; `digit` is the one that the packed weights hold */
  readonly marginal: WeightDigits & { readonly below: Float64Array; readonly belowOrZero: Float64Array; readonly sense: Uint32Array };
}

export interface WeightDigits {
  /** output·inputs + input */
  readonly weight: Int32Array;
  /** which sense of the weight */
  readonly slice: Uint8Array;
  readonly digit: Int8Array;
}

/** The digit that each sense of a weight reads for each code, [codes][senses]. */
export function digitsOfCodes(layout: EncodingLayout): readonly (readonly number[])[] {
  return layout.alphabet.levels.map((code, k) =>
    layout.senses.map(({ cells, significance }) => {
      if (layout.senses.length === 1) return code / significance;
      const value = cells.reduce((sum, c) => sum + layout.significance[c] * layout.levelValues[layout.patterns[k][c]], 0);
      return value / significance;
    }),
  );
}

/** Reads the cells of a layer out of an image. */
export async function loadStoredLayer(image: ProgrammingImage, index: number): Promise<StoredLayer> {
  const placement = image.placements[index];
  const cells = image.cells[index];
  const levels = await cells.range(0, cells.banks);
  const perLine = Math.floor(cells.bitLines / placement.encoding.cellsPerWeight) * placement.encoding.senses.length;
  const perBank = perLine * cells.wordLines;
  const digits = new Int8Array(cells.banks * perBank);
  const readBank = digitReader(placement);
  const size = cells.wordLines * cells.bitLines;
  for (let bank = 0; bank < cells.banks; bank++) {
    const found = readBank(levels.subarray(bank * size, (bank + 1) * size), digits.subarray(bank * perBank, (bank + 1) * perBank));
    if (!found) throw internal("senses", `layer ${placement.layer}, bank ${bank}: holds a pattern that is no code`);
  }
  return { placement, index, levels, perBank, digits };
}

/** Writes the digits that a bank's levels mean; false where a weight's levels are no code of the alphabet. */
function digitReader({ encoding, bankWordLines, bankBitLines }: LayerPlacement): (levels: Uint8Array, out: Int8Array) => boolean {
  const { cellsPerWeight: c, senses, patterns, levelValues } = encoding;
  const base = levelValues.length;
  const table = new Int8Array(base ** c * senses.length).fill(NO_DIGIT);
  digitsOfCodes(encoding).forEach((digits, k) => {
    const at = patterns[k].reduce((sum, level) => sum * base + level, 0);
    digits.forEach((digit, s) => {
      table[at * senses.length + s] = digit;
    });
  });
  const perLine = Math.floor(bankBitLines / c);
  return (levels, out) => {
    for (let w = 0, to = 0; w < bankWordLines; w++) {
      for (let p = 0, cell = w * bankBitLines; p < perLine; p++, cell += c, to += senses.length) {
        if (levels[cell] === UNUSED) {
          out.fill(NO_DIGIT, to, to + senses.length);
          continue;
        }
        let at = 0;
        for (let k = 0; k < c; k++) at = at * base + levels[cell + k];
        for (let s = 0; s < senses.length; s++) out[to + s] = table[at * senses.length + s] ?? NO_DIGIT;
        if (out[to] === NO_DIGIT) return false;
      }
    }
    return true;
  };
}

/** How a chain reads the banks of a layer: what store effects left, through program, age and read. */
function banksReader(chain: NoiseChain, placement: LayerPlacement): SenseBanks {
  const { program, age, read } = chain;
  if (!program || !read) return storedReader(placement);
  const cycles = age.find(({ model }) => model.name === "cycling") ?? null;
  const known = program.model.name === "programming" && read.model.name === "sense" && age.every((a) => a === cycles);
  if (known) return fastSenseBanks(program.parameters, cycles?.parameters ?? null, read.parameters, placement.encoding);
  return eachBank((levels, place) => {
    let conductances = program.model.program?.(levels, program.parameters, place);
    for (const { model, parameters } of age) {
      if (conductances) conductances = model.age?.(conductances, levels, parameters, place) ?? conductances;
    }
    const sensed = conductances ? read.model.sense?.(conductances, levels, read.parameters, place) : undefined;
    if (!sensed) throw internal("senses", `${program.model.name} and ${read.model.name} cannot be read digitally`);
    return sensed;
  });
}

/** Perfect cells and amplifiers: every pattern reads as its code. */
function storedReader(placement: LayerPlacement): SenseBanks {
  const readBank = digitReader(placement);
  const none = { marginal: new Int32Array(0), below: new Float64Array(0), belowOrZero: new Float64Array(0) };
  return eachBank((levels, place) => {
    const c = placement.encoding.cellsPerWeight;
    const digits = new Int8Array(place.wordLines * Math.floor(place.bitLines / c) * placement.encoding.senses.length);
    if (!readBank(levels, digits)) {
      throw internal("senses", `layer ${placement.layer}, bank ${place.bank}: stored errors left a pattern that only a read model can tell`);
    }
    return { digits, ...none };
  });
}

function eachBank(one: (levels: Uint8Array, place: NoisePlace) => SensedBank): SenseBanks {
  return (levels, place, banks) => {
    const size = place.wordLines * place.bitLines;
    return Array.from({ length: banks }, (_, k) => one(levels.subarray(k * size, (k + 1) * size), { ...place, bank: place.bank + k }));
  };
}

/** What the senses of a layer read under a chain, in one trial, beside what is stored. */
export function senseLayer(
  stored: StoredLayer,
  chain: NoiseChain,
  inputsOn: NoisePlace["inputsOn"],
  draw: { readonly seed: number; readonly trial: number; readonly elapsed_s: number },
): LayerFaults {
  const { placement, perBank, digits } = stored;
  const { bankWordLines: wordLines, bankBitLines: bitLines, encoding, banks } = placement;
  const first: NoisePlace = { ...draw, layer: stored.index, bank: 0, wordLines, bitLines, encoding, inputsOn };
  const levels = chain.store.length === 0 ? stored.levels : erroneousLevels(stored, chain, first);
  const faults = faultList(stored);
  banksReader(chain, placement)(levels, first, banks).forEach((sensed, bank) => {
    faults.add(bank, digits.subarray(bank * perBank, (bank + 1) * perBank), sensed);
  });
  return faults.finish();
}

/** The levels of all banks after the store effects. */
function erroneousLevels({ levels, placement }: StoredLayer, chain: NoiseChain, first: NoisePlace): Uint8Array {
  const out = new Uint8Array(levels.length);
  const size = first.wordLines * first.bitLines;
  for (let bank = 0; bank < placement.banks; bank++) {
    const place = { ...first, bank };
    const changed = chain.store.reduce(
      (before, { model, parameters }) => model.store?.(before, parameters, place) ?? before,
      levels.subarray(bank * size, (bank + 1) * size),
    );
    out.set(changed, bank * size);
  }
  return out;
}

function faultList({ placement, perBank }: StoredLayer) {
  const { encoding, inputs, bankBitLines } = placement;
  const slices = encoding.senses.length;
  const perLine = Math.floor(bankBitLines / encoding.cellsPerWeight) * slices;
  const changed: number[] = [];
  const changedSlice: number[] = [];
  const changedDigit: number[] = [];
  const marginal: number[] = [];
  const marginalSlice: number[] = [];
  const marginalDigit: number[] = [];
  const sense: number[] = [];
  const below: number[] = [];
  const belowOrZero: number[] = [];
  const weightAt = (bank: number, index: number): number => {
    const wordLine = Math.floor(index / perLine);
    const bitLine = Math.floor((index % perLine) / slices) * encoding.cellsPerWeight;
    const found = weightOfCell(placement, bank, wordLine, bitLine);
    if (!found) throw internal("senses", `bank ${bank}, sense ${index} holds no weight`);
    return found.output * inputs + found.input;
  };
  return {
    add: (bank: number, before: Int8Array, now: SensedBank): void => {
      for (let index = 0; index < before.length; index++) {
        if (now.digits[index] === before[index]) continue;
        changed.push(weightAt(bank, index));
        changedSlice.push(index % slices);
        changedDigit.push(now.digits[index]);
      }
      now.marginal.forEach((index, k) => {
        marginal.push(weightAt(bank, index));
        marginalSlice.push(index % slices);
        marginalDigit.push(now.digits[index]);
        sense.push(bank * perBank + index);
        below.push(now.below[k]);
        belowOrZero.push(now.belowOrZero[k]);
      });
    },
    finish: (): LayerFaults => ({
      changed: { weight: Int32Array.from(changed), slice: Uint8Array.from(changedSlice), digit: Int8Array.from(changedDigit) },
      marginal: {
        weight: Int32Array.from(marginal),
        slice: Uint8Array.from(marginalSlice),
        digit: Int8Array.from(marginalDigit),
        sense: Uint32Array.from(sense),
        below: Float64Array.from(below),
        belowOrZero: Float64Array.from(belowOrZero),
      },
    }),
  };
}
