/**
 * Compile time, peak memory and image size against weights: binary MLPs of 1, 10 and 100 million weights, generated,
 * compiled through the command line's own program in a process of its own.
 *
 *   npm run build && node --import ./test/bench/typescript.mjs test/bench/large-mlp.ts [--weights 1e8]
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { philox } from "../../compiler/random.ts";
import { hold } from "./goal.ts";

/** Hidden widths of a 784-…-10 network of about so many weights. */
const widths: Readonly<Record<string, readonly number[]>> = {
  "1e6": [640, 640],
  "1e7": [2720, 2720],
  "1e8": [7072, 7072, 6400],
};

/** A protobuf field of bytes. */
function field(number: number, ...parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]), ...parts];
}
function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
const number = (id: number, value: number) =>
  Uint8Array.from([...varint(id * 8), ...varint(value)]);
const text = (id: number, value: string) => field(id, new TextEncoder().encode(value));
const flat = (parts: readonly (readonly Uint8Array[])[]) => parts.flat();

function initializer(
  name: string,
  shape: readonly number[],
  data: Float32Array,
): readonly Uint8Array[] {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return field(
    5,
    ...shape.map((d) => number(1, d)),
    number(2, 1),
    ...text(8, name),
    ...field(9, raw),
  );
}
const node = (op: string, inputs: readonly string[], output: string) =>
  field(
    1,
    ...flat([...inputs.map((id) => text(1, id)), text(2, output), text(3, output), text(4, op)]),
  );

function valueInfo(id: number, name: string, type: number, width: number): readonly Uint8Array[] {
  const dims = [...field(1, ...text(2, "batch")), ...field(1, number(1, width))];
  return field(
    id,
    ...text(1, name),
    ...field(2, ...field(1, number(1, type), ...field(2, ...dims))),
  );
}

/** ±1 of a random bit each. */
function signs(length: number, stream: number): Float32Array {
  const data = new Float32Array(length);
  const words = new Uint32Array(4);
  for (let i = 0; i < length; i += 128) {
    philox(i / 128, stream, 0, 0, 1, 2, words);
    for (let k = 0; k < 128 && i + k < length; k++)
      data[i + k] = (words[k >> 5] >>> (k & 31)) & 1 ? 1 : -1;
  }
  return data;
}

/** Writes the model layer by layer, so that the generator itself needs little memory. */
function generate(path: string, hidden: readonly number[]): number {
  const sizes = [784, ...hidden, 10];
  const nodes: (readonly Uint8Array[])[] = [
    node("Greater", ["x", "zero"], "bright"),
    node("Where", ["bright", "one", "minus"], "a0"),
  ];
  const scalars = [
    ["zero", 0.5],
    ["one", 1],
    ["minus", -1],
  ] as const;
  const tensors = scalars.map(([name, value]) => initializer(name, [], Float32Array.of(value)));
  let weights = 0;
  for (let l = 0; l + 1 < sizes.length; l++) {
    nodes.push(node("MatMul", [`a${l}`, `w${l}`], `s${l}`));
    tensors.push(initializer(`w${l}`, [sizes[l], sizes[l + 1]], signs(sizes[l] * sizes[l + 1], l)));
    weights += sizes[l] * sizes[l + 1];
    if (l + 2 === sizes.length) break;
    nodes.push(
      node("GreaterOrEqual", [`s${l}`, "zero"], `p${l}`),
      node("Where", [`p${l}`, "one", "minus"], `a${l + 1}`),
    );
  }
  const last = `s${sizes.length - 2}`;
  const graph = flat([
    ...nodes,
    text(2, "mlp"),
    ...tensors,
    valueInfo(11, "x", 1, 784),
    valueInfo(12, last, 1, 10),
  ]);
  const model = [number(1, 8), ...field(7, ...graph), ...field(8, ...text(1, ""), number(2, 17))];
  const file = openSync(path, "w");
  for (const part of model)
    for (let at = 0; at < part.length; at += 1 << 26)
      writeSync(file, part.subarray(at, at + (1 << 26)));
  closeSync(file);
  return weights;
}

const asked = process.argv.indexOf("--weights");
const sizes = asked > 0 ? [process.argv[asked + 1]] : Object.keys(widths);
const folder = mkdtempSync(join(tmpdir(), "xbc-large-"));
try {
  for (const size of sizes) {
    const model = join(folder, "model.onnx");
    const image = join(folder, "model.xbi");
    const weights = generate(model, widths[size]);
    const started = performance.now();
    const { stderr, status } = spawnSync(
      "/usr/bin/time",
      [
        "-v",
        process.execPath,
        "dist/cli/main.js",
        "compile",
        model,
        "--target",
        "2t2r",
        "-o",
        image,
        "--quiet",
      ],
      { encoding: "utf8" },
    );
    const seconds = (performance.now() - started) / 1000;
    const peak =
      Number(/Maximum resident set size \(kbytes\): (\d+)/.exec(stderr)?.[1] ?? Number.NaN) /
      1024 ** 2;
    if (status !== 0) throw new Error(stderr);
    const perCell = statSync(image).size / (2 * weights);
    const name = `compile ${(weights / 1e6).toFixed(1)} M binary weights`;
    // the largest is what the goals are for
    const aim = <Goal>(goal: Goal) => (size === "1e8" ? goal : null);
    hold({ name, measured: seconds, goal: aim({ atMost: 60 }), unit: "s" });
    hold({ name: `${name}, peak`, measured: peak, goal: aim({ atMost: 3 }), unit: "GiB" });
    hold({
      name: `${name}, file`,
      measured: perCell,
      goal: aim({ atMost: 0.25 }),
      unit: "byte a cell",
    });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
