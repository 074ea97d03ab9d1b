import { expect, test } from "vitest";
import { buildModel, floats } from "../support/build-onnx.ts";
import { compileTo2t2r } from "../support/compile.ts";

test("a float part that the executor does not take is refused when the model is compiled", async () => {
  const model = buildModel({
    inputs: { x: ["float32", ["n", 3]] },
    outputs: { y: ["float32", ["n", 2]] },
    nodes: [
      ["Sign", ["x"], ["a"]],
      ["MatMul", ["a", "w"], ["h"], {}, "fc"],
      ["com.microsoft:Unheard", ["h"], ["y"], {}, "odd"],
    ],
    constants: { w: floats([3, 2], [1, -1, 1, 1, -1, 1]) },
  });
  await expect(compileTo2t2r(model)).rejects.toThrow(
    /^layer .*: onnxruntime-(node|web), loading a model: .*Unheard/,
  );
});

test("a value that no run could hold is refused before an image is written", async () => {
  const model = buildModel({
    inputs: { x: ["float32", ["n", 2 ** 31, 3]] },
    outputs: ["y"],
    nodes: [
      ["Sign", ["x"], ["a"]],
      ["MatMul", ["a", "w"], ["y"], {}, "fc"],
    ],
    constants: { w: floats([3, 2], [1, -1, 1, 1, -1, 1]) },
  });
  await expect(compileTo2t2r(model)).rejects.toThrow(
    /^value .*: needs at most 268435456 elements a sample, found \d+ in \[2147483648, \d\]/,
  );
});
