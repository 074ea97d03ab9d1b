#!/usr/bin/env python3
"""Write a checkpoint of train.py as a small ONNX file.

  python3 examples/pcm-mnist/export.py runs/pcm-mnist.npz examples/pcm-mnist/mnist.onnx

Needs Debian's python3-onnx. Quantized weights are stored as int8 codes and scaled in the graph, float ones as float16.
The input is the picture's bytes, [batch, 28, 28] uint8: above the checkpoint's `above` is 1 (ReLU networks take the
bytes divided by 255).
Thresholds of quantized hidden units are rounded to even numbers of half a level's distance: what an even number of
always-on rows can hold exactly.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Builder:
    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output


def weights(b, name, values, unit):
    """[inputs, outputs]"""
    if values.dtype == np.int8:
        codes = b.add("Cast", [b.constant(f"{name}/codes", values.T.copy())], f"{name}/float", to=TensorProto.FLOAT)
        return b.add("Mul", [codes, b.constant(f"{name}/unit", np.float32(unit))], f"{name}/weight")
    half = b.constant(f"{name}/half", values.T.astype(np.float16))
    return b.add("Cast", [half], f"{name}/weight", to=TensorProto.FLOAT)


def build(data):
    relu, quantized = bool(data["relu"]), data["first"].dtype == np.int8
    b = Builder()
    pixels = b.add("Flatten", [b.add("Cast", ["image"], "pixels", to=TensorProto.FLOAT)], "flat", axis=1)
    if relu:
        value = b.add("Mul", [pixels, b.constant("shade", np.float32(1 / 255))], "ink")
    else:
        bright = b.add("Greater", [pixels, b.constant("half", np.float32(data["above"]))], "bright")
        value = b.add("Cast", [bright], "ink", to=TensorProto.FLOAT)
    value = b.add("MatMul", [value, weights(b, "fc1", data["first"], data["first_unit"])], "fc1")
    threshold = data["threshold"]
    if quantized:
        unit = np.float32(data["first_unit"])
        threshold = (2 * np.round(threshold / unit / 2)).astype(np.float32) * unit
    if relu:
        value = b.add("Add", [value, b.constant("fc1/bias", -threshold.astype(np.float32))], "fc1/biased")
        value = b.add("Mul", [value, b.constant("fc1/slope", data["slope"].astype(np.float32))], "fc1/normalized")
        value = b.add("Relu", [value], "hidden")
    else:
        value = b.add("Sub", [value, b.constant("fc1/threshold", threshold.astype(np.float32))], "fc1/distance")
        fires = b.add("GreaterOrEqual", [value, b.constant("zero", np.float32(0))], "fc1/fires")
        value = b.add("Cast", [fires], "hidden", to=TensorProto.FLOAT)
    value = b.add("MatMul", [value, weights(b, "fc2", data["second"], data["second_unit"])], "fc2")
    b.add("Add", [value, b.constant("fc2/bias", data["out_bias"].astype(np.float32))], "logits")
    graph = helper.make_graph(
        b.nodes, "pcm-mnist",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])], b.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="xbc examples/pcm-mnist")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    onnx.save(build(np.load(sys.argv[1])), sys.argv[2])
