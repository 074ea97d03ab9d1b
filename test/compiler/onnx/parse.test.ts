import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { XbcError } from "../../../compiler/errors.ts";
import { importGraph } from "../../../compiler/onnx/import.ts";
import { parseOnnx } from "../../../compiler/onnx/parse.ts";
import { fromNumber } from "../../../compiler/onnx/proto.ts";
import type { ModelSpec } from "../../support/build-onnx.ts";
import { buildModel, floats, integers } from "../../support/build-onnx.ts";

const small: ModelSpec = {
  inputs: { x: ["float32", ["batch", 2]] },
  outputs: ["y"],
  nodes: [
    ["MatMul", ["x", "w"], ["h"]],
    ["Relu", ["h"], ["y"]],
  ],
  constants: { w: floats([2, 3], [1, 2, 3, 4, 5, 6]) },
};

const text = (words: string) => new TextEncoder().encode(words);

describe("what is no ONNX file is refused with what it is", () => {
  test.each([
    ["nothing", new Uint8Array(), "empty file"],
    [
      "a Git LFS pointer",
      text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
      "git lfs pull",
    ],
    ["a web page", text("\n<!DOCTYPE html><html></html>"), "web page"],
    ["a ZIP archive", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0), "ZIP archive"],
    ["text", text("hello, this is not a model"), "BAD_FILE"],
    ["half a model", buildModel(small).subarray(0, 60), "truncated"],
  ])("%s", (_, bytes, words) => {
    const error = refusal(() => parseOnnx(bytes));
    expect(error.code).toBe("BAD_FILE");
    expect(`${error.code} ${error.message}`).toContain(words);
  });

  test("graphs nested too deeply", () => {
    // field 7 (graph) of a model, then node 1, attribute 5, g 6, again and again
    let bytes = Uint8Array.of();
    const wrap = (field: number, inner: Uint8Array) => {
      const length: number[] = [];
      for (let left = inner.length; ; left = Math.floor(left / 128)) {
        length.push(left > 127 ? (left % 128) + 128 : left);
        if (left <= 127) break;
      }
      return Uint8Array.of((field << 3) | 2, ...length, ...inner);
    };
    for (let depth = 0; depth < 200; depth++) bytes = wrap(1, wrap(5, wrap(6, bytes)));
    expect(refusal(() => parseOnnx(wrap(7, bytes))).message).toContain("nested too deeply");
  });
});

describe("versions", () => {
  test.each([
    [{ opset: 0 }, "operator set 1 or newer of ai.onnx, found 0"],
    [{ ir: 2 }, "3 or newer, found 2"],
  ])("%o is refused", (versions, words) => {
    const error = refusal(() => parseOnnx(buildModel({ ...small, ...versions })));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(words);
  });

  test("newer ones than xbc knows give a warning", () => {
    const { warnings } = parseOnnx(buildModel({ ...small, opset: 99, ir: 20 }));
    expect(warnings.join()).toMatch(/IR version 20.*operator set 99/);
  });

  test("ai.onnx is another spelling of the default domain", () => {
    const change: ModelSpec["change"] = (model) => ({
      ...model,
      opsetImport: [{ domain: "ai.onnx", version: fromNumber(11) }],
    });
    expect(parseOnnx(buildModel({ ...small, change })).opsets.get("")).toBe(11);
  });
});

test("a field that the schema does not know gives a warning with its place", () => {
  const field = Uint8Array.of(0xf8, 0x3f, 1); // field 1023, a number
  const { warnings } = parseOnnx(Uint8Array.of(...buildModel(small), ...field));
  expect(warnings.join()).toContain("model: 1 field(s) newer than");
});

describe("external data", () => {
  const withLocation = (entries: Record<string, string>): Uint8Array =>
    buildModel({
      ...small,
      change: (model) => {
        const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
        const initializer = [
          { name: "w", dataType: 1, dims: [2, 3].map(fromNumber), dataLocation: 1, externalData },
        ];
        return { ...model, graph: { ...model.graph, initializer } };
      },
    });

  test("is read through the function that is handed in", () => {
    const bytes = withLocation({ location: "data/w.bin", offset: "8", length: "24" });
    const asked: unknown[] = [];
    const model = parseOnnx(bytes, (...question) => {
      asked.push(question);
      return new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
    });
    expect(importGraph(model).constants.get("w")?.data[5]).toBe(6);
    expect(asked).toEqual([["data/w.bin", 8, 24]]);
  });

  test.each([
    "/etc/passwd",
    "../w.bin",
    "a/../../w.bin",
    "C:\\w.bin",
    "..\\w.bin",
    "http://host/w",
    "",
    "a\0b",
  ])("the location %j is refused before anything is asked", (location) => {
    const model = parseOnnx(withLocation({ location }), () => {
      throw new Error("asked");
    });
    expect(refusal(() => importGraph(model)).message).toContain("model's folder");
  });

  test.each([{ offset: "-1" }, { offset: "1e3" }, { length: "x" }])(
    "%o is no place in a file",
    (entry) => {
      const model = parseOnnx(withLocation({ location: "w", ...entry }), () => new Uint8Array(24));
      expect(refusal(() => importGraph(model)).message).toContain("whole number of bytes");
    },
  );

  test("of the wrong length is refused", () => {
    const model = parseOnnx(withLocation({ location: "w" }), () => new Uint8Array(20));
    expect(refusal(() => importGraph(model)).message).toContain("24 bytes");
  });
});

test("a damaged file is imported or refused, and nothing else happens", () => {
  const whole = buildModel({
    ...small,
    nodes: [
      ...small.nodes.slice(0, 1),
      ["Reshape", ["h", "shape"], ["r"]],
      ["Clip", ["r", "", "top"], ["c"], {}, "clip"],
      ["Softmax", ["c"], ["y"], { axis: -1 }],
    ],
    constants: { ...small.constants, shape: integers([-1, 3]), top: floats([], [6]) },
  });
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(damage, fc.nat(whole.length), (changes, length) => {
      const bytes = whole.slice(0, length % 3 === 0 ? length : whole.length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        importGraph(parseOnnx(bytes));
      } catch (error) {
        if (!(error instanceof XbcError) || error.code === "INTERNAL") throw error;
      }
    }),
    { numRuns: 3000, seed: 1 },
  );
});

function refusal(act: () => unknown): XbcError {
  try {
    act();
  } catch (error) {
    if (error instanceof XbcError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
