import type { LimitsRequest } from "../../compiler/define.ts";

/**
 * The largest share of LRS (level 1) among k bit lines that are sensed at once, over all word lines and groups of some
 * matrices laid on banks of C bit lines (S3, from the actual data).
 */
export function lowestShares(
  matrices: LimitsRequest["matrices"],
): (bitLines: number, sensed: number) => number {
  const known = new Map<string, number>();
  const lines = matrices.map(lowLines);
  return (bitLines, sensed) => {
    const key = `${bitLines}/${sensed}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const share = Math.max(...lines.map((line) => mostLow(line, bitLines, sensed))) / sensed;
    known.set(key, share);
    return share;
  };
}

/** Whether each cell of each word line is in LRS: [inputs x outputs · cells]. */
interface LowLines {
  readonly inputs: number;
  readonly cells: number;
  readonly cellsPerWeight: number;
  readonly isLow: Uint8Array;
}

function lowLines({ codes, encoding }: LimitsRequest["matrices"][number]): LowLines {
  const { inputs, outputs, data, alphabet } = codes;
  const { cellsPerWeight: c, patterns } = encoding;
  const pattern = new Map(alphabet.levels.map((code, k) => [code, patterns[k]]));
  const cells = outputs * c;
  const isLow = new Uint8Array(inputs * cells);
  for (let o = 0, at = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++, at++) {
      const levels = pattern.get(data[at]) ?? [];
      for (let k = 0; k < c; k++) isLow[i * cells + o * c + k] = levels[k] === 1 ? 1 : 0;
    }
  }
  return { inputs, cells, cellsPerWeight: c, isLow };
}

/** Whole weights lie in a bank, so that its last bit lines may hold none. */
function mostLow(
  { inputs, cells, cellsPerWeight, isLow }: LowLines,
  bitLines: number,
  sensed: number,
): number {
  const width = Math.max(1, Math.floor(bitLines / cellsPerWeight)) * cellsPerWeight;
  let most = 0;
  for (let i = 0; i < inputs; i++) {
    const line = i * cells;
    for (let bank = 0; bank < cells; bank += width) {
      const end = Math.min(bank + width, cells);
      for (let group = bank; group < end; group += sensed) {
        let low = 0;
        for (let cell = group; cell < Math.min(group + sensed, end); cell++)
          low += isLow[line + cell];
        if (low > most) most = low;
      }
    }
  }
  return most;
}
