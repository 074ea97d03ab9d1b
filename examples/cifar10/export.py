#!/usr/bin/env python3
"""Write a checkpoint of train.py as a small ONNX file that any ONNX runtime executes.

  /usr/bin/python3 examples/cifar10/export.py runs/cifar-binary.npz examples/cifar10/binary.onnx

Needs Debian's python3-onnx. Weights are stored one bit each (ternary: a sign and a non-zero bit) and unpacked
in the graph by BitShift and Mod. The input is the picture's bytes, [batch, 32, 32, 3] uint8 as data sets hold
them; the output the ten logits.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHIFTS = np.arange(7, -1, -1, dtype=np.uint8)
CONVS = 6


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
    """An array of booleans, packed eight to a byte over all but its first axis, as floats 0 and 1 in the graph."""
    rows = bits.reshape(bits.shape[0], -1)
    packed = b.constant(f"{name}/packed", np.packbits(rows, axis=1)[:, :, None])
    shifted = b.add("BitShift", [packed, "bit_positions"], f"{name}/shifted", direction="RIGHT")
    ones = b.add("Mod", [shifted, "two"], f"{name}/ones")
    padded = b.add("Reshape", [ones, b.constant(f"{name}/padded", np.array([bits.shape[0], -1], np.int64))], f"{name}/row")
    ends = [b.constant(f"{name}/{at}", np.array([value], np.int64))
            for at, value in (("first", 0), ("end", rows.shape[1]), ("axis", 1))]
    cut = b.add("Slice", [padded, *ends], f"{name}/cut")
    shaped = b.add("Reshape", [cut, b.constant(f"{name}/shape", np.array(bits.shape, np.int64))], f"{name}/bits")
    return b.add("Cast", [shaped], f"{name}/float", to=TensorProto.FLOAT)


def weights(b, name, codes, kind):
    """Weights of ±1 or −1, 0, +1, [outputs, inputs, …]."""
    sign = unpack(b, f"{name}/sign", codes > 0)
    doubled = b.add("Mul", [sign, "two_float"], f"{name}/doubled")
    signs = b.add("Sub", [doubled, "one_float"], f"{name}/signs")
    if kind == "ternary":
        signs = b.add("Mul", [signs, unpack(b, f"{name}/nonzero", codes != 0)], f"{name}/codes")
    return signs


def activation(b, name, value, kind):
    if kind == "binary":
        positive = b.add("GreaterOrEqual", [value, "zero_float"], f"{name}/positive")
        return b.add("Where", [positive, "one_float", "minus_one_float"], f"{name}/activation")
    above = b.add("Cast", [b.add("Greater", [value, "delta"], f"{name}/above")], f"{name}/up", to=TensorProto.FLOAT)
    below = b.add("Cast", [b.add("Less", [value, "minus_delta"], f"{name}/below")], f"{name}/down", to=TensorProto.FLOAT)
    return b.add("Sub", [above, below], f"{name}/activation")


def build(data):
    kind = str(data["kind"])
    b = Builder()
    for name, value in [("zero_float", 0.0), ("one_float", 1.0), ("two_float", 2.0), ("minus_one_float", -1.0),
                        ("delta", 0.05), ("minus_delta", -0.05)]:
        b.constant(name, np.float32(value))
    b.constant("bit_positions", SHIFTS)
    b.constant("two", np.uint8(2))
    planes = b.add("Transpose", ["image"], "planes", perm=[0, 3, 1, 2])
    value = b.add("Cast", [planes], "pixels", to=TensorProto.FLOAT)
    for index in range(CONVS + 2):
        is_conv, is_last = index < CONVS, index == CONVS + 1
        name = f"conv{index + 1}" if is_conv else f"fc{index - CONVS + 1}"
        matrix = weights(b, name, data[f"codes{index}"], kind)
        if is_conv:
            value = b.add("Conv", [value, matrix], name, pads=[1, 1, 1, 1], kernel_shape=[3, 3])
            if index % 2 == 1:
                value = b.add("MaxPool", [value], f"{name}/pool", kernel_shape=[2, 2], strides=[2, 2])
        else:
            value = b.add("Gemm", [value, matrix], name, transB=1)
        parameters = [b.constant(f"{name}/bn/{p}", data[f"{p}{index}"].astype(np.float32))
                      for p in ("weight", "bias", "running_mean", "running_var")]
        value = b.add("BatchNormalization", [value, *parameters], "logits" if is_last else f"{name}/bn", epsilon=1e-5)
        if not is_last:
            value = activation(b, name, value, kind)
        if index == CONVS - 1:
            value = b.add("Flatten", [value], "flat", axis=1)
    used = {name for node in b.nodes for name in node.input}
    graph = helper.make_graph(
        b.nodes, "cifar10",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 32, 32, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(v, k) for k, v in b.constants.items() if k in used])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="xbc examples/cifar10")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    onnx.save(build(np.load(sys.argv[1])), sys.argv[2])
