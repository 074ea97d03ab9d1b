import type { EncodingLayout, NoisePlace, SensedBank } from "../compiler/define.ts";
import { isPlusWhenFirstLow } from "../compiler/physics/pair-convention.ts";
import type { Engine } from "./kernels/engine.ts";
import { bitErrorKey, pairDigitErrors } from "./noise/bit-error.ts";
import type { Numbers } from "./noise/cell-parameters.ts";
import { OPEN } from "./noise/pair-bins.ts";
import type { PairBounds, PairReader } from "./noise/pair-reader.ts";
import { programmingKey } from "./noise/programming.ts";
import { senseBuilder } from "./noise/sense.ts";
import type { StoredLayer } from "./stored-layer.ts";

/** A layer as its amplifiers see it, its banks one behind the other as if they were one. */
export interface SensedLayer {
  /** ascending, the senses that may read another digit than stored; null where each of them may */
  readonly candidates: Int32Array | null;
  readonly sensed: SensedBank;
}

/** Whether sense a of a word line is the pair of cells 2a and 2a + 1. */
export const areNeighbours = ({ senses, cellsPerWeight, levelValues }: EncodingLayout): boolean =>
  levelValues.length === 2 &&
  cellsPerWeight === 2 * senses.length &&
  senses.every(
    ({ cells }, s) => cells.length === 2 && cells[0] === 2 * s && cells[1] === 2 * s + 1,
  );

/** bytes that a kernel may fill at a time */
const BUDGET = 2 ** 26;

/** Banks in stretches whose every sense may be reported. */
function stretches(
  banks: number,
  bytesPerBank: number,
): readonly { readonly first: number; readonly count: number }[] {
  const most = Math.max(1, Math.floor(BUDGET / bytesPerBank));
  return Array.from({ length: Math.ceil(banks / most) }, (_, k) => ({
    first: k * most,
    count: Math.min(most, banks - k * most),
  }));
}

/** Looks at what each of some banks reported, `width` words a sense; the words are those of the engine. */
async function lookAtBanks(
  engine: Engine,
  { banks, perBank, width }: Record<"banks" | "perBank" | "width", number>,
  fill: (to: number, counts: number) => Promise<void>,
  look: (bank: number, words: Uint32Array) => void,
): Promise<void> {
  const mark = engine.mark();
  const to = engine.allocate(banks * perBank * width * 4);
  const at = engine.allocate(banks * 4);
  await fill(to, at);
  const counts = engine.uint32(at, banks);
  for (let bank = 0; bank < banks; bank++)
    look(bank, engine.uint32(to + bank * perBank * width * 4, counts[bank] * width));
  engine.release(mark);
}

/** Stored bit errors of pairs alone: the digits that `bit-error` leaves, from the hit words. */
export async function senseBitErrors(
  engine: Engine,
  stored: StoredLayer,
  parameters: Numbers,
  first: NoisePlace,
): Promise<SensedLayer> {
  const { placement, perBank } = stored;
  const { encoding } = placement;
  const errors = encoding.senses.map((_, sense) => pairDigitErrors(encoding, sense, parameters));
  const threshold = Math.max(...errors.map(({ limit }) => limit));
  const digits = stored.digits.slice();
  const candidates: number[] = [];
  const key = bitErrorKey(first);
  for (const { first: bank, count } of stretches(placement.banks, perBank * 8)) {
    await lookAtBanks(
      engine,
      { banks: count, perBank, width: 2 },
      (hits, counts) => {
        const words = { words: perBank, bank, threshold, key };
        return engine.run([{ kind: "compare", ...words, hits, counts }], count);
      },
      (b, words) => {
        const base = (bank + b) * perBank;
        for (let k = 0; k < words.length; k += 2) {
          const sense = base + words[k];
          candidates.push(sense);
          const kind = sense % errors.length;
          // unused pairs hold 2 and stay so
          if (digits[sense] !== 2) digits[sense] = errors[kind].digit(digits[sense], words[k + 1]);
        }
      },
    );
  }
  const none = {
    marginal: new Int32Array(0),
    below: new Float64Array(0),
    belowOrZero: new Float64Array(0),
  };
  return { candidates: Int32Array.from(candidates), sensed: { digits, ...none } };
}

/** Drawn devices on the stored levels: exact readings of the pairs in doubt, all others read as stored. */
export async function senseDoubts(
  engine: Engine,
  stored: StoredLayer,
  reader: PairReader,
  first: NoisePlace,
): Promise<SensedLayer> {
  const { placement, perBank, levels } = stored;
  const { encoding, bankWordLines: wordLines, bankBitLines: bitLines } = placement;
  const cells = wordLines * bitLines;
  const pairs = Math.floor(bitLines / 2);
  const perLine = perBank / wordLines;
  const digits = stored.digits.slice();
  const builder = senseBuilder(encoding, digits);
  const kinds = encoding.senses.length;
  /** the digit of each kind of sense whose first cell is the low one */
  const firstLow = encoding.senses.map((_, s) => (isPlusWhenFirstLow(encoding, s) ? 1 : -1));
  const candidates: number[] = [];
  for (const part of stretches(placement.banks, perBank * 12)) {
    const bounds = reader.bounds({ ...first, bank: part.first }, part.count);
    const mark = engine.mark();
    const stored8 = levels.subarray(part.first * cells, (part.first + part.count) * cells);
    const scan = {
      ...{ bank: part.first, wordLines, bitLines, pairs, key: programmingKey(first) },
      levels: uploadLoose(engine, stored8),
      ...uploadBounds(engine, spread(bounds, perLine, pairs)),
    };
    const look = (bank: number, words: Uint32Array): void => {
      const firstSense = (part.first + bank) * perBank;
      for (let k = 0; k < words.length; k += 3) {
        const line = Math.floor(words[k] / pairs);
        const a = words[k] - line * pairs;
        if (a >= perLine) continue;
        const cell = bank * cells + line * bitLines + 2 * a;
        const sense = firstSense + line * perLine + a;
        const within = a % kinds;
        const offset = bounds.offsets[bank * perLine + a];
        const left = stored8[cell];
        const right = stored8[cell + 1];
        const one = words[k + 1];
        const two = words[k + 2];
        const sign = reader.certain[within](left, one, right, two, offset);
        if (sign === OPEN) {
          builder.add(sense, within, reader.read([left, right], [one, two], offset, within));
        } else {
          if (sign * firstLow[within] === digits[sense]) continue;
          digits[sense] = sign * firstLow[within];
        }
        candidates.push(sense);
      }
    };
    await lookAtBanks(
      engine,
      { banks: part.count, perBank: wordLines * pairs, width: 3 },
      (doubts, counts) => engine.run([{ kind: "scan-pairs", ...scan, doubts, counts }], part.count),
      look,
    );
    engine.release(mark);
  }
  return { candidates: Int32Array.from(candidates), sensed: builder.finish() };
}

/** Uploads with the room behind it that the kernel may read. */
function uploadLoose(engine: Engine, data: Uint8Array | Uint32Array): number {
  const at = engine.upload(data);
  engine.allocate(16);
  return at;
}

function uploadBounds(engine: Engine, { lrsFrom, hrsTo, zeroTo }: Omit<PairBounds, "offsets">) {
  return {
    lrsFrom: uploadLoose(engine, lrsFrom),
    hrsTo: uploadLoose(engine, hrsTo),
    zeroTo: uploadLoose(engine, zeroTo),
  };
}

/** Bounds for every pair of a word line, where the last cells of a line hold no whole weight. */
function spread(bounds: PairBounds, perLine: number, pairs: number): Omit<PairBounds, "offsets"> {
  if (perLine === pairs) return bounds;
  const wide = (list: Uint32Array) =>
    Uint32Array.from({ length: (list.length / perLine) * pairs }, (_, i) => {
      const a = i % pairs;
      return a < perLine ? list[Math.floor(i / pairs) * perLine + a] : 0;
    });
  return { lrsFrom: wide(bounds.lrsFrom), hrsTo: wide(bounds.hrsTo), zeroTo: wide(bounds.zeroTo) };
}
