import { describe, expect, test } from "vitest";
import type { MatrixLayer } from "../../compiler/ir/network.ts";
import { positionsOf, presentationsOf } from "../../compiler/layer-costs.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { compileTo2t2r } from "../support/compile.ts";

/** Bytes of 33 x 5, at two positions: unsigned codes in eight planes. */
const model = buildModel({
  inputs: { x: ["uint8", ["n", 2, 33]] },
  outputs: ["y"],
  constants: {
    w: floats(
      [33, 5],
      Array.from({ length: 165 }, (_, k) => (k % 3 === 0 ? 1 : -1)),
    ),
  },
  nodes: [
    ["Cast", ["x"], ["f"], { to: 1 }],
    ["MatMul", ["f", "w"], ["y"], {}, "fc"],
  ],
});

describe("an image", async () => {
  const image = await compileTo2t2r(model, { configuration: "parallel-to-sequential" });
  const [layer] = image.layers.filter((other): other is MatrixLayer => other.kind === "matrix");

  test("counts what one inference costs, by hand", () => {
    expect(image.costs).toEqual([
      {
        layer: "fc",
        weights: 165,
        macs: 2 * 165,
        cells: 330,
        // 33 inputs take two banks of 32 x 64 cells
        capacity: 2 * 32 * 64,
        tiles: 2,
        // five lines of each bank
        segments: 10,
        // five clocks, two positions, eight planes
        clocks: 5 * 2 * 8,
        synapsesRead: 165 * 2 * 8,
      },
    ]);
    expect([positionsOf(layer), presentationsOf(layer.presentation)]).toEqual([2, 8]);
  });

  test("gives a bank alone or among others, unused cells as 255", async () => {
    const [cells] = image.cells;
    const all = await cells.range(0, 2);
    expect([...(await cells.levels(1))]).toEqual([...all.subarray(32 * 64)]);
    // bank 1 holds one input of five outputs: two cells on each of five word lines
    expect([...all.subarray(32 * 64)].filter((level) => level !== 255)).toHaveLength(10);
  });

  test("names every assumption of its technology, with unit and source", () => {
    expect(image.assumptions).toContain(
      "pipelineClocks = 0 (assumed: tree and write-back within the clock (H3))",
    );
    expect(image.assumptions.every((line) => / = .*\((assumed|fitted)/.test(line))).toBe(true);
  });

  test("carries the weak condition beside its own", () => {
    expect([image.condition, image.weak?.condition]).toEqual(["strong", "h6"]);
  });
});
