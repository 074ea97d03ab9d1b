import { XbcError } from "../../compiler/errors.ts";

/** A circuit problem as its JSON says it, before its kind checks it. */
export type ProblemDocument = Readonly<Record<string, unknown>>;

/** A kind of circuit that `xbc solve` knows: one file of this folder, the file's name its kind. */
export interface CircuitKind {
  readonly kind: string;
  readonly summary: string;
  /** @throws BAD_INPUT naming the field */
  readonly solve: (problem: ProblemDocument) => Readonly<Record<string, unknown>>;
}

export function defineCircuit(kind: CircuitKind): CircuitKind {
  return kind;
}

/** Reads the fields of one problem, each checked, and refuses those that nobody asked for. */
export interface Fields {
  /** @throws BAD_INPUT unless a finite number of at least `minimum`; without a default it must be there */
  readonly number: (
    name: string,
    options: { readonly minimum: number; readonly otherwise?: number },
  ) => number;
  readonly vector: (name: string, minimum: number) => Float64Array;
  readonly matrix: (name: string, minimum: number) => Matrix;
  /** any other field, to be checked by its reader */
  readonly other: (name: string) => unknown;
  readonly refuse: (name: string, needed: string, found: unknown) => XbcError;
  /** @throws BAD_INPUT naming a field that was not read */
  readonly done: () => void;
}

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows x columns] row-major */
  readonly data: Float64Array;
}

export function fieldsOf(problem: ProblemDocument): Fields {
  const read = new Set(["kind"]);
  const kind = String(problem.kind);
  const refuse = (name: string, needed: string, found: unknown) =>
    new XbcError(
      "BAD_INPUT",
      `${kind} problem, ${name}: needs ${needed}, found ${shown(found)}; correct the problem file`,
    );
  const take = (name: string): unknown => {
    read.add(name);
    return problem[name];
  };
  const vectorOf = (name: string, value: unknown, minimum: number): Float64Array => {
    if (!Array.isArray(value) || value.length === 0) throw refuse(name, "a list of numbers", value);
    value.forEach((x, k) => {
      if (!isNumber(x, minimum)) throw refuse(`${name}[${k}]`, least(minimum), x);
    });
    return Float64Array.from(value);
  };
  return {
    refuse,
    other: take,
    number: (name, { minimum, otherwise }) => {
      const value = take(name) ?? otherwise;
      if (!isNumber(value, minimum)) throw refuse(name, least(minimum), value);
      return value;
    },
    vector: (name, minimum) => vectorOf(name, take(name), minimum),
    matrix: (name, minimum) => {
      const value = take(name);
      if (!Array.isArray(value) || value.length === 0)
        throw refuse(name, "a list of lists of numbers", value);
      const rows = value.map((row, r) => vectorOf(`${name}[${r}]`, row, minimum));
      const columns = rows[0].length;
      const odd = rows.findIndex((row) => row.length !== columns);
      if (odd >= 0)
        throw refuse(`${name}[${odd}]`, `${columns} numbers, as ${name}[0] has`, rows[odd].length);
      const data = new Float64Array(rows.length * columns);
      rows.forEach((row, r) => {
        data.set(row, r * columns);
      });
      return { rows: rows.length, columns, data };
    },
    done: () => {
      const strange = Object.keys(problem).find((name) => !read.has(name));
      if (strange !== undefined)
        throw refuse(strange, `one of the fields ${[...read].join(", ")}`, problem[strange]);
    },
  };
}

const isNumber = (value: unknown, minimum: number): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= minimum;

const least = (minimum: number): string =>
  Number.isFinite(minimum) ? `a number of at least ${minimum}` : "a finite number";

function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
