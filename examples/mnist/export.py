#!/usr/bin/env python3
"""Write a checkpoint of train.py as a small ONNX file that any ONNX runtime executes.

  /usr/bin/python3 examples/mnist/export.py runs/binary.npz examples/mnist/binary.onnx

Needs Debian's python3-onnx. Weights are stored one bit each (ternary: a sign and a non-zero bit) and unpacked
in the graph by BitShift and Mod. The input is the picture's bytes, [batch, 1, 28, 28] uint8; the output the
ten logits.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHIFTS = np.arange(7, -1, -1, dtype=np.uint8)


class Builder:
    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, name, values):
        self.constants[name] = np.asarray(values)
        return name

    def add(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output


def unpack(b, name, bits):
    """[outputs, inputs] booleans, packed eight to a byte, as a float tensor of 0 and 1 in the graph."""
    packed = b.constant(f"{name}/packed", np.packbits(bits, axis=1)[:, :, None])
    shifted = b.add("BitShift", [packed, "bit_positions"], f"{name}/shifted", direction="RIGHT")
    ones = b.add("Mod", [shifted, "two"], f"{name}/ones")
    flat = b.add("Reshape", [ones, b.constant(f"{name}/shape", np.array(bits.shape, np.int64))], f"{name}/bits")
    return b.add("Cast", [flat], f"{name}/float", to=TensorProto.FLOAT)


def weights(b, name, codes, kind):
    """The weight matrix, [inputs, outputs], of ±1 or −1, 0, +1."""
    sign = unpack(b, f"{name}/sign", codes > 0)
    doubled = b.add("Mul", [sign, "two_float"], f"{name}/doubled")
    signs = b.add("Sub", [doubled, "one_float"], f"{name}/signs")
    if kind == "ternary":
        signs = b.add("Mul", [signs, unpack(b, f"{name}/nonzero", codes != 0)], f"{name}/codes")
    return b.add("Transpose", [signs], f"{name}/weight", perm=[1, 0])


def activation(b, name, value, kind):
    if kind == "binary":
        positive = b.add("GreaterOrEqual", [value, "zero_float"], f"{name}/positive")
        return b.add("Where", [positive, "one_float", "minus_one_float"], f"{name}/activation")
    above = b.add("Cast", [b.add("Greater", [value, "delta"], f"{name}/above")], f"{name}/up", to=TensorProto.FLOAT)
    below = b.add("Cast", [b.add("Less", [value, "minus_delta"], f"{name}/below")], f"{name}/down", to=TensorProto.FLOAT)
    return b.add("Sub", [above, below], f"{name}/activation")


def build(data):
    kind, encoding = str(data["kind"]), str(data["input"])
    b = Builder()
    for name, value in [("zero_float", 0.0), ("one_float", 1.0), ("two_float", 2.0), ("minus_one_float", -1.0),
                        ("delta", 0.05), ("minus_delta", -0.05), ("pixel_threshold", 127.0)]:
        b.constant(name, np.float32(value))
    b.constant("bit_positions", SHIFTS)
    b.constant("two", np.uint8(2))
    value = b.add("Flatten", [b.add("Cast", ["image"], "pixels", to=TensorProto.FLOAT)], "flat", axis=1)
    if encoding == "binary":
        bright = b.add("Greater", [value, "pixel_threshold"], "bright")
        value = b.add("Where", [bright, "one_float", "minus_one_float"], "ink")
    for index in range(3):
        name = f"fc{index + 1}"
        matrix = weights(b, name, data[f"codes{index}"], kind)
        value = b.add("MatMul", [value, matrix], name)
        parameters = [b.constant(f"{name}/bn/{p}", data[f"{p}{index}"].astype(np.float32))
                      for p in ("weight", "bias", "running_mean", "running_var")]
        value = b.add("BatchNormalization", [value, *parameters], "logits" if index == 2 else f"{name}/bn", epsilon=1e-5)
        if index < 2:
            value = activation(b, name, value, kind)
    used = {name for node in b.nodes for name in node.input}
    graph = helper.make_graph(
        b.nodes, "mnist",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(v, k) for k, v in b.constants.items() if k in used])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="xbc examples/mnist")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    onnx.save(build(np.load(sys.argv[1])), sys.argv[2])
