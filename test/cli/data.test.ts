import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { readDataset, readTensors } from "../../cli/data.ts";
import { memorySink } from "../../compiler/image/bytes.ts";
import { writeNpy } from "../../compiler/image/npy.ts";
import { writeNpz } from "../../compiler/image/npz.ts";
import { type Tensor, tensor } from "../../compiler/ir/tensor.ts";
import { shared } from "../support/shared.ts";

const folder = mkdtempSync(join(tmpdir(), "xbc-data-"));
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

async function npz(arrays: Readonly<Record<string, Tensor>>): Promise<Uint8Array> {
  const sink = memorySink();
  await writeNpz(sink, Object.entries(arrays));
  return sink.bytes();
}

const x = tensor("uint8", [2, 2], Uint8Array.of(1, 2, 3, 4));
const y = tensor("int16", [2], Int16Array.of(256, -1));
const idx = (type: number, shape: readonly number[], data: readonly number[]) =>
  Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap((d) => [0, 0, 0, d]), ...data]);

test("x and y of an .npz, else x_test and y_test, x_train when asked", async () => {
  const path = put("a.npz", await npz({ x, y }));
  expect(await readDataset(path)).toEqual({ x, y, from: path });
  const both = put("b.npz", await npz({ x_train: y, y_train: y, x_test: x, y_test: y }));
  expect((await readDataset(both)).x).toEqual(x);
  expect((await readDataset(`${both}#train`)).x).toEqual(y);
  expect((await readDataset(put("c.npz", await npz({ x })))).y).toBeNull();
});

test("a pair of .npy, one alone, gzipped or not", async () => {
  const a = put("a.npy", writeNpy(x));
  const b = put("b.npy.gz", gzipSync(writeNpy(y)));
  const pair = await readDataset(`${a},${b}`);
  expect(pair.x).toEqual(x);
  expect(pair.y).toEqual(y);
  expect((await readDataset(a)).y).toBeNull();
});

test("IDX is known by its content, and its numbers are big-endian", async () => {
  const images = put("t10k-images-idx3-ubyte", idx(8, [2, 2], [1, 2, 3, 4]));
  const labels = put("labels.gz", gzipSync(idx(11, [2], [1, 0, 255, 255])));
  const data = await readDataset(`${images},${labels}`);
  expect(data.x).toEqual(x);
  expect(data.y).toEqual(y);
});

test.each<[string, () => Promise<string>, RegExp]>([
  [
    "arrays of other names",
    async () => put("d.npz", await npz({ images: x })),
    /needs the arrays x, y or x_test, y_test, found images/,
  ],
  [
    "no training data",
    async () => `${put("e.npz", await npz({ x }))}#train`,
    /needs the arrays x_train, y_train/,
  ],
  [
    "another kind of file",
    async () => put("f.txt", new TextEncoder().encode("hello")),
    /begins with 68 65 6c 6c/,
  ],
  ["an empty file", async () => put("g", new Uint8Array()), /begins with nothing/],
  [
    "IDX that is cut",
    async () => put("h", idx(8, [2, 2], [1, 2, 3])),
    /needs 16 bytes for IDX uint8 \[2, 2\], found 15/,
  ],
  [
    "gzip that is cut",
    async () => put("i.gz", gzipSync(writeNpy(x)).subarray(0, 40)),
    /needs gzipped data/,
  ],
  [
    "an archive beside an array",
    async () => `${put("j.npz", await npz({ x }))},${put("k.npy", writeNpy(y))}`,
    /give the archive alone/,
  ],
  ["three files", async () => "a,b,c", /needs one file, or two/],
  [
    "a file that is not there",
    async () => join(folder, "none"),
    /none: needs a file that can be read/,
  ],
])("%s: refused", async (_, make, message) => {
  await expect(readDataset(await make())).rejects.toThrow(message);
});

test("inputs by name, by file, and from an archive", async () => {
  const a = put("left.npy", writeNpy(x));
  const b = put("more.npz", await npz({ p: x, q: y }));
  expect([...(await readTensors([a, `right=${a}`, b])).tensors.keys()]).toEqual([
    "left",
    "right",
    "p",
    "q",
  ]);
  await expect(readTensors([a, a])).rejects.toThrow(/left twice/);
  await expect(readTensors([`r=${b}`])).rejects.toThrow(/needs one array for input r, found p, q/);
});

const mnist = shared("data/mnist.npz");
test.skipIf(mnist === null)(
  "MNIST as NumPy saved it (skipped where the data are not at hand)",
  async () => {
    const { x: images, y: labels } = await readDataset(mnist ?? "");
    expect(images.shape).toEqual([10000, 28, 28]);
    expect(labels?.shape).toEqual([10000]);
  },
);
