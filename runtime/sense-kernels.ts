import type { EncodingLayout, NoisePlace, SensedBank } from "../compiler/define.ts";
import type { Engine } from "./kernels/engine.ts";
import { bitErrorKey, pairDigitErrors } from "./noise/bit-error.ts";
import type { Numbers } from "./noise/cell-parameters.ts";
import type { PairBounds, PairReader } from "./noise/pair-reader.ts";
import { programmingKey } from "./noise/programming.ts";
import { senseBuilder } from "./noise/sense.ts";
import type { StoredLayer } from "./stored-layer.ts";

/** A layer as its amplifiers see it, its banks one behind the other as if they were one. */
export interface SensedLayer {
  /** ascending, the senses that may read another digit than stored; null: any */
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

/** Gathers what `count` banks reported, `width` words a sense, bank after bank. */
async function reported(
  engine: Engine,
  banks: number,
  perBank: number,
  width: number,
  fill: (to: number, counts: number) => Promise<void>,
): Promise<{ readonly counts: Uint32Array; readonly words: Uint32Array }> {
  const to = engine.allocate(banks * perBank * width * 4);
  const at = engine.allocate(banks * 4);
  await fill(to, at);
  const counts = engine.uint32(at, banks).slice();
  const words = new Uint32Array(counts.reduce((sum, count) => sum + count, 0) * width);
  let end = 0;
  counts.forEach((count, bank) => {
    words.set(engine.uint32(to + bank * perBank * width * 4, count * width), end);
    end += count * width;
  });
  return { counts, words };
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
  const candidates: Int32Array[] = [];
  for (const part of stretches(placement.banks, perBank * 8)) {
    const mark = engine.mark();
    const { counts, words } = await reported(engine, part.count, perBank, 2, (hits, at) =>
      engine.run(
        [
          {
            kind: "compare",
            words: perBank,
            bank: part.first,
            threshold,
            hits,
            counts: at,
            key: bitErrorKey(first),
          },
        ],
        part.count,
      ),
    );
    engine.release(mark);
    const senses = new Int32Array(words.length / 2);
    let k = 0;
    counts.forEach((count, bank) => {
      const base = (part.first + bank) * perBank;
      for (const end = k + count; k < end; k++) {
        const sense = base + words[2 * k];
        senses[k] = sense;
        const kind = sense % errors.length;
        // unused pairs hold 2 and stay so
        if (digits[sense] !== 2)
          digits[sense] = errors[kind].digit(digits[sense], words[2 * k + 1]);
      }
    });
    candidates.push(senses);
  }
  const none = {
    marginal: new Int32Array(0),
    below: new Float64Array(0),
    belowOrZero: new Float64Array(0),
  };
  return { candidates: concatenated(candidates), sensed: { digits, ...none } };
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
  const candidates: Int32Array[] = [];
  for (const part of stretches(placement.banks, perBank * 12)) {
    const bounds = reader.bounds({ ...first, bank: part.first }, part.count);
    const mark = engine.mark();
    const stored8 = levels.subarray(part.first * cells, (part.first + part.count) * cells);
    const scan = {
      ...{ bank: part.first, wordLines, bitLines, pairs, key: programmingKey(first) },
      levels: uploadLoose(engine, stored8),
      ...uploadBounds(engine, spread(bounds, perLine, pairs)),
    };
    const { counts, words } = await reported(
      engine,
      part.count,
      wordLines * pairs,
      3,
      (doubts, at) => engine.run([{ kind: "scan-pairs", ...scan, doubts, counts: at }], part.count),
    );
    engine.release(mark);
    const senses = new Int32Array(words.length / 3);
    let k = 0;
    let used = 0;
    counts.forEach((count, bank) => {
      for (const end = k + count; k < end; k++) {
        const [pair, one, two] = [words[3 * k], words[3 * k + 1], words[3 * k + 2]];
        const line = Math.floor(pair / pairs);
        const a = pair - line * pairs;
        if (a >= perLine) continue;
        const cell = bank * cells + line * bitLines + 2 * a;
        const sense = (part.first + bank) * perBank + line * perLine + a;
        const within = a % encoding.senses.length;
        senses[used++] = sense;
        const chances = reader.read(
          [stored8[cell], stored8[cell + 1]],
          [one, two],
          bounds.offsets[bank * perLine + a],
          within,
        );
        builder.add(sense, within, chances);
      }
    });
    candidates.push(senses.subarray(0, used));
  }
  return { candidates: concatenated(candidates), sensed: builder.finish() };
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

function concatenated(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
