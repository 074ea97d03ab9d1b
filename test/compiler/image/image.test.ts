import { describe, expect, test } from "vitest";
import { XbcError } from "../../../compiler/errors.ts";
import { type ByteSource, bytesSource, memorySink } from "../../../compiler/image/bytes.ts";
import { encodedName } from "../../../compiler/image/entry-names.ts";
import { readNpy, writeNpy } from "../../../compiler/image/npy.ts";
import { type ReadImageOptions, readImage } from "../../../compiler/image/read-image.ts";
import { sha256Of } from "../../../compiler/image/sha256.ts";
import { type WriteImageOptions, writeImage } from "../../../compiler/image/write-image.ts";
import { openZip } from "../../../compiler/image/zip-reader.ts";
import { zipWriter } from "../../../compiler/image/zip-writer.ts";
import { type LayerCells, type ProgrammingImage, UNUSED } from "../../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../../compiler/ir/mapping.ts";
import { type Buffer, bipolar, bufferId, type Layer } from "../../../compiler/ir/network.ts";
import { tensor } from "../../../compiler/ir/tensor.ts";
import { canonicalJson } from "../../../compiler/schema/canonical-json.ts";
import { sampleImage, testCells, testCodes } from "../../support/images.ts";
import { placementOf, singleCell, ternaryPair } from "../../support/placements.ts";

async function written(
  image: ProgrammingImage,
  options: WriteImageOptions = {},
): Promise<Uint8Array> {
  const sink = memorySink();
  await writeImage(image, sink, options);
  return sink.bytes();
}

const read = (bytes: Uint8Array, options: ReadImageOptions = {}) =>
  readImage(bytesSource(bytes), { name: "x.xbi", ...options });

/** Everything but the functions, with the banks in full. */
async function content(image: ProgrammingImage): Promise<object> {
  const cells = await Promise.all(
    image.cells.map(async (layer) => ({
      ...layer,
      levels: null,
      range: null,
      all: new Uint8Array(await layer.range(0, layer.banks)),
    })),
  );
  return { ...image, cells };
}

/** An archive with its entries changed and its manifest made to fit again, as a forger would. */
async function forged(
  bytes: Uint8Array,
  edit: (entries: Map<string, Uint8Array>) => void,
  manifest: (value: Record<string, unknown>) => void = () => undefined,
): Promise<Uint8Array> {
  const archive = await openZip(bytesSource(bytes), "x.xbi");
  const entries = new Map<string, Uint8Array>();
  for (const [name, entry] of archive.entries)
    entries.set(name, (await archive.read(entry)).slice());
  edit(entries);
  const value = JSON.parse(new TextDecoder().decode(entries.get("manifest.json")));
  value.entries = value.entries.map((record: { name: string }) => {
    const now = entries.get(record.name) ?? new Uint8Array();
    return { ...record, size: now.length, sha256: sha256Of(now) };
  });
  manifest(value);
  delete value.sha256;
  const text = canonicalJson({
    ...value,
    sha256: sha256Of(new TextEncoder().encode(canonicalJson(value))),
  });
  entries.set("manifest.json", new TextEncoder().encode(text));
  const sink = memorySink();
  const zip = zipWriter(sink, { store: true, sealed: true });
  for (const [name, now] of entries) await zip.add(name, now);
  await zip.finish();
  return sink.bytes();
}

async function refused(bytes: Uint8Array, options: ReadImageOptions = {}): Promise<string> {
  try {
    const image = await read(bytes, options);
    for (const layer of image.cells)
      for (let bank = 0; bank < layer.banks; bank++) await layer.levels(bank);
  } catch (error) {
    if (!(error instanceof XbcError)) throw error;
    expect(error.code).toBe("BAD_FILE");
    return error.message;
  }
  return "no error";
}

describe("a programming image", () => {
  test.each([
    ["deflated", {}, {}],
    ["stored", { store: true }, {}],
    ["in parts", { splitAt: 40 }, {}],
    ["lazily", {}, { verify: "lazy" as const }],
    ["stored, in parts, lazily", { store: true, splitAt: 70 }, { verify: "lazy" as const }],
  ])("survives writing and reading, %s", async (_, writing, reading) => {
    const image = sampleImage();
    const back = await read(await written(image, writing), reading);
    expect(await content(back)).toEqual(await content(image));
    for (const [k, layer] of image.cells.entries()) {
      for (const bank of [layer.banks - 1, 0]) {
        expect(new Uint8Array(await back.cells[k].levels(bank))).toEqual(await layer.levels(bank));
      }
    }
  });

  test("written again, it has the same bytes", async () => {
    const bytes = await written(sampleImage(), { store: true });
    expect(await written(await read(bytes), { store: true })).toEqual(bytes);
  });

  test("names of layers are percent-encoded in entry names", async () => {
    expect(encodedName("conv1/α#2")).toBe("conv1%2F%CE%B1%232");
    const archive = await openZip(bytesSource(await written(sampleImage())), "x");
    expect([...archive.entries.keys()]).toContain("banks/conv1%2F%CE%B1.npy");
    expect([...archive.entries.keys()].at(-1)).toBe("manifest.json");
  });

  test("banks beyond the cache come as a stream, in order, again, and out of order", async () => {
    const placement = placementOf(
      "parallel-to-sequential",
      ternaryPair,
      300,
      600,
      { wordLines: 100, bitLines: 200 },
      "conv1/α",
    );
    const sample = sampleImage();
    const layer = testCells(placement, testCodes(placement));
    const zip = memorySink();
    await writeImage({ ...sample, cells: [layer, ...sample.cells.slice(1)] }, zip, {
      splitAt: 200_000,
    });
    const archive = await openZip(bytesSource(zip.bytes()), "x");
    const wanted = new Uint8Array(await layer.range(0, layer.banks));
    for (const store of [false, true]) {
      for (const verify of ["all", "lazy"] as const) {
        const reader = await wide(sample, placement, layer, store, verify);
        for (const [first, count] of [
          [0, 5],
          [5, 13],
          [0, 18],
          [7, 2],
          [3, 1],
          [17, 1],
          [16, 2],
          [9, 4],
        ]) {
          const levels = await reader.cells[0].range(first, count);
          expect(
            Buffer.compare(levels, wanted.subarray(first * 20_000, (first + count) * 20_000)),
          ).toBe(0);
        }
        const together = await Promise.all(
          Array.from({ length: 18 }, (_, bank) => reader.cells[0].levels(17 - bank)),
        );
        together.forEach((levels, k) => {
          expect(
            Buffer.compare(levels, wanted.subarray((17 - k) * 20_000, (18 - k) * 20_000)),
          ).toBe(0);
        });
      }
    }
    expect(archive.entries.has("banks/conv1%2F%CE%B1.1.npy")).toBe(true);
  });

  test("every flip of a bit is refused, or changes nothing", async () => {
    const bytes = await written(sampleImage(), { store: true });
    const whole = await content(await read(bytes));
    let refusals = 0;
    let tried = 0;
    for (let bit = 3; bit < bytes.length * 8; bit += 613) {
      const flipped = bytes.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      const message = await refused(flipped);
      tried++;
      if (message === "no error") expect(await content(await read(flipped))).toEqual(whole);
      else refusals++;
    }
    expect(refusals).toBeGreaterThan(0.9 * tried);
  });

  test("every truncation is refused", async () => {
    const bytes = await written(sampleImage());
    for (let length = 0; length < bytes.length; length += 97) {
      expect(await refused(bytes.slice(0, length))).not.toBe("no error");
    }
  });

  test("every flip of a bit is refused, also of one that no reader needs", async () => {
    const bytes = await written(sampleImage());
    // a step that is odd and no multiple of 8 meets every bit of a byte
    for (let bit = 0; bit < bytes.length * 8; bit += 1009) {
      const flipped = bytes.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      expect(await refused(flipped), `bit ${bit}`).not.toBe("no error");
    }
  });

  test("without its seal an image is refused, with another's too", async () => {
    const bytes = await written(sampleImage());
    expect(await refused(bytes.slice(0, -71))).toMatch(/needs .* SHA-256 .*behind|needs a ZIP/);
    const other = bytes.slice();
    other.set(new TextEncoder().encode("0".repeat(64)), bytes.length - 64);
    expect(await refused(other)).toMatch(/needs the bytes that its ZIP comment was made of/);
  });

  test("two entries swapped are refused", async () => {
    const bytes = await written(sampleImage());
    const archive = await openZip(bytesSource(bytes), "x");
    const names = [...archive.entries.keys()].filter((name) => name !== "manifest.json");
    for (let k = 0; k + 1 < names.length; k++) {
      const sink = memorySink();
      const zip = zipWriter(sink, { sealed: true });
      for (const [name, entry] of archive.entries) {
        const other = name === names[k] ? names[k + 1] : name === names[k + 1] ? names[k] : name;
        await zip.add(other, await archive.read(entry));
      }
      await zip.finish();
      expect(await refused(sink.bytes())).toMatch(/needs|SHA-256/);
    }
  });

  const fc3 = "banks/fc3.npy";
  const edited =
    (name: string, edit: (data: Uint8Array) => void) => (entries: Map<string, Uint8Array>) => {
      const bytes = entries.get(name);
      if (!bytes) throw new Error(name);
      const { type, shape, data } = readNpy(bytes.slice(), name);
      const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      edit(view);
      entries.set(name, writeNpy(tensor(type, shape, data)));
    };
  const column = (at: number, value: number) =>
    edited("schedule.npy", (data) =>
      new DataView(data.buffer, data.byteOffset).setInt32(at * 4, value, true),
    );

  test.each<[string, (entries: Map<string, Uint8Array>) => void, RegExp]>([
    [
      "a level that does not exist",
      edited(fc3, (data) => data.fill(2, 0, 1)),
      /layer fc3, bank 0, word line 0, bit lines 0 to 3: .*found levels 2/,
    ],
    [
      "a hole where a weight lies",
      edited(fc3, (data) => data.fill(UNUSED, 0, 1)),
      /layer fc3, bank 0, word line 0/,
    ],
    [
      "an entry that nobody lists",
      (entries) => entries.set("extra.npy", new Uint8Array(3)),
      /extra\.npy: needs to be listed/,
    ],
    [
      "an entry that is gone",
      (entries) => entries.delete("tiles.npy"),
      /tiles\.npy: needs 0 bytes.*found no such entry/,
    ],
    [
      "an array of another type",
      (entries) =>
        entries.set("layers/fc3.scale.npy", writeNpy(tensor("int32", [1], Int32Array.of(1)))),
      /fc3\.scale\.npy: needs float32/,
    ],
    [
      "tiles of another placement",
      edited("tiles.npy", (data) => data.fill(1, 4, 5)),
      /tiles\.npy: needs the tiles/,
    ],
    [
      "a schedule of a layer that is not there",
      column(1, 7),
      /schedule, row 0: needs a layer below 3, found 7/,
    ],
    ["a schedule of a bank that is not there", column(3, 99), /schedule, row 0: needs banks/],
    ["a schedule beyond the word lines", column(4, 4), /schedule, row 0: needs word lines below 4/],
    ["a schedule of endless runs", column(8, 2147483647), /schedule, row 0/],
    [
      "an order beyond its buffer",
      edited("layers/order.order.npy", (data) => data.fill(100, 0, 1)),
      /layer order: needs indices below 9/,
    ],
    [
      "a direction that is none",
      edited("layers/sign.directions.npy", (data) => data.fill(0)),
      /layer sign: needs directions/,
    ],
  ])("%s is refused even with hashes that fit", async (_, edit, message) => {
    expect(await refused(await forged(await written(sampleImage()), edit))).toMatch(message);
  });

  test.each<[string, (value: Record<string, unknown>) => void, RegExp]>([
    ["a version from the future", (value) => Object.assign(value, { version: 2 }), /\/version/],
    [
      "a field that is not known",
      (value) => Object.assign(value, { extra: 1 }),
      /"extra" that is not known/,
    ],
    [
      "a field that is missing",
      (value) => Object.assign(value, { seed: undefined }),
      /needs a field "seed"/,
    ],
    ["loop counts of other layers", (value) => Object.assign(value, { loops: [] }), /loop counts/],
    [
      "a placement in an encoding that is not there",
      (value) => patch(value, "placements", 0, { encoding: 9 }),
      /needs an encoding below 3/,
    ],
    [
      "more banks than cells",
      (value) => patch(value, "placements", 0, { banks: 1000 }),
      /placement/,
    ],
    [
      "a layer that reads what nobody wrote",
      (value) => patch(value, "layers", 2, { from: "zzz" }),
      /needs a buffer that was written/,
    ],
    [
      "sums beyond 32 bits",
      (value) =>
        patch(value, "layers", 4, {
          activations: { minimum: 0, maximum: 32767, step: 1 },
          alphabet: { name: "wide", levels: [-32767, 32767] },
        }),
      /needs/,
    ],
    [
      "a pattern that is not its code",
      (value) => patch(value, "encodings", 1, { patterns: [[0], [1]] }),
      /encoding single-cell, pattern 0: needs the code -1, found 1/,
    ],
    [
      "a level that no pulse makes",
      (value) =>
        Object.assign(value, { programming: { ...Object(value.programming), levels: [] } }),
      /every level to be programmed/,
    ],
  ])("%s is refused", async (_, edit, message) => {
    expect(
      await refused(await forged(await written(sampleImage()), () => undefined, edit)),
    ).toMatch(message);
  });

  test("a manifest edited by hand is refused", async () => {
    const bytes = await written(sampleImage());
    const archive = await openZip(bytesSource(bytes), "x");
    const sink = memorySink();
    const zip = zipWriter(sink, { sealed: true });
    for (const [name, entry] of archive.entries) {
      const now = await archive.read(entry);
      const text = new TextDecoder()
        .decode(now)
        .replace('"generator":"xbc test"', '"generator":"xbc text"');
      await zip.add(name, name === "manifest.json" ? new TextEncoder().encode(text) : now);
    }
    await zip.finish();
    expect(await refused(sink.bytes())).toMatch(/needs the SHA-256 .* that it names/);
  });

  test("lazily, the end of an entry tells that its bytes are not those of the manifest", async () => {
    const bytes = await forged(
      await written(sampleImage()),
      () => undefined,
      (value) => {
        const entries = value.entries as { name: string; sha256: string }[];
        for (const record of entries) if (record.name === fc3) record.sha256 = "0".repeat(64);
      },
    );
    const image = await read(bytes, { verify: "lazy" });
    const layer = image.cells[2];
    await expect(layer.range(0, layer.banks)).rejects.toThrow(
      /banks\/fc3\.npy: needs SHA-256 0000/,
    );
    expect(await refused(bytes)).toMatch(/needs SHA-256/);
  });

  test("a source that gives fewer bytes than it has is told", async () => {
    const bytes = await written(sampleImage());
    const short: ByteSource = {
      size: bytes.length,
      read: async (offset, length) => bytes.subarray(offset, offset + Math.min(length, 100)),
    };
    await expect(readImage(short, { name: "x.xbi" })).rejects.toThrow(/needs \d+ bytes at offset/);
  });
});

/** The sample with its first layer on more banks, written and read again without a cache. */
async function wide(
  sample: ProgrammingImage,
  placement: LayerPlacement,
  cells: LayerCells,
  store: boolean,
  verify: "all" | "lazy",
): Promise<ProgrammingImage> {
  const { inputs, outputs } = placement;
  const grow = (buffer: Buffer, size: number): Buffer => ({ ...buffer, shape: [size] });
  const buffers = new Map(sample.buffers);
  for (const [id, size] of [
    ["x", inputs],
    ["a", inputs],
    ["b", inputs],
    ["c", outputs],
  ] as const) {
    const buffer = buffers.get(bufferId(id));
    if (buffer) buffers.set(bufferId(id), grow(buffer, size));
  }
  const first = sample.layers.slice(0, 3).map((layer): Layer => {
    if (layer.kind === "matrix") {
      const thresholds = new Int32Array(outputs);
      const directions = new Int8Array(outputs).fill(1);
      return {
        ...layer,
        inputs,
        outputs,
        requantize: { kind: "thresholds", range: bipolar, thresholds, directions },
      };
    }
    if (layer.kind === "digital" && layer.op === "permute")
      return { ...layer, order: new Int32Array(inputs) };
    return layer.kind === "digital" && layer.op === "encode" ? { ...layer, inner: inputs } : layer;
  });
  const back = placementOf(
    "sequential-to-parallel",
    singleCell,
    outputs,
    5,
    { wordLines: 4, bitLines: 8 },
    "fc 2",
  );
  const second = sample.layers[3];
  if (second.kind !== "matrix") throw new Error("the sample has another layer there");
  const image: ProgrammingImage = {
    ...sample,
    buffers,
    inputs: [{ ...sample.inputs[0], shape: [inputs] }],
    layers: [...first, { ...second, inputs: outputs }, ...sample.layers.slice(4)],
    placements: [placement, back, sample.placements[2]],
    cells: [cells, testCells(back, testCodes(back)), sample.cells[2]],
    steps: { rows: 0, data: new Int32Array() },
  };
  return read(await written(image, { store, splitAt: 200_000 }), { verify, cache: 0 });
}

function patch(value: Record<string, unknown>, list: string, index: number, fields: object): void {
  const items = value[list];
  if (Array.isArray(items)) Object.assign(items[index], fields);
}

test("no image is written that no reader would take", async () => {
  const odd = { ...sampleImage(), costModel: { ...sampleImage().costModel, clock_s: 0 } };
  await expect(written(odd)).rejects.toThrow(/\/costModel\/clock_s must be > 0, found 0/);
});
