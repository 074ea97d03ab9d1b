import { beforeAll, describe, expect, test } from "vitest";
import { encodedName } from "../../compiler/image/entry-names.ts";
import type { Die } from "../../compiler/ir/die.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { type Tensor, tensor } from "../../compiler/ir/tensor.ts";
import { compile } from "../../index.ts";
import { program, stuckCells } from "../../runtime/program.ts";
import { compareReadback } from "../../runtime/readback.ts";
import { run } from "../../runtime/run.ts";
import { verify } from "../../runtime/verify.ts";
import { smallInputs, smallModel } from "../cli/small-model.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { executor } from "../support/run-onnx.ts";

const bank = { wordLines: 8, bitLines: 16 };
const asOption = (image: ProgrammingImage, die: Die): ReadonlyMap<string, Tensor> =>
  new Map(
    image.cells.map(({ layer, banks, wordLines, bitLines }): [string, Tensor] => [
      `${encodedName(layer)}.conductance_S`,
      tensor("float32", [banks, wordLines, bitLines], die.layers.get(layer) ?? new Float32Array(0)),
    ]),
  );

describe.each(["parallel-to-sequential", "sequential-to-parallel"] as const)(
  "%s",
  (configuration) => {
    let plain: ProgrammingImage;
    let moved: ProgrammingImage;
    const stuck = { seed: 11, trial: 0, stuck: 0.05 };
    beforeAll(async () => {
      plain = await compileTo2t2r(smallModel(), { bank, configuration });
      const map = stuckCells(plain, stuck);
      moved = await compileTo2t2r(smallModel(), {
        bank,
        configuration,
        defects: asOption(plain, map),
      });
    });

    test("outputs move to where fewer stuck cells disagree with their weights", async () => {
      const wrong = async (image: ProgrammingImage) =>
        (await compareReadback(image, (await program(image, stuck)).die)).wrong;
      expect(await wrong(moved)).toBeLessThan(await wrong(plain));
      expect(moved.warnings.join()).toMatch(/stuck cells \d+ disagreed with their weights, \d+ do/);
    });
    test("and the image computes the same, bit for bit", async () => {
      const outputs = async (image: ProgrammingImage) =>
        numbersOf((await run(image, smallInputs(), { executor })).outputs);
      expect(await outputs(moved)).toEqual(await outputs(plain));
      expect((await verify(moved, { executor })).passed).toBe(true);
    });
  },
);

test("a map of other banks, or of a whole die, is refused", async () => {
  const image = await compileTo2t2r(smallModel(), { bank });
  const whole = asOption(image, (await program(image)).die);
  await expect(compileTo2t2r(smallModel(), { bank, defects: whole })).rejects.toThrow(
    /--defects, array fc1\.conductance_S: needs stuck cells alone/,
  );
  await expect(compileTo2t2r(smallModel(), { defects: whole })).rejects.toThrow(
    /--defects, array fc1\.conductance_S: needs the banks of this layer/,
  );
});

describe.each([
  ["1s1r", "auto"],
  ["pcm-1t1r", "int4"],
  ["rram-1t1r", "auto"],
  ["rram-1t1r", "int8"],
] as const)("outputs on the bit lines of %s, %s", (target, precision) => {
  const stuck = { seed: 11, trial: 0, stuck: 0.05 };
  const made = async (defects: ReadonlyMap<string, Tensor> | null) =>
    compile(smallModel(), {
      target,
      precision,
      executor,
      bank: { wordLines: 16, bitLines: 32 },
      ...(defects ? { defects } : {}),
    });

  test("move within their array, and take codes that agree with the stuck cells", async () => {
    const plain = await made(null);
    const moved = await made(asOption(plain, stuckCells(plain, stuck)));
    const wrong = async (image: ProgrammingImage) =>
      (await compareReadback(image, (await program(image, stuck)).die)).worst.filter(
        ({ output }) => output >= 0,
      ).length;
    expect(await wrong(plain)).toBeGreaterThan(0);
    expect(await wrong(moved)).toBeLessThan((await wrong(plain)) / 4);
    expect(moved.placements.some(({ slots }) => slots?.some((slot, o) => slot !== o))).toBe(true);
    const { passed, checks } = await verify(moved, { executor });
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect(passed).toBe(true);
  });
  test("a map without stuck cells changes nothing", async () => {
    const plain = await made(null);
    const same = await made(asOption(plain, stuckCells(plain, { ...stuck, stuck: 0 })));
    expect(same.placements).toEqual(plain.placements);
    for (const [k, cells] of same.cells.entries())
      expect(await cells.range(0, cells.banks)).toEqual(
        await plain.cells[k].range(0, plain.cells[k].banks),
      );
  });
});
