import fc from "fast-check";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { buildModel, floats, integers, type NodeSpec, of } from "./build-onnx.ts";

/** One layer of a drawn network; numbers that choose among what is there are taken modulo. */
export interface LayerDraw {
  readonly source: number;
  readonly width: number;
  readonly ternary: boolean;
  readonly scale: "one" | "tensor" | "outputs";
  readonly form: "MatMul" | "Gemm" | "Gemm transB" | "scaled Gemm" | "left MatMul";
  readonly norm: "none" | "BatchNormalization" | "affine";
  readonly order: "kept" | "reversed axes";
  readonly activation: keyof typeof activations;
  /** a second activation that reads the same sums */
  readonly twin: keyof typeof activations | null;
  readonly join: "none" | "Add" | "Concat";
  readonly isOutput: "no" | "sums" | "codes";
  readonly seed: number;
}

export interface NetworkDraw {
  readonly input: keyof typeof inputs;
  readonly inputWidth: number;
  /** 1: [n, width]; more: [n, positions, width] */
  readonly positions: number;
  readonly batch: "named" | "one";
  readonly layers: readonly LayerDraw[];
}

/** A drawn network as a model, what it must be compiled with, and data for it. */
export interface DrawnNetwork {
  readonly model: Uint8Array;
  readonly inputTransform: string;
  readonly inputEncoding: string;
  /** [samples, …] as a run takes it */
  readonly data: (samples: number) => Tensor;
}

type Build = (b: Builder, x: string) => string;

export interface Builder {
  readonly add: (op: string, inputs: readonly string[], attributes?: NodeSpec[3]) => string;
  readonly scalar: (value: number) => string;
  readonly constant: (tensor: Tensor) => string;
}

export const draw = (seed: number, k: number): number =>
  (Math.imul(Math.imul(seed + 1, 0x9e3779b1) ^ (k + 1), 0x85ebca6b) >>> 8) / 2 ** 24;

const where = (b: Builder, lit: string, yes: number, no: number): string =>
  b.add("Where", [lit, b.scalar(yes), b.scalar(no)]);
const clip = (b: Builder, x: string, low: number, high: number): string =>
  b.add("Clip", [b.add("Round", [x]), b.scalar(low), b.scalar(high)]);

/** Activations that quantize, each with the grid of its codes: those on one grid can be added. */
export const activations = {
  sign: { grid: "1", build: (b, x) => b.add("Sign", [x]) },
  "at least": {
    grid: "1",
    build: (b, x) => where(b, b.add("GreaterOrEqual", [x, b.scalar(0.5)]), 1, -1),
  },
  below: {
    grid: "1",
    build: (b, x) => where(b, b.add("Less", [x, b.scalar(-0.25)]), 1, -1),
  },
  bit: {
    grid: "1",
    build: (b, x) => b.add("Cast", [b.add("Greater", [x, b.scalar(1)])], { to: 1 }),
  },
  ternary: { grid: "1", build: (b, x) => clip(b, b.add("Mul", [x, b.scalar(0.3)]), -1, 1) },
  "two bits": {
    grid: "0.5",
    build: (b, x) => b.add("Mul", [clip(b, b.add("Relu", [x]), 0, 3), b.scalar(0.5)]),
  },
  "odd codes": {
    grid: "odd",
    build: (b, x) => b.add("Sub", [b.add("Mul", [clip(b, x, 0, 3), b.scalar(2)]), b.scalar(3)]),
  },
  "signed codes": { grid: "1", build: (b, x) => clip(b, x, -4, 3) },
  magnitude: {
    grid: "1",
    build: (b, x) => clip(b, b.add("Mul", [b.add("Abs", [x]), b.scalar(0.5)]), 0, 2),
  },
  "falling sign": { grid: "1", build: (b, x) => b.add("Sign", [b.add("Neg", [x])]) },
  QDQ: {
    grid: "QDQ",
    build: (b, x) => {
      const zero = b.constant(of("uint8", [], [3]));
      const step = b.scalar(0.25);
      return b.add("DequantizeLinear", [b.add("QuantizeLinear", [x, step, zero]), step, zero]);
    },
  },
  "a bipolar quantizer": {
    grid: "1",
    build: (b, x) => b.add("onnx.brevitas:BipolarQuant", [x, b.scalar(1)]),
  },
} satisfies Record<string, { readonly grid: string; readonly build: Build }>;

interface InputKind {
  readonly type: "float32" | "uint8" | "int8";
  readonly transform?: string;
  readonly encoding?: string;
  readonly grid: string;
  readonly build: Build;
  /** value of element k */
  readonly value: (k: number) => number;
  /** type of the data that is handed in, where it is not the model's */
  readonly data?: "uint8";
}

const between = (low: number, high: number) => (k: number) => low + (high - low) * draw(7, k);
const whole = (low: number, high: number) => (k: number) =>
  Math.min(high, low + Math.floor((high - low + 1) * draw(11, k)));
const same: Build = (_, x) => x;
const asFloat: Build = (b, x) => b.add("Cast", [x], { to: 1 });

const inputs = {
  bits: { type: "float32", grid: "1", value: between(-1, 2), build: activations.bit.build },
  signs: { type: "float32", grid: "1", value: whole(-1, 1), build: activations.sign.build },
  "±1": { type: "float32", grid: "1", value: between(-1, 1), build: activations["at least"].build },
  bytes: { type: "uint8", grid: "byte", value: whole(0, 255), build: asFloat },
  "signed bytes": { type: "int8", grid: "byte", value: whole(-128, 127), build: asFloat },
  "scaled bytes": {
    type: "float32",
    data: "uint8",
    transform: "scale:1/255",
    grid: "byte",
    value: whole(0, 255),
    build: same,
  },
  "centred bytes": {
    type: "float32",
    data: "uint8",
    transform: "scale:1/255,mean:0.5,std:0.5",
    grid: "byte",
    value: whole(0, 255),
    build: same,
  },
  "encoded bits": {
    type: "float32",
    encoding: "binary:0.5",
    grid: "1",
    value: between(0, 1),
    build: same,
  },
  "encoded numbers": {
    type: "float32",
    encoding: "bits:3",
    grid: "number",
    value: between(0, 1),
    build: same,
  },
} satisfies Record<string, InputKind>;

const layerDraws: fc.Arbitrary<LayerDraw> = fc.record({
  source: fc.nat(9),
  width: fc.integer({ min: 1, max: 9 }),
  ternary: fc.boolean(),
  scale: fc.constantFrom("one", "tensor", "outputs"),
  form: fc.constantFrom("MatMul", "Gemm", "Gemm transB", "scaled Gemm", "left MatMul"),
  norm: fc.constantFrom("none", "BatchNormalization", "affine"),
  order: fc.constantFrom("kept", "reversed axes"),
  activation: fc.constantFrom(...keysOf(activations)),
  twin: fc.option(fc.constantFrom(...keysOf(activations)), { freq: 4 }),
  join: fc.constantFrom("none", "none", "Add", "Concat"),
  isOutput: fc.constantFrom("no", "no", "sums", "codes"),
  seed: fc.nat(1 << 20),
});

export function keysOf<T extends object>(table: T): (keyof T & string)[] {
  const has = (key: string): key is keyof T & string => key in table;
  return Object.keys(table).filter(has);
}

/** Small networks of every form that compiles to pairs: branches, joins, shared sums, several outputs. */
export const networkDraws: fc.Arbitrary<NetworkDraw> = fc.record({
  input: fc.constantFrom(...keysOf(inputs)),
  inputWidth: fc.integer({ min: 1, max: 40 }),
  positions: fc.constantFrom(1, 1, 1, 2, 3),
  batch: fc.constantFrom("named", "named", "one"),
  layers: fc.array(layerDraws, { minLength: 1, maxLength: 4 }),
});

/** An activation that matrices and joins may read. */
interface Value {
  readonly name: string;
  readonly width: number;
  readonly grid: string;
}

export function drawnNetwork(network: NetworkDraw): DrawnNetwork {
  const nodes: NodeSpec[] = [];
  const constants: Record<string, Tensor> = {};
  let count = 0;
  const builder: Builder = {
    add: (op, from, attributes = {}) => {
      const output = `v${++count}`;
      nodes.push([
        op,
        from,
        [output],
        attributes,
        op === "Gemm" || op === "MatMul" ? `fc${count}` : output,
      ]);
      return output;
    },
    constant: (value) => {
      const name = `c${++count}`;
      constants[name] = value;
      return name;
    },
    scalar: (value) => builder.constant(floats([], [value])),
  };
  const kind: InputKind = inputs[network.input];
  const lead = network.positions === 1 ? [] : [network.positions];
  const first = kind.build(builder, "x");
  const values: Value[] = [{ name: first, width: network.inputWidth, grid: kind.grid }];
  const outputs: string[] = [];
  for (const [index, layer] of network.layers.entries()) {
    const source = values[layer.source % values.length];
    const sums = matrix(builder, source, layer, lead.length > 0);
    const moved = reordered(builder, normed(builder, sums, layer, lead.length > 0), layer, lead);
    const isLast = index === network.layers.length - 1;
    if (isLast || layer.isOutput === "sums") outputs.push(moved);
    const made = [layer.activation, ...(layer.twin ? [layer.twin] : [])].map((name): Value => {
      const { grid, build }: { grid: string; build: Build } = activations[name];
      return { name: build(builder, moved), width: layer.width, grid };
    });
    const [own] = made;
    const joined = join(builder, own, values, layer);
    values.push(...made, ...(joined ? [joined] : []));
    if (layer.isOutput === "codes" && !isLast) outputs.push(own.name);
  }
  const batch = network.batch === "named" ? "n" : 1;
  const shape = [...lead, network.inputWidth];
  const made = new Set(outputs);
  return {
    model: buildModel({
      inputs: { x: [kind.type, [batch, ...shape]] },
      outputs: [...made],
      nodes: usedNodes(nodes, made),
      constants,
      domains: { "onnx.brevitas": 1 },
    }),
    inputTransform: kind.transform ?? "",
    inputEncoding: kind.encoding ?? "auto",
    data: (samples) => {
      const values = Array.from({ length: samples * sizeOf(shape) }, (_, k) => kind.value(k));
      return of(kind.data ?? kind.type, [samples, ...shape], values);
    },
  };
}

/** Nodes that the outputs need. */
export function usedNodes(
  nodes: readonly NodeSpec[],
  outputs: ReadonlySet<string>,
): readonly NodeSpec[] {
  const needed = new Set(outputs);
  const kept: NodeSpec[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node[2].some((output) => needed.has(output))) continue;
    for (const input of node[1]) needed.add(input);
    kept.push(node);
  }
  return kept.reverse();
}

/** A constant-weight matrix on a value, in one of the forms that exporters write. */
function matrix(b: Builder, source: Value, layer: LayerDraw, isDeep: boolean): string {
  const { width, ternary, seed } = layer;
  const scales = {
    one: () => 1,
    tensor: () => 0.37,
    outputs: (o: number) => 0.1 + draw(seed, -o - 1),
  };
  const code = (k: number) => {
    const drawn = draw(seed, k);
    if (ternary) return drawn < 0.35 ? -1 : drawn < 0.65 ? 0 : 1;
    return drawn < 0.5 ? -1 : 1;
  };
  const weight = (o: number, i: number) =>
    Math.fround(code(o * source.width + i) * scales[layer.scale](o));
  const inputsFirst = Array.from({ length: source.width * width }, (_, k) =>
    weight(k % width, Math.floor(k / width)),
  );
  const outputsFirst = Array.from({ length: source.width * width }, (_, k) =>
    weight(Math.floor(k / source.width), k % source.width),
  );
  const byInput = () => b.constant(floats([source.width, width], inputsFirst));
  const byOutput = () => b.constant(floats([width, source.width], outputsFirst));
  const bias = () =>
    b.constant(
      floats(
        [width],
        Array.from({ length: width }, (_, o) => draw(seed, 1000 + o) * 4 - 2),
      ),
    );
  if (isDeep) return b.add("MatMul", [source.name, byInput()]);
  switch (layer.form) {
    case "MatMul":
      return b.add("MatMul", [source.name, byInput()]);
    case "Gemm":
      return b.add("Gemm", [source.name, byInput(), bias()]);
    case "Gemm transB":
      return b.add("Gemm", [source.name, byOutput()], { transB: 1 });
    case "scaled Gemm":
      return b.add("Gemm", [source.name, byOutput(), bias()], {
        transB: 1,
        alpha: { kind: "float", value: 0.5 },
        beta: { kind: "float", value: -1.5 },
      });
    case "left MatMul": {
      const columns = b.add("Transpose", [source.name], { perm: [1, 0] });
      return b.add("Transpose", [b.add("MatMul", [byOutput(), columns])], { perm: [1, 0] });
    }
  }
}

/** A batch normalization with scales of both signs and of zero, or the same as Mul and Add. */
function normed(b: Builder, x: string, { norm, width, seed }: LayerDraw, isDeep: boolean): string {
  if (norm === "none") return x;
  const vector = (salt: number, of: (drawn: number) => number) =>
    b.constant(
      floats(
        [width],
        Array.from({ length: width }, (_, o) => of(draw(seed, salt + o))),
      ),
    );
  const scale = vector(2000, (d) => (d < 0.1 ? 0 : 2 * d - 1));
  const shift = vector(3000, (d) => 2 * d - 1);
  if (norm === "affine" || isDeep) return b.add("Add", [b.add("Mul", [x, scale]), shift]);
  const mean = vector(4000, (d) => 4 * d - 2);
  const variance = vector(5000, (d) => d + 0.1);
  return b.add("BatchNormalization", [x, scale, shift, mean, variance]);
}

/** The elements in another order, by Reshape and Transpose. */
function reordered(
  b: Builder,
  x: string,
  { order, width }: LayerDraw,
  lead: readonly number[],
): string {
  const inner = [4, 3, 2].find((size) => width % size === 0);
  if (order === "kept" || inner === undefined || lead.length > 0) return x;
  const split = b.add("Reshape", [x, b.constant(integers([-1, width / inner, inner]))]);
  const turned = b.add("Transpose", [split], { perm: [0, 2, 1] });
  return b.add("Reshape", [turned, b.constant(integers([-1, width]))]);
}

/** A residual sum with, or a concatenation to, an earlier value on the same grid. */
function join(b: Builder, own: Value, values: readonly Value[], layer: LayerDraw): Value | null {
  const fits = (other: Value) =>
    other.grid === own.grid &&
    own.grid === "1" &&
    (layer.join === "Concat" || other.width === own.width);
  const other = layer.join === "none" ? undefined : values.find(fits);
  if (!other) return null;
  if (layer.join === "Add")
    return { name: b.add("Add", [own.name, other.name]), width: own.width, grid: "sum" };
  return {
    name: b.add("Concat", [own.name, other.name], { axis: -1 }),
    width: own.width + other.width,
    grid: "1",
  };
}
