import { internal, XbcError } from "../errors.ts";

/**
 * JSON with sorted keys and no blanks: one text for one value, on every machine.
 * @throws INTERNAL if a value has no form in JSON
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string")
    return JSON.stringify(value);
  if (typeof value === "number") {
    if (Number.isFinite(value)) return JSON.stringify(value);
    throw internal("canonical JSON", `${value} has no form in JSON`);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
    return `{${fields.join(",")}}`;
  }
  throw internal("canonical JSON", `a ${typeof value} has no form in JSON`);
}

/**
 * Text from outside as a JSON value.
 * @throws BAD_FILE if it is no JSON, or has a key that JavaScript would mistake
 */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text, (key, value) => {
      if (key === "__proto__") throw new Error('the key "__proto__"');
      return value;
    });
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new XbcError("BAD_FILE", `${where}: needs JSON, found ${found}; the file is damaged`);
  }
}

/** A number that may be infinite, as JSON can hold it. */
export type JsonReal = number | "Infinity" | "-Infinity";

export function toJsonReal(value: number): JsonReal {
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  return value === Number.NEGATIVE_INFINITY ? "-Infinity" : value;
}
