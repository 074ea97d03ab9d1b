import type { LimitsRequest } from "../../compiler/define.ts";

/**
 * The largest share of LRS (level 1) among k bit lines that are sensed at once, over all word lines and groups of some
 * matrices with one cell a weight, laid on banks of C bit lines (S3, from the actual data).
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

/** Per input, whether each output's cell is in LRS: [inputs x outputs]. */
interface LowLines {
  readonly inputs: number;
  readonly outputs: number;
  readonly isLow: Uint8Array;
}

function lowLines({ codes, encoding }: LimitsRequest["matrices"][number]): LowLines {
  const { inputs, outputs, data, alphabet } = codes;
  const level = new Map(alphabet.levels.map((code, k) => [code, encoding.patterns[k][0]]));
  const isLow = new Uint8Array(inputs * outputs);
  for (let o = 0, at = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++, at++)
      isLow[i * outputs + o] = level.get(data[at]) === 1 ? 1 : 0;
  }
  return { inputs, outputs, isLow };
}

function mostLow({ inputs, outputs, isLow }: LowLines, bitLines: number, sensed: number): number {
  let most = 0;
  for (let i = 0; i < inputs; i++) {
    const line = i * outputs;
    for (let bank = 0; bank < outputs; bank += bitLines) {
      const end = Math.min(bank + bitLines, outputs);
      for (let group = bank; group < end; group += sensed) {
        let low = 0;
        for (let o = group; o < Math.min(group + sensed, end); o++) low += isLow[line + o];
        if (low > most) most = low;
      }
    }
  }
  return most;
}
