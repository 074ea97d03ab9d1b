import type { EncodingLayout, NoisePlace, SensedBank } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import { banksOfReplica } from "../compiler/ir/replicas.ts";
import type { AnalogDraw } from "./analog/draw-cells.ts";
import type { Draw } from "./draw.ts";
import { kernelDigits } from "./kernel-digits.ts";
import type { Engine } from "./kernels/engine.ts";
import type { PairReader } from "./noise/pair-reader.ts";
import { pairReader } from "./noise/pair-reader.ts";
import type { SenseBanks } from "./noise/sense-fast.ts";
import { fastSenseBanks } from "./noise/sense-fast.ts";
import type { NoiseChain } from "./noise-chain.ts";
import type { SensedLayer } from "./sense-kernels.ts";
import { areNeighbours, senseBitErrors, senseDoubts } from "./sense-kernels.ts";
import type { StoredLayer } from "./stored-layer.ts";
import { digitReader, weightFinder } from "./stored-layer.ts";

/** Senses of a layer that do not read what is stored, weight by weight. */
export interface LayerFaults {
  /** at every read another digit */
  readonly changed: WeightDigits;
  /** at each read a drawn digit; `digit` is the one that the packed weights hold */
  readonly marginal: WeightDigits & {
    readonly below: Float64Array;
    readonly belowOrZero: Float64Array;
  };
  /** of an analog layer: cells and circuits of each copy of its matrix; the rest is empty then */
  readonly analog: readonly AnalogDraw[] | null;
}

/** An analog layer as drawn: no sense of its own, all cells of their own. */
export const analogFaults = (analog: readonly AnalogDraw[]): LayerFaults => {
  const none = { weight: new Int32Array(0), slice: new Uint8Array(0), digit: new Int8Array(0) };
  const never = new Float64Array(0);
  return { changed: none, marginal: { ...none, below: never, belowOrZero: never }, analog };
};

/** True where a layer reads what is stored. */
export const isUnchanged = ({ changed, marginal, analog }: LayerFaults): boolean =>
  changed.weight.length === 0 && marginal.weight.length === 0 && analog === null;

export interface WeightDigits {
  /** output·inputs + input, and outputs·inputs more for each copy of the matrix before its own */
  readonly weight: Int32Array;
  /** which sense of the weight */
  readonly slice: Uint8Array;
  readonly digit: Int8Array;
}

/** The faults of one copy of a matrix, numbered within it. */
export function faultsOfReplica(
  { changed, marginal, analog }: LayerFaults,
  { outputs, inputs }: LayerPlacement,
  replica: number,
): LayerFaults {
  const size = outputs * inputs;
  const first = replica * size;
  const places = (weights: Int32Array) =>
    Int32Array.from(weights.keys()).filter((k) => weights[k] >= first && weights[k] < first + size);
  const digits = ({ weight, slice, digit }: WeightDigits, at: Int32Array): WeightDigits => ({
    weight: at.map((k) => weight[k] - first),
    slice: Uint8Array.from(at, (k) => slice[k]),
    digit: Int8Array.from(at, (k) => digit[k]),
  });
  const drawn = places(marginal.weight);
  return {
    changed: digits(changed, places(changed.weight)),
    marginal: {
      ...digits(marginal, drawn),
      below: Float64Array.from(drawn, (k) => marginal.below[k]),
      belowOrZero: Float64Array.from(drawn, (k) => marginal.belowOrZero[k]),
    },
    analog: analog && [analog[replica]],
  };
}

/** What the senses of a layer read under a chain, in one trial, beside what is stored. */
export async function senseLayer(
  engine: Engine,
  stored: StoredLayer,
  chain: NoiseChain,
  inputsOn: NoisePlace["inputsOn"],
  draw: Draw,
): Promise<LayerFaults> {
  const first = firstPlace(stored, inputsOn, draw);
  return faultsOf(
    stored,
    (await senseByKernels(engine, stored, chain, first)) ?? senseBanks(stored, chain, first),
  );
}

/** The plain twin of `senseLayer`: bank by bank, every sense compared with what is stored. */
export const senseLayerPlainly = (
  stored: StoredLayer,
  chain: NoiseChain,
  inputsOn: NoisePlace["inputsOn"],
  draw: Draw,
): LayerFaults => faultsOf(stored, senseBanks(stored, chain, firstPlace(stored, inputsOn, draw)));

function firstPlace(stored: StoredLayer, inputsOn: NoisePlace["inputsOn"], draw: Draw): NoisePlace {
  const { bankWordLines: wordLines, bankBitLines: bitLines, encoding } = stored.placement;
  return { ...draw, layer: stored.index, bank: 0, wordLines, bitLines, encoding, inputsOn };
}

/** The usual chains, by kernels that report only what may differ; null for any other. */
async function senseByKernels(
  engine: Engine,
  stored: StoredLayer,
  chain: NoiseChain,
  first: NoisePlace,
): Promise<SensedLayer | null> {
  const { encoding } = stored.placement;
  if (!areNeighbours(encoding)) return null;
  const [store, ...others] = chain.store;
  if (store?.model.name === "bit-error" && others.length === 0 && !chain.program && !chain.read) {
    return senseBitErrors(engine, stored, store.parameters, first);
  }
  const reader = store ? null : readerOf(chain, encoding);
  return reader && senseDoubts(engine, stored, reader, first);
}

/** The reader of a chain's pairs, kept for its next layers and trials. */
function readerOf(chain: NoiseChain, encoding: EncodingLayout): PairReader | null {
  const known = readers.get(chain) ?? new Map<string, PairReader | null>();
  readers.set(chain, known);
  const key = JSON.stringify(encoding);
  const kept = known.get(key);
  if (kept !== undefined) return kept;
  const physics = knownPhysics(chain);
  const reader = physics && pairReader(physics.program, physics.cycles, physics.read, encoding);
  known.set(key, reader);
  return reader;
}

const readers = new WeakMap<NoiseChain, Map<string, PairReader | null>>();

/** The parameters of programming, cycling and sensing, where nothing else acts after the store effects. */
function knownPhysics({ program, age, read }: NoiseChain) {
  const cycles = age.find(({ model }) => model.name === "cycling") ?? null;
  if (
    program?.model.name !== "programming" ||
    read?.model.name !== "sense" ||
    age.some((a) => a !== cycles)
  )
    return null;
  return { program: program.parameters, cycles: cycles?.parameters ?? null, read: read.parameters };
}

/** Any chain, bank by bank, every sense compared. */
function senseBanks(stored: StoredLayer, chain: NoiseChain, first: NoisePlace): SensedLayer {
  const { placement, perBank } = stored;
  const levels = chain.store.length === 0 ? stored.levels : erroneousLevels(stored, chain, first);
  const banks = banksReader(chain, placement)(levels, first, placement.banks);
  const digits = new Int8Array(stored.digits.length);
  banks.forEach((bank, b) => {
    digits.set(bank.digits, b * perBank);
  });
  const count = banks.reduce((sum, { marginal }) => sum + marginal.length, 0);
  const marginal = new Int32Array(count);
  const below = new Float64Array(count);
  const belowOrZero = new Float64Array(count);
  let at = 0;
  banks.forEach((bank, b) => {
    marginal.set(
      bank.marginal.map((index) => b * perBank + index),
      at,
    );
    below.set(bank.below, at);
    belowOrZero.set(bank.belowOrZero, at);
    at += bank.marginal.length;
  });
  return { candidates: null, sensed: { digits, marginal, below, belowOrZero } };
}

/** How a chain reads the banks of a layer: what store effects left, through program, age and read. */
function banksReader(chain: NoiseChain, placement: LayerPlacement): SenseBanks {
  const { program, age, read } = chain;
  if (!program || !read) return storedReader(placement);
  const known = knownPhysics(chain);
  if (known) return fastSenseBanks(known.program, known.cycles, known.read, placement.encoding);
  return eachBank((levels, place) => {
    let conductances = program.model.program?.(levels, program.parameters, place);
    for (const { model, parameters } of age) {
      if (conductances)
        conductances = model.age?.(conductances, levels, parameters, place) ?? conductances;
    }
    const sensed = conductances
      ? read.model.sense?.(conductances, levels, read.parameters, place)
      : undefined;
    if (!sensed)
      throw internal(
        "senses",
        `${program.model.name} and ${read.model.name} cannot be read digitally`,
      );
    return sensed;
  });
}

/** Perfect cells and amplifiers: every pattern reads as its code. */
function storedReader(placement: LayerPlacement): SenseBanks {
  const readBank = digitReader(placement);
  const none = {
    marginal: new Int32Array(0),
    below: new Float64Array(0),
    belowOrZero: new Float64Array(0),
  };
  return eachBank((levels, place) => {
    const c = placement.encoding.cellsPerWeight;
    const digits = new Int8Array(
      place.wordLines * Math.floor(place.bitLines / c) * placement.encoding.senses.length,
    );
    if (!readBank(levels, digits)) {
      throw internal(
        "senses",
        `layer ${placement.layer}, bank ${place.bank}: stored errors left a pattern that only a read model can tell`,
      );
    }
    return { digits, ...none };
  });
}

function eachBank(one: (levels: Uint8Array, place: NoisePlace) => SensedBank): SenseBanks {
  return (levels, place, banks) => {
    const size = place.wordLines * place.bitLines;
    return Array.from({ length: banks }, (_, k) =>
      one(levels.subarray(k * size, (k + 1) * size), { ...place, bank: place.bank + k }),
    );
  };
}

/** The levels of all banks after the store effects. */
function erroneousLevels(
  { levels, placement }: StoredLayer,
  chain: NoiseChain,
  first: NoisePlace,
): Uint8Array {
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

/** The senses that read another digit than stored, or a drawn one. */
function faultsOf(stored: StoredLayer, { candidates, sensed }: SensedLayer): LayerFaults {
  const before = stored.digits;
  const changed = new Int32Array(candidates?.length ?? differences(before, sensed.digits));
  let count = 0;
  const look = (sense: number) => {
    if (sensed.digits[sense] !== before[sense]) changed[count++] = sense;
  };
  if (candidates) for (const sense of candidates) look(sense);
  else for (let sense = 0; sense < before.length; sense++) look(sense);
  const { marginal, below, belowOrZero } = sensed;
  const { isBit } = kernelDigits(stored.placement.encoding);
  return {
    changed: weightDigits(stored, changed.subarray(0, count), sensed.digits),
    marginal: {
      ...weightDigits(stored, marginal, sensed.digits),
      // of a bit, −1 counts as 0
      below: isBit ? new Float64Array(below.length) : below,
      belowOrZero: isBit ? below : belowOrZero,
    },
    analog: null,
  };
}

function differences(before: Int8Array, now: Int8Array): number {
  let count = 0;
  for (let sense = 0; sense < before.length; sense++) if (now[sense] !== before[sense]) count++;
  return count;
}

function weightDigits(stored: StoredLayer, senses: Int32Array, digits: Int8Array): WeightDigits {
  const weightOf = weightFinder(stored);
  const { placement } = stored;
  const slices = placement.encoding.senses.length;
  const perReplica = banksOfReplica(placement) * stored.perBank;
  const size = placement.outputs * placement.inputs;
  const kernel = kernelDigits(stored.placement.encoding);
  const weight = new Int32Array(senses.length);
  const slice = new Uint8Array(senses.length);
  const digit = new Int8Array(senses.length);
  for (let k = 0; k < senses.length; k++) {
    weight[k] = weightOf(senses[k]) + Math.floor(senses[k] / perReplica) * size;
    // whole weights fill a word line, so senses of a layer go through the senses of a weight in turn
    slice[k] = senses[k] % slices;
    digit[k] = kernel.digit(digits[senses[k]]);
  }
  return { weight, slice, digit };
}
