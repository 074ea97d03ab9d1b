import { nodeZlib } from "./host.ts";

/** CRC-32 of ZIP (reflected polynomial 0xedb88320) of bytes that follow those of `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const zlib = nodeZlib();
  return typeof zlib?.crc32 === "function" ? zlib.crc32(bytes, before) : plainCrc32(bytes, before);
}

// tables[k][b]: the remainder of byte b followed by k zero bytes, so that eight bytes go in one step
const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
for (let b = 0; b < 256; b++) {
  let remainder = b;
  for (let k = 0; k < 8; k++)
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  tables[0][b] = remainder >>> 0;
}
for (let k = 1; k < 8; k++) {
  for (let b = 0; b < 256; b++) {
    const last = tables[k - 1][b];
    tables[k][b] = ((last >>> 8) ^ tables[0][last & 0xff]) >>> 0;
  }
}

/** The plain form for a page. */
export function plainCrc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = ~before;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low =
      crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc =
      t7[low & 0xff] ^
      t6[(low >>> 8) & 0xff] ^
      t5[(low >>> 16) & 0xff] ^
      t4[low >>> 24] ^
      t3[bytes[at + 4]] ^
      t2[bytes[at + 5]] ^
      t1[bytes[at + 6]] ^
      t0[bytes[at + 7]];
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]) & 0xff];
  return ~crc >>> 0;
}
