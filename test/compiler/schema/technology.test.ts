import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { Target } from "../../../compiler/define.ts";
import { canonicalJson, parseJson } from "../../../compiler/schema/canonical-json.ts";
import { nearNames } from "../../../compiler/schema/near-names.ts";
import {
  applySettings,
  checkTechnology,
  loadTechnology,
} from "../../../compiler/schema/technology.ts";
import { targets } from "../../../targets/all.generated.ts";
import { testTechnology } from "../../support/images.ts";

const base = (name: string): Target | undefined => {
  const [target] = targets;
  return name === "test" ? { ...target, name: "test", technology: testTechnology } : undefined;
};
const load = (json: object) => loadTechnology({ name: "mine", basedOn: "test", ...json }, base);
const current = (value: number, rest: object = {}) => ({
  value,
  unit: "A",
  source: "assumed: a guess",
  description: "SET current",
  ...rest,
});

describe("a technology file", () => {
  test("takes what it does not say from the built-in", () => {
    const mine = load({ array: { wordLines: 64 }, parameters: { setCurrent: current(1e-4) } });
    expect(mine.array).toEqual({ ...testTechnology.array, wordLines: 64 });
    expect(mine.parameters.setCurrent.value).toBe(1e-4);
    expect(mine.parameters.resetVoltage).toEqual(testTechnology.parameters.resetVoltage);
    expect(mine.conditions).toEqual(testTechnology.conditions);
  });

  test("a parameter without bounds of its own keeps the built-in's, also in a condition", () => {
    const { minimum, maximum, ...bare } = testTechnology.parameters.resetVoltage;
    const mine = load({ parameters: { resetVoltage: { ...bare, value: 3 } } });
    expect(mine.parameters.resetVoltage).toMatchObject({ minimum, maximum, value: 3 });
    const high = { resetVoltage: { ...bare, value: 5 } };
    expect(() => load({ parameters: high })).toThrow(/resetVoltage: needs at most 4 V, found 5/);
    expect(() => load({ conditions: { weak: { summary: "", parameters: high } } })).toThrow(
      /weak\/parameters\/resetVoltage: needs at most 4 V, found 5/,
    );
    const wider = { resetVoltage: { ...bare, value: 5, maximum: 6 } };
    expect(load({ parameters: wider }).parameters.resetVoltage.maximum).toBe(6);
  });

  test("printed by `targets --json`, it is read again as it was", () => {
    for (const { technology, name } of targets) {
      const again = loadTechnology(JSON.parse(JSON.stringify(technology)), (wanted) =>
        targets.find((target) => target.name === wanted),
      );
      expect(again).toEqual(technology);
      expect(technology.basedOn).toBe(name);
    }
  });

  test.each<[string, object, RegExp]>([
    [
      "a number without a source",
      { parameters: { setCurrent: { value: 1, unit: "A", description: "x" } } },
      /\/parameters\/setCurrent needs a field "source"/,
    ],
    [
      "an empty source",
      { parameters: { setCurrent: current(1, { source: "" }) } },
      /\/parameters\/setCurrent\/source needs/,
    ],
    [
      "a unit with a prefix",
      { parameters: { setCurrent: current(1, { unit: "uA" }) } },
      /\/unit needs .* found "uA"/,
    ],
    [
      "another unit than the built-in's",
      { parameters: { setCurrent: current(1, { unit: "V" }) } },
      /needs the unit A, found V/,
    ],
    [
      "a text for a number",
      { parameters: { setCurrent: current(1, { value: "1" }) } },
      /\/value needs number, found "1"/,
    ],
    ["an unknown field", { arrays: {} }, /a field "arrays" that is not known/],
    ["an unknown base", { basedOn: "9t9r" }, /\/basedOn needs a built-in target, found "9t9r"/],
    [
      "a value out of its bounds",
      { parameters: { resetVoltage: { ...testTechnology.parameters.resetVoltage, value: 5 } } },
      /resetVoltage: needs at most 4 V, found 5/,
    ],
    [
      "a default condition that is not there",
      { defaultCondition: "gentle" },
      /\/defaultCondition needs one of weak, found "gentle"/,
    ],
    [
      "a condition of an unknown parameter",
      { conditions: { weak: { summary: "", parameters: { setCurent: current(1) } } } },
      /setCurent.*near: setCurrent/,
    ],
    ["a read-out that is none", { readOut: "adc" }, /\/readOut needs text like/],
    ["more active word lines than there are", { array: { activeWordLines: 5 } }, /activeWordLines/],
    ["zero bit lines", { array: { bitLines: 0 } }, /\/array\/bitLines/],
  ])("%s is refused", (_, json, message) => {
    expect(() => load(json)).toThrow(message);
  });

  test("what is no object is refused", () => {
    expect(() => loadTechnology([1], base)).toThrow(/needs object, found an array of 1/);
    expect(() => loadTechnology(null, base)).toThrow(/needs object, found null/);
  });
});

describe("--set", () => {
  test("sets a parameter, also where a condition has its own, and says so", () => {
    const set = applySettings(testTechnology, ["setCurrent=2uA"]);
    expect(set.parameters.setCurrent.value).toBe(2e-6);
    expect(set.parameters.setCurrent.source).toBe("assumed: set by --set setCurrent=2uA");
    expect(set.conditions.weak.parameters.setCurrent.value).toBe(2e-6);
    const weak = applySettings(testTechnology, ["weak.setCurrent=3uA"]);
    expect(weak.parameters).toEqual(testTechnology.parameters);
    expect(weak.conditions.weak.parameters.setCurrent.value).toBe(3e-6);
    expect(applySettings(testTechnology, ["wordLines=16"]).array.wordLines).toBe(16);
    expect(testTechnology.parameters.setCurrent.value).toBe(2e-4);
    // what is sensed at once follows a smaller array, unless it is set too
    expect(applySettings(testTechnology, ["bitLines=2"]).array.sensedBitLines).toBe(2);
    expect(() => applySettings(testTechnology, ["bitLines=2", "sensedBitLines=4"])).toThrow(
      /sensedBitLines within/,
    );
  });

  test.each([
    ["setCurent=2uA", /found no setCurent \(near: setCurrent\)/],
    ["setCurrent=2", /unit/],
    ["setCurrent=2uV", /unit/],
    ["setCurrent", /needs name=value/],
    ["strong.setCurrent=2uA", /found no condition strong/],
    ["resetVoltage=9V", /needs at most 4 V, found 9/],
    ["inputsOn=1", /orientation/],
    ["wordLines=1.5", /wordLines/],
  ])("%s is refused", (setting, message) => {
    expect(() => applySettings(testTechnology, [setting])).toThrow(message);
  });
});

test("--set sets a parameter once", () => {
  expect(() => applySettings(testTechnology, ["setCurrent=2uA", "setCurrent=3uA"])).toThrow(
    /--set setCurrent: needs one value, found setCurrent=2uA and setCurrent=3uA; give one/,
  );
});

test("built-in technologies hold to the schema, and the schema that ships says the same as the validator", () => {
  const schema = JSON.parse(
    readFileSync(
      new URL("../../../compiler/schema/technology.generated.json", import.meta.url),
      "utf8",
    ),
  );
  const ajv = new Ajv2020({ discriminator: true, strict: false });
  const valid = ajv.compile(schema);
  for (const { technology } of targets) {
    expect(checkTechnology(technology)).toBe(technology);
    expect(valid(technology)).toBe(true);
  }
  expect(valid({ ...testTechnology, readOut: "adc" })).toBe(false);
});

test("near names come nearest first", () => {
  expect(nearNames("setCurent", ["resetCurrent", "setCurrent", "x"])).toEqual([
    "setCurrent",
    "resetCurrent",
  ]);
  expect(nearNames("zzz", ["setCurrent"])).toEqual([]);
});

test("canonical JSON sorts keys at every depth, and reads back", () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: "ü" })).toBe(
    '{"a":"ü","b":[{"c":null,"d":1}]}',
  );
  expect(() => canonicalJson({ a: Number.NaN })).toThrow(/no form in JSON/);
  expect(() => parseJson('{"__proto__": 1}', "x")).toThrow(/x: needs JSON, found the key/);
  expect(() => parseJson("[".repeat(200_000), "x")).toThrow(/x: needs JSON/);
});
