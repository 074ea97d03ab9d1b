/**
 * The numbers of ZIP that reader and writer share.
 * Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.5.3.
 */
export const signature = {
  local: 0x04034b50,
  descriptor: 0x08074b50,
  central: 0x02014b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  end: 0x06054b50,
} as const;

/** bytes of each record without its variable parts */
export const recordSize = { local: 30, central: 46, end64: 56, locator64: 20, end: 22 } as const;

export const method = { stored: 0, deflated: 8 } as const;

/** bits of the general purpose flag: 0 encrypted, 3 sizes follow the data, 11 names are UTF-8 */
export const flag = { encrypted: 1, descriptor: 8, utf8: 2048 } as const;

/** the extra field that holds sizes and offsets of 64 bits */
export const zip64Extra = 1;

/** what a field of 16 or 32 bits holds when its value stands in a ZIP64 record */
export const full16 = 0xffff;
export const full32 = 0xffffffff;

/** What our writer says of itself: an archive tells nothing about when and where it was made. */
export const ours = {
  /** 1 January 1980, the first day of ZIP; the time is 00:00 */
  date: 0x0021,
  /** a plain file that its owner may write, as Unix has it */
  attributes: 0o100644 * 65_536,
  unix: 3,
  /** version of the format that unpacking needs: 4.5 for ZIP64 */
  version: (isZip64: boolean): number => (isZip64 ? 45 : 20),
} as const;

/**
 * The comment at the end of an archive that is sealed: SHA-256 of every byte before it. Deflate streams and records
 * hold bits that no reader needs; with the seal, none of them changes unseen.
 */
export const seal = {
  size: 71,
  textOf: (sha256: string): string => `sha256:${sha256}`,
} as const;
