import protobuf from "protobufjs/minimal.js";
import { XbcError } from "../errors.ts";
import { onnx } from "./codec.generated.js";
import type { FunctionProto, GraphProto, ModelProto, NodeProto } from "./proto.ts";
import { toNumber } from "./proto.ts";

/**
 * Bytes of an external data file; `length` null means to its end. Handed in: the importer opens no file.
 * Absolute locations and such that climb with `..` are refused before this is asked.
 */
export type ExternalData = (location: string, offset: number, length: number | null) => Uint8Array;

/** A decoded ONNX file, its versions checked, its graph not yet. */
export interface OnnxModel {
  readonly proto: ModelProto;
  readonly graph: GraphProto;
  /** operator-set version by domain; "" is ai.onnx; absent where the model names none */
  readonly opsets: ReadonlyMap<string, number>;
  readonly external: ExternalData | null;
  readonly warnings: readonly string[];
}

/** The newest versions that the schema and the shape rules were written for. */
const known = { ir: 13, opset: 25 };
const oldest = { ir: 3, opset: 1 };

/**
 * Decodes an ONNX file and checks that it is one that xbc reads: IR 3 and operator set 1 onwards.
 * @throws BAD_FILE for what is not a protobuf of ONNX, with the position where decoding stopped
 * @throws BAD_MODEL for a model without a graph, UNSUPPORTED for versions that are too old
 */
export function parseOnnx(bytes: Uint8Array, external?: ExternalData): OnnxModel {
  refuseOtherFiles(bytes);
  const proto = decodeModel(bytes);
  const graph = proto.graph;
  if (!graph) {
    throw new XbcError(
      "BAD_FILE",
      "model: needs an ONNX model, found a file without a graph; export it again",
    );
  }
  const ir = toNumber(proto.irVersion ?? 0, "model, ir_version");
  const opsets = operatorSets(proto);
  checkVersions(ir, opsets, graph);
  const warnings = [...unknownFields(proto, graph), ...newerVersions(ir, opsets)];
  return { proto, graph, opsets, external: external ?? null, warnings };
}

/** `ai.onnx` is another spelling of the default domain. */
export function domainOf(domain: string | null | undefined): string {
  return domain === "ai.onnx" ? "" : (domain ?? "");
}

/** The operator sets that a model or a function imports. */
export function operatorSets(proto: ModelProto | FunctionProto): ReadonlyMap<string, number> {
  return new Map(
    (proto.opsetImport ?? []).map(({ domain, version }) => [
      domainOf(domain),
      toNumber(version ?? 0, `opset_import of "${domain ?? ""}"`),
    ]),
  );
}

function refuseOtherFiles(bytes: Uint8Array): void {
  const needed = "model: needs an ONNX file (protobuf)";
  if (bytes.length === 0) {
    throw new XbcError("BAD_FILE", `${needed}, found an empty file; export or download it again`);
  }
  const start = new TextDecoder().decode(bytes.subarray(0, 256)).trimStart();
  if (start.startsWith("version https://git-lfs")) {
    throw new XbcError(
      "BAD_FILE",
      `${needed}, found a Git LFS pointer; fetch the file itself with git lfs pull`,
    );
  }
  if (/^<(!doctype|html|\?xml)/i.test(start)) {
    throw new XbcError("BAD_FILE", `${needed}, found a web page; download the raw file`);
  }
  const other = otherFormats.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte));
  if (other) throw new XbcError("BAD_FILE", `${needed}, found ${other.name}; ${other.advice}`);
}

const otherFormats = [
  {
    magic: [0x50, 0x4b, 0x03, 0x04],
    name: "a ZIP archive",
    advice: "hand in the .onnx file inside, or export the model to ONNX",
  },
  { magic: [0x1f, 0x8b], name: "gzip data", advice: "unpack it first" },
  {
    magic: [0x89, 0x48, 0x44, 0x46],
    name: "an HDF5 file",
    advice: "export the Keras model to ONNX",
  },
];

/** Fields that the schema does not know are kept ($unknowns), so that they can be told. */
function decodeModel(bytes: Uint8Array): ModelProto {
  const reader = protobuf.Reader.create(bytes);
  reader.discardUnknown = false;
  try {
    return onnx.ModelProto.decode(reader);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    const nested =
      reason.includes("max depth") || (error instanceof RangeError && reason.includes("stack"));
    const found = nested ? "graphs nested too deeply" : `bytes that do not decode (${reason})`;
    throw new XbcError(
      "BAD_FILE",
      `model, byte ${Math.min(reader.pos, bytes.length)} of ${bytes.length}: needs an ONNX file (protobuf), found ${found}; ` +
        "the file is truncated, damaged or of another kind: export or download it again",
    );
  }
}

function checkVersions(ir: number, opsets: ReadonlyMap<string, number>, graph: GraphProto): void {
  const opset = opsets.get("");
  const usesDefault = (graph.node ?? []).some((node) => domainOf(node.domain) === "");
  if (ir < oldest.ir) {
    throw new XbcError(
      "UNSUPPORTED",
      `model, ir_version: needs ${oldest.ir} or newer, found ${ir === 0 ? "none" : ir}; export it again with a newer exporter`,
    );
  }
  if (opset === undefined && !usesDefault) return;
  if (opset === undefined || opset < oldest.opset) {
    throw new XbcError(
      "UNSUPPORTED",
      `model, opset_import: needs operator set ${oldest.opset} or newer of ai.onnx, found ${opset ?? "none"}; ` +
        "export it again, or convert it with onnx.version_converter",
    );
  }
}

function newerVersions(ir: number, opsets: ReadonlyMap<string, number>): string[] {
  const opset = opsets.get("") ?? 0;
  const warnings: string[] = [];
  if (ir > known.ir) {
    warnings.push(
      `model: its IR version ${ir} is newer than ${known.ir}, the newest that xbc knows`,
    );
  }
  if (opset > known.opset) {
    warnings.push(
      `model: its operator set ${opset} is newer than ${known.opset}, the newest that xbc knows`,
    );
  }
  return warnings;
}

/** One warning for each place with fields newer than the schema; places of the graph's own level. */
function unknownFields(proto: ModelProto, graph: GraphProto): string[] {
  const counted = (where: string, message: { $unknowns?: Uint8Array[] } | null | undefined) =>
    message?.$unknowns?.length
      ? [`${where}: ${message.$unknowns.length} field(s) newer than IR ${known.ir} are ignored`]
      : [];
  const inNode = (node: NodeProto) => [
    ...counted(`node "${node.name || node.output?.[0] || node.opType}"`, node),
    ...(node.attribute ?? []).flatMap((attribute) =>
      counted(
        `node "${node.name || node.output?.[0] || node.opType}", attribute "${attribute.name}"`,
        attribute,
      ),
    ),
  ];
  return [
    ...counted("model", proto),
    ...counted("graph", graph),
    ...(graph.node ?? []).flatMap(inNode),
    ...(graph.initializer ?? []).flatMap((tensor) =>
      counted(`initializer "${tensor.name}"`, tensor),
    ),
    ...[...(graph.input ?? []), ...(graph.output ?? [])].flatMap((value) =>
      counted(`value "${value.name}"`, value),
    ),
    ...(proto.functions ?? []).flatMap((each) => counted(`function "${each.name}"`, each)),
  ];
}
