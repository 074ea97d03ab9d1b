import type { EncodingLayout } from "../../compiler/define.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import { binaryAlphabet, layerId, ternaryAlphabet } from "../../compiler/ir/network.ts";
import { weightsOfLine } from "../../compiler/ir/placement.ts";

/** One binary cell a weight: HRS = +1, LRS = −1 (S1). */
export const singleCell: EncodingLayout = {
  name: "single-cell",
  alphabet: binaryAlphabet,
  cellsPerWeight: 1,
  significance: [1],
  levelValues: [1, -1],
  offset: 0,
  patterns: [[1], [0]],
  senses: [{ cells: [0], significance: 1, digits: "binary" }],
  reference: null,
  convention: "HRS is +1, LRS is -1",
};

/** LRS/HRS = +1, HRS/LRS = −1, HRS/HRS = 0 (L1). */
export const ternaryPair: EncodingLayout = {
  name: "ternary-pair",
  alphabet: ternaryAlphabet,
  cellsPerWeight: 2,
  significance: [1, -1],
  levelValues: [0, 1],
  offset: 0,
  patterns: [
    [0, 1],
    [0, 0],
    [1, 0],
  ],
  senses: [{ cells: [0, 1], significance: 1, digits: "ternary" }],
  reference: null,
  convention: "BL low is +1, BLb low is -1, both high is 0",
};

/** Four binary cells 8:4:2:1 less 8: the codes −8 … 7. */
export const fourBits: EncodingLayout = {
  name: "four-bits",
  alphabet: { name: "int4", levels: Array.from({ length: 16 }, (_, k) => k - 8) },
  cellsPerWeight: 4,
  significance: [8, 4, 2, 1],
  levelValues: [0, 1],
  offset: -8,
  patterns: Array.from({ length: 16 }, (_, k) => [8, 4, 2, 1].map((bit) => (k & bit ? 1 : 0))),
  senses: [8, 4, 2, 1].map((significance, cell) => ({
    cells: [cell],
    significance,
    digits: "binary" as const,
  })),
  reference: null,
  convention: "most significant first",
};

export const testEncodings = [singleCell, ternaryPair, fourBits] as const;

/** A placement of a layer on banks as full as they can be. */
export function placementOf(
  configuration: LayerPlacement["configuration"],
  encoding: EncodingLayout,
  inputs: number,
  outputs: number,
  bank: { readonly wordLines: number; readonly bitLines: number },
  name = "layer",
): LayerPlacement {
  const slots = weightsOfLine(bank.bitLines, encoding);
  const sequential = configuration === "sequential-to-parallel";
  const gated = configuration === "gated";
  const tileInputs = sequential ? slots * bank.wordLines : gated ? bank.wordLines : slots;
  const tileOutputs = sequential ? 1 : gated ? slots : bank.wordLines;
  const banks = Math.ceil(inputs / tileInputs) * Math.ceil(outputs / tileOutputs);
  return {
    layer: layerId(name),
    encoding,
    configuration,
    reason: "of a test",
    banks,
    bankWordLines: bank.wordLines,
    bankBitLines: bank.bitLines,
    inputs,
    alwaysOn: 0,
    slots: null,
    lines: null,
    segmentWordLines: 1,
    outputs,
    tileInputs,
    tileOutputs,
    clocks: 1,
  };
}
