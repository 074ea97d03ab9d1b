/** Damage to programming images: to their bytes, to the archive around them, and to what they say. */
import { bytesSource, concat, memorySink } from "../../compiler/image/bytes.ts";
import { sha256Of } from "../../compiler/image/sha256.ts";
import { seal } from "../../compiler/image/zip-format.ts";
import { openZip } from "../../compiler/image/zip-reader.ts";
import { zipWriter } from "../../compiler/image/zip-writer.ts";
import { canonicalJson } from "../../compiler/schema/canonical-json.ts";
import { flipped, flippedOnce, overwritten, spliced, truncated } from "./byte-mutations.ts";
import type { Dice } from "./dice.ts";

export interface ImageMutation {
  readonly name: string;
  readonly apply: (image: Uint8Array, dice: Dice) => Promise<Uint8Array>;
  /** false: its hashes are made right again, so that the image may be a sound one */
  readonly mustFail: boolean;
}

const damage = (
  name: string,
  apply: (image: Uint8Array, dice: Dice) => Uint8Array,
): ImageMutation => ({
  name,
  apply: async (image, dice) => apply(image, dice),
  mustFail: true,
});

/** Where the directory begins, as the end record of an archive below 4 GiB says. */
const directoryOf = (image: Uint8Array): number =>
  new DataView(image.buffer, image.byteOffset).getUint32(image.length - seal.size - 6, true);

/** Offsets of all records that begin with a signature. */
function recordsOf(image: Uint8Array, signature: readonly number[]): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at + 4 <= image.length; at++) {
    if (signature.every((byte, k) => image[at + k] === byte)) found.push(at);
  }
  return found;
}

const entriesOf = async (image: Uint8Array): Promise<Map<string, Uint8Array>> => {
  const archive = await openZip(bytesSource(image), "image");
  const entries = new Map<string, Uint8Array>();
  for (const [name, entry] of archive.entries)
    entries.set(name, (await archive.read(entry)).slice());
  return entries;
};

async function packed(entries: Iterable<readonly [string, Uint8Array]>): Promise<Uint8Array> {
  const sink = memorySink();
  const zip = zipWriter(sink, { sealed: true });
  for (const [name, bytes] of entries) await zip.add(name, bytes);
  await zip.finish();
  return sink.bytes();
}

const repack = (
  name: string,
  edit: (entries: Map<string, Uint8Array>, dice: Dice) => Iterable<readonly [string, Uint8Array]>,
): ImageMutation => ({
  name,
  apply: async (image, dice) => packed(edit(await entriesOf(image), dice)),
  mustFail: true,
});

const evilNames = [
  "../outside",
  "/etc/cron.d/x",
  "a/../../b",
  "..\\b",
  "C:\\x",
  "C:x",
  "a//b",
  "./a",
  "a\u0000b",
  "a\nb",
  "",
  "con/",
  "\u202etxt",
  "x".repeat(60_000),
];
const numbers = [0, -1, 1, 2, 255, 65_536, 2 ** 31, 2 ** 40, 1e308, 0.5, -(2 ** 31)];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Every place in a document that holds a plain value. */
function leavesOf(
  value: Json,
  path: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  if (Array.isArray(value)) return value.flatMap((item, k) => leavesOf(item, [...path, k]));
  if (value !== null && typeof value === "object")
    return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]));
  return [path];
}

const changedAt = (
  value: Json,
  path: readonly (string | number)[],
  by: (old: Json) => Json,
): Json => {
  const [first, ...rest] = path;
  if (first === undefined) return by(value);
  if (Array.isArray(value))
    return value.map((item, k) => (k === first ? changedAt(item, rest, by) : item));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === first ? changedAt(item, rest, by) : item,
    ]),
  );
};

/** A manifest with its own hash, and those of the entries, made right again. */
function sealed(manifest: Json, entries: ReadonlyMap<string, Uint8Array>): Uint8Array {
  if (manifest === null || typeof manifest !== "object" || Array.isArray(manifest))
    return new Uint8Array();
  const { sha256: _, ...rest } = manifest;
  const records = Array.isArray(rest.entries) ? rest.entries : [];
  const fitted = records.map((record): Json => {
    if (record === null || typeof record !== "object" || Array.isArray(record)) return record;
    const bytes = entries.get(String(record.name));
    return bytes ? { ...record, size: bytes.length, sha256: sha256Of(bytes) } : record;
  });
  const body = { ...rest, entries: fitted };
  const text = new TextEncoder();
  const sha256 = sha256Of(text.encode(canonicalJson(body)));
  return text.encode(`${canonicalJson({ ...body, sha256 })}\n`);
}

const forge = (
  name: string,
  edit: (manifest: Json, entries: Map<string, Uint8Array>, dice: Dice) => Json,
): ImageMutation => ({
  name,
  apply: async (image, dice) => {
    const entries = await entriesOf(image);
    const manifest: Json = JSON.parse(new TextDecoder().decode(entries.get("manifest.json")));
    const edited = edit(manifest, entries, dice);
    entries.set("manifest.json", sealed(edited, entries));
    return packed(entries);
  },
  mustFail: false,
});

const otherValue = (old: Json, dice: Dice): Json => {
  if (typeof old === "number")
    return dice.below(3) === 0 ? old + dice.pick([-1, 1, 2]) : dice.pick(numbers);
  if (typeof old === "string")
    return dice.pick([
      "",
      "none",
      "../../x",
      "x".repeat(2000),
      "__proto__",
      "layers/none.npy",
      `${old}x`,
      "sum",
      "dense",
    ]);
  if (typeof old === "boolean") return !old;
  return dice.pick([0, "x", false, []]);
};

export const imageMutations: readonly ImageMutation[] = [
  damage("truncated", truncated),
  damage("bits flipped", flipped),
  damage("bit flipped", flippedOnce),
  damage("bit of the directory flipped", (image, dice) =>
    flippedOnce(image, dice, directoryOf(image)),
  ),
  damage("bit of a local header flipped", (image, dice) => {
    const at = dice.pick(recordsOf(image, [0x50, 0x4b, 3, 4]));
    return flippedOnce(image, dice, at, at + 30);
  }),
  damage("bit of a data descriptor flipped", (image, dice) => {
    const at = dice.pick(recordsOf(image, [0x50, 0x4b, 7, 8]));
    return flippedOnce(image, dice, at, at + 16);
  }),
  damage("field of the directory overwritten", (image, dice) => {
    const out = Uint8Array.from(image);
    const at = dice.pick(recordsOf(image, [0x50, 0x4b, 1, 2])) + 2 * dice.below(23);
    const value = dice.pick([0, 0xffff, 0x7fff, 1]);
    const other = out[at] + 256 * out[at + 1] === value ? value ^ 0x5555 : value;
    out[at] = other & 255;
    out[at + 1] = other >> 8;
    return out;
  }),
  damage("bytes overwritten", overwritten),
  damage("bytes cut or doubled", spliced),
  damage("bytes behind the end", (image, dice) =>
    concat([image, new Uint8Array(1 + dice.below(70_000))]),
  ),
  damage("bytes before the beginning", (image, dice) =>
    concat([new Uint8Array(1 + dice.below(100)), image]),
  ),
  damage("only zeros", (image) => new Uint8Array(image.length)),
  repack("entry left out", (entries, dice) => {
    entries.delete(dice.pick([...entries.keys()]));
    return entries;
  }),
  repack("entry of an evil name", (entries, dice) => [
    ...entries,
    [dice.pick(evilNames), Uint8Array.of(1, 2, 3)],
  ]),
  repack("entry renamed to an evil name", (entries, dice) => {
    const target = dice.pick([...entries.keys()]);
    const name = dice.pick(evilNames);
    return [...entries].map(([key, bytes]) => [key === target ? name : key, bytes] as const);
  }),
  repack("entry twice", (entries, dice) => {
    const name = dice.pick([...entries.keys()]);
    return [...entries, [name, entries.get(name) ?? new Uint8Array()]];
  }),
  repack("an entry of 100 MB of zeros", (entries, dice) => [
    ...entries,
    [dice.pick(["zeros", "banks/zeros.npy", "manifest.json/x"]), new Uint8Array(1e8)],
  ]),
  repack("the manifest made 100 MB long", (entries) => {
    const blank = new Uint8Array(1e8).fill(0x20);
    return new Map([...entries, ["manifest.json", blank]]);
  }),
  repack("bytes of an entry changed", (entries, dice) => {
    const name = dice.pick([...entries.keys()]);
    return new Map([...entries, [name, overwritten(entries.get(name) ?? new Uint8Array(1), dice)]]);
  }),
  repack("entries swapped", (entries, dice) => {
    const list = [...entries];
    const first = dice.below(list.length);
    const second = (first + 1) % list.length;
    return list.map(
      ([name, bytes], k) =>
        [name, k === first ? list[second][1] : k === second ? list[first][1] : bytes] as const,
    );
  }),
  repack(
    "a manifest nested deeply",
    (entries) =>
      new Map([...entries, ["manifest.json", new TextEncoder().encode("[".repeat(200_000))]]),
  ),
  repack(
    "a manifest with another prototype",
    (entries) =>
      new Map([
        ...entries,
        [
          "manifest.json",
          new TextEncoder().encode(`{"__proto__":{"format":"xbc-image"},"version":1}`),
        ],
      ]),
  ),
  forge("value of the manifest forged", (manifest, _, dice) => {
    const all = leavesOf(manifest).filter(([first]) => first !== "entries" && first !== "sha256");
    return changedAt(manifest, dice.pick(all), (old) => otherValue(old, dice));
  }),
  forge("array forged", (manifest, entries, dice) => {
    const arrays = [...entries.keys()].filter((name) => name.endsWith(".npy"));
    const name = dice.pick(arrays);
    const bytes = entries.get(name) ?? new Uint8Array(129);
    // the header is 128 bytes at most; its data follow
    entries.set(name, flippedOnce(bytes, dice, Math.min(128, bytes.length - 1)));
    return manifest;
  }),
  forge("subgraph or reference forged", (manifest, entries, dice) => {
    const models = [...entries.keys()].filter((name) => name.endsWith(".onnx"));
    const name = dice.pick(models);
    entries.set(
      name,
      dice.pick([overwritten, truncated, flipped])(entries.get(name) ?? new Uint8Array(1), dice),
    );
    return manifest;
  }),
  forge("part of the manifest left out", (manifest, _, dice) => {
    if (manifest === null || typeof manifest !== "object" || Array.isArray(manifest))
      return manifest;
    const left = dice.pick(Object.keys(manifest));
    return Object.fromEntries(Object.entries(manifest).filter(([key]) => key !== left));
  }),
];
