import { describe, expect, test } from "vitest";
import { compileReport } from "../../../runtime/report/compile-report.ts";
import { countLevels, programmingTotals } from "../../../runtime/report/programming-totals.ts";
import { smallImage } from "./small-image.ts";

describe("totals of a small image, by hand", async () => {
  const { totals, layers } = await compileReport(smallImage(), null);
  test("cells and banks", () => {
    // 40·50 + 10·40 weights, two cells each, in 2·2 + 2·1 banks of 2,048 cells
    expect(totals.weights).toBe(2400);
    expect(totals.cells).toBe(4800);
    expect(totals.banks).toBe(6);
    expect(totals.utilization).toBeCloseTo(4800 / (6 * 2048), 12);
  });
  test("the slowest layer sets the interval, the sum of the layers the latency (10 ns a clock, H5)", () => {
    expect(totals.clocks).toBe(42);
    expect(totals.interval_s).toBeCloseTo(320e-9, 15);
    expect(totals.latency_s).toBeCloseTo(420e-9, 15);
  });
  test("every synapse read costs 14 fJ (H13)", () => {
    expect(totals.readEnergy_J).toBeCloseTo(2400 * 14e-15, 20);
  });
  test("every cell is formed, then SET or RESET, one device after the other (H4)", () => {
    const { forming, levels } = smallImage().programming;
    const [reset] = levels[0].pulses;
    const [set] = levels[1].pulses;
    expect(totals.pulses).toBe(2 * 4800);
    // a binary pair holds one cell of each kind
    const time = 4800 * (forming?.duration_s ?? 0) + 2400 * (set.duration_s + reset.duration_s);
    const energy = 4800 * (forming?.energy_J ?? 0) + 2400 * (set.energy_J + reset.energy_J);
    expect(totals.programmingTime_s).toBeCloseTo(time, 9);
    expect(totals.programmingEnergy_J).toBeCloseTo(energy, 12);
  });
  test("layers keep their order and their names", () => {
    expect(layers.map(({ name, banks }) => [name, banks])).toEqual([
      ["fc1", 4],
      ["fc2", 2],
    ]);
  });
});

test("levels are counted over all banks, whatever their number", async () => {
  const counts = await countLevels(smallImage().cells[0]);
  // a third of the 2,000 weights is +1; both codes take one low and one high cell
  expect([counts[0], counts[1], counts[255]]).toEqual([2000, 2000, 4 * 2048 - 4000]);
});

test("a level that nothing programs is a bug", () => {
  const counts = new Float64Array(256);
  counts[7] = 1;
  expect(() => programmingTotals(counts, smallImage().programming)).toThrow(
    "no pulses for level 7",
  );
});
