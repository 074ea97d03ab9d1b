import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { XbcError } from "../../../compiler/errors.ts";
import { bytesSource, concat, memorySink } from "../../../compiler/image/bytes.ts";
import { openZip, type ZipArchive } from "../../../compiler/image/zip-reader.ts";
import { checkSeal } from "../../../compiler/image/zip-seal.ts";
import { type ZipOptions, zipWriter } from "../../../compiler/image/zip-writer.ts";

type Content = readonly (readonly [name: string, bytes: Uint8Array])[];

async function packed(
  content: Content,
  options: ZipOptions = {},
  stream = false,
): Promise<Uint8Array> {
  const sink = memorySink();
  const zip = zipWriter(sink, options);
  for (const [name, bytes] of content) {
    if (stream) await zip.addStream(name, bytes.length, [bytes.subarray(0, 7), bytes.subarray(7)]);
    else await zip.add(name, bytes);
  }
  await zip.finish();
  return sink.bytes();
}

const open = (bytes: Uint8Array): Promise<ZipArchive> => openZip(bytesSource(bytes), "x.zip");

async function unpacked(bytes: Uint8Array): Promise<Content> {
  const archive = await open(bytes);
  const out: [string, Uint8Array][] = [];
  for (const [name, entry] of archive.entries) out.push([name, await archive.read(entry)]);
  return out;
}

async function fault(bytes: Uint8Array): Promise<string> {
  try {
    await unpacked(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(XbcError);
    if (error instanceof XbcError) {
      expect(error.code).toBe("BAD_FILE");
      return error.message;
    }
  }
  return "no error";
}

const text = (value: string) => new TextEncoder().encode(value);
const sample: Content = [
  ["manifest.json", text('{"a":1}')],
  ["banks/a.npy", new Uint8Array(5000).map((_, k) => (k * k) & 1)],
  ["empty", new Uint8Array()],
];

/** The bytes with some of them replaced, found by what stands there. */
function patched(bytes: Uint8Array, edit: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const out = bytes.slice();
  edit(new DataView(out.buffer), out);
  return out;
}

const centralOf = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer).getUint32(bytes.length - 6, true);

describe("zip", () => {
  test("writing and reading is the identity, stored or not, streamed or not, ZIP64 or not", async () => {
    const contents = fc
      .uniqueArray(
        fc.stringMatching(/^[a-zA-Z0-9äλ._-]{3,12}$/).filter((name) => !/^\.+$/.test(name)),
        { maxLength: 4 },
      )
      .chain((names) =>
        fc.tuple(
          ...names.map((name) =>
            fc.uint8Array({ maxLength: 300 }).map((bytes) => [name, bytes] as const),
          ),
        ),
      );
    await fc.assert(
      fc.asyncProperty(
        contents,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        async (content, store, alwaysZip64, stream) => {
          const bytes = await packed(content, { store, alwaysZip64 }, stream);
          expect(await unpacked(bytes)).toEqual(content);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("an archive has the same bytes whenever it is written", async () => {
    expect(await packed(sample, { store: true })).toEqual(await packed(sample, { store: true }));
  });

  test("of an archive that must be ours every flip of a bit is refused", async () => {
    for (const alwaysZip64 of [false, true]) {
      for (const stream of [false, true]) {
        const bytes = await packed(
          [
            ["a", text("aaaa")],
            ["b", text("0123")],
          ],
          { store: true, alwaysZip64, sealed: true },
          stream,
        );
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const flipped = patched(bytes, (_, all) => {
            all[bit >> 3] ^= 1 << (bit & 7);
          });
          const read = async () => {
            const archive = await openZip(bytesSource(flipped), "x.zip", { ours: true });
            for (const entry of archive.entries.values()) await archive.read(entry);
            await checkSeal(bytesSource(flipped), "x.zip");
          };
          await expect(read(), `bit ${bit}`).rejects.toThrow(XbcError);
        }
      }
    }
  });

  test("every flip of a bit is refused or leaves every entry as it was", async () => {
    for (const options of [{}, { store: true, alwaysZip64: true }]) {
      for (const stream of [false, true]) {
        const bytes = await packed(
          [
            ["a", text("aaaaaaaaaaaaaaaaaaaaaaaab")],
            ["b", text("0123")],
          ],
          options,
          stream,
        );
        const content = await unpacked(bytes);
        let refused = 0;
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const flipped = patched(bytes, (_, all) => {
            all[bit >> 3] ^= 1 << (bit & 7);
          });
          try {
            const found = await unpacked(flipped);
            expect(found).toEqual(content);
          } catch (error) {
            if (!(error instanceof XbcError)) throw error;
            expect(error.code).toBe("BAD_FILE");
            refused++;
          }
        }
        expect(refused).toBeGreaterThan(bytes.length * 4);
      }
    }
  });

  test("every truncation is refused", async () => {
    const bytes = await packed(sample);
    for (let length = 0; length < bytes.length; length += length < bytes.length - 200 ? 13 : 1) {
      expect(await fault(bytes.slice(0, length))).not.toBe("no error");
    }
  });

  test.each([
    [
      "bytes after the end",
      async () => concat([await packed(sample), text("junk")]),
      /found 4 bytes after it/,
    ],
    [
      "bytes before the first entry",
      async () => concat([text("junk"), await packed(sample)]),
      /needs the ZIP directory/,
    ],
    [
      "another kind of file",
      async () => text("not an archive at all, but some words"),
      /needs a ZIP archive, found something else/,
    ],
    ["an empty file", async () => new Uint8Array(), /needs a ZIP archive/],
    ["an absolute name", () => packed([["/etc/passwd", text("x")]]), /entry name inside/],
    ["a name that climbs", () => packed([["a/../../b", text("x")]]), /entry name inside/],
    ["a name with a backslash", () => packed([["a\\b", text("x")]]), /entry name inside/],
    ["a drive letter", () => packed([["C:x", text("x")]]), /entry name inside/],
    [
      "a name twice",
      () =>
        packed([
          ["a", text("x")],
          ["a", text("y")],
        ]),
      /found it twice/,
    ],
    [
      "an encrypted entry",
      async () =>
        patched(await packed(sample), (view, all) => view.setUint16(centralOf(all) + 8, 1, true)),
      /not encrypted/,
    ],
    [
      "an unknown method",
      async () =>
        patched(await packed(sample), (view, all) => view.setUint16(centralOf(all) + 10, 93, true)),
      /method 0 \(stored\) or 8/,
    ],
    [
      "a size no deflate stream can have",
      async () => {
        const bytes = await packed([["a", new Uint8Array(9000)]]);
        return patched(bytes, (view, all) =>
          view.setUint32(centralOf(all) + 24, 2_000_000_000, true),
        );
      },
      /1100 bytes for each/,
    ],
    [
      "a larger size than the data have",
      async () => {
        const bytes = await packed([["a", new Uint8Array(9000)]], {}, true);
        return patched(bytes, (view, all) => {
          view.setUint32(centralOf(all) + 24, 9001, true);
          view.setUint32(centralOf(all) - 4, 9001, true);
        });
      },
      /needs 9001 bytes uncompressed, found 9000/,
    ],
    [
      "entries that overlap",
      async () => {
        const bytes = await packed(
          [
            ["a", text("1")],
            ["b", text("2")],
          ],
          { store: true },
        );
        return patched(bytes, (view, all) => view.setUint32(centralOf(all) + 46 + 1 + 42, 0, true));
      },
      /overlaps/,
    ],
  ])("%s: refused", async (_, make, message) => {
    expect(await fault(await make())).toMatch(message);
  });

  test("a bound on the total size holds before anything is unpacked", async () => {
    const bytes = await packed(sample);
    await expect(openZip(bytesSource(bytes), "x.zip", { totalSize: 4000 })).rejects.toThrow(
      /at most 4000 bytes/,
    );
  });

  test("200 blocks of 0/1 cells stream through at most a quarter byte a cell", async () => {
    let written = 0;
    const zip = zipWriter({
      write: async (bytes) => {
        written += bytes.length;
      },
    });
    let state = 1;
    const block = new Uint8Array(1 << 16);
    const blocks = function* () {
      for (let k = 0; k < 200; k++) {
        for (let i = 0; i < block.length; i += 2) {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          const plus = state >>> 31;
          block[i] = plus;
          block[i + 1] = 1 - plus;
        }
        yield block.slice();
      }
    };
    await zip.addStream("cells", 200 * block.length, blocks());
    await zip.finish();
    expect(written).toBeLessThan(0.25 * 200 * block.length);
  });
});
