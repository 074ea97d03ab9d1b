import type { ProgrammingImage } from "../ir/image.ts";
import { UNUSED } from "../ir/image.ts";
import { bankGroups } from "./bank-groups.ts";
import { encodedName } from "./entry-names.ts";
import { type PlacedLayer, placedLayers } from "./find-layer.ts";
import { textChunks } from "./text-chunks.ts";

/** One file for Verilog's $readmemh. */
export interface MemoryFile {
  /** `LAYER.mem`, the layer's name percent-encoded */
  readonly name: string;
  readonly text: AsyncGenerator<string>;
}

/**
 * The cells of each layer as a file for $readmemh. A word is one word line of one bank; its address is
 * bank · wordLines + word line. Bit line 0 lies in the least significant bits, each cell takes as many bits as its
 * levels need. An unused cell reads 0, since unformed it conducts least.
 */
export function exportReadmemh(image: ProgrammingImage): readonly MemoryFile[] {
  return placedLayers(image).map((placed) => ({
    name: `${encodedName(placed.layer.id)}.mem`,
    text: textChunks(words(placed)),
  }));
}

/** Bits that hold the levels of one cell. */
export function bitsPerCell(levels: number): number {
  return Math.max(1, Math.ceil(Math.log2(levels)));
}

async function* words({ layer, placement, cells }: PlacedLayer): AsyncGenerator<string> {
  const { wordLines, bitLines, banks } = cells;
  const bits = bitsPerCell(placement.encoding.levelValues.length);
  yield `// layer ${JSON.stringify(layer.id)}: ${banks} banks of ${wordLines} word lines x ${bitLines} bit lines\n`;
  yield `// word: one word line, ${bitLines * bits} bits, ${bits} a cell, bit line 0 least significant; unused cells are 0\n`;
  yield `// address: bank * ${wordLines} + word line\n`;
  for await (const { bank, levels } of bankGroups(cells)) {
    yield `@${(bank * wordLines).toString(16)}\n`;
    for (let w = 0; w < wordLines; w++) {
      yield `${hexWord(levels.subarray(w * bitLines, (w + 1) * bitLines), bits)}\n`;
    }
  }
}

/** Levels as one hexadecimal number, the last one first. */
function hexWord(levels: Uint8Array, bits: number): string {
  let word = "";
  let digit = 0;
  let filled = 0;
  for (const level of levels) {
    const value = level === UNUSED ? 0 : level;
    for (let k = 0; k < bits; k++) {
      digit |= ((value >> k) & 1) << filled++;
      if (filled < 4) continue;
      word = digit.toString(16) + word;
      digit = 0;
      filled = 0;
    }
  }
  return filled > 0 ? digit.toString(16) + word : word;
}
