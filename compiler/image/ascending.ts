/** True where each value is above the one before it. */
export const ascending = (values: readonly number[]): boolean =>
  values.every((value, k) => k === 0 || values[k - 1] < value);
