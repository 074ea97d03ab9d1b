import type { CodeRange, Presentation } from "../compiler/ir/network.ts";
import type { PlaneFormat } from "./kernels/commands.ts";
import type { PlaneTerm, Rows } from "./kernels/rows.ts";
import { planeBytes } from "./kernels/rows.ts";

/** A codes buffer as bit planes in engine memory: how it is packed, and what the matrix kernel reads. */
export interface Planes {
  readonly format: PlaneFormat;
  /** one for each presentation of the layer that reads them */
  readonly terms: readonly PlaneTerm[];
}

/** Lays out the planes of one row of `elements` codes; `rows(stride)` allocates. */
export function planesOf(
  range: CodeRange,
  presentation: Presentation,
  elements: number,
  rows: (stride: number) => Rows,
): Planes {
  const plane = () => rows(planeBytes(elements));
  if (presentation.kind === "stochastic") {
    const planes = Array.from({ length: presentation.presentations }, plane);
    return {
      format: { kind: "bits", planes },
      terms: planes.map((mask) => ({ sign: null, mask, significance: 1 })),
    };
  }
  if (presentation.kind === "planes") {
    const planes = presentation.significances.map(plane);
    const bipolarDigits = presentation.digits === "bipolar";
    const terms = planes.map((row, k) => ({
      sign: bipolarDigits ? row : null,
      mask: bipolarDigits ? null : row,
      significance: presentation.significances[k],
    }));
    return {
      format: bipolarDigits ? { kind: "digits", planes, mask: null } : { kind: "bits", planes },
      terms,
    };
  }
  if (range.minimum >= 0) {
    const mask = plane();
    return {
      format: { kind: "bits", planes: [mask] },
      terms: [{ sign: null, mask, significance: 1 }],
    };
  }
  const sign = plane();
  if (range.step === 2)
    return { format: { kind: "bipolar", sign }, terms: [{ sign, mask: null, significance: 1 }] };
  const mask = plane();
  return { format: { kind: "ternary", sign, mask }, terms: [{ sign, mask, significance: 1 }] };
}

/** What an encode layer makes of each of the 256 bytes, [channels x 256]. */
export function byteTable(
  encode: {
    readonly range: CodeRange;
    readonly thresholds: Float32Array;
    readonly directions: Int8Array;
    readonly channels: number;
  },
  valueOf: (byte: number) => number,
): Int16Array {
  const { range, thresholds, directions, channels } = encode;
  const steps = thresholds.length / channels;
  const table = new Int16Array(channels * 256);
  for (let c = 0; c < channels; c++) {
    for (let byte = 0; byte < 256; byte++) {
      const x = valueOf(byte);
      let passed = 0;
      for (let s = c * steps; s < (c + 1) * steps; s++) {
        if (directions[c] > 0 ? x >= thresholds[s] : x <= thresholds[s]) passed++;
      }
      table[c * 256 + byte] = range.minimum + passed * range.step;
    }
  }
  return table;
}

/** The signs of a byte table of ±1 codes as 256 bits: 1 where the code is −1. */
export function signBits(table: Int16Array): Uint8Array {
  const bits = new Uint8Array(32);
  table.forEach((code, byte) => {
    if (code < 0) bits[byte >> 3] |= 1 << (byte & 7);
  });
  return bits;
}
