import { describe, expect, test } from "vitest";
import { underCondition } from "../../cli/condition.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { compile, targetNamed } from "../../index.ts";
import { executor } from "../support/run-onnx.ts";
import { smallModel } from "./small-model.ts";

const imageOn = (
  target: Parameters<typeof compile>[1]["target"],
  more: Partial<Parameters<typeof compile>[1]> = {},
): Promise<ProgrammingImage> => compile(smallModel(), { target, executor, ...more });

async function under(image: ProgrammingImage, condition: string | undefined) {
  const notes: string[] = [];
  const changed = await underCondition(image, condition, (line) => notes.push(line));
  return { changed, notes };
}

describe("an image under another condition", () => {
  test("is what compiling for it gives: pulses, noise, costs, assumptions", async () => {
    const bank = { wordLines: 64, bitLines: 64 };
    const { changed } = await under(await imageOn("1s1r", { bank }), "wide");
    const wide = await imageOn("1s1r", { bank, condition: "wide" });
    for (const key of ["condition", "programming", "noise", "weak", "costModel"] as const)
      expect(changed[key], key).toEqual(wide[key]);
    expect(new Set(changed.assumptions)).toEqual(new Set(wide.assumptions));
  });

  test("its own condition is said to be that, none asked for says nothing", async () => {
    const image = await imageOn("2t2r");
    const same = await under(image, "strong");
    expect(same.changed).toBe(image);
    expect(same.notes).toEqual(["condition strong is the one that the image was compiled for"]);
    expect((await under(image, undefined)).notes).toEqual([]);
    expect((await under(image, "h6")).notes).toEqual([]);
    await expect(under(image, "weird")).rejects.toThrow(/condition weird of 2t2r: needs one of/);
  });

  test("one that changes nothing is said to", async () => {
    const { technology } = targetNamed("2t2r");
    const conditions = { ...technology.conditions, twin: { summary: "strong", parameters: {} } };
    const image = await imageOn({ ...technology, conditions });
    expect((await under(image, "twin")).notes).toEqual([
      expect.stringMatching(/^warning: condition twin: .* the same as strong, .* changes nothing$/),
    ]);
  });

  test("reads that write, and banks that it could not read, are told", async () => {
    const ideal = await under(await imageOn("1s1r"), "ideal");
    expect(ideal.notes[0]).toMatch(/^warning: condition ideal: a read switches 50 % of the LRS/);
    // guarded reads at 1.9 V, where fewer lines may leak into the current of a cell
    const large = await imageOn("1s1r", { condition: "ideal" });
    expect((await under(large, "guarded")).notes).toEqual([
      expect.stringMatching(
        /^warning: condition guarded: bank .* cannot be read: .*; compile with/,
      ),
    ]);
  });

  test("a higher forming current is told to raise the decoder drop", async () => {
    const image = await imageOn("pcm-1t1r", { condition: "150uA" });
    // (550 / 150)^0.503, P7
    expect((await under(image, "550uA")).notes).toEqual([
      expect.stringMatching(/^warning: condition 550uA: cells conduct up to 1\.92 times/),
    ]);
    expect((await under(await imageOn("pcm-1t1r"), "150uA")).notes).toEqual([]);
  });
});
