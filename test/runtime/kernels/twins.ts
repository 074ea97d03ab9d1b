import { expect } from "vitest";
import type { Command } from "../../../runtime/kernels/commands.ts";
import type { Engine } from "../../../runtime/kernels/engine.ts";
import { runPlain } from "../../../runtime/kernels/plain.ts";
import type { Rows } from "../../../runtime/kernels/rows.ts";

/** What a command wrote: address and bytes. */
export interface Region {
  readonly at: number;
  readonly bytes: number;
}

export const regionOf = (rows: Rows, count: number): Region => ({
  at: rows.at,
  bytes: rows.stride * count,
});

/** Runs the engine and its plain twin from the same state; every written byte must agree. */
export async function expectTwins(
  engine: Engine,
  commands: readonly Command[],
  samples: number,
  regions: readonly Region[],
  /** set before each of the two, since `flip` adds to what is there */
  prepare: () => void = () => {},
): Promise<void> {
  const read = (): Uint8Array[] => regions.map(({ at, bytes }) => engine.bytes(at, bytes).slice());
  const clear = (): void => {
    for (const { at, bytes } of regions) engine.bytes(at, bytes).fill(0xa5);
    prepare();
  };
  clear();
  await engine.run(commands, samples);
  const fast = read();
  clear();
  runPlain(engine, commands, samples);
  const differences = read().map((bytes, region) =>
    bytes.findIndex((byte, at) => byte !== fast[region][at]),
  );
  expect(differences).toEqual(regions.map(() => -1));
}

/** Small repeatable integers for tests, 0 ... below - 1. */
export function numbers(seed: number): (below: number) => number {
  let state = (seed * 2654435761 + 1) >>> 0;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
