import { fillWords, philox } from "../../compiler/random.ts";
import type { PairScan } from "../noise/scan-pairs.ts";
import { scanPairs } from "../noise/scan-pairs.ts";
import type { Compare, ScanPairs, Words } from "./commands.ts";
import type { EngineMemory } from "./memory.ts";

export type BulkCommand = Words | Compare | ScanPairs;

export function runBulk(memory: EngineMemory, command: BulkCommand, sample: number): void {
  const words = new Uint32Array(4);
  switch (command.kind) {
    case "words": {
      const { perSample, count, first, counter, key } = command;
      const to = memory.uint32(command.to, count);
      for (let i = sample * perSample; i < Math.min((sample + 1) * perSample, count); i++) {
        philox(first + (i >>> 2), ...counter, ...key, words);
        to[i] = words[i & 3];
      }
      return;
    }
    case "compare": {
      const bank = fillWords(
        command.key,
        command.bank + sample,
        0,
        0,
        new Uint32Array(command.words),
      );
      const hits = Array.from(bank, (word, i) => [i, word]).filter(
        ([, word]) => word < command.threshold,
      );
      const from = sample * command.words * 2;
      memory.uint32(command.hits, from + command.words * 2).set(hits.flat(), from);
      memory.uint32(command.counts, sample + 1)[sample] = hits.length;
      return;
    }
    case "scan-pairs":
      scanOne(memory, command, sample);
      return;
  }
}

function scanOne(memory: EngineMemory, command: ScanPairs, sample: number): void {
  const { wordLines, bitLines, pairs, key, bank } = command;
  const cells = wordLines * bitLines;
  const bounds = (at: number): Uint32Array => memory.uint32(at + sample * pairs * 4, pairs).slice();
  const doubts = new Int32Array(wordLines * pairs);
  const words = new Uint32Array(cells);
  const scan: PairScan = {
    ...{ key, firstBank: bank + sample, banks: 1, wordLines, bitLines },
    levels: memory.bytes(command.levels + sample * cells, cells),
    first: Int32Array.from({ length: pairs }, (_, a) => 2 * a),
    second: Int32Array.from({ length: pairs }, (_, a) => 2 * a + 1),
    firstLow: new Int8Array(pairs).fill(1),
    lrsFrom: bounds(command.lrsFrom),
    hrsTo: bounds(command.hrsTo),
    zeroTo: bounds(command.zeroTo),
    ...{ words, digits: new Int8Array(wordLines * pairs), doubts },
  };
  const found = Array.from(doubts.subarray(0, scanPairs(scan)), (pair) => {
    const cell = Math.floor(pair / pairs) * bitLines + 2 * (pair % pairs);
    return [pair, words[cell], words[cell + 1]];
  });
  const from = sample * wordLines * pairs * 3;
  memory.uint32(command.doubts, from + found.length * 3).set(found.flat(), from);
  memory.uint32(command.counts, sample + 1)[sample] = found.length;
}
