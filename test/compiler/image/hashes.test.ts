import { createHash } from "node:crypto";
import { crc32 as nodeCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32, plainCrc32 } from "../../../compiler/image/crc32.ts";
import { plainSha256, sha256Of } from "../../../compiler/image/sha256.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

// FIPS 180-4 example messages
test.each([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
])("SHA-256 of the published vectors", (message, digest) => {
  const hash = plainSha256();
  hash.update(ascii(message));
  expect(hash.hex()).toBe(digest);
  expect(sha256Of(ascii(message))).toBe(digest);
});

test("the plain SHA-256 equals Node's, whatever the parts", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (parts) => {
      const ours = plainSha256();
      const theirs = createHash("sha256");
      for (const part of parts) {
        ours.update(part);
        theirs.update(part);
      }
      expect(ours.hex()).toBe(theirs.digest("hex"));
    }),
  );
});

test("CRC-32 gives the check value, and continues where it stopped", () => {
  expect(plainCrc32(ascii("123456789"))).toBe(0xcbf43926);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (a, b) => {
      const both = nodeCrc32(Buffer.concat([a, b]));
      expect(plainCrc32(b, plainCrc32(a))).toBe(both);
      expect(crc32(b, crc32(a))).toBe(both);
    }),
  );
});
