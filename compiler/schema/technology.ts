import type { ArrayDescription, Parameter, Target, Technology } from "../define.ts";
import { XbcError } from "../errors.ts";
import { parseQuantity } from "../units.ts";
import { checkConvention } from "./conventions.ts";
import { nearNames } from "./near-names.ts";
import { validate as validateTechnology } from "./technology.generated.js";
import { validate as validateUser } from "./user-technology.generated.js";
import { validated } from "./validate.ts";

/** A user's file: what it leaves out is taken from the built-in it is based on. */
type UserTechnology = Pick<Technology, "name" | "basedOn"> &
  Partial<Omit<Technology, "array">> & { readonly array?: Partial<ArrayDescription> };

type Parameters = Readonly<Record<string, Parameter>>;

const bad = (where: string, message: string): XbcError =>
  new XbcError("BAD_TECHNOLOGY", `${where}: ${message}`);

/**
 * A user's device file over the built-in target that it names in `basedOn`. Every number carries unit and source;
 * a parameter that the built-in has keeps its unit.
 * @throws BAD_TECHNOLOGY with the JSON path, what was needed, what was found
 */
export function loadTechnology(
  json: unknown,
  base: (name: string) => Target | undefined,
): Technology {
  const user = validated<UserTechnology>(validateUser, json, "technology file", "BAD_TECHNOLOGY");
  const where = `technology ${user.name}`;
  const target = base(user.basedOn);
  if (target === undefined) {
    throw bad(
      where,
      `/basedOn needs a built-in target, found ${JSON.stringify(user.basedOn)}; xbc targets lists them`,
    );
  }
  const builtIn = target.technology;
  for (const key of Object.keys(user.parameters ?? {}))
    known(key, builtIn.parameters, `${where}: /parameters`);
  const merged: Technology = {
    ...builtIn,
    ...user,
    array: { ...builtIn.array, ...user.array },
    conventions: { ...builtIn.conventions, ...user.conventions },
    parameters: mergeParameters(builtIn.parameters, user.parameters ?? {}, `${where}: /parameters`),
    conditions: mergeConditions(builtIn, user, where),
  };
  return checkTechnology(merged);
}

/**
 * What must hold of a technology beyond its schema: bounds, and names that are used exist.
 * @throws BAD_TECHNOLOGY
 */
export function checkTechnology(technology: Technology): Technology {
  const where = `technology ${technology.name}`;
  validated<Technology>(validateTechnology, technology, where, "BAD_TECHNOLOGY");
  const { array, parameters, conditions, defaultCondition, weakCondition } = technology;
  checkBounds(parameters, `${where}: /parameters`);
  for (const [name, value] of Object.entries(technology.conventions))
    checkConvention(name, value, `${where}: /conventions/${name}`, "BAD_TECHNOLOGY");
  for (const [name, condition] of Object.entries(conditions)) {
    const path = `${where}: /conditions/${name}/parameters`;
    checkBounds(condition.parameters, path);
    for (const key of Object.keys(condition.parameters)) known(key, parameters, path);
  }
  for (const [field, name] of Object.entries({ defaultCondition, weakCondition })) {
    if (name !== "" && !Object.hasOwn(conditions, name)) {
      throw bad(
        where,
        `/${field} needs one of ${Object.keys(conditions).join(", ") || "no conditions"}, found ${JSON.stringify(name)}; add the condition or correct the name`,
      );
    }
  }
  if (array.activeWordLines > array.wordLines || array.sensedBitLines > array.bitLines) {
    throw bad(
      where,
      `/array needs activeWordLines and sensedBitLines within ${array.wordLines} x ${array.bitLines}, found ${array.activeWordLines} and ${array.sensedBitLines}; correct them`,
    );
  }
  return technology;
}

function mergeConditions(
  builtIn: Technology,
  user: UserTechnology,
  where: string,
): Technology["conditions"] {
  const out = new Map(Object.entries(builtIn.conditions));
  for (const [name, condition] of Object.entries(user.conditions ?? {})) {
    const path = `${where}: /conditions/${name}/parameters`;
    const before = out.get(name)?.parameters ?? {};
    const units = { ...builtIn.parameters, ...user.parameters, ...before };
    requireUnits(units, condition.parameters, path);
    out.set(name, {
      ...condition,
      parameters: { ...before, ...boundedAs(units, condition.parameters) },
    });
  }
  return Object.fromEntries(out);
}

function mergeParameters(base: Parameters, over: Parameters, path: string): Parameters {
  requireUnits(base, over, path);
  return { ...base, ...boundedAs(base, over) };
}

/** A parameter that says no bounds of its own has those of the built-in: the laws hold within them. */
function boundedAs(base: Parameters, over: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(over).map(([name, parameter]) => {
      const { minimum, maximum } = Object.hasOwn(base, name) ? base[name] : parameter;
      const bounds = {
        ...(minimum === undefined ? {} : { minimum }),
        ...(maximum === undefined ? {} : { maximum }),
      };
      return [name, { ...bounds, ...parameter }];
    }),
  );
}

function requireUnits(base: Parameters, over: Parameters, path: string): void {
  for (const [name, { unit }] of Object.entries(over)) {
    if (Object.hasOwn(base, name) && base[name].unit !== unit) {
      throw bad(
        `${path}/${name}`,
        `needs the unit ${base[name].unit}, found ${unit}; convert the value`,
      );
    }
  }
}

function checkBounds(parameters: Parameters, path: string): void {
  for (const [name, { value, minimum, maximum, unit }] of Object.entries(parameters)) {
    const suffix = unit === "1" ? "" : ` ${unit}`;
    if (minimum !== undefined && value < minimum) {
      throw bad(
        `${path}/${name}`,
        `needs at least ${minimum}${suffix}, found ${value}${suffix}; correct the value`,
      );
    }
    if (maximum !== undefined && value > maximum) {
      throw bad(
        `${path}/${name}`,
        `needs at most ${maximum}${suffix}, found ${value}${suffix}; correct the value`,
      );
    }
  }
}

function known(name: string, parameters: Parameters, path: string): void {
  if (Object.hasOwn(parameters, name)) return;
  throw bad(
    `${path}/${name}`,
    `needs a parameter of the technology, found none of that name${hint(name, Object.keys(parameters))}; correct it`,
  );
}

function hint(name: string, names: readonly string[]): string {
  const near = nearNames(name, names);
  return near.length > 0 ? ` (near: ${near.join(", ")})` : "";
}

/**
 * A technology with parameters set by hand, `name=2uA`: unit required, and that of the parameter; or a convention,
 * `referenceLayout=straight`. A parameter that
 * a condition has of its own is set there too, since the user's word holds; `condition.name=…` sets it there alone.
 * @throws BAD_OPTION for what is no setting or has another unit, BAD_TECHNOLOGY for a value out of bounds
 */
export function applySettings(technology: Technology, settings: readonly string[]): Technology {
  refuseRepeats(settings);
  return settings.length === 0
    ? technology
    : checkTechnology(withinArray(settings.reduce(applySetting, technology), settings));
}

/** Lines that are used at once, where no setting names them, are at most those of a smaller array. */
function withinArray(technology: Technology, settings: readonly string[]): Technology {
  const { array } = technology;
  const names = settings.map((setting) => setting.split("=", 1)[0].trim());
  const most = (name: "activeWordLines" | "sensedBitLines", lines: number): number =>
    names.includes(name) ? array[name] : Math.min(array[name], lines);
  return {
    ...technology,
    array: {
      ...array,
      activeWordLines: most("activeWordLines", array.wordLines),
      sensedBitLines: most("sensedBitLines", array.bitLines),
    },
  };
}

function refuseRepeats(settings: readonly string[]): void {
  const names = settings.map((setting) => setting.split("=", 1)[0].trim());
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice === undefined) return;
  throw new XbcError(
    "BAD_OPTION",
    `option --set ${twice}: needs one value, found ${settings.filter((_, k) => names[k] === twice).join(" and ")}; give one`,
  );
}

function applySetting(technology: Technology, setting: string): Technology {
  const at = setting.indexOf("=");
  const name = setting.slice(0, at).trim();
  const text = setting.slice(at + 1);
  if (at < 1) {
    throw new XbcError(
      "BAD_OPTION",
      `option --set: needs name=value with a unit, found ${JSON.stringify(setting)}; write --set name=2uA`,
    );
  }
  if (Object.hasOwn(technology.array, name)) return setArray(technology, name, text);
  if (Object.hasOwn(technology.conventions, name)) return setConvention(technology, name, text);
  const dot = name.lastIndexOf(".");
  const [condition, parameter] = dot < 0 ? [null, name] : [name.slice(0, dot), name.slice(dot + 1)];
  const before = technology.parameters[parameter];
  const unknown = condition !== null && !Object.hasOwn(technology.conditions, condition);
  if (!Object.hasOwn(technology.parameters, parameter) || unknown) {
    const names = [
      ...Object.keys(technology.parameters),
      ...Object.keys(technology.array),
      ...Object.keys(technology.conventions),
    ];
    const found = unknown ? `condition ${condition}` : parameter;
    const listed = unknown
      ? hint(condition, Object.keys(technology.conditions))
      : hint(parameter, names);
    throw new XbcError(
      "BAD_OPTION",
      `option --set ${name}: needs a parameter of ${technology.name}, found no ${found}${listed}; xbc targets ${technology.basedOn} lists them`,
    );
  }
  const value = parseQuantity(text, before.unit, `option --set ${name}`);
  const set = (parameters: Parameters): Parameters => ({
    ...parameters,
    [parameter]: {
      ...before,
      ...parameters[parameter],
      value,
      source: `assumed: set by --set ${setting}`,
    },
  });
  const conditions = Object.entries(technology.conditions).map(([key, entry]) => {
    const touched =
      condition === key || (condition === null && Object.hasOwn(entry.parameters, parameter));
    return [key, touched ? { ...entry, parameters: set(entry.parameters) } : entry] as const;
  });
  return {
    ...technology,
    parameters: condition === null ? set(technology.parameters) : technology.parameters,
    conditions: Object.fromEntries(conditions),
  };
}

function setConvention(technology: Technology, name: string, text: string): Technology {
  const value = text.trim();
  checkConvention(name, value, `option --set ${name}`, "BAD_OPTION");
  return { ...technology, conventions: { ...technology.conventions, [name]: value } };
}

function setArray(technology: Technology, name: string, text: string): Technology {
  if (name === "inputsOn") {
    throw new XbcError(
      "BAD_OPTION",
      "option --set inputsOn: needs a number to set, found the orientation of the array; write a technology file",
    );
  }
  const value = parseQuantity(text, "1", `option --set ${name}`);
  return { ...technology, array: { ...technology.array, [name]: value } };
}
