import { describe, expect, test } from "vitest";
import type { CompileOptions, TargetSpec } from "../../compiler/define.ts";
import type { MappedNetwork } from "../../compiler/ir/mapping.ts";
import {
  binaryAlphabet,
  bipolar,
  bufferId,
  integerAlphabet,
  layerId,
  type MatrixLayer,
  type QuantizedNetwork,
} from "../../compiler/ir/network.ts";
import { readSegments } from "../../compiler/ir/schedule.ts";
import schedule from "../../passes/schedule.ts";
import tile from "../../passes/tile.ts";
import { buildGraph } from "../support/build-onnx.ts";
import { passContext } from "../support/pass-context.ts";

/** A network of one matrix; what lies on banks depends on its size alone. */
function networkOf(inputs: number, outputs: number, alphabet = binaryAlphabet): QuantizedNetwork {
  const layer: MatrixLayer = {
    kind: "matrix",
    id: layerId("fc"),
    op: "MatMul",
    from: bufferId("x"),
    to: bufferId("y"),
    inputs,
    outputs,
    alwaysOn: 0,
    roundedBy: 0,
    readOut: { kind: "digital" },
    access: { kind: "dense", positions: 1 },
    activations: bipolar,
    presentation: { kind: "once" },
    alphabet,
    scale: Float32Array.of(1),
    requantize: { kind: "sum" },
  };
  return {
    inputs: [],
    outputs: [],
    layers: [layer],
    buffers: new Map(),
    weights: new Map(),
    reference: buildGraph({ inputs: {}, outputs: [], nodes: [] }),
    referenceWeights: new Map(),
    subgraphs: new Map(),
    warnings: [],
    assumptions: [],
  };
}

async function mapped(
  network: QuantizedNetwork,
  options: Partial<CompileOptions> = {},
  change = (t: TargetSpec) => t,
): Promise<MappedNetwork> {
  const { context } = passContext(options);
  const stage = await tile.run(network, { ...context, target: change(context.target) });
  if (!("placements" in stage)) throw new Error("nothing was placed");
  return stage;
}

const placed = async (...args: Parameters<typeof mapped>) => (await mapped(...args)).placements[0];

/** The steps of a mapped network's schedule, and how many weights each reads. */
async function reads(network: MappedNetwork) {
  const stage = await schedule.run(network, passContext().context);
  if (!("steps" in stage)) throw new Error("nothing was scheduled");
  return [...readSegments(stage.steps)];
}

const parallel = { configuration: "parallel-to-sequential" } as const;
const sequential = { configuration: "sequential-to-parallel" } as const;

describe("H3: 784 x 1024 in blocks of n = 32", () => {
  test("parallel to sequential: 25 x 32 banks, 32 clocks", async () => {
    const network = await mapped(networkOf(784, 1024), parallel);
    expect(network.placements[0]).toMatchObject({
      banks: 25 * 32,
      clocks: 32,
      tileInputs: 32,
      tileOutputs: 32,
    });
    const segments = await reads(network);
    expect(segments).toHaveLength(25 * 32 * 32);
    expect(Math.max(...segments.map(({ step }) => step))).toBe(31);
  });
  test("sequential to parallel: 1,024 banks, 25 clocks", async () => {
    const network = await mapped(networkOf(784, 1024), sequential);
    expect(network.placements[0]).toMatchObject({
      banks: 1024,
      clocks: 25,
      tileInputs: 1024,
      tileOutputs: 1,
    });
    const segments = await reads(network);
    expect(segments).toHaveLength(1024 * 25);
    // 784 = 24 · 32 + 16: the last clock reads half a line
    expect(
      segments.filter(({ step }) => step === 24).every(({ bitLines }) => bitLines === 32),
    ).toBe(true);
    expect(segments.filter(({ step }) => step < 24).every(({ bitLines }) => bitLines === 64)).toBe(
      true,
    );
  });
  test("left to itself it takes the smaller product of banks and clocks, and says so", async () => {
    // both are 25,600: fewer banks decide
    expect(await placed(networkOf(784, 1024))).toMatchObject({
      configuration: "parallel-to-sequential",
      reason: expect.stringContaining("fewer banks"),
    });
    // 1024 x 10: 32 banks x 10 clocks against 10 banks x 32 clocks
    expect((await placed(networkOf(1024, 10))).configuration).toBe("sequential-to-parallel");
    // 33 x 32: 2 banks x 32 clocks against 32 banks x 2 clocks
    expect((await placed(networkOf(33, 32))).configuration).toBe("parallel-to-sequential");
  });
});

describe("edges", () => {
  test("a matrix of 33 x 33 leaves most of its second row and column of banks unused", async () => {
    const segments = await reads(await mapped(networkOf(33, 33), parallel));
    const of = (bank: number) => segments.filter((segment) => segment.bank === bank);
    // word lines are outputs, bit lines pairs of inputs
    expect([0, 1, 2, 3].map((bank) => of(bank).length)).toEqual([32, 32, 1, 1]);
    expect([0, 1, 2, 3].map((bank) => of(bank)[0].bitLines)).toEqual([64, 2, 64, 2]);
  });
  test("an output of more inputs than a bank holds takes several banks", async () => {
    expect(await placed(networkOf(2000, 3), sequential)).toMatchObject({ banks: 6, clocks: 32 });
  });
  test("a layer narrower than a line reads only what it has", async () => {
    const [segment] = await reads(await mapped(networkOf(5, 2), sequential));
    expect(segment).toMatchObject({ wordLines: 1, bitLines: 10 });
  });
});

describe("--bank", () => {
  test("is counted in cells: 32x64 is a block of n = 32", async () => {
    const bank = { wordLines: 32, bitLines: 64 };
    expect(await placed(networkOf(784, 1024), { ...parallel, bank })).toMatchObject({
      banks: 800,
      clocks: 32,
    });
  });
  test("smaller banks are more of them", async () => {
    const bank = { wordLines: 16, bitLines: 32 };
    expect(await placed(networkOf(64, 64), { ...parallel, bank })).toMatchObject({
      banks: 16,
      clocks: 16,
      bankWordLines: 16,
      bankBitLines: 32,
    });
  });
  test("wider than what is sensed at once is refused, with what binds", async () => {
    const bank = { wordLines: 32, bitLines: 128 };
    await expect(placed(networkOf(64, 64), { bank })).rejects.toThrow(
      /bank 32x128 on 2t2r: at most 32 word lines x 64 bit lines .*sense amplifiers/,
    );
  });
});

describe("inputs on word lines", () => {
  /** An array that reads 4 word lines and 6 bit lines at once, of 8 x 12. */
  const gatedTarget = (target: TargetSpec): TargetSpec => ({
    ...target,
    laws: {
      ...target.laws,
      limits: () => ({
        wordLines: 8,
        bitLines: 12,
        sensedBitLines: 6,
        boundBy: "test",
        margin: 1,
        considered: [],
      }),
    },
    technology: {
      ...target.technology,
      array: {
        wordLines: 8,
        bitLines: 12,
        inputsOn: "word lines",
        activeWordLines: 4,
        sensedBitLines: 6,
      },
    },
  });
  test("segments of the lines that may be on and sensed at once, each in a step of its own", async () => {
    const network = await mapped(networkOf(8, 6), {}, gatedTarget);
    expect(network.placements[0]).toMatchObject({
      configuration: "gated",
      banks: 1,
      clocks: 4,
      tileInputs: 8,
      tileOutputs: 6,
    });
    const found = (await reads(network)).map(
      ({ step, firstWordLine, wordLines, firstBitLine, bitLines }) => [
        step,
        firstWordLine,
        wordLines,
        firstBitLine,
        bitLines,
      ],
    );
    expect(found).toEqual([
      [0, 0, 4, 0, 6],
      [1, 4, 4, 0, 6],
      [2, 0, 4, 6, 6],
      [3, 4, 4, 6, 6],
    ]);
  });
  test("a layer narrower than its bank takes fewer clocks: those of the lines that it has", async () => {
    const network = await mapped(networkOf(4, 3), {}, gatedTarget);
    expect(network.placements[0].clocks).toBe(1);
    expect(await reads(network)).toHaveLength(1);
  });
  test("a rest of lines is a shorter segment", async () => {
    const found = (await reads(await mapped(networkOf(5, 4), {}, gatedTarget))).map(
      ({ step, firstWordLine, wordLines, bitLines }) => [step, firstWordLine, wordLines, bitLines],
    );
    expect(found).toEqual([
      [0, 0, 4, 6],
      [1, 4, 1, 6],
      [2, 0, 4, 2],
      [3, 4, 1, 2],
    ]);
  });
});

test("weights that no encoding of the target holds are refused with the layer's name and a way out", async () => {
  await expect(placed(networkOf(4, 4, integerAlphabet(11)))).rejects.toThrow(
    /layer fc: int11 weights do not fit 2t2r.*--precision binary or --precision ternary/,
  );
});

test("a bank of more cells than an image holds is refused before any is made", async () => {
  await expect(
    mapped(networkOf(4, 4), { bank: { wordLines: 65_536, bitLines: 65_536 } }),
  ).rejects.toThrow(/bank 65536x65536 on 2t2r: .*at most 1073741824 cells.*smaller --bank/);
});
