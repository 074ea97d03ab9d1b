import { describe, expect, test } from "vitest";
import type { EncodingLayout, NoisePlace } from "../../../compiler/define.ts";
import { fillBank } from "../../../compiler/ir/bank-codes.ts";
import type { LayerPlacement } from "../../../compiler/ir/mapping.ts";
import { binaryAlphabet, layerId } from "../../../compiler/ir/network.ts";
import halfSelect from "../../../runtime/noise/half-select.ts";
import subthreshold from "../../../runtime/noise/subthreshold.ts";
import { digitReader } from "../../../runtime/stored-layer.ts";
import target from "../../../targets/1s1r.ts";
import bitSliced from "../../../targets/encodings/bit-sliced.ts";
import singleBinary from "../../../targets/encodings/single-binary.ts";

const { technology, laws } = target;
const noise = laws.noise(
  { ...technology, array: { ...technology.array, sensedBitLines: 5 } },
  "guarded",
);
const int3 = { name: "int3", levels: [-4, -3, -2, -1, 0, 1, 2, 3] };

function bank(layout: EncodingLayout | null, outputs: number, bitLines: number) {
  if (!layout) throw new Error("no layout");
  const inputs = 12;
  const placement: LayerPlacement = {
    layer: layerId("fc"),
    encoding: layout,
    configuration: "gated",
    reason: "",
    banks: 1,
    bankWordLines: inputs,
    bankBitLines: bitLines,
    inputs,
    outputs,
    tileInputs: inputs,
    tileOutputs: Math.floor(bitLines / layout.cellsPerWeight),
    clocks: inputs,
    alwaysOn: 0,
    slots: null,
    lines: null,
    segmentWordLines: 1,
  };
  const { levels: codes } = layout.alphabet;
  const data = Int8Array.from(
    { length: inputs * outputs },
    (_, k) => codes[(k * 7 + 3) % codes.length],
  );
  const levels = new Uint8Array(inputs * bitLines);
  fillBank(placement, { outputs, inputs, alphabet: layout.alphabet, data }, 0, levels);
  const stored = new Int8Array(inputs * placement.tileOutputs * layout.senses.length);
  digitReader(placement)(levels, stored);
  const place: NoisePlace = {
    ...{ seed: 1, trial: 0, layer: 0, bank: 0, wordLines: inputs, bitLines, elapsed_s: 0 },
    ...{ encoding: layout, inputsOn: "word lines" },
  };
  return { levels, stored, place };
}

describe.each([
  ["single-binary", singleBinary.layout(binaryAlphabet, technology), 9, 10],
  [
    "bit-sliced, with bit lines that hold no whole weight",
    bitSliced.layout(int3, technology),
    3,
    11,
  ],
] as const)("%s", (_, layout, outputs, bitLines) => {
  const { levels, stored, place } = bank(layout, outputs, bitLines);
  test("cells without spread are read as they are stored, among all their leakage and wires", () => {
    const programmed = subthreshold.program(levels, subthreshold.ideal(noise[0].parameters), place);
    const { digits, marginal } = halfSelect.sense(programmed, levels, noise[1].parameters, place);
    expect(digits).toEqual(stored);
    expect(marginal).toHaveLength(0);
  });
  test("a cell whose current crosses the reference is read wrong, and no other", () => {
    const programmed = subthreshold.program(levels, subthreshold.ideal(noise[0].parameters), place);
    const cell = levels.indexOf(1);
    programmed[cell] /= 4;
    const { digits } = halfSelect.sense(programmed, levels, noise[1].parameters, place);
    const changed = [...digits.keys()].filter((k) => digits[k] !== stored[k]);
    expect(changed).toHaveLength(1);
    expect(digits[changed[0]]).toBe(-stored[changed[0]]);
  });
});

test("currents are log-normal about the median of each state, by one draw a cell", () => {
  const levels = Uint8Array.from({ length: 20_000 }, (_, k) => k & 1);
  const { place } = bank(singleBinary.layout(binaryAlphabet, technology), 9, 10);
  const { parameters } = noise[0];
  const logs = Array.from(subthreshold.program(levels, parameters, place), Math.log);
  for (const [level, name, spread] of [
    [0, "high_A", 0.5],
    [1, "low_A", 0.3],
  ] as const) {
    const own = logs.filter((_, k) => levels[k] === level);
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    const deviation = Math.sqrt(own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length);
    // 10,000 draws: standard errors σ/100 and σ/141, four of them
    expect(Math.abs(mean - Math.log(parameters[name] / parameters.read_V))).toBeLessThan(
      0.04 * spread,
    );
    expect(Math.abs(deviation / spread - 1)).toBeLessThan(0.03);
  }
});

test("a parameter that is missing is named", () => {
  const { levels, place } = bank(singleBinary.layout(binaryAlphabet, technology), 9, 10);
  expect(() => subthreshold.program(levels, {}, place)).toThrow(
    /subthreshold: needs the parameter "read_V"|"high_A"/,
  );
  expect(() => halfSelect.sense(new Float32Array(levels.length), levels, {}, place)).toThrow(
    /half-select: needs the parameter/,
  );
});
