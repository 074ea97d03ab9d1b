import fc from "fast-check";
import { expect, test } from "vitest";
import type { Command } from "../../../runtime/kernels/commands.ts";
import { createEngine } from "../../../runtime/kernels/engine.ts";
import { runPlain } from "../../../runtime/kernels/plain.ts";
import { planeBytes, windowBytes } from "../../../runtime/kernels/rows.ts";

const few = fc.integer({ min: 1, max: 3 });
const axis = fc.record({
  input: fc.integer({ min: 1, max: 6 }),
  kernel: few,
  strides: few,
  dilations: few,
  before: fc.nat(2),
  after: fc.nat(2),
});
const SAMPLES = 3;

/** A window over three axes, its kernel cut to what fits. */
const windows = fc
  .record({
    axes: fc.tuple(axis, axis, axis),
    channels: fc.constantFrom(1, 2, 3, 7, 16, 60, 64, 65, 130),
    groups: fc.boolean(),
  })
  .map(({ axes, channels, groups }) => {
    const kernel = axes.map((a) =>
      (a.kernel - 1) * a.dilations + 1 > a.input + a.before + a.after ? 1 : a.kernel,
    );
    const pads = [...axes.map((a) => a.before), ...axes.map((a) => a.after)];
    const [input, strides, dilations] = (["input", "strides", "dilations"] as const).map((name) =>
      axes.map((a) => a[name]),
    );
    const output = input.map((size, k) => {
      const room = size + pads[k] + pads[k + 3] - (dilations[k] * (kernel[k] - 1) + 1);
      return Math.floor(room / strides[k]) + 1;
    });
    const window = { channels, input, kernel, strides, dilations, pads, output };
    return { window, groups: groups ? channels : 1 };
  });

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
const noise = (bytes: Uint8Array, seed: number) => {
  for (let k = 0; k < bytes.length; k++) bytes[k] = Math.imul(k + seed, 0x9e3779b1) >>> 24;
};

test("windows, poolings and transpositions are what their plain twins say, bit for bit", async () => {
  const engine = await createEngine({ threads: 1 });
  try {
    await fc.assert(
      fc.asyncProperty(
        windows,
        fc.boolean(),
        fc.nat(99),
        async ({ window, groups }, isMask, seed) => {
          const mark = engine.mark();
          const { channels, input, kernel, output } = window;
          const [pixels, positions] = [product(input), product(output)];
          const [depth, height, width] = input;
          const lines = depth * height;
          const from = engine.rows(planeBytes(width * channels), SAMPLES, lines);
          const values = engine.rows(pixels * channels * 2, SAMPLES);
          noise(engine.bytes(from.at, from.stride * lines * SAMPLES), seed);
          noise(engine.bytes(values.at, values.stride * SAMPLES), seed);
          const to = engine.rows(
            windowBytes((channels / groups) * product(kernel), groups),
            SAMPLES,
            positions,
          );
          const best = engine.rows(positions * channels * 2, SAMPLES);
          const turned = engine.rows(pixels * channels * 2, SAMPLES);
          const ways = Int16Array.from({ length: channels + 8 }, (_, c) =>
            (c + seed) % 3 === 0 ? -1 : 0,
          );
          const pooling = { ...window, pads: window.pads.map(() => 0), strides: [1, 1, 1] };
          const reach = pooling.input.map(
            (size, k) => size - (kernel[k] - 1) * window.dilations[k],
          );
          const commands: Command[] = [
            { kind: "window", from: isMask ? null : from, to, groups, window },
            {
              kind: "transpose",
              from: values,
              to: turned,
              rows: pixels,
              columns: channels,
              bytes: 2,
            },
          ];
          if (reach.every((size) => size > 0)) {
            const pooled = engine.rows(product(reach) * channels * 2, SAMPLES);
            const flips = engine.upload(ways);
            commands.push({
              kind: "pool",
              from: values,
              to: pooled,
              window: { ...pooling, output: reach },
              flips,
            });
          }
          const read = () =>
            [to, turned, ...commands.flatMap((c) => (c.kind === "pool" ? [c.to] : []))].map(
              (rows) => {
                const each = rows === to ? positions : 1;
                return [...engine.bytes(rows.at, rows.stride * each * SAMPLES)];
              },
            );
          await engine.run(commands, SAMPLES);
          const ran = read();
          for (const rows of [to, turned, best])
            engine.bytes(rows.at, rows.stride * SAMPLES).fill(170);
          runPlain(engine, commands, SAMPLES);
          expect(ran).toEqual(read());
          engine.release(mark);
        },
      ),
      { numRuns: 150 },
    );
  } finally {
    await engine.close();
  }
});

test("padding sets no bit: of a 3 x 3 window on the first corner of an image, four taps lie inside", async () => {
  const engine = await createEngine({ threads: 1 });
  const to = engine.rows(8, 1, 4);
  const window = {
    ...{ channels: 1, input: [1, 2, 2], kernel: [1, 3, 3], strides: [1, 1, 1] },
    ...{ dilations: [1, 1, 1], pads: [0, 1, 1, 0, 1, 1], output: [1, 2, 2] },
  };
  await engine.run([{ kind: "window", from: null, to, groups: 1, window }], 1);
  // taps 4, 5, 7 and 8 of 0 … 8
  expect(engine.uint32(to.at, 1)[0]).toBe(0b110110000);
  await engine.close();
});
