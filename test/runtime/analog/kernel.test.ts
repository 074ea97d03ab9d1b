import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { solveLadder } from "../../../runtime/circuit/ladder.ts";
import type { Analog, AnalogLayout } from "../../../runtime/kernels/analog-command.ts";
import {
  arraysOf,
  cellsOf,
  columnsOf,
  currentBytes,
  listBytes,
} from "../../../runtime/kernels/analog-command.ts";
import { createEngine } from "../../../runtime/kernels/engine.ts";
import { runPlain } from "../../../runtime/kernels/plain.ts";
import { planeBytes, windowBytes } from "../../../runtime/kernels/rows.ts";
import "../../support/properties.ts";

interface Case {
  readonly layout: AnalogLayout;
  readonly samples: number;
  readonly seed: number;
  readonly wire: number;
  readonly decoder: number;
  readonly planes: number;
  readonly converts: boolean;
  readonly strict: boolean;
  readonly steps: number;
  readonly ordered: boolean;
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    inputs: fc.integer({ min: 1, max: 90 }),
    alwaysOn: fc.integer({ min: 0, max: 5 }),
    perGroup: fc.integer({ min: 1, max: 14 }),
    groups: fc.constantFrom(1, 1, 3),
    ordered: fc.boolean(),
    tileLines: fc.constantFrom(8, 32, 64),
    tileOutputs: fc.constantFrom(3, 8),
    segment: fc.constantFrom(3, 8, 64),
    perWeight: fc.constantFrom(1, 2, 4),
    references: fc.constantFrom(0, 8),
    samples: fc.integer({ min: 1, max: 5 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
    wire: fc.constantFrom(0, 0.5, 20),
    decoder: fc.constantFrom(0, 55),
    planes: fc.constantFrom(1, 3),
    converts: fc.boolean(),
    strict: fc.boolean(),
    steps: fc.constantFrom(1, 3, 15),
  })
  .map(
    ({
      inputs,
      alwaysOn,
      perGroup,
      groups,
      tileLines,
      tileOutputs,
      perWeight,
      references,
      segment,
      ...rest
    }) => {
      // outputs of a group fill whole arrays, where there are several
      const inTile = groups === 1 ? tileOutputs : Math.min(perGroup, tileOutputs);
      const outputs = groups === 1 ? perGroup : Math.ceil(perGroup / inTile) * inTile * groups;
      const firstReference = Math.min(outputs, inTile) * perWeight;
      const layout = {
        inputs,
        lines: inputs + alwaysOn,
        outputs,
        groups,
        tileLines,
        tileOutputs: inTile,
        segment: Math.min(segment, tileLines),
        blocks: Math.ceil((firstReference + references) / 16),
        perWeight,
        firstReference,
        references,
      };
      return { layout, ...rest };
    },
  );

function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

async function results({ layout, samples, seed, ...rest }: Case, plain: boolean) {
  const engine = await createEngine({ threads: 1 });
  const draw = draws(seed);
  const random = (n: number, scale: number) =>
    Float32Array.from({ length: n }, () => scale * draw());
  const planes = Array.from({ length: rest.planes }, () =>
    engine.rows(windowBytes(layout.inputs, layout.groups), samples),
  );
  for (const rows of planes) {
    const bytes = engine.bytes(rows.at, rows.stride * samples);
    for (let s = 0; s < samples; s++)
      for (let group = 0; group < layout.groups; group++)
        for (let i = 0; i < layout.inputs; i++) {
          const byte = s * rows.stride + group * planeBytes(layout.inputs) + (i >> 3);
          if (draw() < 0.4) bytes[byte] |= 1 << (i & 7);
        }
  }
  const read = Float32Array.from(
    { length: arraysOf(layout) * columnsOf(layout) * 4 },
    (_, k) => [1 + 0.01 * draw(), draw() - 0.5, rest.wire, rest.decoder][k % 4],
  );
  const sums = engine.rows(layout.outputs * 4, samples);
  const mask = engine.rows(planeBytes(layout.outputs), samples);
  const codes = engine.rows(layout.outputs * 2, samples);
  const command: Analog = {
    kind: "analog",
    positions: 1,
    layout,
    order: rest.ordered
      ? engine.upload(Int32Array.from({ length: layout.inputs }, (_, i) => layout.inputs - 1 - i))
      : 0,
    cells: engine.upload(random(cellsOf(layout), 1e-4)),
    mix: engine.upload(random(layout.perWeight + layout.references, 8)),
    read: engine.upload(read),
    unit: 3e4,
    converter: rest.converts ? { least: -3, most: 60 } : null,
    decision: {
      strict: rest.strict,
      steps: rest.steps,
      bounds: engine.upload(random(layout.outputs * rest.steps, 4)),
      directions: engine.upload(
        Float32Array.from({ length: layout.outputs }, () => (draw() < 0.5 ? 1 : -1)),
      ),
    },
    from: planes.map((rows, k) => ({ sign: null, mask: rows, significance: 2 ** k })),
    currents: engine.localRows(currentBytes(layout)),
    lists: engine.localRows(listBytes(layout)),
    sums,
    mask,
    codes: { rows: codes, minimum: 0, step: 1 },
  };
  if (plain) runPlain(engine, [command], samples);
  else await engine.run([command], samples);
  const found = {
    sums: [...engine.int32(sums.at, layout.outputs * samples)],
    mask: [...engine.bytes(mask.at, mask.stride * samples)],
    codes: [...engine.int16(codes.at, layout.outputs * samples)],
  };
  await engine.close();
  return found;
}

describe("the analog kernel", () => {
  test("equals its plain twin bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        expect(arraysOf(one.layout)).toBeGreaterThan(0);
        expect(await results(one, false)).toEqual(await results(one, true));
      }),
      { numRuns: 40 },
    );
  });

  test("draws the current of the exact ladder, gated-off cells being wire alone", async () => {
    const engine = await createEngine({ threads: 1 });
    const cells = 48;
    const g = Float32Array.from({ length: cells }, (_, w) => (w % 3 === 0 ? 8e-5 : 5e-7));
    const gate = g.map((_, w) => Number(w % 5 !== 2));
    const layout = { inputs: cells, lines: cells, outputs: 1, tileLines: cells, tileOutputs: 1 };
    const line = {
      segment: 48,
      blocks: 1,
      perWeight: 1,
      firstReference: 1,
      references: 0,
      groups: 1,
    };
    const block = new Float32Array(cells * 16);
    g.forEach((value, w) => {
      block[w * 16] = value;
    });
    const mask = engine.rows(planeBytes(cells), 1);
    gate.forEach((on, w) => {
      if (on) engine.bytes(mask.at, mask.stride)[w >> 3] |= 1 << (w & 7);
    });
    const sums = engine.rows(4, 1);
    const scale = 1e9;
    await engine.run(
      [
        {
          kind: "analog",
          positions: 1,
          layout: { ...layout, ...line },
          order: 0,
          cells: engine.upload(block),
          mix: engine.upload(Float32Array.of(1)),
          read: engine.upload(Float32Array.of(1, 0, 0.5, 55.5)),
          unit: scale,
          converter: null,
          decision: null,
          from: [{ sign: null, mask, significance: 1 }],
          currents: engine.localRows(currentBytes({ ...layout, ...line })),
          lists: engine.localRows(listBytes({ ...layout, ...line })),
          sums,
          mask: null,
          codes: null,
        },
      ],
      1,
    );
    const { current_A } = solveLadder({
      conductance_S: Float64Array.from(g, (value, w) => value * gate[w]),
      wire_Ohm: 0.5,
      first_Ohm: 0.5,
      decoder_Ohm: 55,
      read_V: 1,
    });
    // float32 over some 30 cells: a few 1e-7
    expect(engine.int32(sums.at, 1)[0] / scale / current_A - 1).toBeCloseTo(0, 5);
    await engine.close();
  });
});
