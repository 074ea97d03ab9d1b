import { readFileSync } from "node:fs";
import protobuf from "protobufjs/minimal.js";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { onnx } from "../../compiler/onnx/codec.generated.js";
import { readTensor } from "../../compiler/onnx/tensor-proto.ts";

/** The tensor of a `.pb` file, as ONNX's tests have them. */
export function readTensorFile(path: string): Tensor {
  const proto = onnx.TensorProto.decode(protobuf.Reader.create(readFileSync(path)));
  return readTensor(proto, path, null).tensor;
}
