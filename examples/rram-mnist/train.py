#!/usr/bin/env python3
"""
Trains a float 784-256-10 network on MNIST and writes it as ONNX: what sliced.ts puts on multilevel cells (R8).

  /usr/bin/python3 examples/rram-mnist/train.py mnist.npz examples/rram-mnist/float-256.onnx

Weights are stored as float16, which keeps the file small, and read as float32.

Needs Debian's python3-torch, python3-numpy and python3-onnx, and MNIST as an .npz with x_train, y_train, x_test, y_test.
"""
import sys

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper


def main(data, out):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    mnist = np.load(data)
    x = torch.tensor(mnist["x_train"].reshape(-1, 784).astype(np.float32) / 255)
    y = torch.tensor(mnist["y_train"].astype(np.int64))
    model = torch.nn.Sequential(torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=1e-2)
    epochs, batch = 12, 256
    steps = epochs * -(-len(x) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    for _ in range(epochs):
        for pick in torch.randperm(len(x)).split(batch):
            loss = torch.nn.functional.cross_entropy(model(x[pick]), y[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        for weight in (model[0].weight, model[2].weight):
            weight.copy_(weight.half().float())
        found = model(torch.tensor(mnist["x_test"].reshape(-1, 784).astype(np.float32) / 255)).argmax(1).numpy()
    print(f"right: {100 * (found == mnist['y_test']).mean():.2f} % of {len(found)} test digits")
    w1, b1, w2, b2 = (p.detach().numpy() for p in model.parameters())
    node = lambda op, inputs, output, **attributes: helper.make_node(op, inputs, [output], name=output, **attributes)
    nodes = [
        node("Flatten", ["image"], "flat", axis=1),
        node("Cast", ["w1/half"], "w1", to=TensorProto.FLOAT), node("Cast", ["w2/half"], "w2", to=TensorProto.FLOAT),
        node("MatMul", ["flat", "w1"], "fc1"), node("Add", ["fc1", "b1"], "biased"), node("Relu", ["biased"], "hidden"),
        node("MatMul", ["hidden", "w2"], "fc2"), node("Add", ["fc2", "b2"], "logits"),
    ]
    constants = {"w1/half": w1.T.astype(np.float16), "b1": b1, "w2/half": w2.T.astype(np.float16), "b2": b2}
    graph = helper.make_graph(
        nodes, "mnist-256",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(v, k) for k, v in constants.items()])
    saved = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="xbc examples/rram-mnist")
    saved.ir_version = 8
    onnx.save(saved, out)


if __name__ == "__main__":
    main(*sys.argv[1:3])
