import type { NoisePlace, ProgrammedBank, ProgrammingRoutine } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { levelBorders } from "../compiler/image/level-borders.ts";
import type { Die } from "../compiler/ir/die.ts";
import type { LayerCells, ProgrammingImage } from "../compiler/ir/image.ts";
import { UNUSED } from "../compiler/ir/image.ts";
import type { LayerId } from "../compiler/ir/network.ts";
import type { BoundNoise, NoiseChain } from "./noise-chain.ts";
import { chainOf, noiseModelNamed } from "./noise-chain.ts";
import { pause } from "./pause.ts";
import { programmingCosts, type RoutineCounts } from "./programming-costs.ts";
import type { ProgramReport } from "./report/report.ts";

export interface ProgramOptions {
  /** a routine of the image by its name; its first one by default */
  readonly routine?: string;
  readonly seed?: number;
  /** which drawn die */
  readonly trial?: number;
  /** from programming to when the die is left, or read */
  readonly elapsed_s?: number;
  /** share of cells that no pulse moves, half of them at the level that conducts most, half at the least */
  readonly stuck?: number;
  readonly progress?: (stage: string, done: number, total: number) => void;
}

/** how many cells that did not converge a report names */
const MOST_NAMED = 1000;

/**
 * Programs an image on one drawn die, pulse by pulse, as its routine says: iterations, time, energy, yield, and the
 * conductances that the cells end with. A cell that does not pass within the most iterations is left as its last
 * pulse left it, and named.
 * @throws BAD_OPTION for a routine that the image has not
 */
export async function program(
  image: ProgrammingImage,
  options: ProgramOptions = {},
): Promise<{ readonly report: ProgramReport; readonly die: Die }> {
  const routine = routineNamed(image, options.routine);
  const chain = underRoutine(chainOf(image.noise, "all"), routine);
  const layers = new Map<LayerId, Float32Array>();
  const counts = newCounts();
  const total = image.cells.reduce((sum, { banks }) => sum + banks, 0);
  let done = 0;
  for (const [index, cells] of image.cells.entries()) {
    const size = cells.wordLines * cells.bitLines;
    const conductances = new Float32Array(cells.banks * size);
    for (let bank = 0; bank < cells.banks; bank++) {
      const place = placeOf(image, index, bank, options);
      const after = programBank(await cells.levels(bank), chain, place, routine, options);
      countBank(image, counts, cells, bank, after);
      conductances.set(after.conductances_S, bank * size);
      options.progress?.("program", ++done, total);
      if (done % 64 === 0) await pause();
    }
    layers.set(cells.layer, conductances);
  }
  const { seed = image.seed, trial = 0, elapsed_s = 0 } = options;
  const report = reportOf(image, routine, counts, { seed, trial, elapsed_s });
  const provenance = JSON.stringify({
    ...{ generator: image.generator, target: image.target, condition: image.condition },
    ...{ source: image.source.sha256, routine: routine.name, seed, trial },
    stuck: options.stuck ?? 0,
  });
  return { report, die: { layers, elapsed_s, provenance } };
}

function routineNamed({ programming }: ProgrammingImage, name?: string): ProgrammingRoutine {
  const { routines } = programming;
  const found = name === undefined ? routines[0] : routines.find((one) => one.name === name);
  if (found) return found;
  throw new XbcError(
    "BAD_OPTION",
    `--routine ${name}: needs one of the image's, ${routines.map((one) => one.name).join(", ")}`,
  );
}

/** The chain of a die that is programmed by a routine of the image other than its own. */
function underRoutine(chain: NoiseChain, routine: ProgrammingRoutine): NoiseChain {
  const bound = ({ model, parameters }: BoundNoise): BoundNoise => ({
    model,
    parameters: model.underRoutine?.(parameters, routine) ?? parameters,
  });
  return { ...chain, program: chain.program && bound(chain.program), age: chain.age.map(bound) };
}

function placeOf(
  { placements, technology, seed }: ProgrammingImage,
  index: number,
  bank: number,
  options: ProgramOptions,
): NoisePlace {
  const { encoding, bankWordLines, bankBitLines } = placements[index];
  return {
    seed: options.seed ?? seed,
    trial: options.trial ?? 0,
    elapsed_s: options.elapsed_s ?? 0,
    layer: index,
    bank,
    wordLines: bankWordLines,
    bitLines: bankBitLines,
    encoding,
    inputsOn: technology.array.inputsOn,
  };
}

/** A bank after its routine, aged; `levels` are those asked for. */
interface Programmed extends ProgrammedBank {
  readonly levels: Uint8Array;
}

function programBank(
  levels: Uint8Array,
  chain: NoiseChain,
  place: NoisePlace,
  routine: ProgrammingRoutine,
  { stuck = 0 }: ProgramOptions,
): Programmed {
  const held = stuck > 0 ? stuckLevels(levels, stuck, place) : levels;
  const programmed = byRoutine(held, chain, place, routine);
  const converged = programmed.converged.map((passed, c) => (held[c] === levels[c] ? passed : 0));
  const iterations = programmed.iterations.map((count, c) =>
    held[c] === levels[c] ? count : most(routine),
  );
  const conductances_S = chain.age.reduce(
    (fresh, { model, parameters }) => model.age?.(fresh, held, parameters, place) ?? fresh,
    programmed.conductances_S,
  );
  return { levels, conductances_S, iterations, converged };
}

const most = (routine: ProgrammingRoutine): number =>
  routine.kind === "verify" ? routine.mostIterations : 1;

function stuckLevels(levels: Uint8Array, share: number, place: NoisePlace): Uint8Array {
  const model = noiseModelNamed("stuck-at");
  return model.store?.(levels, { lrs: share / 2, hrs: share / 2, unformed: 0 }, place) ?? levels;
}

/**
 * Every stuck cell of the die that `program` draws, at the conductance of its level, NaN elsewhere: what a test of
 * the whole array finds, also of cells that agree with what this image wants there.
 */
export function stuckCells(image: ProgrammingImage, options: ProgramOptions): Die {
  const { stuck = 0 } = options;
  const aims = new Map(image.programming.levels.map(({ level, range }) => [level, range.aim_S]));
  const layers = new Map<LayerId, Float32Array>();
  for (const [index, cells] of image.cells.entries()) {
    const size = cells.wordLines * cells.bitLines;
    const map = new Float32Array(cells.banks * size).fill(Number.NaN);
    const most = image.placements[index].encoding.levelValues.length - 1;
    for (let bank = 0; bank < cells.banks; bank++) {
      const place = placeOf(image, index, bank, options);
      // written once with every cell at each end: what stays at the other end is stuck
      for (const end of [0, most]) {
        const found = stuckLevels(new Uint8Array(size).fill(end), stuck, place);
        found.forEach((level, c) => {
          if (level !== end) map[bank * size + c] = aims.get(level) ?? 0;
        });
      }
    }
    layers.set(cells.layer, map);
  }
  return { layers, elapsed_s: options.elapsed_s ?? 0, provenance: "stuck cells of a drawn die" };
}

/** Without a verify every used cell takes its pulses once, and counts as programmed. */
function byRoutine(
  levels: Uint8Array,
  { program: bound }: NoiseChain,
  place: NoisePlace,
  routine: ProgrammingRoutine,
): ProgrammedBank {
  const { model, parameters } = bound ?? {};
  const known = routine.kind === "once" ? model?.program : model?.simulate;
  if (!model || !parameters || !known) {
    throw new XbcError(
      "UNSUPPORTED",
      `routine ${routine.name}: needs a noise model of the image that programs cells ${routine.kind === "once" ? "once" : "with a verify"}, found none`,
    );
  }
  if (routine.kind === "verify" && model.simulate)
    return model.simulate(levels, parameters, place, routine);
  const used = Uint8Array.from(levels, (level) => (level === UNUSED ? 0 : 1));
  return {
    conductances_S: model.program?.(levels, parameters, place) ?? new Float32Array(levels.length),
    iterations: Uint32Array.from(used),
    converged: used,
  };
}

interface Counts extends RoutineCounts {
  atLevel: number;
  inRange: number;
  readonly failed: ProgramReport["failed"][number][];
  failures: number;
}

const newCounts = (): Counts => ({
  cells: new Float64Array(256),
  iterations: new Float64Array(256),
  rounds: 0,
  atLevel: 0,
  inRange: 0,
  failed: [],
  failures: 0,
});

function countBank(
  image: ProgrammingImage,
  counts: Counts,
  cells: LayerCells,
  bank: number,
  { levels, conductances_S, iterations, converged }: Programmed,
): void {
  const borders = levelBorders(image.programming);
  levels.forEach((level, c) => {
    if (level === UNUSED) return;
    counts.cells[level]++;
    counts.iterations[level] += iterations[c];
    counts.rounds = Math.max(counts.rounds, iterations[c]);
    if (borders.levelOf(conductances_S[c]) === level) counts.atLevel++;
    if (borders.isInRange(level, conductances_S[c])) counts.inRange++;
    if (converged[c] === 1) return;
    counts.failures++;
    if (counts.failed.length >= MOST_NAMED) return;
    const wordLine = Math.floor(c / cells.bitLines);
    const place = { layer: cells.layer, bank, wordLine, bitLine: c % cells.bitLines };
    counts.failed.push({ ...place, level, conductance_S: conductances_S[c] });
  });
}

function reportOf(
  image: ProgrammingImage,
  routine: ProgrammingRoutine,
  counts: Counts,
  draw: { readonly seed: number; readonly trial: number; readonly elapsed_s: number },
): ProgramReport {
  const cells = counts.cells.reduce((sum, count) => sum + count, 0);
  const iterations = counts.iterations.reduce((sum, count) => sum + count, 0);
  const share = (count: number) => (cells === 0 ? 1 : count / cells);
  return {
    target: image.target,
    condition: image.condition,
    routine: routine.name,
    ...draw,
    cells,
    iterations,
    iterationsPerCell: cells === 0 ? 0 : iterations / cells,
    rounds: counts.rounds,
    ...programmingCosts(image.programming, routine, counts),
    yield: share(cells - counts.failures),
    atLevel: share(counts.atLevel),
    inRange: share(counts.inRange),
    levels: image.programming.levels.map(({ level, name, range }) => ({
      level,
      name,
      ...range,
      cells: counts.cells[level],
      iterationsPerCell: counts.cells[level] && counts.iterations[level] / counts.cells[level],
    })),
    failures: counts.failures,
    failed: counts.failed,
    rule: ruleOf(routine),
    assumptions: [image.programming.energySource],
  };
}

const ruleOf = (routine: ProgrammingRoutine): string =>
  routine.kind === "once"
    ? "every cell takes its pulses once, without a verify; it counts as programmed unless it is stuck"
    : `a cell that has not passed after ${routine.mostIterations} iterations stays as the last pulse left it, is ` +
      "reported, and counts against the yield; verify --readback and compile --defects map around it";
