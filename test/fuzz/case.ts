import type { Dice } from "./dice.ts";
import type { Subject } from "./subjects.ts";

/** What lies at a path of a case's folder: bytes, or a symbolic link to somewhere. */
export type FileContent = Uint8Array | { readonly link: string };

/** Files to lay out and what is done to them. */
export interface FuzzCase {
  /** subject and mutation, and what to make it again with */
  readonly title: string;
  readonly kind: "model" | "image";
  readonly file: Uint8Array;
  readonly beside: ReadonlyMap<string, FileContent>;
  readonly options: readonly string[];
  /** true where only a refusal is right */
  readonly mustFail: boolean;
}

export interface Mutation {
  readonly name: string;
  /** the damaged model, or null where this model has nothing to damage in this way */
  readonly apply: (subject: Subject, dice: Dice) => Damaged | null;
}

export interface Damaged {
  readonly model: Uint8Array;
  readonly beside?: ReadonlyMap<string, FileContent>;
  readonly mustFail?: boolean;
}
