import { expect, test } from "vitest";
import { assumedParameters } from "../../compiler/assumptions.ts";

const parameter = (source: string) => ({ value: 2, unit: "V", source, description: "" });

test("what the papers do not fix is listed: assumed, fitted, and any source of one's own", () => {
  const listed = assumedParameters({
    a: parameter("assumed: why"),
    b: parameter("fitted: how"),
    c: parameter("H10"),
    d: parameter("S4, Fig. 5"),
    e: parameter("whatever"),
    f: parameter("H10x"),
  });
  expect(listed).toEqual([
    "a = 2 V (assumed: why)",
    "b = 2 V (fitted: how)",
    "e = 2 V (own: whatever)",
    "f = 2 V (own: H10x)",
  ]);
});
