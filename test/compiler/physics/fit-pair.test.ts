import { expect, test } from "vitest";
import { deviation, fitPair } from "../../../compiler/physics/fit-pair.ts";
import { solveLinear } from "../../../compiler/physics/solve-equations.ts";
import target from "../../../targets/2t2r.ts";

const fitted = fitPair(target.technology);

test.each(fitted.map((one) => [one.parameter, one] as const))(
  "%s follows from its claims to 1 %%",
  (_, one) => expect(Math.abs(deviation(one))).toBeLessThan(0.01),
);

test("every parameter that says `fitted` is fitted, and no other", () => {
  const claimed = Object.entries(target.technology.parameters)
    .filter(([, { source }]) => source.startsWith("fitted"))
    .map(([name]) => name);
  expect(fitted.map(({ parameter }) => parameter).sort()).toEqual(claimed.sort());
});

test("a changed parameter is noticed", () => {
  const { parameters } = target.technology;
  const resetPulseSlope = { ...parameters.resetPulseSlope, value: 0.0625 };
  const changed = { ...target.technology, parameters: { ...parameters, resetPulseSlope } };
  const one = fitPair(changed).find(({ parameter }) => parameter === "resetPulseSlope");
  expect(one && Math.abs(deviation(one))).toBeGreaterThan(0.01);
});

test("solveLinear solves where the first pivot is zero", () => {
  expect(
    solveLinear(
      [
        [0, 2],
        [3, 1],
      ],
      [4, 5],
    ),
  ).toEqual([1, 2]);
});
