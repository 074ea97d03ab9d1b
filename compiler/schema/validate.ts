import { type ErrorCode, XbcError } from "../errors.ts";

/** What ajv says of one fault. */
interface Fault {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** A generated validator: true if the value is as its schema says, else its faults stand in `errors`. */
export interface Validate {
  (value: unknown): boolean;
  errors?: readonly Fault[] | null;
}

/**
 * A value from outside, checked against the schema of its type.
 * @throws the given code, with the JSON path, what was needed, and what was found
 */
export function validated<T>(
  validate: Validate,
  value: unknown,
  where: string,
  code: ErrorCode,
): T {
  if (validate(value)) return value as T;
  const faults = validate.errors ?? [];
  // of the faults of alternatives, the one that lies deepest says most
  const fault = [...faults].sort((a, b) => depth(b) - depth(a))[0];
  throw new XbcError(
    code,
    fault
      ? `${where}: ${describe(fault, valueAt(value, fault.instancePath))}`
      : `${where}: does not fit its schema`,
  );
}

const depth = (fault: Fault): number => fault.instancePath.split("/").length;

/** The value at a JSON pointer. */
function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"))
    .reduce<unknown>(
      (at, part) =>
        typeof at === "object" && at !== null ? new Map(Object.entries(at)).get(part) : undefined,
      value,
    );
}

function describe(fault: Fault, data: unknown): string {
  const path = fault.instancePath === "" ? "the document" : fault.instancePath;
  const { params } = fault;
  switch (fault.keyword) {
    case "required":
      return `${path} needs a field ${quote(params.missingProperty)}, found ${fieldsOf(data)}; add it`;
    case "additionalProperties":
      return `${path} has a field ${quote(params.additionalProperty)} that is not known; remove it or correct its name`;
    case "type":
      return `${path} needs ${listed(params.type)}, found ${found(data)}; correct it`;
    case "enum":
      return `${path} needs one of ${listed(params.allowedValues)}, found ${found(data)}; correct it`;
    case "discriminator":
      return `${path} needs a known ${quote(params.tag)}, found ${found(params.tagValue)}; correct it`;
    case "pattern":
      return `${path} needs text like ${String(params.pattern)}, found ${found(data)}; correct it`;
    default:
      return `${path} ${fault.message ?? "does not fit its schema"}, found ${found(data)}; correct it`;
  }
}

const quote = (value: unknown): string => JSON.stringify(value) ?? String(value);

const listed = (value: unknown): string =>
  Array.isArray(value) ? value.map(quote).join(", ") : String(value);

const fieldsOf = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? `{${shortened(Object.keys(value).join(", "))}}`
    : found(value);

function found(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return `an object ${fieldsOf(value)}`;
  return shortened(quote(value));
}

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);
