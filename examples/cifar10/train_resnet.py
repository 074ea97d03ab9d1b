#!/usr/bin/env python3
"""Train a small residual network with ReLU units on CIFAR-10 and write it as ONNX: what float models lose on arrays.

  /usr/bin/python3 examples/cifar10/train_resnet.py --data cifar10.npz --out examples/cifar10/resnet.onnx

Three stages of two basic blocks with 16, 32 and 64 channels, batch normalization folded into the convolutions, mean over
the last pixels, ten classes. Needs Debian's python3-torch, python3-numpy and python3-onnx, and CIFAR-10 as an .npz with
x_train, y_train, x_test, y_test (uint8, [samples, 32, 32, 3]). Weights are stored as float16 and read as float32.
The last epoch is kept: the test set selects nothing.
"""
import argparse
import time

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as F

from export import Builder
from train import augment

SPAN = 64.0


class Block(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.short = nn.Conv2d(before, channels, 1, stride, bias=False) if before != channels else None
        self.norm = nn.BatchNorm2d(channels) if before != channels else None

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return F.relu(y + (x if self.short is None else self.norm(self.short(x))))


class Resnet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        sizes = [(width, width, 1), (width, width, 1), (width, 2 * width, 2), (2 * width, 2 * width, 1),
                 (2 * width, 4 * width, 2), (4 * width, 4 * width, 1)]
        self.blocks = nn.ModuleList(Block(*size) for size in sizes)
        self.head = nn.Linear(4 * width, 10)

    def forward(self, pixels):
        x = F.relu(self.norm(self.stem((pixels - 128) / SPAN)))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3)))


def folded(conv, norm):
    """Weights and bias of a convolution with the normalization behind it."""
    with torch.no_grad():
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        return conv.weight * gain[:, None, None, None], norm.bias - norm.running_mean * gain


class FloatBuilder(Builder):
    def weights(self, name, values):
        half = self.constant(f"{name}/half", values.detach().numpy().astype(np.float16))
        return self.add("Cast", [half], f"{name}/weight", to=TensorProto.FLOAT)

    def conv(self, value, name, conv, norm):
        weight, bias = folded(conv, norm)
        kernel, stride = conv.kernel_size[0], conv.stride[0]
        inputs = [value, self.weights(name, weight), self.constant(f"{name}/bias", bias.detach().numpy())]
        pad = kernel // 2
        return self.add("Conv", inputs, name, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)


def build(model):
    b = FloatBuilder()
    planes = b.add("Transpose", ["image"], "planes", perm=[0, 3, 1, 2])
    pixels = b.add("Cast", [planes], "pixels", to=TensorProto.FLOAT)
    centred = b.add("Sub", [pixels, b.constant("middle", np.float32(128))], "centred")
    value = b.add("Div", [centred, b.constant("span", np.float32(SPAN))], "scaled")
    value = b.add("Relu", [b.conv(value, "stem", model.stem, model.norm)], "stem/relu")
    for index, block in enumerate(model.blocks):
        name = f"block{index + 1}"
        y = b.add("Relu", [b.conv(value, f"{name}/conv1", block.conv1, block.norm1)], f"{name}/relu1")
        y = b.conv(y, f"{name}/conv2", block.conv2, block.norm2)
        short = value if block.short is None else b.conv(value, f"{name}/short", block.short, block.norm)
        value = b.add("Relu", [b.add("Add", [y, short], f"{name}/sum")], f"{name}/relu2")
    flat = b.add("Flatten", [b.add("GlobalAveragePool", [value], "mean")], "flat", axis=1)
    bias = b.constant("head/bias", model.head.bias.detach().numpy())
    b.add("Gemm", [flat, b.weights("head", model.head.weight), bias], "logits", transB=1)
    graph = helper.make_graph(
        b.nodes, "cifar10-resnet",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 32, 32, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(v, k) for k, v in b.constants.items()])
    saved = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="xbc examples/cifar10")
    saved.ir_version = 8
    onnx.checker.check_model(saved)
    return saved


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--clean", type=int, default=2, help="last epochs without augmentation")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    data = np.load(args.data)
    picture = lambda name: torch.from_numpy(np.ascontiguousarray(data[name].transpose(0, 3, 1, 2)))
    x_train, y_train = picture("x_train"), torch.from_numpy(data["y_train"]).long()
    x_test, y_test = picture("x_test"), torch.from_numpy(data["y_test"]).long()
    model = Resnet(args.width)
    optimizer = torch.optim.AdamW(model.parameters(), args.rate, weight_decay=2e-2)
    steps = len(y_train) // args.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=args.epochs * steps, pct_start=0.2)
    for epoch in range(args.epochs):
        started, losses = time.time(), 0.0
        order = torch.randperm(len(y_train), generator=generator)
        for step in range(steps):
            pick = order[step * args.batch:(step + 1) * args.batch]
            images = augment(x_train[pick], generator) if epoch < args.epochs - args.clean else x_train[pick]
            loss = F.cross_entropy(model(images.float()), y_train[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses += loss.item()
        print(f"epoch {epoch + 1:3d}  loss {losses / steps:.4f}  {time.time() - started:.1f} s", flush=True)
    model.eval()
    with torch.no_grad():
        found = torch.cat([model(part.float()).argmax(1) for part in x_test.split(500)])
    print(f"right: {100 * (found == y_test).float().mean().item():.2f} % of {len(y_test)} test pictures")
    onnx.save(build(model), args.out)


if __name__ == "__main__":
    main()
