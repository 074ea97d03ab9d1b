import type { Paint } from "./paint.ts";

export interface TextOptions {
  /** every assumption, not the first few */
  readonly verbose: boolean;
  readonly paint: Paint;
}
