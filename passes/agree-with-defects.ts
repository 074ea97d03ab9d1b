import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import type { LayerPlacement, MappedNetwork, OtherPatterns } from "../compiler/ir/mapping.ts";
import type { CodeMatrix } from "../compiler/ir/network.ts";
import { cellsOfWeight } from "../compiler/ir/placement.ts";
import { stuckWeightsOf } from "./defects/defect-map.ts";
import { settler } from "./defects/settle.ts";
import { FREE, type StuckWeight } from "./defects/stuck-weights.ts";

export default definePass({
  name: "agree-with-defects",
  summary: "Give weights on the stuck cells of a die the nearest codes that agree with them",
  from: "mapped",
  to: "mapped",
  meaning: "approximate",
  run: async (mapped, context) => {
    if (!context.options.defects) return mapped;
    const settled = mapped.placements.flatMap((placement) => {
      const places = stuckWeightsOf(mapped, placement, context);
      const codes = mapped.network.weights.get(placement.layer);
      return places && codes ? [agree(placement, codes, places, context)] : [];
    });
    return settled.length === 0 ? mapped : withSettled(mapped, settled);
  },
});

interface Agreed {
  readonly layer: LayerPlacement["layer"];
  readonly codes: CodeMatrix;
  readonly others: OtherPatterns;
}

function withSettled(mapped: MappedNetwork, settled: readonly Agreed[]): MappedNetwork {
  const weights = new Map(mapped.network.weights);
  const otherPatterns = new Map(mapped.otherPatterns);
  for (const { layer, codes, others } of settled) {
    weights.set(layer, codes);
    otherPatterns.set(layer, others);
  }
  return { ...mapped, network: { ...mapped.network, weights }, otherPatterns };
}

function agree(
  placement: LayerPlacement,
  codes: CodeMatrix,
  places: readonly (readonly StuckWeight[])[],
  context: PassContext,
): Agreed {
  const { layer, encoding, slots, outputs } = placement;
  const settle = settler(encoding);
  const usual = new Map(encoding.alphabet.levels.map((code, k) => [code, encoding.patterns[k]]));
  const data = codes.data.slice();
  const cells: (readonly [cell: number, level: number])[] = [];
  const count = { disagree: 0, changed: 0, left: 0, error: 0, errorLeft: 0 };
  for (let output = 0; output < outputs; output++) {
    for (const { input, held } of places[slots ? slots[output] : output]) {
      const at = output * codes.inputs + input;
      const wanted = usual.get(codes.data[at]) ?? [];
      if (held.every((level, c) => level === FREE || level === wanted[c])) continue;
      const { taken, error, errorLeft } = settle(held, codes.data[at]);
      count.disagree++;
      count.error += error;
      count.errorLeft += errorLeft;
      if (!taken) {
        count.left++;
        continue;
      }
      if (taken.code !== codes.data[at]) count.changed++;
      data[at] = taken.code;
      const own = usual.get(taken.code) ?? [];
      if (taken.pattern.some((level, c) => level !== own[c]))
        cells.push(...cellsAt(placement, output, input, taken.pattern));
    }
  }
  say(placement, count, context);
  return { layer, codes: { ...codes, data }, others: sorted(cells) };
}

function cellsAt(
  placement: LayerPlacement,
  output: number,
  input: number,
  pattern: readonly number[],
): readonly (readonly [cell: number, level: number])[] {
  const { bank, wordLine, bitLines } = cellsOfWeight(placement, output, input);
  const line = (bank * placement.bankWordLines + wordLine) * placement.bankBitLines;
  return bitLines.map((bitLine, c) => [line + bitLine, pattern[c]] as const);
}

function sorted(cells: (readonly [cell: number, level: number])[]): OtherPatterns {
  cells.sort(([a], [b]) => a - b);
  return {
    cells: Float64Array.from(cells, ([cell]) => cell),
    levels: Uint8Array.from(cells, ([, level]) => level),
  };
}

function say(
  { layer }: LayerPlacement,
  count: Readonly<Record<"disagree" | "changed" | "left" | "error" | "errorLeft", number>>,
  { warn }: PassContext,
): void {
  const { disagree, changed, left } = count;
  if (disagree === 0) return;
  const rms = (sum: number) => Number(Math.sqrt(sum / disagree).toPrecision(3));
  const held = disagree - changed - left;
  warn(
    `layer ${layer}: ${disagree} weights lie on stuck cells that disagree; ${held} keep their code by other levels of their free cells, ` +
      `${changed} take the nearest code that agrees, ${left} are left as they are; root mean square error ${rms(count.error)} of a code ` +
      `instead of ${rms(count.errorLeft)}; the quantized network and its export hold the changed codes`,
  );
}
