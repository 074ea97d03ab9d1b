import type { Points } from "./points.ts";

/** Points of each channel, where all elements of it agree: of element e, channel floor(e / inner) mod channels. */
export function compress(points: Points, channels: number, inner: number): Points | null {
  const elements = points.directions.length;
  if (elements === channels) return points;
  const list = points.kind === "table" ? points.codes : points.thresholds;
  const each = list.length / elements;
  const firstOf = (e: number) => (Math.floor(e / inner) % channels) * inner;
  for (let e = 0; e < elements; e++) {
    const first = firstOf(e);
    if (points.directions[e] !== points.directions[first]) return null;
    for (let k = 0; k < each; k++) if (list[e * each + k] !== list[first * each + k]) return null;
  }
  const pick = (length: number, of: number) =>
    Int32Array.from({ length }, (_, k) => Math.floor(k / of) * inner * of + (k % of));
  const directions = Int8Array.from(pick(channels, 1), (e) => points.directions[e]);
  const places = pick(channels * each, each);
  if (points.kind === "table")
    return { ...points, directions, codes: Int16Array.from(places, (k) => points.codes[k]) };
  if (points.kind === "floats")
    return {
      ...points,
      directions,
      thresholds: Float32Array.from(places, (k) => points.thresholds[k]),
    };
  return {
    ...points,
    directions,
    thresholds: Int32Array.from(places, (k) => points.thresholds[k]),
  };
}

/** The points of one element for each of so many. */
export function repeated(points: Points, count: number): Points {
  const fill = <Data extends Int8Array | Int16Array | Int32Array | Float32Array>(
    one: Data,
    all: Data,
  ): Data => all.map((_, k) => one[k % one.length]) as Data;
  const directions = fill(points.directions, new Int8Array(count));
  switch (points.kind) {
    case "table":
      return {
        ...points,
        directions,
        codes: fill(points.codes, new Int16Array(count * points.codes.length)),
      };
    case "floats":
      return {
        ...points,
        directions,
        thresholds: fill(points.thresholds, new Float32Array(count * points.thresholds.length)),
      };
    case "thresholds":
      return {
        ...points,
        directions,
        thresholds: fill(points.thresholds, new Int32Array(count * points.thresholds.length)),
      };
  }
}
