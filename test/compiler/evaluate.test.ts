import { describe, expect, test } from "vitest";
import { evaluateNetwork } from "../../compiler/evaluate.ts";
import type {
  Buffer,
  DigitalLayer,
  Layer,
  QuantizedNetwork,
  Requantize,
} from "../../compiler/ir/network.ts";
import {
  binaryAlphabet,
  bipolar,
  bufferId,
  layerId,
  ternaryCodes,
} from "../../compiler/ir/network.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { floats, of } from "../support/build-onnx.ts";
import { executor } from "../support/run-onnx.ts";

const x = bufferId("x");
const y = bufferId("y");

/** What a chain of layers from x to y gives. */
async function evaluated(
  layers: readonly Layer[],
  data: Tensor,
  weights: QuantizedNetwork["weights"] = new Map(),
) {
  const size = data.data.length / data.shape[0];
  const buffers = new Map<ReturnType<typeof bufferId>, Buffer>([
    [x, { kind: "float", shape: [size], type: data.type }],
  ]);
  const network = {
    inputs: [
      {
        name: "x",
        buffer: x,
        type: data.type,
        shape: [size],
        batched: true,
        transform: [],
        drawn: null,
      },
    ],
    outputs: [{ name: "y", buffer: y }],
    layers,
    buffers,
    weights,
  };
  const answer = await evaluateNetwork(network, executor, new Map([["x", data]]));
  return [...(answer.get("y")?.data ?? [])].map(Number);
}

const base = { kind: "digital", id: layerId("d"), from: x, to: y } as const;
const requantize = (rule: Requantize, channels = 1, inner = 1): DigitalLayer => ({
  ...base,
  op: "requantize",
  requantize: rule,
  channels,
  inner,
});

describe("evaluateNetwork", () => {
  test("encodes at ≥ where rising, at ≤ where falling, channel by channel", async () => {
    const layer: DigitalLayer = {
      ...base,
      op: "encode",
      range: bipolar,
      thresholds: Float32Array.of(0.5, 0.5),
      directions: Int8Array.of(1, -1),
      channels: 2,
      inner: 1,
    };
    expect(await evaluated([layer], floats([3, 2], [0.5, 0.5, 0.4, 0.4, 0.6, 0.6]))).toEqual([
      1, 1, -1, 1, 1, -1,
    ]);
  });
  test("counts passed thresholds into codes", async () => {
    const rule: Requantize = {
      kind: "thresholds",
      range: ternaryCodes,
      thresholds: Int32Array.of(-2, 3),
      directions: Int8Array.of(1),
    };
    expect(await evaluated([requantize(rule)], of("int32", [1, 5], [-3, -2, 0, 2, 3]))).toEqual([
      -1, 0, 0, 0, 1,
    ]);
  });
  test("looks codes up in a table, one row a channel", async () => {
    const rule: Requantize = {
      kind: "table",
      range: bipolar,
      minimum: -1,
      maximum: 1,
      codes: Int16Array.of(1, -1, 1, -1, 1, -1),
    };
    expect(
      await evaluated([requantize(rule, 2)], of("int32", [3, 2], [-1, -1, 0, 0, 1, 1])),
    ).toEqual([1, -1, -1, 1, 1, -1]);
  });
  test("permutes each sample alike", async () => {
    const layer: DigitalLayer = { ...base, op: "permute", order: Int32Array.of(2, 0, 1) };
    expect(await evaluated([layer], of("int32", [2, 3], [1, 2, 3, 4, 5, 6]))).toEqual([
      3, 1, 2, 6, 4, 5,
    ]);
  });
  test("multiplies codes with codes, position by position", async () => {
    const layer: Layer = {
      kind: "matrix",
      id: layerId("fc"),
      op: "MatMul",
      from: x,
      to: y,
      inputs: 2,
      outputs: 2,
      alwaysOn: 0,
      roundedBy: 0,
      readOut: { kind: "digital" },
      access: { kind: "dense", positions: 2 },
      activations: bipolar,
      presentation: { kind: "once" },
      alphabet: binaryAlphabet,
      scale: Float32Array.of(1),
      requantize: { kind: "sum" },
    };
    const weights = new Map([
      [
        layer.id,
        { outputs: 2, inputs: 2, alphabet: binaryAlphabet, data: Int8Array.of(1, 1, 1, -1) },
      ],
    ]);
    // (1, −1) and (−1, −1)
    expect(await evaluated([layer], of("int16", [1, 4], [1, -1, -1, -1]), weights)).toEqual([
      0, 2, -2, 0,
    ]);
  });
  test("names an input that is missing", async () => {
    const network = {
      inputs: [
        {
          name: "x",
          buffer: x,
          type: "float32" as const,
          shape: [1],
          batched: true,
          transform: [],
          drawn: null,
        },
      ],
      outputs: [],
      layers: [],
      buffers: new Map(),
      weights: new Map(),
    };
    await expect(evaluateNetwork(network, executor, new Map())).rejects.toThrow(
      /input x: needs a tensor, found none/,
    );
  });
});
