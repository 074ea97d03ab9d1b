import { XbcError } from "../errors.ts";
import { checkBank } from "../ir/bank-codes.ts";
import type { LayerCells } from "../ir/image.ts";
import type { LayerPlacement } from "../ir/mapping.ts";
import type { LayerId } from "../ir/network.ts";
import type { BankReader, CacheBudget } from "./bank-reader.ts";
import { bankReader } from "./bank-reader.ts";
import { replicaCheck } from "./check-replicas.ts";
import { damaged } from "./damaged.ts";
import type { Entries } from "./entries.ts";
import type { Manifest } from "./manifest.ts";

export async function readCells(
  manifest: Manifest,
  placements: readonly LayerPlacement[],
  entries: Entries,
  readers: BankReader[],
  cache: number,
): Promise<readonly LayerCells[]> {
  const budget: CacheBudget = { left: cache };
  const out: LayerCells[] = [];
  for (const { layer, entries: names } of manifest.cells) {
    const placement = placements.find((candidate) => candidate.layer === layer);
    const where = `${entries.name}, layer ${layer}`;
    if (placement === undefined)
      throw damaged(where, "needs a placement for its cells, found none");
    const { bankWordLines, bankBitLines } = placement;
    const parts: BankReader[] = [];
    const checkCopy = replicaCheck(placement, where);
    let banks = 0;
    for (const name of names) {
      const record = entries.record(name);
      const [count, wordLines, bitLines] = record.shape ?? [];
      if (
        record.shape?.length !== 3 ||
        count < 1 ||
        wordLines !== bankWordLines ||
        bitLines !== bankBitLines
      ) {
        throw damaged(
          `${entries.name}, entry ${name}`,
          `needs banks of ${bankWordLines} x ${bankBitLines} cells, found [${record.shape?.join(", ")}]`,
        );
      }
      const first = banks;
      const check = (levels: Uint8Array, bank: number) => {
        checkBank(placement, levels, first + bank);
        checkCopy(levels, first + bank);
      };
      parts.push(
        await bankReader(
          entries.archive,
          entries.entry(name),
          record,
          wordLines * bitLines,
          count,
          check,
          budget,
        ),
      );
      banks += count;
    }
    readers.push(...parts);
    out.push(layerCells(layer, placement, parts, banks));
  }
  return out;
}

/** Banks of a layer out of the entries that hold them. */
function layerCells(
  layer: LayerId,
  placement: LayerPlacement,
  parts: readonly BankReader[],
  banks: number,
): LayerCells {
  const { bankWordLines: wordLines, bankBitLines: bitLines } = placement;
  const range = async (first: number, count: number): Promise<Uint8Array> => {
    if (first < 0 || count < 0 || first + count > banks) {
      throw new XbcError(
        "INTERNAL",
        `layer ${layer}: needs banks below ${banks}, found ${first} to ${first + count}`,
      );
    }
    const found: Uint8Array[] = [];
    let before = 0;
    for (const part of parts) {
      const begin = Math.max(first, before);
      const end = Math.min(first + count, before + part.banks);
      if (begin < end) found.push(await part.range(begin - before, end - begin));
      before += part.banks;
    }
    if (found.length === 1) return found[0];
    const out = new Uint8Array(count * wordLines * bitLines);
    let at = 0;
    for (const levels of found) {
      out.set(levels, at);
      at += levels.length;
    }
    return out;
  };
  return { layer, banks, wordLines, bitLines, levels: (bank) => range(bank, 1), range };
}
