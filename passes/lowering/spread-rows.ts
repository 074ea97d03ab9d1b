import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import type { LayerInputs } from "./decoder-drop.ts";

/**
 * Places of inputs along word lines, so that those that are on together lie in different segments: input by input, the
 * most active first, into the segment that then holds the least of what is on in the same samples.
 * @param segment word lines that lie together; larger segments are made of them
 * @returns [inputs] place of each input; always-on ones keep theirs, behind the others
 */
export function spreadRows(
  { inputs: values, presentation }: LayerInputs,
  { inputs, alwaysOn, tileInputs }: Pick<LayerPlacement, "inputs" | "alwaysOn" | "tileInputs">,
  segment: number,
): readonly number[] {
  const width = inputs - alwaysOn;
  const samples = values.length / width;
  const planes = presentation.kind === "planes" ? presentation.significances.length : 1;
  const events = eventsOf(values, { width, samples, planes });
  const order = Array.from({ length: width }, (_, i) => i).sort(
    (a, b) => events[b].length - events[a].length || a - b,
  );
  const segments = segmentsOf(width, tileInputs, segment);
  const loads = segments.map(() => new Uint16Array(samples * planes));
  const places = new Array<number>(inputs);
  for (let i = width; i < inputs; i++) places[i] = i;
  for (const input of order) {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    segments.forEach(({ free }, k) => {
      if (free.length === 0) return;
      // (n + 1)^2 - n^2 of what is on with it: a sum of squares keeps the largest low
      let cost = 0;
      for (const event of events[input]) cost += 2 * loads[k][event] + 1;
      if (cost < least) {
        least = cost;
        best = k;
      }
    });
    for (const event of events[input]) loads[best][event]++;
    places[input] = segments[best].free.shift() ?? 0;
  }
  return places;
}

/** By input the samples, and planes of them, in which it is on. */
function eventsOf(
  values: ArrayLike<number>,
  {
    width,
    samples,
    planes,
  }: { readonly width: number; readonly samples: number; readonly planes: number },
): readonly Uint32Array[] {
  return Array.from({ length: width }, (_, i) => {
    const on: number[] = [];
    for (let s = 0; s < samples; s++) {
      const code = values[s * width + i];
      for (let plane = 0; plane < planes; plane++)
        if (planes === 1 ? code > 0 : ((code >> plane) & 1) === 1) on.push(s * planes + plane);
    }
    return Uint32Array.from(on);
  });
}

/** Places of each segment; none reaches over an array. */
function segmentsOf(
  width: number,
  tileInputs: number,
  segment: number,
): readonly { readonly free: number[] }[] {
  const segments: { readonly free: number[] }[] = [];
  for (let array = 0; array < width; array += tileInputs) {
    const end = Math.min(array + tileInputs, width);
    for (let first = array; first < end; first += segment) {
      const count = Math.min(segment, end - first);
      segments.push({ free: Array.from({ length: count }, (_, k) => first + k) });
    }
  }
  return segments;
}
