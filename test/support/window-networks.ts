import fc from "fast-check";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { buildModel, floats, integers, type NodeSpec, of } from "./build-onnx.ts";
import type { Builder, DrawnNetwork } from "./networks.ts";
import { activations, draw, keysOf, usedNodes } from "./networks.ts";

/** One convolution of a drawn network; numbers that choose among what is there are taken modulo. */
export interface WindowLayerDraw {
  readonly filters: number;
  readonly kernel: readonly [number, number, number];
  readonly strides: readonly [number, number, number];
  readonly dilations: readonly [number, number, number];
  readonly pads: readonly [number, number, number, number, number, number];
  readonly auto: "NOTSET" | "SAME_UPPER" | "SAME_LOWER" | "VALID";
  readonly groups: "one" | "two" | "depthwise";
  readonly alphabet: "binary" | "ternary" | "int3" | "int5";
  readonly scale: "one" | "tensor" | "outputs";
  readonly bias: boolean;
  readonly norm: "none" | "BatchNormalization" | "affine";
  readonly activation: keyof typeof activations;
  readonly pool: "none" | "before" | "behind" | "global" | "average";
  readonly join: boolean;
  readonly isOutput: boolean;
  readonly seed: number;
}

export interface WindowNetworkDraw {
  readonly input: "bytes" | "signs" | "±1" | "bits";
  readonly channels: number;
  /** sizes of one to three spatial axes */
  readonly sizes: readonly number[];
  readonly layers: readonly WindowLayerDraw[];
  readonly head: "none" | "Gemm" | "transposed";
}

const size = fc.integer({ min: 1, max: 3 });
const three = fc.tuple(size, size, size);
const few = fc.constantFrom(1, 1, 1, 2, 3);
const pad = fc.constantFrom(0, 0, 1, 2);

const layerDraws: fc.Arbitrary<WindowLayerDraw> = fc.record({
  filters: fc.integer({ min: 1, max: 9 }),
  kernel: three,
  strides: fc.tuple(few, few, few),
  dilations: fc.tuple(few, few, few),
  pads: fc.tuple(pad, pad, pad, pad, pad, pad),
  auto: fc.constantFrom("NOTSET", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
  groups: fc.constantFrom("one", "one", "two", "depthwise"),
  alphabet: fc.constantFrom("binary", "ternary", "int3", "int5"),
  scale: fc.constantFrom("one", "tensor", "outputs"),
  bias: fc.boolean(),
  norm: fc.constantFrom("none", "BatchNormalization", "affine"),
  activation: fc.constantFrom(...keysOf(activations)),
  pool: fc.constantFrom("none", "none", "before", "behind", "global", "average"),
  join: fc.boolean(),
  isOutput: fc.constantFrom(false, false, true),
  seed: fc.nat(1 << 20),
});

/** Small convolutional networks: strides, dilations, asymmetric and automatic padding, groups, pooling, residual sums. */
export const windowNetworkDraws: fc.Arbitrary<WindowNetworkDraw> = fc.record({
  input: fc.constantFrom("bytes", "signs", "±1", "bits"),
  channels: fc.constantFrom(1, 2, 3, 4, 65),
  sizes: fc.oneof(
    fc.tuple(fc.integer({ min: 3, max: 12 })),
    fc.tuple(fc.integer({ min: 3, max: 8 }), fc.integer({ min: 3, max: 8 })),
    fc.tuple(
      fc.integer({ min: 2, max: 4 }),
      fc.integer({ min: 3, max: 5 }),
      fc.integer({ min: 3, max: 5 }),
    ),
  ),
  layers: fc.array(layerDraws, { minLength: 1, maxLength: 3 }),
  head: fc.constantFrom("none", "Gemm", "transposed"),
});

interface Image {
  readonly name: string;
  readonly channels: number;
  readonly sizes: readonly number[];
  readonly grid: string;
}

export function drawnWindowNetwork(network: WindowNetworkDraw): DrawnNetwork {
  const nodes: NodeSpec[] = [];
  const constants: Record<string, Tensor> = {};
  let count = 0;
  const builder: Builder = {
    add: (op, from, attributes = {}) => {
      const output = `v${++count}`;
      const name = ["Conv", "Gemm"].includes(op) ? `${op.toLowerCase()}${count}` : output;
      nodes.push([op, from, [output], attributes, name]);
      return output;
    },
    constant: (value) => {
      const name = `c${++count}`;
      constants[name] = value;
      return name;
    },
    scalar: (value) => builder.constant(floats([], [value])),
  };
  const outputs: string[] = [];
  let image = firstImage(builder, network);
  const images = [image];
  network.layers.forEach((layer, index) => {
    const sums = convolved(builder, image, layer);
    const normed = normalized(builder, sums, layer);
    if (layer.isOutput) outputs.push(normed.name);
    image = activated(builder, normed, layer, images);
    images.push(image);
    if (index === network.layers.length - 1 && network.head === "none") outputs.push(normed.name);
  });
  if (network.head !== "none") outputs.push(classified(builder, image, network.head));
  const shape = [network.channels, ...network.sizes];
  const type = network.input === "bytes" ? "uint8" : "float32";
  return {
    model: buildModel({
      inputs: { x: [type, ["n", ...shape]] },
      outputs: [...new Set(outputs)],
      nodes: usedNodes(nodes, new Set(outputs)),
      constants,
      domains: { "onnx.brevitas": 1 },
    }),
    inputTransform: "",
    inputEncoding: "auto",
    data: (samples) => {
      const values = Array.from({ length: samples * sizeOf(shape) }, (_, k) =>
        network.input === "bytes" ? Math.floor(256 * draw(11, k)) : 2 * draw(11, k) - 1,
      );
      return of(type, [samples, ...shape], values);
    },
  };
}

function firstImage(b: Builder, { input, channels, sizes }: WindowNetworkDraw): Image {
  const kinds = { signs: "sign", "±1": "at least", bits: "bit" } as const;
  const name =
    input === "bytes" ? b.add("Cast", ["x"], { to: 1 }) : activations[kinds[input]].build(b, "x");
  return { name, channels, sizes, grid: input === "bytes" ? "byte" : "1" };
}

/** The convolution of a layer, with what does not fit the image made smaller. */
function convolved(b: Builder, image: Image, layer: WindowLayerDraw): Image {
  const rank = image.sizes.length;
  const { seed, auto, alphabet } = layer;
  const kernel = image.sizes.map((length, axis) => Math.min(layer.kernel[axis], length));
  const strides = layer.strides.slice(0, rank);
  const dilations = layer.dilations
    .slice(0, rank)
    .map((d, axis) =>
      auto !== "NOTSET" || (kernel[axis] - 1) * d + 1 > image.sizes[axis] ? 1 : d,
    );
  const pads = [...layer.pads.slice(0, rank), ...layer.pads.slice(3, 3 + rank)];
  const groups =
    layer.groups === "depthwise"
      ? image.channels
      : layer.groups === "two" && image.channels % 2 === 0
        ? 2
        : 1;
  const perGroup = image.channels / groups;
  const filters = groups === 1 ? layer.filters : groups * (image.channels > 8 ? 1 : 2);
  const inputs = perGroup * sizeOf(kernel);
  const scales = {
    one: () => 1,
    tensor: () => Math.fround(0.37),
    outputs: (o: number) => Math.fround(0.1 + draw(seed, -o - 1)),
  };
  const weights = Array.from({ length: filters * inputs }, (_, k) => {
    const drawn = draw(seed, k);
    const sign = drawn < 0.6 ? -1 : 1;
    const largest = { binary: 1, ternary: 1, int3: 3, int5: 15 }[alphabet];
    const code =
      largest > 1
        ? Math.round((2 * drawn - 1) * largest)
        : alphabet === "ternary" && drawn < 0.3
          ? 0
          : sign;
    return Math.fround(code * scales[layer.scale](Math.floor(k / inputs)));
  });
  const bias = Array.from({ length: filters }, (_, o) => draw(seed, 1000 + o) * 4 - 2);
  const operands = [
    image.name,
    b.constant(floats([filters, perGroup, ...kernel], weights)),
    ...(layer.bias ? [b.constant(floats([filters], bias))] : []),
  ];
  const explicit = auto === "NOTSET" ? { pads, dilations } : { auto_pad: auto };
  const name = b.add("Conv", operands, { strides, group: groups, ...explicit });
  const sizes = image.sizes.map((length, axis) => {
    if (auto.startsWith("SAME")) return Math.ceil(length / strides[axis]);
    const padded = length + (auto === "VALID" ? 0 : pads[axis] + pads[axis + rank]);
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    return Math.floor((padded - reach) / strides[axis]) + 1;
  });
  return { name, channels: filters, sizes, grid: "sum" };
}

function normalized(b: Builder, image: Image, { norm, seed }: WindowLayerDraw): Image {
  if (norm === "none") return image;
  const { channels, sizes } = image;
  const vector = (salt: number, shape: readonly number[], of: (drawn: number) => number) =>
    b.constant(
      floats(
        shape,
        Array.from({ length: channels }, (_, o) => of(draw(seed, salt + o))),
      ),
    );
  const scale = (d: number) => (d < 0.1 ? 0 : 2 * d - 1);
  if (norm === "affine") {
    const column = [channels, ...sizes.map(() => 1)];
    const scaled = b.add("Mul", [image.name, vector(2000, column, scale)]);
    const name = b.add("Add", [scaled, vector(3000, column, (d) => 4 * d - 2)]);
    return { ...image, name };
  }
  const flat = [channels];
  const name = b.add("BatchNormalization", [
    image.name,
    vector(2000, flat, scale),
    vector(3000, flat, (d) => 2 * d - 1),
    vector(4000, flat, (d) => 4 * d - 2),
    vector(5000, flat, (d) => d + 0.1),
  ]);
  return { ...image, name };
}

/** The activation, with a pooling before or behind it, and perhaps a sum with an earlier image of the same form. */
function activated(
  b: Builder,
  image: Image,
  layer: WindowLayerDraw,
  earlier: readonly Image[],
): Image {
  const { grid, build }: { grid: string; build: (b: Builder, x: string) => string } =
    activations[layer.activation];
  const before = layer.pool === "before" ? pooled(b, image, "MaxPool") : image;
  const made: Image = { ...before, name: build(b, before.name), grid };
  if (layer.pool === "behind") return pooled(b, made, "MaxPool");
  if (layer.pool === "average") return pooled(b, made, "AveragePool");
  if (layer.pool === "global")
    return { ...made, name: b.add("GlobalMaxPool", [made.name]), sizes: made.sizes.map(() => 1) };
  const twin = earlier.find(
    (other) =>
      other.grid === "1" &&
      grid === "1" &&
      other.channels === made.channels &&
      other.sizes.join() === made.sizes.join(),
  );
  if (!layer.join || !twin) return made;
  return { ...made, name: b.add("Add", [made.name, twin.name]), grid: "joined" };
}

function pooled(b: Builder, image: Image, op: "MaxPool" | "AveragePool"): Image {
  const kernel = image.sizes.map((length) => Math.min(2, length));
  const name = b.add(op, [image.name], { kernel_shape: kernel, strides: kernel });
  const sizes = image.sizes.map((length, axis) => Math.floor(length / kernel[axis]));
  return { ...image, name, sizes, grid: op === "MaxPool" ? image.grid : "mean" };
}

/** Two classes of all that an image holds. */
function classified(b: Builder, image: Image, head: "Gemm" | "transposed"): string {
  const rank = image.sizes.length;
  const perm = [0, ...image.sizes.map((_, axis) => axis + 2), 1];
  const turned = head === "transposed" ? b.add("Transpose", [image.name], { perm }) : image.name;
  const flat =
    rank === 1
      ? b.add("Flatten", [turned])
      : b.add("Reshape", [turned, b.constant(integers([0, -1]))]);
  const inputs = image.channels * sizeOf(image.sizes);
  const weights = Array.from({ length: 2 * inputs }, (_, k) => (draw(5, k) < 0.5 ? -1 : 1));
  return b.add("Gemm", [flat, b.constant(floats([2, inputs], weights))], { transB: 1 });
}
