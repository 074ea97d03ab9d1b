import { describe, expect, test } from "vitest";
import { memorySink } from "../../compiler/image/bytes.ts";
import { exportCsv } from "../../compiler/image/export-csv.ts";
import { inspectImage } from "../../compiler/image/inspect.ts";
import { writeImage } from "../../compiler/image/write-image.ts";
import { readSegments } from "../../compiler/ir/schedule.ts";
import { compile } from "../../index.ts";
import { replicationRequest } from "../../passes/replication/request.ts";
import { smallModel } from "../cli/small-model.ts";
import { compileTo2t2r } from "../support/compile.ts";
import { convolution } from "../support/nine-positions.ts";
import { executor } from "../support/run-onnx.ts";
import { spikingModel } from "../support/spiking.ts";

const bank = { wordLines: 4, bitLines: 16 };
const build = (replicate: string, options = {}) =>
  compileTo2t2r(convolution, { bank, replicate, ...options });

test("what --replicate may say", () => {
  expect(replicationRequest("4")).toEqual({ kind: "most", copies: 4 });
  expect(replicationRequest("auto")).toEqual({ kind: "auto" });
  expect(replicationRequest("cells:2e6")).toEqual({ kind: "budget", unit: "cells", most: 2e6 });
  expect(replicationRequest("banks:500")).toEqual({ kind: "budget", unit: "banks", most: 500 });
  for (const wrong of ["0", "", "-1", "1.5", "x", "cells:", "cells:0", "area:1", "4,auto"])
    expect(() => replicationRequest(wrong)).toThrow(/--replicate .*: needs the most copies of a/);
});

describe("copies of a convolution at nine positions", async () => {
  const one = await build("1");
  const [single] = one.placements;

  test.each([
    ["2", 2, 5],
    ["3", 3, 3],
    // four need three rounds as well, so three are made
    ["4", 3, 3],
    ["8", 5, 2],
    ["9", 9, 1],
    ["1000", 9, 1],
  ])("at most %s: %i copies take %i rounds", async (replicate, copies, rounds) => {
    const { placements, costs } = await build(replicate);
    expect(placements[0].replicas).toBe(copies);
    expect(placements[0].banks).toBe(copies * single.banks);
    expect(costs[0].clocks * 9).toBe(one.costs[0].clocks * rounds);
  });

  test("one copy is the image that there was before, byte for byte", async () => {
    const plain = memorySink();
    await writeImage(await compileTo2t2r(convolution, { bank }), plain);
    const asked = memorySink();
    await writeImage(one, asked);
    expect(asked.bytes()).toEqual(plain.bytes());
    expect(single.replicas).toBeUndefined();
  });

  test("every bank of every copy is read at the steps of the first", async () => {
    const image = await build("3");
    const byCopy = [0, 1, 2].map((copy) =>
      [...readSegments(image.steps)]
        .map((segment) => ({ ...segment, own: segment.bank - copy * single.banks }))
        .filter(({ own }) => own >= 0 && own < single.banks)
        .map(({ step, own, firstWordLine, bitLines }) => [step, own, firstWordLine, bitLines]),
    );
    expect(byCopy[0].length).toBe(one.costs[0].segments);
    expect(byCopy[1]).toEqual(byCopy[0]);
    expect(byCopy[2]).toEqual(byCopy[0]);
  });

  test("a budget holds as many copies as it says", async () => {
    const { cells } = one.costs[0];
    const within = async (replicate: string) => (await build(replicate)).placements[0].replicas;
    expect(await within(`cells:${3 * cells}`)).toBe(3);
    expect(await within(`cells:${3 * cells - 1}`)).toBe(2);
    expect(await within(`banks:${5 * single.banks}`)).toBe(5);
    expect(await within("auto")).toBe(2);
    await expect(build(`cells:${cells - 1}`)).rejects.toThrow(
      new RegExp(`--replicate cells:${cells - 1}: one copy of every layer takes ${cells} cells`),
    );
  });

  test("cells and inspect tell of copies", async () => {
    const image = await build("3");
    const rows: string[] = [];
    for await (const chunk of exportCsv(image)) rows.push(...chunk.trimEnd().split("\n"));
    expect(rows.length - 1).toBe(image.costs[0].cells);
    expect(await inspectImage(image)).toContain(
      `3 copies of ${single.banks} banks, position p read on copy p mod 3`,
    );
  });

  test("stuck cells are not avoided in copies, and that is said", async () => {
    await expect(build("2", { defects: new Map() })).rejects.toThrow(
      /--replicate with --defects: stuck cells are avoided in one copy/,
    );
  });
});

test("a network whose matrices are applied once has nothing to copy, and that is said", async () => {
  const image = await compileTo2t2r(smallModel(), { replicate: "4" });
  expect(image.placements.every(({ replicas }) => replicas === undefined)).toBe(true);
  expect(image.warnings.join()).toContain("--replicate 4 copies nothing: no layer is applied at");
});

test("time steps of spikes come one after another, so their layers stay single", async () => {
  const model = spikingModel({
    cut: "Gather",
    compare: "GreaterOrEqual",
    reset: "Mul",
    start: "none",
  });
  const image = await compile(model, { target: "1s1r", executor, replicate: "3" });
  expect(image.placements.every(({ replicas }) => replicas === undefined)).toBe(true);
  expect(image.warnings.join()).toMatch(/stay single, since the time steps of spikes come one/);
});
