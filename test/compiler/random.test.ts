import fc from "fast-check";
import { jStat } from "jstat";
import { describe, expect, test } from "vitest";
import {
  deriveKey,
  fillWords,
  normalOf,
  normalQuantile,
  philox,
  uniformOf,
  wordAt,
  wordOfNormal,
} from "../../compiler/random.ts";

const word = () => fc.integer({ min: 0, max: 0xffffffff });

describe("philox", () => {
  // Random123, kat_vectors, philox4x32 with 10 rounds
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("gives the published words for counter %j", ([c0, c1, c2, c3], [k0, k1], published) => {
    const out = new Uint32Array(4);
    philox(c0, c1, c2, c3, k0, k1, out);
    expect([...out]).toEqual(published);
  });

  test("one word equals the same word of the whole stream, whatever the length", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.tuple(word(), word()),
        word(),
        (length, key, c1) => {
          const all = fillWords(key, c1, 2, 3, new Uint32Array(length));
          const each = Uint32Array.from({ length }, (_, c) => wordAt(key, c, c1, 2, 3));
          expect(all).toEqual(each);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("deriveKey", () => {
  test("differs where seed, model, trial or layer differs", () => {
    const keys = [
      deriveKey(1, "sense", 0, 0),
      deriveKey(2, "sense", 0, 0),
      deriveKey(1 + 2 ** 40, "sense", 0, 0),
      deriveKey(1, "programming", 0, 0),
      deriveKey(1, "sense", 1, 0),
      deriveKey(1, "sense", 0, 1),
    ];
    expect(new Set(keys.map(String)).size).toBe(keys.length);
    expect(deriveKey(1, "sense", 0, 0)).toEqual(keys[0]);
  });
});

describe("normals", () => {
  test("lie in the middle of their word: uniforms never reach 0 or 1", () => {
    expect(uniformOf(0)).toBe(2 ** -33);
    expect(uniformOf(0xffffffff)).toBe(1 - 2 ** -33);
  });

  test("never fall as the word rises, across the joints of the approximation too", () => {
    const joints = [0, 0.075, 0.5, 0.925, 1].map((p) =>
      Math.min(Math.max(Math.floor(p * 2 ** 32), 1000), 2 ** 32 - 1001),
    );
    for (const joint of joints) {
      for (let w = joint - 1000; w < joint + 1000; w++) {
        expect(normalOf(w + 1)).toBeGreaterThanOrEqual(normalOf(w));
      }
    }
    fc.assert(fc.property(word(), word(), (a, b) => (a - b) * (normalOf(a) - normalOf(b)) >= 0));
  });

  test("mirror at the middle", () => {
    fc.assert(fc.property(word(), (w) => normalOf(w) === -normalOf(0xffffffff - w)));
  });

  test("agree with jstat where jstat is accurate", () => {
    for (let p = 0.001; p < 1; p += 0.001) {
      expect(Math.abs(normalQuantile(p) - jStat.normal.inv(p, 0, 1))).toBeLessThan(1e-12);
    }
  });

  test("agree with tabulated quantiles in the tail", () => {
    // AS 241's own check values
    expect(normalQuantile(0.25)).toBeCloseTo(-0.6744897501960817, 15);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306167814, 14);
    expect(normalQuantile(1e-20)).toBeCloseTo(-9.262340089798409, 13);
  });

  test("wordOfNormal is the first word at or above a normal", () => {
    fc.assert(
      fc.property(fc.double({ min: -6.2, max: 6.2, noNaN: true }), (z) => {
        const first = wordOfNormal(z);
        expect(normalOf(first)).toBeGreaterThanOrEqual(z);
        expect(normalOf(first - 1)).toBeLessThan(z);
      }),
    );
    expect(wordOfNormal(-9)).toBe(0);
    expect(wordOfNormal(9)).toBe(2 ** 32);
  });
});
