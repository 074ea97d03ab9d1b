import { readdirSync, readFileSync } from "node:fs";
import onnxProto from "onnx-proto";
import { describe, expect, test } from "vitest";
import { onnx } from "../../../compiler/onnx/codec.generated.js";
import { shared } from "../../support/shared.ts";

const root = shared("models");
const damaged = ["empty.onnx", "truncated.onnx", "git-lfs-pointer.onnx"];
const files =
  root === null
    ? []
    : readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
        (file) => file.endsWith(".onnx") && !damaged.some((name) => file.endsWith(name)),
      );

const theirs = onnxProto.onnx.ModelProto;
const oursAgain = (bytes: Uint8Array) =>
  onnx.ModelProto.encode(onnx.ModelProto.decode(bytes)).finish();
const theirsAgain = (bytes: Uint8Array) => theirs.encode(theirs.decode(bytes)).finish();
/** onnx-proto knows the schema up to IR 8 */
const old = files.filter(
  (file) => Number(onnx.ModelProto.decode(readFileSync(`${root}/${file}`)).irVersion) <= 8,
);

/** The two write lists of numbers differently (packed or not), so each reads what the other wrote. */
describe.skipIf(root === null)(
  "the codec and onnx-proto read the same (skipped where the shared collection is absent)",
  () => {
    test.each(old)("%s", (file) => {
      const bytes = readFileSync(`${root}/${file}`);
      expect(Buffer.compare(theirsAgain(oursAgain(bytes)), theirsAgain(bytes))).toBe(0);
      expect(Buffer.compare(oursAgain(theirsAgain(bytes)), oursAgain(bytes))).toBe(0);
    });
  },
);
