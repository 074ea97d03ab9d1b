import type { PassContext } from "../../compiler/define.ts";
import { evaluateNetwork } from "../../compiler/evaluate.ts";
import type { LayerPlacement, MappedNetwork } from "../../compiler/ir/mapping.ts";
import type { MatrixLayer, QuantizedNetwork } from "../../compiler/ir/network.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import type { LayerInputs } from "./decoder-drop.ts";

/** samples of the calibration data that are looked at */
const SAMPLES = 512;

/** What a layer reads over the calibration data, and its cells; null without data, or where windows or drawn bits are read. */
export async function inputsOverData(
  { network }: MappedNetwork,
  placement: LayerPlacement,
  { options, executor }: PassContext,
): Promise<LayerInputs | null> {
  const layer = network.layers.find((other): other is MatrixLayer => other.id === placement.layer);
  const codes = network.weights.get(placement.layer as MatrixLayer["id"]);
  if (!options.calibration || !layer || !codes) return null;
  if (layer.access.kind !== "dense" || layer.presentation.kind === "stochastic") return null;
  const inputs = new Map(
    [...options.calibration].map(([name, { type, shape, data }]) => {
      const count = Math.min(shape[0], SAMPLES);
      const size = data.length / shape[0];
      return [name, { type, shape: [count, ...shape.slice(1)], data: data.slice(0, count * size) }];
    }),
  ) as NonNullable<PassContext["options"]["calibration"]>;
  const before: QuantizedNetwork = { ...network, outputs: [{ name: "codes", buffer: layer.from }] };
  const upTo = network.layers.indexOf(layer);
  const answers = await evaluateNetwork(
    { ...before, layers: network.layers.slice(0, upTo) },
    executor,
    inputs,
  );
  const values = answers.get("codes");
  if (!values) return null;
  return { codes, presentation: layer.presentation, inputs: toNumbers(values) };
}
