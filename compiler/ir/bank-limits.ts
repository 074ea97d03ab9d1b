/** How a bank may be at most, in cells, and what says so. */
export interface BankLimits {
  readonly wordLines: number;
  readonly bitLines: number;
  /** bit lines that may be sensed at once */
  readonly sensedBitLines: number;
  /** the binding limit, in the field's words */
  readonly boundBy: string;
  /** how far the next limit is: its bound over the binding one, 1 = equal */
  readonly margin: number;
  /** every limit that was asked, with its bound and the reason */
  readonly considered: readonly { readonly limit: string; readonly bound: string }[];
}
