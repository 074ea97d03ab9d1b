import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FloatSession } from "../../../compiler/define.ts";
import type { CodeRange } from "../../../compiler/ir/network.ts";
import type { ElementType } from "../../../compiler/ir/tensor.ts";
import { tensor, toNumbers } from "../../../compiler/ir/tensor.ts";
import { floatPoints, sumPoints } from "../../../passes/lowering/points.ts";
import type { Probe } from "../../../passes/lowering/switching-points.ts";
import { bisect, float32Order, wholeNumbers } from "../../../passes/lowering/switching-points.ts";

const NEVER = 2 ** 31 - 1;
const ALWAYS = -(2 ** 31);

type Chain = (x: number, element: number) => number;

/** A probe of a chain that is written as a function; it counts the calls. */
function probeOf(chain: Chain, elements: number, range: CodeRange, type: ElementType = "float32") {
  let calls = 0;
  const session: FloatSession = {
    run: async (feeds) => {
      calls += 1;
      const given = feeds.get("n");
      if (!given) throw new Error("nothing was fed");
      const codes = Float32Array.from(toNumbers(given), (x, k) => chain(x, k % elements));
      return new Map([["codes", tensor("float32", given.shape, codes)]]);
    },
    release: async () => {},
  };
  const outputOf = Int32Array.from({ length: elements }, (_, e) => e);
  const probe: Probe = {
    session,
    input: "n",
    output: "codes",
    type,
    shape: [elements],
    batched: true,
    anyBatch: true,
    range,
    outputOf,
  };
  return { probe, calls: () => calls };
}

const sign: CodeRange = { minimum: -1, maximum: 1, step: 2 };
const two: CodeRange = { minimum: 0, maximum: 3, step: 1 };
const up = (count: number) => new Int8Array(count).fill(1);
const down = (count: number) => new Int8Array(count).fill(-1);

async function thresholds(chain: Chain, range: CodeRange, bound: number, directions = up(1)) {
  const points = await sumPoints(probeOf(chain, directions.length, range).probe, bound, directions);
  return points?.kind === "thresholds" ? [...points.thresholds] : points;
}

describe("switching points of sums", () => {
  test("the lowest sum at which a rising chain switches", async () => {
    expect(await thresholds((n) => (n >= 3 ? 1 : -1), sign, 10)).toEqual([3]);
  });
  test("the highest sum at which a falling chain still passes", async () => {
    expect(await thresholds((n) => (n <= -4 ? 1 : -1), sign, 10, down(1))).toEqual([-4]);
  });
  test("a chain that never passes, and one that always does", async () => {
    expect(await thresholds(() => -1, sign, 10)).toEqual([NEVER]);
    expect(await thresholds(() => 1, sign, 10)).toEqual([ALWAYS]);
    expect(await thresholds(() => -1, sign, 10, down(1))).toEqual([ALWAYS]);
    expect(await thresholds(() => 1, sign, 10, down(1))).toEqual([NEVER]);
  });
  test("a point at either end of the range", async () => {
    expect(await thresholds((n) => (n >= 10 ? 1 : -1), sign, 10)).toEqual([10]);
    expect(await thresholds((n) => (n >= -9 ? 1 : -1), sign, 10)).toEqual([-9]);
    expect(await thresholds((n) => (n <= -10 ? 1 : -1), sign, 10, down(1))).toEqual([-10]);
  });
  test("several thresholds an element, some at one place", async () => {
    expect(await thresholds((n) => (n < -2 ? 0 : n < 5 ? 1 : 3), two, 10)).toEqual([-2, 5, 5]);
  });
  test("each element has its own", async () => {
    const chain: Chain = (n, e) => ((e === 0 ? n >= 1 : n <= -1) ? 1 : -1);
    expect(await thresholds(chain, sign, 8, Int8Array.of(1, -1))).toEqual([1, -1]);
  });
  test("a range of 2^31 takes at most 32 calls", async () => {
    const { probe, calls } = probeOf((n) => (n >= 123_456_789 ? 1 : -1), 1, sign, "float64");
    const points = await bisect(probe, wholeNumbers(-(2 ** 30), 2 ** 30), up(1));
    expect([...points]).toEqual([123_456_789]);
    expect(calls()).toBeLessThanOrEqual(32);
  });
  test("a chain that is said to rise and does not is a bug that is found", async () => {
    await expect(thresholds((n) => (Math.abs(n) > 3 ? 1 : -1), sign, 10)).rejects.toThrow(
      /extract-thresholds/,
    );
  });
});

describe("where no direction is proved, the whole range decides", () => {
  const unknown = Int8Array.of(2);
  test("a chain that rises after all has thresholds", async () => {
    expect(await thresholds((n) => (n >= 3 ? 1 : -1), sign, 10, unknown)).toEqual([3]);
  });
  test("a chain that falls after all has falling ones", async () => {
    const points = await sumPoints(probeOf((n) => (n <= 3 ? 1 : -1), 1, sign).probe, 10, unknown);
    expect(points).toEqual({
      kind: "thresholds",
      thresholds: Int32Array.of(3),
      directions: Int8Array.of(-1),
    });
  });
  test("a chain that does neither is a table of code indices", async () => {
    const points = await sumPoints(
      probeOf((n) => (Math.abs(n) >= 2 ? 1 : -1), 1, sign).probe,
      3,
      unknown,
    );
    expect(points).toMatchObject({
      kind: "table",
      minimum: -3,
      maximum: 3,
      codes: Int16Array.of(1, 1, 0, 0, 0, 1, 1),
    });
  });
  test("a range beyond 2^16 has no table", async () => {
    expect(await thresholds((n) => (n >= 3 ? 1 : -1), sign, 2 ** 15, unknown)).toBeNull();
  });
});

test("bisection finds what a look at every sum finds, for any staircase in either direction", async () => {
  const stairs = fc.record({
    points: fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 3, maxLength: 3 }),
    falls: fc.boolean(),
    bound: fc.integer({ min: 1, max: 30 }),
  });
  await fc.assert(
    fc.asyncProperty(stairs, async ({ points, falls, bound }) => {
      const passed = (n: number) => points.filter((p) => (falls ? n <= p : n >= p)).length;
      const found = await thresholds(passed, two, bound, falls ? down(1) : up(1));
      for (let n = -bound; n <= bound; n++) {
        const count = Array.isArray(found)
          ? found.filter((t) => (falls ? n <= t : n >= t)).length
          : -1;
        expect(count).toBe(passed(n));
      }
    }),
  );
});

describe("switching points of floats", () => {
  const floatThresholds = async (
    chain: Chain,
    type: ElementType = "float32",
    directions = up(1),
  ) => {
    const points = await floatPoints(probeOf(chain, 1, sign, type).probe, directions);
    return points?.kind === "floats" ? [...points.thresholds] : points;
  };
  test("the order of positions is the order of float32", () => {
    const at = [float32Order.first, -2, -1, 0, 1, float32Order.last].map(float32Order.value);
    expect(at).toEqual([
      -3.4028234663852886e38, -1.401298464324817e-45, -0, 0, 1.401298464324817e-45,
      3.4028234663852886e38,
    ]);
  });
  test("the very float at which a chain switches, of either sign", async () => {
    expect(await floatThresholds((x) => (x > 0.1 ? 1 : -1))).toEqual([0.10000000149011612]);
    // float32 has no −0.3: the one below it is less, so the one above is the first that passes
    expect(await floatThresholds((x) => (x >= -0.3 ? 1 : -1))).toEqual([-0.29999998211860657]);
  });
  test("never and always are the infinities", async () => {
    expect(await floatThresholds(() => -1)).toEqual([Number.POSITIVE_INFINITY]);
    expect(await floatThresholds(() => 1)).toEqual([Number.NEGATIVE_INFINITY]);
  });
  test("bytes switch at a byte", async () => {
    expect(await floatThresholds((x) => (x / 255 > 0.5 ? 1 : -1), "uint8")).toEqual([128]);
    expect(await floatThresholds((x) => (x < -5 ? 1 : -1), "int8", down(1))).toEqual([-6]);
  });
  test("a chain that is not proved has none: a float cannot be swept", async () => {
    expect(await floatThresholds((x) => (x > 0 ? 1 : -1), "float32", Int8Array.of(2))).toBeNull();
  });
});

test("a chain that gives NaN for a sum is refused: it has no code", async () => {
  const odd = probeOf((x) => (x > 2 ? Number.NaN : Math.sign(x)), 1, sign);
  await expect(sumPoints(odd.probe, 5, up(1))).rejects.toThrow(/^value "codes": .* found NaN/);
});
