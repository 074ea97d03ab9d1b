/**
 * Compile time, peak memory and image size against weights: binary MLPs of 1, 10 and 100 million weights, generated,
 * compiled through the command line's own program in a process of its own.
 *
 *   npm run build && node --import ./test/bench/typescript.mjs test/bench/large-mlp.ts [--weights 1e8]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hold } from "./goal.ts";
import { initializer, node, signs, valueInfo, writeModel } from "./stream-onnx.ts";

/** Hidden widths of a 784-…-10 network of about so many weights. */
const widths: Readonly<Record<string, readonly number[]>> = {
  "1e6": [640, 640],
  "1e7": [2720, 2720],
  "1e8": [7072, 7072, 6400],
};

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
  writeModel(path, {
    nodes,
    tensors,
    input: valueInfo(11, "x", 1, [784]),
    output: valueInfo(12, last, 1, [10]),
  });
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
