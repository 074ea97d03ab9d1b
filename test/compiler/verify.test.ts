import { describe, expect, test } from "vitest";
import type { MappedNetwork } from "../../compiler/ir/mapping.ts";
import type { QuantizedNetwork } from "../../compiler/ir/network.ts";
import { bufferId } from "../../compiler/ir/network.ts";
import type { Schedule } from "../../compiler/ir/schedule.ts";
import { scheduleColumns } from "../../compiler/ir/schedule.ts";
import { checkStage } from "../../compiler/verify.ts";
import extractThresholds from "../../passes/extract-thresholds.ts";
import lower from "../../passes/lower.ts";
import schedule from "../../passes/schedule.ts";
import tile from "../../passes/tile.ts";
import { buildGraph, buildModel, floats } from "../support/build-onnx.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";

const spec = {
  inputs: { x: ["uint8", ["n", 4]] },
  outputs: ["y"],
  constants: {
    dark: floats([], [9]),
    one: floats([], [1]),
    minus: floats([], [-1]),
    w: floats([4, 2], [1, -1, 1, 1, -1, 1, 1, 1]),
  },
  nodes: [
    ["Cast", ["x"], ["f"], { to: 1 }],
    ["Greater", ["f", "dark"], ["p"]],
    ["Where", ["p", "one", "minus"], ["a"]],
    ["MatMul", ["a", "w"], ["y"], {}, "fc"],
  ],
} as const;

async function stages(): Promise<{
  network: QuantizedNetwork;
  mapped: MappedNetwork;
  scheduled: Schedule;
}> {
  const { context } = passContext();
  const network = await extractThresholds.run(
    await lower.run(await preparedGraph(buildModel(spec)), context),
    context,
  );
  if (!("weights" in network)) throw new Error("no network");
  const mapped = await tile.run(network, context);
  if (!("placements" in mapped)) throw new Error("not mapped");
  const scheduled = await schedule.run(mapped, context);
  if (!("steps" in scheduled)) throw new Error("not scheduled");
  return { network, mapped, scheduled };
}

const { network, mapped, scheduled } = await stages();

test("every stage of a compilation passes", () => {
  expect(() => checkStage("p", "graph", buildGraph(spec))).not.toThrow();
  expect(() => checkStage("p", "network", network)).not.toThrow();
  expect(() => checkStage("p", "mapped", mapped)).not.toThrow();
  expect(() => checkStage("p", "schedule", scheduled)).not.toThrow();
});

test("a pass that returns another stage than it says is named", () => {
  expect(() => checkStage("lower", "network", mapped)).toThrow(
    /pass lower: did not return a network.*bug in xbc/,
  );
});

describe("a graph", () => {
  const graph = buildGraph(spec);
  const broken =
    (nodes: typeof graph.nodes, outputs = graph.outputs) =>
    () =>
      checkStage("p", "graph", { ...graph, nodes, outputs });
  test("reads no value before it is made", () => {
    expect(broken([...graph.nodes].reverse())).toThrow(/node fc reads a before it is made/);
  });
  test("makes no value twice, and names no two nodes alike", () => {
    const [first] = graph.nodes;
    expect(broken([...graph.nodes, { ...first, name: "again" }])).toThrow(
      /node again makes f a second time/,
    );
    expect(broken([...graph.nodes, { ...first, outputs: ["g"] }])).toThrow(/two nodes are named f/);
  });
  test("makes its outputs", () => {
    expect(broken(graph.nodes, ["z"])).toThrow(/output z is never made/);
  });
});

describe("a network", () => {
  const broken = (changes: Partial<QuantizedNetwork>) => () =>
    checkStage("p", "network", { ...network, ...changes });
  const [weights] = network.weights.values();
  const withWeights = (change: Partial<typeof weights>) =>
    broken({
      weights: new Map([...network.weights].map(([id, codes]) => [id, { ...codes, ...change }])),
    });
  test("holds codes of its alphabet alone", () => {
    expect(withWeights({ data: Int8Array.of(1, -1, 1, 1, -1, 3, 1, 1) })).toThrow(
      /layer fc: code 3 is not in binary/,
    );
  });
  test("has a weight for every input of every output", () => {
    expect(withWeights({ data: Int8Array.of(1, -1) })).toThrow(
      /layer fc: weights do not fit its shape/,
    );
  });
  test("fills buffers before they are read", () => {
    expect(broken({ layers: [...network.layers].reverse() })).toThrow(/before it is filled/);
  });
  test("fills its outputs", () => {
    expect(broken({ outputs: [{ name: "y", buffer: bufferId("nowhere") }] })).toThrow(
      /output y is never filled/,
    );
  });
  test("has sums that fit int32", () => {
    const buffers = new Map(
      [...network.buffers].map(([id, buffer]) => [
        id,
        buffer.kind === "sums" ? { ...buffer, bound: 2 ** 31 } : buffer,
      ]),
    );
    expect(broken({ buffers })).toThrow(/sums up to 2147483648 do not fit int32/);
  });
});

describe("a mapped network", () => {
  const [placement] = mapped.placements;
  const broken = (changes: Partial<typeof placement>) => () =>
    checkStage("p", "mapped", { ...mapped, placements: [{ ...placement, ...changes }] });
  test("places every matrix", () => {
    expect(() => checkStage("p", "mapped", { ...mapped, placements: [] })).toThrow(
      /placements and matrix layers differ/,
    );
  });
  test("has as many banks as blocks, no larger than the limits", () => {
    expect(broken({ banks: placement.banks + 1 })).toThrow(/layer fc: banks must be/);
    expect(broken({ bankWordLines: 1000 })).toThrow(/its banks exceed the limits/);
  });
});

describe("a schedule", () => {
  const changed = (column: (typeof scheduleColumns)[number], value: number) => () => {
    const data = scheduled.steps.data.slice();
    data[scheduleColumns.indexOf(column)] = value;
    return checkStage("p", "schedule", { ...scheduled, steps: { ...scheduled.steps, data } });
  };
  test("reads banks that are there", () => {
    expect(changed("bank", 99)).toThrow(/row 0 reads bank 99/);
  });
  test("stays inside its bank", () => {
    expect(changed("firstBitLine", 64)).toThrow(/reads outside its bank/);
  });
  test("reads no more lines at once than the array can", () => {
    expect(changed("wordLines", 2)).toThrow(/more lines at once than the array can/);
  });
});
