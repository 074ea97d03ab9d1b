import { expect, test } from "vitest";
import type { EncodingLayout } from "../../../compiler/define.ts";
import { settler } from "../../../passes/defects/settle.ts";
import { FREE } from "../../../passes/defects/stuck-weights.ts";
import pairs from "../../../targets/2t2r.ts";
import differentialBinary from "../../../targets/encodings/differential-binary.ts";
import differentialTernary from "../../../targets/encodings/differential-ternary.ts";
import multilevelSliced from "../../../targets/encodings/multilevel-sliced.ts";
import offsetMultibit, { midAlphabet } from "../../../targets/encodings/offset-multibit.ts";
import pcm from "../../../targets/pcm-1t1r.ts";
import rram from "../../../targets/rram-1t1r.ts";

const layoutOf = (layout: EncodingLayout | null): EncodingLayout => {
  if (!layout) throw new Error("no layout");
  return layout;
};

test("binary cells of several places: the nearest code on the right side of a stuck most significant cell", () => {
  const settle = settler(layoutOf(offsetMultibit.layout(midAlphabet(4), pcm.technology)));
  // -1 is 0111; with the first cell in LRS it is 1111 = 15 if left, 1000 = 1 at best
  const { error, errorLeft, taken } = settle([1, FREE, FREE, FREE], -1);
  expect(taken).toEqual({ code: 1, pattern: [1, 0, 0, 0] });
  expect([error, errorLeft]).toEqual([4, 256]);
});

test("a pair of cells that are summed keeps its weight where the other cell can make up for the stuck one", () => {
  const precision = "int4";
  const alphabet = multilevelSliced.alphabetOf?.(precision, rram.technology);
  if (!alphabet) throw new Error("no alphabet");
  const layout = layoutOf(multilevelSliced.layout(alphabet, rram.technology));
  const settle = settler(layout);
  const usual = layout.patterns[7];
  const held = usual.map((level, c) => (c === 1 ? level + 1 : FREE));
  const { taken, errorLeft } = settle(held, 0);
  expect(taken?.code).toBe(0);
  expect(taken?.pattern[1]).toBe(usual[1] + 1);
  expect(errorLeft).toBeGreaterThan(0);
});

test("a sensed pair of two equal cells reads either sign: better left than turned round", () => {
  const alphabet = { name: "binary", levels: [-1, 1] };
  const layout = layoutOf(differentialBinary.layout(alphabet, pairs.technology));
  const settle = settler(layout);
  const [plus] = layout.patterns[1];
  // one cell stuck at the level that the other must have
  const { taken, error } = settle([1 - plus, FREE], 1);
  expect(taken).toBeNull();
  expect(error).toBe(2);
  expect(settle([plus, FREE], 1)).toMatchObject({ error: 0, taken: { code: 1 } });
});

test("a ternary pair with a cell stuck in HRS holds 0 where it cannot conduct", () => {
  const alphabet = { name: "ternary", levels: [-1, 0, 1] };
  const layout = layoutOf(differentialTernary.layout(alphabet, pairs.technology));
  const settle = settler(layout);
  const conducting = layout.patterns[2].indexOf(1);
  const held = [FREE, FREE].map((free, c) => (c === conducting ? 0 : free));
  expect(settle(held, 1)).toMatchObject({ error: 1, taken: { code: 0 } });
});
