/**
 * Compile time and peak memory of networks as large as VGG-16, AlexNet and ResNet-18 at 224 x 224, generated with random
 * float weights and signs as activations, rounded to `--precision` (binary) through the command line's own program; then
 * what reads the image: inspect, verify, export.
 *
 *   npm run build && node --import ./test/bench/typescript.mjs test/bench/large-cnn.ts [vgg16|alexnet|resnet18]
 *     [--target 2t2r] [--precision binary] [--readers inspect,verify,export]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { initializer, node, signs, valueInfo, writeModel } from "./stream-onnx.ts";

/** A network while it grows: the value that the next layer reads, and its shape. */
class Network {
  readonly nodes: ReturnType<typeof node>[] = [];
  readonly tensors = [
    initializer("zero", [], Float32Array.of(0)),
    initializer("one", [], Float32Array.of(1)),
    initializer("minus", [], Float32Array.of(-1)),
  ];
  weights = 0;
  #count = 0;

  name(): string {
    return `v${++this.#count}`;
  }

  matrix(shape: readonly number[]): string {
    const size = shape.reduce((product, d) => product * d, 1);
    const name = `w${++this.#count}`;
    // no two magnitudes alike, as trained weights are
    const data = signs(size, this.#count).map((sign, k) => sign * (0.5 + (k % 8191) / 8191));
    this.tensors.push(initializer(name, shape, data));
    this.weights += size;
    return name;
  }

  sign(x: string): string {
    const [lit, out] = [this.name(), this.name()];
    this.nodes.push(
      node("GreaterOrEqual", [x, "zero"], lit),
      node("Where", [lit, "one", "minus"], out),
    );
    return out;
  }

  conv(x: string, from: number, to: number, kernel: number, stride: number): string {
    const out = this.name();
    const pad = kernel >> 1;
    const attributes = { pads: [pad, pad, pad, pad], strides: [stride, stride] };
    this.nodes.push(node("Conv", [x, this.matrix([to, from, kernel, kernel])], out, attributes));
    return out;
  }

  pool(x: string, kernel: number, stride: number): string {
    const out = this.name();
    this.nodes.push(
      node("MaxPool", [x], out, { kernel_shape: [kernel, kernel], strides: [stride, stride] }),
    );
    return out;
  }

  flat(x: string): string {
    const out = this.name();
    this.nodes.push(node("Flatten", [x], out));
    return out;
  }

  dense(x: string, from: number, to: number): string {
    const out = this.name();
    this.nodes.push(node("MatMul", [x, this.matrix([from, to])], out));
    return out;
  }

  add(x: string, y: string): string {
    const out = this.name();
    this.nodes.push(node("Add", [x, y], out));
    return out;
  }
}

function classifier(net: Network, x: string, sizes: readonly number[]): string {
  let value = net.flat(x);
  for (let k = 0; k + 1 < sizes.length; k++) {
    value = net.dense(value, sizes[k], sizes[k + 1]);
    if (k + 2 < sizes.length) value = net.sign(value);
  }
  return value;
}

const networks: Readonly<Record<string, (net: Network, x: string) => string>> = {
  vgg16: (net, x) => {
    let [value, channels] = [x, 3];
    for (const [filters, repeats] of [
      [64, 2],
      [128, 2],
      [256, 3],
      [512, 3],
      [512, 3],
    ]) {
      for (let k = 0; k < repeats; k++) {
        value = net.sign(net.conv(value, channels, filters, 3, 1));
        channels = filters;
      }
      value = net.pool(value, 2, 2);
    }
    return classifier(net, value, [512 * 49, 4096, 4096, 1000]);
  },
  alexnet: (net, x) => {
    let value = net.pool(net.sign(net.conv(x, 3, 64, 11, 4)), 3, 2);
    value = net.pool(net.sign(net.conv(value, 64, 192, 5, 1)), 3, 2);
    value = net.sign(net.conv(value, 192, 384, 3, 1));
    value = net.sign(net.conv(value, 384, 256, 3, 1));
    value = net.pool(net.sign(net.conv(value, 256, 256, 3, 1)), 3, 2);
    return classifier(net, value, [256 * 36, 4096, 4096, 1000]);
  },
  resnet18: (net, x) => {
    let value = net.pool(net.sign(net.conv(x, 3, 64, 7, 2)), 2, 2);
    let channels = 64;
    for (const filters of [64, 128, 256, 512]) {
      for (let block = 0; block < 2; block++) {
        const stride = block === 0 && filters > 64 ? 2 : 1;
        const inner = net.sign(net.conv(value, channels, filters, 3, stride));
        const main = net.conv(inner, filters, filters, 3, 1);
        const side = channels === filters ? value : net.conv(value, channels, filters, 1, stride);
        value = net.sign(net.add(main, side));
        channels = filters;
      }
    }
    return classifier(net, net.pool(value, 7, 7), [512, 1000]);
  },
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    target: { type: "string", default: "2t2r" },
    precision: { type: "string", default: "binary" },
    readers: { type: "string", default: "inspect,verify,export" },
  },
});
const [asked] = positionals;
const folder = mkdtempSync(join(tmpdir(), "xbc-large-"));
const program = (args: readonly string[]) => {
  const started = performance.now();
  const command = ["-v", process.execPath, "dist/cli/main.js", ...args];
  const { stderr, stdout, status } = spawnSync("/usr/bin/time", command, {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(stderr || stdout);
  const kilobytes = Number(/Maximum resident set size \(kbytes\): (\d+)/.exec(stderr)?.[1]);
  const seconds = (performance.now() - started) / 1000;
  return `${seconds.toFixed(1)} s, peak ${(kilobytes / 1024 ** 2).toFixed(2)} GiB`;
};
try {
  for (const [name, build] of Object.entries(networks)) {
    if (asked !== undefined && asked !== name) continue;
    const net = new Network();
    const [model, image] = [join(folder, "model.onnx"), join(folder, "model.xbi")];
    const last = build(net, net.sign("x"));
    writeModel(model, {
      nodes: net.nodes,
      tensors: net.tensors,
      input: valueInfo(11, "x", 1, [3, 224, 224]),
      output: valueInfo(12, last, 1, [1000]),
    });
    const { weights } = net;
    const { target, precision } = flags;
    const options = ["--target", target, "--precision", precision, "-o", image, "--quiet"];
    console.log(
      `${name}, ${(weights / 1e6).toFixed(1)} M weights on ${target}, ${precision}: compile ${program(["compile", model, ...options])}`,
    );
    console.log(`  image ${(statSync(image).size / 1e6).toFixed(1)} MB`);
    const readers: Readonly<Record<string, readonly string[]>> = {
      inspect: ["inspect", image, "--quiet"],
      verify: ["verify", image, "--quiet"],
      export: ["export", image, "--format", "npz", "-o", join(folder, "cells.npz"), "--quiet"],
    };
    for (const reader of flags.readers.split(",").filter((one) => readers[one]))
      console.log(`  ${reader} ${program(readers[reader])}`);
    rmSync(image);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
