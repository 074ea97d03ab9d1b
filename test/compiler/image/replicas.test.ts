import { describe, expect, test } from "vitest";
import { bytesSource, memorySink } from "../../../compiler/image/bytes.ts";
import { diffImages } from "../../../compiler/image/diff.ts";
import { locateCell, locateWeight } from "../../../compiler/image/locate.ts";
import { exportPulses } from "../../../compiler/image/pulses.ts";
import { readImage } from "../../../compiler/image/read-image.ts";
import { hashImage, writeImage } from "../../../compiler/image/write-image.ts";
import type { ProgrammingImage } from "../../../compiler/ir/image.ts";
import { cellsOfWeight } from "../../../compiler/ir/placement.ts";
import { banksOfReplica, replicasOf } from "../../../compiler/ir/replicas.ts";
import { program } from "../../../runtime/program.ts";
import { compareReadback, defectMap } from "../../../runtime/readback.ts";
import { run } from "../../../runtime/run.ts";
import { trialCodes } from "../../../runtime/trial-codes.ts";
import { compileTo2t2r } from "../../support/compile.ts";
import { convolution, pixels } from "../../support/nine-positions.ts";
import { executor } from "../../support/run-onnx.ts";

const image = await compileTo2t2r(convolution, {
  bank: { wordLines: 4, bitLines: 16 },
  replicate: "3",
});
const [placement] = image.placements;

async function archived(written: ProgrammingImage, options = {}) {
  const sink = memorySink();
  await writeImage(written, sink, options);
  return bytesSource(sink.bytes());
}

/** The image with one weight of its last copy turned, as a forger would. */
function forged(): ProgrammingImage {
  const [cells] = image.cells;
  const { bank, wordLine, bitLines } = cellsOfWeight(placement, 5, 17, 2);
  const range = async (first: number, count: number) => {
    const levels = (await cells.range(first, count)).slice();
    const at = (bank - first) * cells.wordLines * cells.bitLines + wordLine * cells.bitLines;
    if (bank >= first && bank < first + count)
      for (const line of bitLines) levels[at + line] = 1 - levels[at + line];
    return levels;
  };
  return { ...image, cells: [{ ...cells, range, levels: (b) => range(b, 1) }] };
}

describe("an image with copies of a matrix", () => {
  test("survives writing and reading", async () => {
    const back = await readImage(await archived(image));
    expect(back.placements).toEqual(image.placements);
    expect(await hashImage(back)).toBe(await hashImage(image));
    expect(await back.cells[0].range(0, placement.banks)).toEqual(
      await image.cells[0].range(0, placement.banks),
    );
  });

  test("holds the same cells in the banks of each copy", async () => {
    const each = banksOfReplica(placement);
    const copy = (r: number) => image.cells[0].range(r * each, each);
    expect(await copy(1)).toEqual(await copy(0));
    expect(await copy(2)).toEqual(await copy(0));
  });

  test.each([{}, { splitAt: 200 }])(
    "is refused where a copy holds another weight, written %o",
    async (how) => {
      await expect(readImage(await archived(forged(), how))).rejects.toThrow(
        /layer conv, bank \d+, word line \d+, bit line \d+: needs level \d as bank \d+ holds it, since copy 2 of the matrix/,
      );
      await expect(run(forged(), pixels, { executor })).rejects.toThrow(
        /since copy 2 of the matrix/,
      );
    },
  );

  test("locate names every copy of a weight, and the weight of each of their cells", async () => {
    const found = await locateWeight(image, "conv", 4, 11);
    expect([found.replica, found.replicas.length]).toEqual([0, 3]);
    for (const [copy, { bank, wordLine, bitLines, levels }] of found.replicas.entries()) {
      expect(levels).toEqual(found.levels);
      const back = await locateCell(image, "conv", bank, wordLine, bitLines[1]);
      expect(back.weight).toMatchObject({ output: 4, input: 11, replica: copy, bank, wordLine });
      expect(back.weight?.pulses.every((pulse) => pulse.bank === bank)).toBe(true);
      expect(back.level).toBe(levels[1]);
    }
    expect(new Set(found.replicas.map(({ bank }) => bank)).size).toBe(3);
  });

  test("every copy is programmed", async () => {
    let pulses = 0;
    for await (const chunk of exportPulses(image)) pulses += chunk.trimEnd().split("\n").length;
    // forming and one pulse for each of the cells of all copies, and the head
    expect(pulses - 1).toBe(2 * image.costs[0].cells);
    const { report, die } = await program(image, { stuck: 0.1, seed: 2 });
    expect(report.cells).toBe(3 * 6 * 18 * 2);
    const readback = await compareReadback(image, die);
    const each = banksOfReplica(placement);
    expect(new Set(readback.worst.map(({ bank }) => Math.floor(bank / each))).size).toBe(3);
    expect(readback.worst.every(({ output, input }) => output >= 0 && input >= 0)).toBe(true);
    expect((await defectMap(image, die)).layers.size).toBe(1);
  });

  test("diff sees more banks as other arrays, and as many as the same", async () => {
    const same = await diffImages(image, await readImage(await archived(image)));
    expect(same.same).toBe(true);
    const single = await compileTo2t2r(convolution, { bank: { wordLines: 4, bitLines: 16 } });
    const [layer] = (await diffImages(single, image)).layers;
    expect([layer.change, layer.changed]).toEqual(["moved", image.costs[0].cells]);
  });

  test("the weights of one device are refused: there are several of each", async () => {
    await expect(trialCodes(image)).rejects.toThrow(
      /layer conv: needs one copy of its matrix, .*found 3; export without --trial/,
    );
  });

  test("more copies than positions are refused", async () => {
    const many = { ...placement, replicas: 18, banks: placement.banks * 6 };
    const [cells] = image.cells;
    const range = async (first: number, count: number) => {
      const parts = await Promise.all(
        Array.from({ length: count }, (_, k) => cells.levels((first + k) % placement.banks)),
      );
      return Uint8Array.from(parts.flatMap((levels) => [...levels]));
    };
    const wrong = {
      ...image,
      placements: [many],
      cells: [{ ...cells, banks: many.banks, range, levels: (b: number) => range(b, 1) }],
    };
    expect(replicasOf(many)).toBe(18);
    await expect(readImage(await archived(wrong))).rejects.toThrow(
      /layer conv, placement: needs at most a copy for each of 9 positions, found 18/,
    );
  });
});
