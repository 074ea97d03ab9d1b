import { describe, expect, test } from "vitest";
import { bytesSource, memorySink } from "../../../compiler/image/bytes.ts";
import { changedCells, diffImages } from "../../../compiler/image/diff.ts";
import { exportCsv } from "../../../compiler/image/export-csv.ts";
import { exportNpz } from "../../../compiler/image/export-npz.ts";
import { placedLayers } from "../../../compiler/image/find-layer.ts";
import { inspectImage } from "../../../compiler/image/inspect.ts";
import { layerCodes } from "../../../compiler/image/layer-codes.ts";
import { locateCell, locateWeight } from "../../../compiler/image/locate.ts";
import { readNpz } from "../../../compiler/image/npz.ts";
import { exportPulses, pulseColumns } from "../../../compiler/image/pulses.ts";
import { readImage } from "../../../compiler/image/read-image.ts";
import { exportReadmemh } from "../../../compiler/image/readmemh.ts";
import { csvField } from "../../../compiler/image/text-chunks.ts";
import { hashImage, writeImage } from "../../../compiler/image/write-image.ts";
import { UNUSED } from "../../../compiler/ir/image.ts";
import { cellsOfWeight } from "../../../compiler/ir/placement.ts";
import { sampleImage, testCells, testCodes } from "../../support/images.ts";

const image = sampleImage();

async function text(chunks: AsyncIterable<string>): Promise<string> {
  let out = "";
  for await (const chunk of chunks) out += chunk;
  return out;
}

const rowsOf = async (chunks: AsyncIterable<string>) =>
  (await text(chunks))
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));

/** Level of every used cell, by its place. */
async function usedCells(): Promise<Map<string, number>> {
  const out = new Map<string, number>();
  for (const { layer, cells } of placedLayers(image)) {
    for (let bank = 0; bank < cells.banks; bank++) {
      (await cells.levels(bank)).forEach((level, cell) => {
        const place = [layer.id, bank, Math.floor(cell / cells.bitLines), cell % cells.bitLines];
        if (level !== UNUSED) out.set(place.join(), level);
      });
    }
  }
  return out;
}

describe("exports", () => {
  test("CSV has every used cell once, with its level and the weight that it holds", async () => {
    const [head, ...rows] = await rowsOf(exportCsv(image));
    expect(head.join()).toBe("layer,bank,wordLine,bitLine,level,output,input,code");
    const cells = await usedCells();
    expect(rows.length).toBe(cells.size);
    for (const row of rows) {
      expect(cells.get(row.slice(0, 4).join())).toBe(Number(row[4]));
      const placement = image.placements.find(({ layer }) => layer === row[0]);
      if (!placement) throw new Error(row[0]);
      const place = cellsOfWeight(placement, Number(row[5]), Number(row[6]));
      expect(place.bitLines).toContain(Number(row[3]));
      expect(testCodes(placement).data[Number(row[5]) * placement.inputs + Number(row[6])]).toBe(
        Number(row[7]),
      );
    }
  });

  test("NPZ has levels, codes and scales of every layer", async () => {
    const sink = memorySink();
    await exportNpz(image, sink);
    const arrays = await readNpz(bytesSource(sink.bytes()), "x.npz");
    expect(arrays.get("conv1%2F%CE%B1.levels")?.shape).toEqual([6, 4, 8]);
    for (const placed of placedLayers(image)) {
      expect(Int16Array.from((await layerCodes(placed.placement, placed.cells)).data)).toEqual(
        testCodes(placed.placement).data,
      );
    }
    expect(arrays.get("fc3.codes")?.data).toEqual(testCodes(image.placements[2]).data);
    expect(arrays.get("fc3.scale")?.data).toEqual(Float32Array.of(0.125));
  });

  test("$readmemh words give the levels back, bit line 0 lowest, unused cells 0", async () => {
    const files = exportReadmemh(image);
    expect(files.map(({ name }) => name)).toEqual(["conv1%2F%CE%B1.mem", "fc%202.mem", "fc3.mem"]);
    for (const [k, { text: chunks }] of files.entries()) {
      const cells = image.cells[k];
      const lines = (await text(chunks))
        .trimEnd()
        .split("\n")
        .filter((line) => !line.startsWith("//"));
      let address = -1;
      for (const line of lines) {
        if (line.startsWith("@")) {
          address = Number.parseInt(line.slice(1), 16);
          continue;
        }
        const word = BigInt(`0x${line}`);
        const levels = await cells.levels(Math.floor(address / cells.wordLines));
        const wordLine = address % cells.wordLines;
        for (let b = 0; b < cells.bitLines; b++) {
          const level = levels[wordLine * cells.bitLines + b];
          expect(Number((word >> BigInt(b)) & 1n)).toBe(level === UNUSED ? 0 : level);
        }
        address++;
      }
      expect(address).toBe(cells.banks * cells.wordLines);
    }
  });

  test("pulses form every used cell of a bank first, then bring each to its level, and no other cell", async () => {
    const [head, ...rows] = await rowsOf(exportPulses(image));
    expect(head).toEqual([...pulseColumns]);
    expect(rows.map((row) => Number(row[0]))).toEqual(rows.map((_, k) => k));
    const state = new Map<string, number>();
    const programmed = new Set<string>();
    for (const row of rows) {
      const bank = row.slice(1, 3).join();
      const place = row.slice(1, 5).join();
      if (row[5] === "forming") {
        expect(programmed.has(bank)).toBe(false);
        expect(state.has(place)).toBe(false);
      } else {
        programmed.add(bank);
        expect(state.has(place)).toBe(true);
      }
      state.set(place, row[5] === "RESET" ? 0 : 1);
    }
    expect(state).toEqual(await usedCells());
  });

  test("the complementary bit line follows the source line, and exists only in pairs (H4)", async () => {
    const [, ...rows] = await rowsOf(exportPulses(image));
    const pair = rows.find((row) => row[1] === "conv1/α" && row[5] === "SET");
    expect(pair?.slice(6)).toEqual(["1.2", "0", "2", "0", "2", "0.0002", "0.000001", "", "0"]);
    const single = rows.find((row) => row[1] === "fc 2");
    expect(single?.slice(6)).toEqual(["1.2", "0", "", "0", "2", "0.0002", "0.000001", "1000", "0"]);
  });

  test("a field of CSV is quoted where it must be", () => {
    expect(csvField("a")).toBe("a");
    expect(csvField('a,"b"\n')).toBe('"a,""b""\n"');
  });
});

describe("locate", () => {
  test("finds every weight, and each of its cells finds it back", async () => {
    for (const { layer, placement } of placedLayers(image)) {
      const codes = testCodes(placement).data;
      for (let output = 0; output < placement.outputs; output++) {
        for (let input = 0; input < placement.inputs; input++) {
          const found = await locateWeight(image, layer.id, output, input);
          expect(found.code).toBe(codes[output * placement.inputs + input]);
          expect(found.weight).toBe(
            found.code * layer.scale[layer.scale.length === 1 ? 0 : output],
          );
          expect(found.levelNames).toEqual(found.levels.map((level) => (level ? "LRS" : "HRS")));
          const c = placement.encoding.cellsPerWeight;
          expect(found.pulses.map(({ operation }) => operation)).toEqual([
            ...Array<string>(c).fill("forming"),
            ...found.levels.map((level) => (level ? "SET" : "RESET")),
          ]);
          const cell = await locateCell(
            image,
            layer.id,
            found.bank,
            found.wordLine,
            found.bitLines[c - 1],
          );
          expect(cell.weight).toEqual(found);
          expect(cell.cell).toBe(c - 1);
        }
      }
    }
  });

  test("an unused cell has no weight", async () => {
    const cell = await locateCell(image, "fc3", 0, 3, 7);
    const last = await locateCell(image, "fc3", image.cells[2].banks - 1, 3, 7);
    expect(cell.weight).not.toBeNull();
    expect(last).toMatchObject({ weight: null, cell: null, level: UNUSED, levelName: "unused" });
  });

  test.each([
    [() => locateWeight(image, "fc4", 0, 0), /layer fc4: needs one of fc3/],
    [() => locateWeight(image, "fc3", 4, 0), /needs output 0 to 3, found 4/],
    [() => locateWeight(image, "fc3", 0, -1), /needs input 0 to 4, found -1/],
    [() => locateCell(image, "fc3", 99, 0, 0), /needs bank 0 to/],
    [() => locateCell(image, "sign", 0, 0, 0), /layer sign: needs one of/],
  ])("what is not there is refused by name", async (find, message) => {
    await expect(find()).rejects.toThrow(message);
  });
});

describe("diff", () => {
  test("an image has no difference from itself", async () => {
    const diff = await diffImages(image, sampleImage());
    expect(diff).toMatchObject({
      same: true,
      changed: 0,
      pulses: { forming: 0, set: 0, reset: 0 },
    });
    expect(diff.layers.map(({ change }) => change)).toEqual(["same", "same", "same"]);
  });

  test("the changed cells bring one image's levels to the other's, with a pulse for each", async () => {
    const other = sampleImage(2);
    const diff = await diffImages(image, other);
    const levels = await Promise.all(
      image.cells.map(async (cells) => new Uint8Array(await cells.range(0, cells.banks))),
    );
    let changed = 0;
    for await (const cell of changedCells(image, other)) {
      const k = image.cells.findIndex(({ layer }) => layer === cell.layer);
      const { wordLines, bitLines } = image.cells[k];
      const at = (cell.bank * wordLines + cell.wordLine) * bitLines + cell.bitLine;
      expect(levels[k][at]).toBe(cell.from);
      levels[k][at] = cell.to;
      changed++;
    }
    for (const [k, cells] of other.cells.entries())
      expect(levels[k]).toEqual(await cells.range(0, cells.banks));
    expect(diff.changed).toBe(changed);
    expect(diff.pulses.forming).toBe(0);
    expect(diff.pulses.set + diff.pulses.reset).toBe(changed);
    expect(diff.layers[0].first.length).toBe(Math.min(20, diff.layers[0].changed));
  });

  test("a layer on other banks is programmed anew, one that is gone is left", async () => {
    const [first, ...rest] = image.placements;
    const moved = { ...first, banks: first.banks + 1 };
    const placements = [moved, ...rest];
    const grown = {
      ...image,
      placements,
      cells: [testCells({ ...first, bankWordLines: 5 }, testCodes(first)), ...image.cells.slice(1)],
    };
    const diff = await diffImages(image, grown);
    const used = [...(await usedCells()).keys()].filter((place) =>
      place.startsWith("conv1"),
    ).length;
    expect(diff.layers[0]).toMatchObject({ change: "moved", changed: used });
    expect(diff.layers[0].pulses.forming).toBe(used);
    const without = { ...image, layers: image.layers.filter(({ id }) => id !== "fc3") };
    expect((await diffImages(image, without)).layers[2]).toMatchObject({
      change: "removed",
      pulses: { forming: 0 },
    });
    expect((await diffImages(without, image)).layers[2]).toMatchObject({ change: "added" });
  });
});

describe("inspect", () => {
  test("the same image gives the same text and hash, compressed or not, read or just made", async () => {
    const hash = await hashImage(image);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashImage(sampleImage(2))).not.toBe(hash);
    for (const store of [true, false]) {
      const sink = memorySink();
      await writeImage(image, sink, { store });
      const back = await readImage(bytesSource(sink.bytes()));
      expect(await hashImage(back)).toBe(hash);
      expect(await inspectImage(back)).toBe(await inspectImage(image));
    }
  });

  test("the text names every layer and draws the corner of its first bank", async () => {
    const inspected = await inspectImage(image);
    for (const { id } of image.layers) expect(inspected).toContain(` ${id}: `);
    expect(inspected).toMatch(/ {2}bank 0\n {4} 0 [01.]{8}\n/);
    expect(inspected.split("\n\n").every((section) => section.split("\n").length <= 40)).toBe(true);
  });
});
