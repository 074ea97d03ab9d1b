import { XbcError } from "../../compiler/errors.ts";

/** What `--replicate` asks for. */
export type ReplicationRequest =
  /** at most so many copies of a layer */
  | { readonly kind: "most"; readonly copies: number }
  /** the slowest layers first, within so many cells that hold a weight, or banks, of all layers together */
  | { readonly kind: "budget"; readonly unit: "cells" | "banks"; readonly most: number }
  /** the same within twice the banks, and so the area, that the network takes without copies */
  | { readonly kind: "auto" };

/** times the banks of one copy of everything, which `auto` may take */
export const AUTO_BANKS = 2;

/** @throws BAD_OPTION for what is none of `4`, `auto`, `cells:2000000`, `banks:500` */
export function replicationRequest(text: string): ReplicationRequest {
  if (text === "auto") return { kind: "auto" };
  const [, unit, digits] = /^(?:(cells|banks):)?(\d+(?:e\d+)?)$/i.exec(text) ?? [];
  const value = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(value) || value < 1) {
    throw new XbcError(
      "BAD_OPTION",
      `--replicate ${text}: needs the most copies of a layer, as 4, a budget, as cells:2000000 or banks:500, or auto ` +
        `(${AUTO_BANKS} times the banks without copies)`,
    );
  }
  if (unit === undefined) return { kind: "most", copies: value };
  return { kind: "budget", unit: unit.toLowerCase() === "cells" ? "cells" : "banks", most: value };
}
