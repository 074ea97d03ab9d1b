#!/usr/bin/env python3
"""
Writes what ships of this example from the checkpoints of train.py: networks as ONNX, and statistics.json.

  /usr/bin/python3 examples/ecg/export.py [--data ../shared/data/ecg_mitbih.npz]

Needs Debian's python3-onnx beside what train.py needs. statistics.json holds the scaling of the features, the share of
each class, and its features' mean and the Cholesky factor of their covariance (before they are clipped to [0, 1]), of
the training beats of the beat-wise split: enough to draw feature vectors, no beat of a patient.
"""
import argparse
import json
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from train import NAMES, beats, features, here


def network(w1, w2):
    """features [batch, 32] in [0, 1] -> votes [batch, 5]: one bit a class and presentation."""
    fires = lambda name, value: [
        helper.make_node("Greater", [value, "zero"], [f"{name}/fires"], name=f"{name}/fires"),
        helper.make_node("Cast", [f"{name}/fires"], [name], name=name, to=TensorProto.FLOAT),
    ]
    nodes = [
        helper.make_node("MatMul", ["features", "fc1/weight"], ["fc1"], name="fc1"),
        *fires("hidden", "fc1"),
        helper.make_node("MatMul", ["hidden", "fc2/weight"], ["fc2"], name="fc2"),
        *fires("votes", "fc2"),
    ]
    constants = {"fc1/weight": w1.T.copy(), "fc2/weight": w2.T.copy(), "zero": np.float32(0)}
    graph = helper.make_graph(
        nodes, "ecg",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", 32])],
        [helper.make_tensor_value_info("votes", TensorProto.FLOAT, ["batch", 5])],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="xbc examples/ecg")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def rounded(values):
    return [float(f"{v:.5g}") for v in np.asarray(values, float).ravel()]


def statistics(path, low, high):
    x, label, _ = beats(path)
    learn = np.random.RandomState(0).rand(len(label)) < 0.8
    x, label = (features(x[learn]) - low) / (high - low), label[learn]
    classes = []
    for k, name in enumerate(NAMES):
        of = x[label == k].astype(float)
        factor = np.linalg.cholesky(np.cov(of.T) + 1e-9 * np.eye(32))
        classes.append({
            "name": name, "share": float(f"{(label == k).mean():.5g}"),
            "mean": rounded(of.mean(0)), "factor": rounded(factor[np.tril_indices(32)]),
        })
    return {"low": rounded(low), "high": rounded(high), "classes": classes}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.path.join(here, "../../../shared/data/ecg_mitbih.npz"))
    data = parser.parse_args().data
    for name in ["beat-wise-16", "inter-patient-16", "beat-wise-64", "beat-wise-256"]:
        path = os.path.join(here, f"../../runs/ecg/{name}.npz")
        if not os.path.exists(path):
            print(f"{name}: no checkpoint, left out")
            continue
        found = np.load(path)
        onnx.save(network(found["w1"], found["w2"]), os.path.join(here, f"{name}.onnx"))
        np.savez(os.path.join(here, f"../../runs/ecg/{name}.test.npz"), x=found["x_test"], y=found["y_test"])
        print(found["report"])
        if name == "beat-wise-16":
            with open(os.path.join(here, "statistics.json"), "w") as file:
                json.dump(statistics(data, found["low"], found["high"]), file, separators=(",", ":"))
                file.write("\n")
