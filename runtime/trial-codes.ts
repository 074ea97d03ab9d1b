import { XbcError } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { CodeMatrix, LayerId } from "../compiler/ir/network.ts";
import { replicasOf } from "../compiler/ir/replicas.ts";
import { chainOnDie } from "./die.ts";
import { onnxruntimeWeb } from "./float-executor.ts";
import { kernelDigits } from "./kernel-digits.ts";
import { chainOf } from "./noise-chain.ts";
import { DEFAULT_BATCH, type RunOptions, usualElapsed } from "./run.ts";
import type { LayerFaults } from "./senses.ts";
import { openSession } from "./session.ts";
import type { StoredLayer } from "./stored-layer.ts";

/** The weights that one device reads. */
export interface TrialCodes {
  readonly codes: ReadonlyMap<LayerId, CodeMatrix>;
  /** weights' digits that read another value than stored, at every read */
  readonly changed: number;
  /** digits that are drawn at each read; here they stand at their likeliest */
  readonly marginal: number;
}

/**
 * The codes that the senses of one drawn device, or of a measured die, read in the place of those stored.
 * @throws UNSUPPORTED for a layer that is summed in the analog domain, where no cell is read alone, or of several copies; BAD_OPTION
 */
export async function trialCodes(
  image: ProgrammingImage,
  options: Pick<RunOptions, "noise" | "seed" | "trial" | "elapsed_s" | "die"> = {},
): Promise<TrialCodes> {
  const { die, noise = "all" } = options;
  refuseAnalog(image);
  refuseCopies(image);
  const chain = die ? chainOnDie(image, die, noise) : chainOf(image.noise, noise);
  const session = await openSession(image, {
    threads: 1,
    executor: onnxruntimeWeb(),
    batch: DEFAULT_BATCH,
  });
  try {
    const faults = await session.sense(chain, {
      seed: options.seed ?? image.seed,
      trial: options.trial ?? 0,
      elapsed_s: options.elapsed_s ?? usualElapsed(image),
    });
    const count = (pick: (layer: LayerFaults) => number) =>
      faults?.reduce((sum, layer) => sum + pick(layer), 0) ?? 0;
    return {
      codes: new Map(
        session.stored.map((stored, k) => [stored.placement.layer, codesOf(stored, faults?.[k])]),
      ),
      changed: count(({ changed }) => changed.weight.length),
      marginal: count(({ marginal }) => marginal.weight.length),
    };
  } finally {
    await session.close();
  }
}

function refuseAnalog({ layers }: ProgrammingImage): void {
  const analog = layers.find(
    (layer) => layer.kind === "matrix" && layer.readOut.kind !== "digital",
  );
  if (analog?.kind !== "matrix") return;
  throw new XbcError(
    "UNSUPPORTED",
    `layer ${analog.id}: needs a digital read-out, which reads weight by weight, found ${analog.readOut.kind}; ` +
      "export without --trial and --die, and compare with xbc run --trial",
  );
}

/** Copies of a matrix read errors of their own, which one weight cannot hold. */
function refuseCopies({ placements }: ProgrammingImage): void {
  const several = placements.find((placement) => replicasOf(placement) > 1);
  if (!several) return;
  throw new XbcError(
    "UNSUPPORTED",
    `layer ${several.layer}: needs one copy of its matrix, since each reads weights of its own, found ${replicasOf(several)}; ` +
      "export without --trial and --die, compile without --replicate, or compare with xbc run --trial",
  );
}

/** A layer's codes [outputs x inputs]: Σ significance · digit over the senses of a weight. */
function codesOf(stored: StoredLayer, faults: LayerFaults | undefined): CodeMatrix {
  const { outputs, inputs, encoding } = stored.placement;
  const { significances } = kernelDigits(encoding);
  const slices = faults ? digitsUnder(stored, faults) : stored.slices;
  const data = new Int16Array(outputs * inputs);
  for (let weight = 0; weight < data.length; weight++) {
    const input = weight % inputs;
    const from = stored.order ? weight - input + stored.order[input] : weight;
    for (let s = 0; s < slices.length; s++) data[weight] += significances[s] * slices[s][from];
  }
  return { outputs, inputs, alphabet: encoding.alphabet, data };
}

const TOTAL = 2 ** 32;

/** The digits of every slice: changed ones as they read, drawn ones at their likeliest. */
function digitsUnder(
  { slices, placement }: StoredLayer,
  { changed, marginal }: LayerFaults,
): readonly Int8Array[] {
  const { isBit, digit } = kernelDigits(placement.encoding);
  const found = slices.map((slice) => slice.slice());
  changed.weight.forEach((weight, k) => {
    found[changed.slice[k]][weight] = changed.digit[k];
  });
  marginal.weight.forEach((weight, k) => {
    const minus = isBit ? marginal.belowOrZero[k] : marginal.below[k];
    const zero = marginal.belowOrZero[k] - minus;
    const plus = TOTAL - marginal.belowOrZero[k];
    const likeliest = plus >= Math.max(minus, zero) ? 1 : minus >= zero ? -1 : 0;
    found[marginal.slice[k]][weight] = digit(likeliest);
  });
  return found;
}
