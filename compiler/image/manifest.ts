import type { EncodingLayout } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { BankLimits } from "../ir/bank-limits.ts";
import type { ProgrammingImage } from "../ir/image.ts";
import type { LayerPlacement } from "../ir/mapping.ts";
import type {
  Buffer,
  BufferId,
  CodeRange,
  DigitalLayer,
  LayerId,
  MatrixLayer,
  SubgraphLayer,
} from "../ir/network.ts";
import type { ElementType } from "../ir/tensor.ts";
import { canonicalJson, type JsonReal, parseJson } from "../schema/canonical-json.ts";
import { validate } from "../schema/manifest.generated.js";
import { validated } from "../schema/validate.ts";
import { sha256Of } from "./sha256.ts";

/** The name of an entry of the archive, which holds what stands in its place in an image. */
export type EntryName = string;

export type StoredRequantize =
  | { readonly kind: "sum" }
  | {
      readonly kind: "thresholds";
      readonly range: CodeRange;
      readonly thresholds: EntryName;
      readonly directions: EntryName;
    }
  | {
      readonly kind: "table";
      readonly range: CodeRange;
      readonly minimum: number;
      readonly maximum: number;
      readonly codes: EntryName;
    };

export type StoredMatrix = Omit<MatrixLayer, "scale" | "requantize"> & {
  readonly scale: EntryName;
  readonly requantize: StoredRequantize;
};

type Op<Name extends DigitalLayer["op"]> = Extract<DigitalLayer, { readonly op: Name }>;

export type StoredDigital =
  | (Omit<Op<"encode">, "thresholds" | "directions"> & {
      readonly thresholds: EntryName;
      readonly directions: EntryName;
    })
  | (Omit<Op<"permute">, "order"> & { readonly order: EntryName })
  | Op<"join">
  | (Omit<Op<"spikes">, "table"> & { readonly table: EntryName })
  | (Omit<Op<"integrate-fire">, "thresholds"> & { readonly thresholds: EntryName })
  | (Omit<Op<"pool">, "directions"> & { readonly directions: EntryName })
  | (Omit<Op<"requantize">, "requantize"> & { readonly requantize: StoredRequantize });

export type StoredSubgraph = Omit<SubgraphLayer, "onnx"> & { readonly onnx: EntryName };

export type StoredLayer =
  | StoredMatrix
  | { readonly kind: "digital"; readonly step: StoredDigital }
  | StoredSubgraph;

export interface StoredNoise {
  readonly model: string;
  readonly parameters: Readonly<Record<string, JsonReal>>;
}

/** How often the schedule of a layer runs for one inference. */
export interface LoopCounts {
  readonly layer: LayerId;
  readonly positions: number;
  /** positions that the schedule serves at once, each on a copy of the matrix; one where it is left out */
  readonly replicas?: number;
  readonly planes: number;
  readonly repeats: number;
}

/** An entry of the archive: what its uncompressed bytes are; type and shape where it is an array. */
export interface EntryRecord {
  readonly name: EntryName;
  readonly size: number;
  readonly sha256: string;
  readonly dtype?: ElementType;
  readonly shape?: readonly number[];
}

type Plain =
  | "format"
  | "version"
  | "generator"
  | "source"
  | "target"
  | "condition"
  | "precision"
  | "technology"
  | "programming"
  | "costModel"
  | "inputs"
  | "outputs"
  | "costs"
  | "seed"
  | "options"
  | "assumptions"
  | "warnings"
  | "baseline";

/** `manifest.json`: a programming image but for its arrays, which are entries of their own. */
export type Manifest = Pick<ProgrammingImage, Plain> & {
  readonly noise: readonly StoredNoise[];
  readonly weak: { readonly condition: string; readonly noise: readonly StoredNoise[] } | null;
  readonly limits: Omit<BankLimits, "margin"> & { readonly margin: JsonReal };
  readonly buffers: readonly (Buffer & { readonly id: BufferId })[];
  readonly layers: readonly StoredLayer[];
  readonly loops: readonly LoopCounts[];
  readonly encodings: readonly EncodingLayout[];
  readonly placements: readonly (Omit<LayerPlacement, "encoding"> & {
    readonly encoding: number;
  })[];
  readonly cells: readonly { readonly layer: LayerId; readonly entries: readonly EntryName[] }[];
  readonly referenceWeights: readonly {
    readonly layer: LayerId;
    readonly value: string;
    readonly transposed: boolean;
  }[];
  readonly entries: readonly EntryRecord[];
};

/**
 * The bytes of `manifest.json`: canonical JSON that carries its own SHA-256.
 * @throws BAD_TECHNOLOGY where it is not as its schema says: no image is written that cannot be read
 */
export function manifestBytes(manifest: Manifest): Uint8Array {
  const utf8 = new TextEncoder();
  const sha256 = sha256Of(utf8.encode(canonicalJson(manifest)));
  const text = canonicalJson({ ...manifest, sha256 });
  // parameters far from any device may give what no reader takes
  validated(validate, JSON.parse(text), "the image of this technology", "BAD_TECHNOLOGY");
  return utf8.encode(`${text}\n`);
}

/**
 * A manifest from its bytes, checked against its schema and its own SHA-256.
 * @throws BAD_FILE with the JSON path, what was needed, what was found
 */
export function parseManifest(bytes: Uint8Array, where: string): Manifest {
  const value = parseJson(new TextDecoder().decode(bytes), where);
  const { sha256, ...manifest } = validated<Manifest & { readonly sha256: string }>(
    validate,
    value,
    where,
    "BAD_FILE",
  );
  const found = sha256Of(new TextEncoder().encode(canonicalJson(manifest)));
  if (found !== sha256) {
    throw new XbcError(
      "BAD_FILE",
      `${where}: needs the SHA-256 ${sha256} that it names, found ${found}; the file was edited or is damaged, compile the image again`,
    );
  }
  return manifest;
}
