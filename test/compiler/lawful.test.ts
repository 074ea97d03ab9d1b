import { expect, test } from "vitest";
import type { Technology } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import { lawful } from "../../compiler/lawful.ts";
import { resolveTarget, targets } from "../../index.ts";

const withValue = (technology: Technology, name: string, value: number): Technology => ({
  ...technology,
  parameters: {
    ...technology.parameters,
    [name]: { ...technology.parameters[name], value },
  },
});

function faultOf(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (fault) {
    return fault;
  }
}

test("laws that give no number are refused by name, for any value of any parameter", () => {
  for (const { technology } of targets) {
    for (const name of Object.keys(technology.parameters)) {
      for (const value of [-1, 0, 1e300]) {
        const spec = resolveTarget(withValue(technology, name, value));
        const fault = faultOf(() => lawful(spec));
        if (fault === null) continue;
        expect(fault, `${technology.name} ${name} = ${value}`).toBeInstanceOf(XbcError);
        expect(String(fault)).toMatch(/technology.*needs /);
      }
    }
  }
});

test("the first number that is none is named", () => {
  const [{ technology }] = targets.filter(({ name }) => name === "2t2r");
  expect(() => lawful(resolveTarget(withValue(technology, "formingRamp", 0)))).toThrow(
    /needs parameters that give finite numbers, found Infinity for programming\/.*; correct those/,
  );
});
