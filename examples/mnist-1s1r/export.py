#!/usr/bin/env python3
"""Write a checkpoint of train.py as a small ONNX file of standard operators that any ONNX runtime executes.

  /usr/bin/python3 examples/mnist-1s1r/export.py runs/bsnn-512.npz examples/mnist-1s1r/bsnn-512.onnx

Needs Debian's python3-onnx. Weights are stored one bit each, as in ../mnist/export.py, from which this script takes
its builder. A spiking network is the loop over time steps, unrolled as PyTorch exports it.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mnist"))

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import export as mnist


def normalized(b, name, value, data, index, output):
    parameters = [b.constant(f"{name}/{p}", data[f"{p}{index}"].astype(np.float32))
                  for p in ("weight", "bias", "running_mean", "running_var")]
    return b.add("BatchNormalization", [value, *parameters], output, epsilon=1e-5)


def binary(b, data, flat):
    bright = b.add("Greater", [flat, b.constant("pixel_threshold", np.float32(127))], "bright")
    ink = b.add("Where", [bright, "one_float", "minus_one_float"], "ink")
    sums = b.add("MatMul", [ink, mnist.weights(b, "fc1", data["codes1"], "binary")], "fc1")
    hidden = mnist.activation(b, "fc1", normalized(b, "fc1/bn", sums, data, 1, "fc1/bn"), "binary")
    return b.add("MatMul", [hidden, mnist.weights(b, "fc2", data["codes2"], "binary")], "fc2")


def spiking(b, data, flat):
    """First-spike latency: byte v >= 256 - 32(t + 1) and below 256 - 32 t fires at step t of four."""
    steps = int(data["steps"])
    width = 128 // steps
    low = b.constant("low", np.array([[256 - width * (t + 1)] for t in range(steps)], np.float32))
    high = b.constant("high", np.array([[256 - width * t] for t in range(steps)], np.float32))
    axis = b.constant("time_axis", np.array([1], np.int64))
    pixels = b.add("Unsqueeze", [flat, axis], "pixels_in_time")
    window = b.add("And", [b.add("GreaterOrEqual", [pixels, low], "above_low"),
                           b.add("Less", [pixels, high], "below_high")], "in_window")
    spikes = b.add("Cast", [window], "pixel_spikes", to=TensorProto.FLOAT)
    currents = b.add("MatMul", [spikes, mnist.weights(b, "fc1", data["codes1"], "binary")], "fc1")
    threshold = b.constant("threshold", data["thresholds"].astype(np.float32))
    potential, fired = None, []
    for t in range(steps):
        current = b.add("Gather", [currents, b.constant(f"step{t}", np.int64(t))], f"current{t}", axis=1)
        potential = current if potential is None else b.add("Add", [potential, current], f"potential{t}")
        fires = b.add("GreaterOrEqual", [potential, threshold], f"reaches{t}")
        spike = b.add("Cast", [fires], f"spike{t}", to=TensorProto.FLOAT)
        rest = b.add("Sub", ["one_float", spike], f"rest{t}")
        potential = b.add("Mul", [potential, rest], f"kept{t}")
        fired.append(b.add("Unsqueeze", [spike, axis], f"spike_in_time{t}"))
    hidden = b.add("Concat", fired, "hidden_spikes", axis=1)
    output = b.add("MatMul", [hidden, mnist.weights(b, "fc2", data["codes2"], "binary")], "fc2")
    return b.add("ReduceSum", [output, axis], "class_potentials", keepdims=0)


def build(data):
    b = mnist.Builder()
    for name, value in [("zero_float", 0.0), ("one_float", 1.0), ("two_float", 2.0), ("minus_one_float", -1.0)]:
        b.constant(name, np.float32(value))
    b.constant("bit_positions", mnist.SHIFTS)
    b.constant("two", np.uint8(2))
    flat = b.add("Flatten", [b.add("Cast", ["image"], "pixels", to=TensorProto.FLOAT)], "flat", axis=1)
    kind = str(data["kind"])
    output = binary(b, data, flat) if kind == "bnn" else spiking(b, data, flat)
    normalized(b, "fc2/bn", output, data, 2, "logits")
    dead = {o for node in b.nodes if node.name.startswith("kept") for o in node.output}
    used = {name for node in b.nodes for name in node.input}
    nodes = [node for node in b.nodes if not (set(node.output) & dead and not set(node.output) & used)]
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes, f"mnist-{kind}",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(v, k) for k, v in b.constants.items() if k in used])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                              producer_name="xbc examples/mnist-1s1r")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    onnx.save(build(np.load(sys.argv[1])), sys.argv[2])
