import type { LayerId } from "../ir/network.ts";

export const manifestName = "manifest.json";
export const tilesName = "tiles.npy";
export const scheduleName = "schedule.npy";
export const referenceName = "digital/reference.onnx";

/** A layer's name as it stands in entry names and die keys: every byte outside A–Z a–z 0–9 . _ - as %XX. */
export function encodedName(layer: LayerId | string): string {
  return Array.from(new TextEncoder().encode(layer), (byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9._-]/.test(character)) return character;
    return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

/** The array of a layer: `layers/NAME.scale.npy`. */
export function arrayName(layer: LayerId, what: string): string {
  return `layers/${encodedName(layer)}.${what}.npy`;
}

/** The banks of a layer: one entry, or numbered parts of at most 1 GiB. */
export function bankName(layer: LayerId, part: number, parts: number): string {
  return `banks/${encodedName(layer)}${parts > 1 ? `.${part}` : ""}.npy`;
}

export function subgraphName(index: number): string {
  return `digital/${index}.onnx`;
}
