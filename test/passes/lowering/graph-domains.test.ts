import { describe, expect, test } from "vitest";
import type { ElementType, Tensor } from "../../../compiler/ir/tensor.ts";
import type { Domain } from "../../../passes/lowering/domain.ts";
import { grid } from "../../../passes/lowering/domain.ts";
import { domainsOf } from "../../../passes/lowering/graph-domains.ts";
import type { NodeSpec } from "../../support/build-onnx.ts";
import { buildGraph, floats, integers, of } from "../../support/build-onnx.ts";

const named: Readonly<Record<string, Tensor>> = {
  zero: floats([], [0]),
  one: floats([], [1]),
  minus: floats([], [-1]),
  two: floats([], [2]),
  three: floats([], [3]),
  half: floats([], [0.5]),
  most: floats([], [7]),
  channels: floats([2], [1, 2]),
  axes: integers([1]),
  target: integers([-1, 4]),
  endless: floats([], [Number.NEGATIVE_INFINITY]),
  least: floats([], [2 ** -149]),
  point: of("uint8", [], [128]),
  signedPoint: of("int8", [], [0]),
};

/** What is known of the last value of some nodes on inputs x and z. */
function after(
  nodes: readonly NodeSpec[],
  type: ElementType = "float32",
  x?: Domain,
  z?: Domain,
): Domain | undefined {
  const graph = buildGraph({
    inputs: { x: [type, ["n", 4]], z: [type, ["n", 4]] },
    outputs: ["y"],
    nodes,
    constants: named,
  });
  const known = new Map([...(x ? [["x", x] as const] : []), ...(z ? [["z", z] as const] : [])]);
  return domainsOf(graph, known).get(nodes.length === 0 ? "x" : "y");
}

const codes = (domain: Domain | undefined) => {
  const c = domain?.codes;
  return c ? [c.scale, c.offset, c.range.minimum, c.range.maximum, c.range.step] : null;
};
const whole = (minimum: number, maximum: number) => grid(1, 0, { minimum, maximum, step: 1 });
const signs = grid(1, 0, { minimum: -1, maximum: 1, step: 2 });

describe("grid", () => {
  test("{0, 1}·2 − 1 are the codes ±1", () => {
    expect(codes(grid(2, -1, { minimum: 0, maximum: 1, step: 1 }))).toEqual([1, 0, -1, 1, 2]);
  });
  test("a whole multiple of the scale moves into the codes", () => {
    expect(codes(grid(0.5, 1, { minimum: 0, maximum: 3, step: 1 }))).toEqual([0.5, 0, 2, 5, 1]);
  });
  test("an offset that is no half multiple stays", () => {
    expect(codes(grid(1, 0.3, { minimum: 0, maximum: 3, step: 1 }))).toEqual([1, 0.3, 0, 3, 1]);
  });
  test("{−2, 0, 2} is {−1, 0, 1} at twice the scale", () => {
    expect(codes(grid(1, 0, { minimum: -2, maximum: 2, step: 2 }))).toEqual([2, 0, -1, 1, 1]);
  });
  test("a negative scale turns the codes round", () => {
    expect(codes(grid(-0.5, 0, { minimum: 0, maximum: 3, step: 1 }))).toEqual([0.5, 0, -3, 0, 1]);
  });
});

describe("the type of an input says what it holds", () => {
  test.each([
    ["uint8", [1, 0, 0, 255, 1]],
    ["int8", [1, 0, -128, 127, 1]],
    ["bool", [1, 0, 0, 1, 1]],
    ["float32", null],
  ] as const)("%s", (type, expected) => {
    expect(codes(after([], type))).toEqual(expected);
  });
});

describe("what an operator leaves", () => {
  const rules: readonly [
    name: string,
    nodes: readonly NodeSpec[],
    x: Domain | undefined,
    expected: readonly number[] | null,
  ][] = [
    ["Sign: −1, 0, 1", [["Sign", ["x"], ["y"]]], undefined, [1, 0, -1, 1, 1]],
    ["a comparison: 0, 1", [["Greater", ["x", "half"], ["y"]]], undefined, [1, 0, 0, 1, 1]],
    [
      "Where of ±1: the codes ±1",
      [
        ["Greater", ["x", "half"], ["c"]],
        ["Where", ["c", "one", "minus"], ["y"]],
      ],
      undefined,
      [1, 0, -1, 1, 2],
    ],
    [
      "Where of −1 and 1, the other way round",
      [
        ["Greater", ["x", "half"], ["c"]],
        ["Where", ["c", "minus", "one"], ["y"]],
      ],
      undefined,
      [1, 0, -1, 1, 2],
    ],
    [
      "Where of 0 and 2: the codes 0, 1",
      [
        ["Greater", ["x", "half"], ["c"]],
        ["Where", ["c", "two", "zero"], ["y"]],
      ],
      undefined,
      [2, 0, 0, 1, 1],
    ],
    [
      "Where of one number twice: no codes",
      [
        ["Greater", ["x", "half"], ["c"]],
        ["Where", ["c", "two", "two"], ["y"]],
      ],
      undefined,
      null,
    ],
    [
      "a condition on signs, else one of them",
      [
        ["Greater", ["z", "half"], ["c"]],
        ["Where", ["c", "x", "minus"], ["y"]],
      ],
      signs,
      [1, 0, -1, 1, 2],
    ],
    [
      "Mul by a constant: another scale",
      [["Mul", ["x", "half"], ["y"]]],
      whole(0, 3),
      [0.5, 0, 0, 3, 1],
    ],
    ["a constant times a value", [["Mul", ["half", "x"], ["y"]]], whole(0, 3), [0.5, 0, 0, 3, 1]],
    [
      "Mul by another constant a channel: nothing",
      [["Mul", ["x", "channels"], ["y"]]],
      whole(0, 3),
      null,
    ],
    ["Div by a constant", [["Div", ["x", "two"], ["y"]]], whole(0, 3), [0.5, 0, 0, 3, 1]],
    ["Div by zero: nothing", [["Div", ["x", "zero"], ["y"]]], whole(0, 3), null],
    ["Add of a constant", [["Add", ["x", "two"], ["y"]]], whole(0, 3), [1, 0, 2, 5, 1]],
    ["a constant less a value", [["Sub", ["two", "x"], ["y"]]], whole(0, 3), [1, 0, -1, 2, 1]],
    ["Neg", [["Neg", ["x"], ["y"]]], whole(0, 3), [1, 0, -3, 0, 1]],
    ["Relu keeps what is not negative", [["Relu", ["x"], ["y"]]], whole(-4, 3), [1, 0, 0, 3, 1]],
    ["Clip to codes", [["Clip", ["x", "minus", "two"], ["y"]]], whole(-4, 3), [1, 0, -1, 2, 1]],
    ["Clip between codes: no codes", [["Clip", ["x", "half", "two"], ["y"]]], whole(-4, 3), null],
    [
      "Clip beyond all codes: no codes",
      [["Clip", ["x", "three", "most"], ["y"]]],
      whole(-4, 2),
      null,
    ],
    ["Min with a constant", [["Min", ["x", "two"], ["y"]]], whole(-4, 3), [1, 0, -4, 2, 1]],
    ["Max with a constant", [["Max", ["zero", "x"], ["y"]]], whole(-4, 3), [1, 0, 0, 3, 1]],
    [
      "Round of bounded numbers: whole ones",
      [["Round", ["x"], ["y"]]],
      { low: -1.5, high: 2.5, codes: null },
      [1, 0, -2, 2, 1],
    ],
    ["Floor", [["Floor", ["x"], ["y"]]], { low: -1.5, high: 2.5, codes: null }, [1, 0, -2, 2, 1]],
    ["Ceil", [["Ceil", ["x"], ["y"]]], { low: -1.5, high: 2.5, codes: null }, [1, 0, -1, 3, 1]],
    ["Round of any float: nothing that an array takes", [["Round", ["x"], ["y"]]], undefined, null],
    [
      "Round, then Clip: the codes of the Clip",
      [
        ["Round", ["x"], ["r"]],
        ["Clip", ["r", "zero", "most"], ["y"]],
      ],
      undefined,
      [1, 0, 0, 7, 1],
    ],
    [
      "Round, Relu, Min: bounded from two sides",
      [
        ["Round", ["x"], ["r"]],
        ["Relu", ["r"], ["p"]],
        ["Min", ["p", "three"], ["y"]],
      ],
      undefined,
      [1, 0, 0, 3, 1],
    ],
    [
      "Round·2 + 1, then Clip: odd numbers",
      [
        ["Round", ["x"], ["r"]],
        ["Mul", ["r", "two"], ["d"]],
        ["Add", ["d", "one"], ["o"]],
        ["Clip", ["o", "minus", "three"], ["y"]],
      ],
      undefined,
      [1, 0, -1, 3, 2],
    ],
    [
      "Round − ½, clipped between codes: no codes",
      [
        ["Round", ["x"], ["r"]],
        ["Sub", ["r", "half"], ["d"]],
        ["Clip", ["d", "zero", "most"], ["y"]],
      ],
      undefined,
      null,
    ],
    ["Sigmoid: between 0 and 1, no codes", [["Sigmoid", ["x"], ["y"]]], undefined, null],
    [
      "Sigmoid, Mul, Round: whole numbers",
      [
        ["Sigmoid", ["x"], ["s"]],
        ["Mul", ["s", "most"], ["m"]],
        ["Round", ["m"], ["y"]],
      ],
      undefined,
      [1, 0, 0, 7, 1],
    ],
    [
      "QuantizeLinear: bytes",
      [["QuantizeLinear", ["x", "half", "point"], ["y"]]],
      undefined,
      [1, 0, 0, 255, 1],
    ],
    [
      "QuantizeLinear without a zero point: bytes",
      [["QuantizeLinear", ["x", "half"], ["y"]]],
      undefined,
      [1, 0, 0, 255, 1],
    ],
    [
      "QuantizeLinear, DequantizeLinear: the zero point in the codes",
      [
        ["QuantizeLinear", ["x", "half", "point"], ["q"]],
        ["DequantizeLinear", ["q", "half", "point"], ["y"]],
      ],
      undefined,
      [0.5, 0, -128, 127, 1],
    ],
    [
      "Reshape, Transpose, MaxPool keep codes",
      [
        ["Reshape", ["x", "target"], ["r"]],
        ["Transpose", ["r"], ["t"]],
        ["MaxPool", ["t"], ["y"], { kernel_shape: [1] }],
      ],
      whole(0, 3),
      [1, 0, 0, 3, 1],
    ],
    [
      "ReduceSum of four codes",
      [["ReduceSum", ["x", "axes"], ["y"]]],
      whole(0, 1),
      [1, 0, 0, 4, 1],
    ],
    [
      "Cast to integer rounds towards zero",
      [["Cast", ["x"], ["y"], { to: 6 }]],
      { low: -1.5, high: 2.5, codes: null },
      [1, 0, -1, 2, 1],
    ],
    ["Cast to bool", [["Cast", ["x"], ["y"], { to: 9 }]], undefined, [1, 0, 0, 1, 1]],
    [
      "Cast to float keeps codes",
      [["Cast", ["x"], ["y"], { to: 1 }]],
      whole(0, 3),
      [1, 0, 0, 3, 1],
    ],
    ["zero padding of signs: ternary", [["Pad", ["x", "target"], ["y"]]], signs, [1, 0, -1, 1, 1]],
    ["an operator that is not known: nothing", [["Exp", ["x"], ["y"]]], whole(0, 3), null],
  ];
  test.each(rules)("%s", (_, nodes, x, expected) => {
    const found = codes(after(nodes, "float32", x))?.map((value) => value + 0) ?? null;
    expect(found).toEqual(expected);
  });
});

describe("two quantized values", () => {
  const sum: NodeSpec[] = [["Add", ["x", "z"], ["y"]]];
  const both: NodeSpec[] = [["Concat", ["x", "z"], ["y"], { axis: 1 }]];
  test("the sum of two signs is −2, 0, 2: ternary at scale 2", () => {
    expect(codes(after(sum, "float32", signs, signs))).toEqual([2, 0, -1, 1, 1]);
  });
  test("a sum on two grids has bounds, no codes", () => {
    const found = after(
      sum,
      "float32",
      whole(0, 3),
      grid(0.3, 0, { minimum: 0, maximum: 1, step: 1 }),
    );
    expect(found?.codes).toBeNull();
    expect(found?.high).toBeCloseTo(3.3, 6);
  });
  test("a difference turns the second round", () => {
    expect(codes(after([["Sub", ["x", "z"], ["y"]]], "float32", whole(0, 3), whole(0, 1)))).toEqual(
      [1, 0, -1, 3, 1],
    );
  });
  test("signs beside bits are −1, 0, 1", () => {
    expect(codes(after(both, "float32", signs, whole(0, 1)))).toEqual([1, 0, -1, 1, 1]);
  });
  test("signs beside signs stay signs", () => {
    expect(codes(after(both, "float32", signs, signs))).toEqual([1, 0, -1, 1, 2]);
  });
  test("two grids side by side have none in common", () => {
    expect(
      codes(after(both, "float32", signs, grid(0.3, 0, { minimum: 0, maximum: 1, step: 1 }))),
    ).toBeNull();
  });
});

test.each(["endless", "least"])(
  "two levels of which no grid gives both exactly have no codes: −1 and %s",
  (other) => {
    const found = after([
      ["Greater", ["x", "zero"], ["c"]],
      ["Where", ["c", other, "minus"], ["y"]],
    ]);
    expect(found?.codes ?? null).toBeNull();
  },
);

describe("a product of two quantized values", () => {
  const product = (x: Domain, z: Domain) =>
    codes(after([["Mul", ["x", "z"], ["y"]]], "float32", x, z));
  test("of signs is a sign", () => {
    expect(product(signs, signs)).toEqual([1, 0, -1, 1, 2]);
  });
  test("lies between the corners, on a step that divides every product", () => {
    expect(product(whole(-2, 3), whole(-1, 4))).toEqual([1, 0, -8, 12, 1]);
    // {-3, -1, 1, 3}²: odd numbers
    expect(product(grid(1, 0, { minimum: -3, maximum: 3, step: 2 }), signs)).toEqual([
      1, 0, -3, 3, 2,
    ]);
    expect(product(grid(0.5, 0, { minimum: -1, maximum: 1, step: 2 }), whole(0, 1))).toEqual([
      0.5, 0, -1, 1, 1,
    ]);
  });
});
