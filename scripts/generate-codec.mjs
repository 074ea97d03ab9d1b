// Makes compiler/onnx/codec.generated.{js,d.ts}: a static protobuf codec for ONNX (IR 13), from the
// descriptor that onnx-buf carries. Static code needs no eval, and keeps fields that it does not know.
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(import.meta.url);
const root = join(dirname(here), "..");
const target = join(root, "compiler/onnx/codec.generated.js");
const types = join(root, "compiler/onnx/codec.generated.d.ts");
const sources = [
  here,
  ...["onnx-buf", "protobufjs", "protobufjs-cli"].map((name) =>
    join(root, "node_modules", name, "package.json"),
  ),
];

/** The versions that it was made from stand in its first line, so that an update is noticed. */
const stamp = () =>
  `// Made by scripts/generate-codec.mjs from ${sources
    .slice(1)
    .map((path) => JSON.parse(readFileSync(path, "utf8")))
    .map(({ name, version }) => `${name} ${version}`)
    .join(", ")}`;

const upToDate = () =>
  existsSync(target) &&
  existsSync(types) &&
  statSync(target).mtimeMs >= statSync(here).mtimeMs &&
  readFileSync(target, "utf8").startsWith(stamp());

if (!upToDate()) {
  const { toBinary } = await import("@bufbuild/protobuf");
  const { FileDescriptorProtoSchema } = await import("@bufbuild/protobuf/wkt");
  const { file_onnx } = await import("onnx-buf");
  const { default: protobuf } = await import("protobufjs");
  const { default: descriptor } = await import("protobufjs/ext/descriptor.js");
  const { default: pbjs } = await import("protobufjs-cli/pbjs.js");

  const file = descriptor.FileDescriptorProto.decode(
    toBinary(FileDescriptorProtoSchema, file_onnx.proto),
  );
  const schema = protobuf.Root.fromDescriptor({ file: [file] }).toJSON();
  const folder = mkdtempSync(join(tmpdir(), "xbc-codec-"));
  const input = join(folder, "onnx.json");
  const output = join(folder, "codec.js");
  writeFileSync(input, JSON.stringify(schema));
  const options = [
    "-t",
    "static-module",
    "-w",
    "esm",
    "--dts",
    "--no-verify",
    "--no-convert",
    "--no-delimited",
    "--no-typeurl",
    "--no-create",
    "-r",
    "xbc-onnx",
  ];
  await promisify(pbjs.main)([...options, "-o", output, input]);
  for (const [from, to] of [
    [output.replace(/\.js$/, ".d.ts"), types],
    [output, target],
  ]) {
    const made = `${to}.${process.pid}`;
    writeFileSync(made, `${stamp()}\n${readFileSync(from, "utf8")}`);
    renameSync(made, to);
  }
  rmSync(folder, { recursive: true });
}
