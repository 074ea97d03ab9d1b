/** One draw of all devices. */
export interface Draw {
  readonly seed: number;
  readonly trial: number;
  readonly elapsed_s: number;
}
