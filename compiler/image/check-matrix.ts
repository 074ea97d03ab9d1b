import type { ProgrammingImage } from "../ir/image.ts";
import type { MatrixLayer } from "../ir/network.ts";
import { levelsOf } from "../ir/network.ts";
import { sizeOf } from "../ir/tensor.ts";
import { ascending } from "./ascending.ts";
import { checkRequantize } from "./check-digital.ts";
import type { Need } from "./check-range.ts";
import { checkRange } from "./check-range.ts";
import { checkWindow } from "./check-window.ts";

export function checkMatrix(layer: MatrixLayer, image: ProgrammingImage, need: Need): void {
  const where = `layer ${layer.id}`;
  const { inputs, outputs, activations, alphabet, scale } = layer;
  const from = image.buffers.get(layer.from);
  const to = image.buffers.get(layer.to);
  need(
    from?.kind === "codes" || (from?.kind === "float" && layer.presentation.kind === "stochastic"),
    where,
    "codes to read",
    from?.kind,
  );
  checkRange(activations, where, need);
  checkReadOut(layer, where, need);
  need(ascending(alphabet.levels), where, "an ascending alphabet", alphabet.levels.slice(0, 8));
  const largest = (a: number, b: number) => Math.max(Math.abs(a), Math.abs(b));
  const weight = largest(alphabet.levels[0], alphabet.levels[alphabet.levels.length - 1]);
  const lines = inputs + layer.alwaysOn;
  const bound = lines * weight * largest(activations.minimum, activations.maximum);
  need(bound < 2 ** 31, where, "sums below 2^31", bound);
  need(
    scale.length === 1 || scale.length === outputs,
    where,
    `1 or ${outputs} scales`,
    scale.length,
  );
  need(scale.every(Number.isFinite), where, "finite scales", "one that is not");
  const [reads, writes] = accessSizes(layer, where, need);
  const sizes = [from, to].map((buffer) => sizeOf(buffer?.shape ?? []));
  need(sizes[0] === reads, where, `${reads} codes to read`, sizes[0]);
  need(sizes[1] === writes, where, `room for ${writes} results`, sizes[1]);
  checkRequantize(layer.requantize, outputs, to, where, need);
}

/** A read-out that can make what the layer gives; only an analog one has inputs that are always on. */
function checkReadOut(
  { readOut, alwaysOn, requantize, activations, presentation }: MatrixLayer,
  where: string,
  need: Need,
): void {
  const { kind } = readOut;
  const isAnalog = kind !== "digital";
  need(isAnalog || alwaysOn === 0, where, "no always-on inputs behind digital sums", alwaysOn);
  const isGated =
    activations.minimum >= 0 ||
    (presentation.kind === "planes" && presentation.digits === "unipolar");
  need(!isAnalog || isGated, where, "digits 0 and 1 on word lines", activations.minimum);
  if (kind === "sweep") need(requantize.kind === "sum", where, "sums to be swept", requantize.kind);
  if (kind === "comparator") {
    const one = requantize.kind === "thresholds" && levelsOf(requantize.range) === 2;
    need(one, where, "one threshold an output behind a comparator", requantize.kind);
  }
  if (readOut.kind !== "multi-reference") return;
  const { references } = readOut;
  const steps = requantize.kind === "thresholds" ? levelsOf(requantize.range) - 1 : 0;
  need(
    references.length === steps,
    where,
    `${references.length} thresholds an output, one a reference level`,
    steps,
  );
  need(
    references.every(
      (level, k) => Number.isInteger(level) && level >= (references[k - 1] ?? level),
    ),
    where,
    "reference levels of whole codes, rising",
    references.slice(0, 8),
  );
}

/** Elements of one sample that a layer reads and writes. */
function accessSizes(
  layer: MatrixLayer,
  where: string,
  need: Need,
): readonly [reads: number, writes: number] {
  const { access, inputs, outputs } = layer;
  if (access.kind === "dense") return [access.positions * inputs, access.positions * outputs];
  const { groups, channels, input, kernel, output } = access;
  checkWindow(access, where, need);
  need(
    channels % groups === 0 && outputs % groups === 0,
    where,
    `channels and outputs in ${groups} groups`,
    `${channels}, ${outputs}`,
  );
  const taps = (channels / groups) * sizeOf(kernel);
  need(inputs === taps, where, `${taps} inputs for its window`, inputs);
  return [channels * sizeOf(input), outputs * sizeOf(output)];
}
