/** Everything that is data about a device and its array; what a user's own device file holds. */
export interface Technology {
  readonly name: string;
  /** the built-in target whose laws (limits, programming, noise) it uses */
  readonly basedOn: string;
  readonly summary: string;
  readonly readOut: string;
  readonly array: ArrayDescription;
  readonly encodings: readonly string[];
  /** conventions by name, such as plusOne: "HRS/LRS", sourceLine: "per-pair" */
  readonly conventions: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** named programming conditions: parameters that differ from those above */
  readonly conditions: Readonly<
    Record<
      string,
      { readonly summary: string; readonly parameters: Readonly<Record<string, Parameter>> }
    >
  >;
  readonly defaultCondition: string;
  /** the condition that the headline table shows beside it, "" for none */
  readonly weakCondition: string;
}

export interface ArrayDescription {
  /** of one bank, in cells */
  readonly wordLines: number;
  readonly bitLines: number;
  readonly inputsOn: "word lines" | "bit lines";
  /** at most so many word lines at once */
  readonly activeWordLines: number;
  /** at most so many bit lines sensed at once */
  readonly sensedBitLines: number;
}

/** One number from physics: value, SI unit, and where it comes from. */
export interface Parameter {
  readonly value: number;
  /** SI: V, A, Ohm, S, s, J, m, m2, K; "1" for ratios and counts, "ln" for a spread of a natural logarithm */
  readonly unit: string;
  /** a claim ID (`H4`), `assumed: why`, or `fitted: how` */
  readonly source: string;
  readonly description: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A parameter as a target's file states it; without a range it is 0 or more. */
export const defineParameter = (
  value: number,
  unit: string,
  source: string,
  description: string,
  range: Pick<Parameter, "minimum" | "maximum"> = { minimum: 0 },
): Parameter => ({ value, unit, source, description, ...range });
