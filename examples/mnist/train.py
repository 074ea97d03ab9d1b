#!/usr/bin/env python3
"""Train the 784-1024-1024-10 MNIST networks that ship with xbc.

Needs Debian's python3-torch and python3-numpy (system python), and the MNIST training set as an .npz with
x_train, y_train, x_test, y_test (uint8). Writes a checkpoint (.npz) that export.py turns into ONNX.

  /usr/bin/python3 examples/mnist/train.py --weights binary  --input binary --data mnist.npz --out runs/binary.npz
  /usr/bin/python3 examples/mnist/train.py --weights ternary --input binary --data mnist.npz --out runs/ternary.npz
  /usr/bin/python3 examples/mnist/train.py --weights binary  --input uint8  --data mnist.npz --out runs/binary-8bit.npz

Binary: weights and activations are the sign of a latent value, gradients pass where |latent| <= 1
(Hirtzlin 2020, section 2.2). Ternary: weights are 0 below 0.7 of the row's mean magnitude, activations
are 0 between -0.05 and 0.05 after batch normalization (claim L2). The last epoch is kept: the test set
selects nothing.
"""
import argparse
import math
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class SignSTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1)


class TernarySTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, delta):
        ctx.save_for_backward(x)
        return (x > delta).float() - (x < -delta).float()

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1), None


class QuantLinear(nn.Module):
    def __init__(self, inputs, outputs, kind):
        super().__init__()
        self.kind = kind
        self.latent = nn.Parameter(torch.empty(outputs, inputs).uniform_(-0.5, 0.5))

    def codes(self):
        if self.kind == "binary":
            return SignSTE.apply(self.latent)
        delta = 0.7 * self.latent.detach().abs().mean(dim=1, keepdim=True)
        return TernarySTE.apply(self.latent, delta)

    def forward(self, x):
        return F.linear(x, self.codes())


class Net(nn.Module):
    def __init__(self, kind, hidden, dropout):
        super().__init__()
        sizes = [784, hidden, hidden, 10]
        self.kind = kind
        self.linears = nn.ModuleList(QuantLinear(a, b, kind) for a, b in zip(sizes, sizes[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm1d(b, eps=1e-5) for b in sizes[1:])
        self.dropout = dropout

    def forward(self, x):
        last = len(self.linears) - 1
        for index, (linear, norm) in enumerate(zip(self.linears, self.norms)):
            if self.dropout > 0 and index > 0:
                x = F.dropout(x, self.dropout, self.training)
            x = norm(linear(x))
            if index < last:
                x = SignSTE.apply(x) if self.kind == "binary" else TernarySTE.apply(x, 0.05)
        return x


def augment(images, generator):
    """Random shift, rotation, scale and shear of a batch of [0, 1] images [n,1,28,28]."""
    n = images.shape[0]
    draw = lambda span: (torch.rand(n, generator=generator) * 2 - 1) * span
    angle, shear = draw(math.radians(12)), draw(0.12)
    scale_x, scale_y = 1 + draw(0.1), 1 + draw(0.1)
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = cos * scale_x, -sin + shear
    theta[:, 1, 0], theta[:, 1, 1] = sin, cos * scale_y
    theta[:, 0, 2], theta[:, 1, 2] = draw(2 / 14), draw(2 / 14)
    grid = F.affine_grid(theta, (n, 1, 28, 28), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def encode(images, kind):
    """Network input from [0, 1] images: +-1 by threshold (byte > 127), or bytes 0..255."""
    bytes_ = torch.round(images * 255).flatten(1)
    return torch.where(bytes_ > 127, 1.0, -1.0) if kind == "binary" else bytes_


def accuracy(model, inputs, labels):
    model.eval()
    with torch.no_grad():
        hits = sum((model(inputs[i:i + 1000]).argmax(1) == labels[i:i + 1000]).sum().item()
                   for i in range(0, len(labels), 1000))
    model.train()
    return hits / len(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", choices=["binary", "ternary"], required=True)
    parser.add_argument("--input", choices=["binary", "uint8"], required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--clean", type=int, default=6, help="last epochs without augmentation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    data = np.load(args.data)
    x_train = torch.from_numpy(data["x_train"]).float().div(255).unsqueeze(1)
    y_train = torch.from_numpy(data["y_train"]).long()
    x_test = encode(torch.from_numpy(data["x_test"]).float().div(255).unsqueeze(1), args.input)
    y_test = torch.from_numpy(data["y_test"]).long()

    model = Net(args.weights, args.hidden, args.dropout)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate)
    steps = len(y_train) // args.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs * steps, eta_min=1e-6)
    for epoch in range(args.epochs):
        started, losses = time.time(), 0.0
        order = torch.randperm(len(y_train), generator=generator)
        for step in range(steps):
            pick = order[step * args.batch:(step + 1) * args.batch]
            images = x_train[pick]
            if epoch < args.epochs - args.clean:
                images = augment(images, generator)
            logits = model(encode(images, args.input))
            loss = F.cross_entropy(logits, y_train[pick], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for linear in model.linears:
                    linear.latent.clamp_(-1, 1)
            losses += loss.item()
        score = accuracy(model, x_test, y_test) if epoch % 5 == 4 or epoch == args.epochs - 1 else float("nan")
        print(f"epoch {epoch + 1:3d}  loss {losses / steps:.4f}  test {100 * score:.2f} %  {time.time() - started:.1f} s", flush=True)

    arrays = {"kind": args.weights, "input": args.input, "accuracy": score}
    for index, (linear, norm) in enumerate(zip(model.linears, model.norms)):
        arrays[f"codes{index}"] = linear.codes().detach().numpy().astype(np.int8)
        for name in ("weight", "bias", "running_mean", "running_var"):
            arrays[f"{name}{index}"] = getattr(norm, name).detach().numpy()
    np.savez_compressed(args.out, **arrays)


if __name__ == "__main__":
    main()
