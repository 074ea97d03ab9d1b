import { expect, test, vi } from "vitest";
import { XbcError } from "../../../compiler/errors.ts";
import { bytesSource, memorySink } from "../../../compiler/image/bytes.ts";
import { nodeCrypto, nodeZlib } from "../../../compiler/image/host.ts";
import { readImage } from "../../../compiler/image/read-image.ts";
import { hashImage, writeImage } from "../../../compiler/image/write-image.ts";
import { openZip } from "../../../compiler/image/zip-reader.ts";
import { sampleImage } from "../../support/images.ts";

// a page has neither zlib nor crypto of Node: the streams of the platform and our own hashes do their work
vi.mock("../../../compiler/image/host.ts", () => ({
  nodeZlib: () => null,
  nodeCrypto: () => null,
}));

async function written(store: boolean): Promise<Uint8Array> {
  const sink = memorySink();
  await writeImage(sampleImage(), sink, { store });
  return sink.bytes();
}

test("a page writes and reads images without anything of Node", async () => {
  expect([nodeZlib(), nodeCrypto()]).toEqual([null, null]);
  const hash = await hashImage(sampleImage());
  for (const store of [false, true]) {
    for (const verify of ["all", "lazy"] as const) {
      const image = await readImage(bytesSource(await written(store)), { verify, cache: 0 });
      expect(await hashImage(image)).toBe(hash);
      for (const cells of image.cells) await cells.levels(cells.banks - 1);
    }
  }
});

test("in a page, damage is one clear error too", async () => {
  const bytes = await written(false);
  const archive = await openZip(bytesSource(bytes), "x");
  expect([...archive.entries.values()].some(({ method }) => method === 8)).toBe(true);
  for (let at = 40; at < bytes.length; at += 211) {
    const broken = bytes.slice();
    broken[at] ^= 0x10;
    const outcome = await readImage(bytesSource(broken), { name: "x.xbi" }).then(
      () => "read",
      (error) => (error instanceof XbcError ? error.code : String(error)),
    );
    expect(["BAD_FILE", "read"]).toContain(outcome);
  }
});
