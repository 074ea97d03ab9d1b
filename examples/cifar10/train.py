#!/usr/bin/env python3
"""Train the VGG of claim L7 on CIFAR-10 in binary or ternary form, at a width that one core can train.

Six 3x3 convolutions with N, N, 2N, 2N, 4N and 4N filters, max-pool of two behind every second one, a hidden
layer of 512, ten classes. Needs Debian's python3-torch and python3-numpy, and CIFAR-10 as an .npz with
x_train, y_train, x_test, y_test (uint8, [samples, 32, 32, 3]). Writes a checkpoint (.npz) that export.py
turns into ONNX.

  /usr/bin/python3 examples/cifar10/train.py --weights binary  --data cifar10.npz --out runs/cifar-binary.npz
  /usr/bin/python3 examples/cifar10/train.py --weights ternary --data cifar10.npz --out runs/cifar-ternary.npz

The input is the picture's bytes. Weights and activations are the sign of a latent value; gradients pass where
|latent| <= 1 (Hirtzlin 2020, section 2.2). Ternary: weights are 0 below 0.7 of the filter's mean magnitude,
activations are 0 between -0.05 and 0.05 after batch normalization (L2). The last epoch is kept: the test
set selects nothing.
"""
import argparse
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


class Matrix(nn.Module):
    """Latent weights [outputs, inputs] or [outputs, inputs, 3, 3] and their codes."""

    def __init__(self, shape, kind):
        super().__init__()
        self.kind = kind
        self.latent = nn.Parameter(torch.empty(shape).uniform_(-0.5, 0.5))

    def codes(self):
        if self.kind == "binary":
            return SignSTE.apply(self.latent)
        rest = tuple(range(1, self.latent.dim()))
        delta = 0.7 * self.latent.detach().abs().mean(dim=rest, keepdim=True)
        return TernarySTE.apply(self.latent, delta)


class Vgg(nn.Module):
    def __init__(self, kind, width):
        super().__init__()
        self.kind = kind
        filters = [3, width, width, 2 * width, 2 * width, 4 * width, 4 * width]
        sizes = [4 * width * 16, 512, 10]
        self.convs = nn.ModuleList(Matrix((b, a, 3, 3), kind) for a, b in zip(filters, filters[1:]))
        self.linears = nn.ModuleList(Matrix((b, a), kind) for a, b in zip(sizes, sizes[1:]))
        self.conv_norms = nn.ModuleList(nn.BatchNorm2d(b) for b in filters[1:])
        self.linear_norms = nn.ModuleList(nn.BatchNorm1d(b) for b in sizes[1:])

    def activation(self, x):
        return SignSTE.apply(x) if self.kind == "binary" else TernarySTE.apply(x, 0.05)

    def forward(self, x):
        for index, (conv, norm) in enumerate(zip(self.convs, self.conv_norms)):
            x = F.conv2d(x, conv.codes(), padding=1)
            if index % 2 == 1:
                x = F.max_pool2d(x, 2)
            x = self.activation(norm(x))
        x = x.flatten(1)
        x = self.activation(self.linear_norms[0](F.linear(x, self.linears[0].codes())))
        return self.linear_norms[1](F.linear(x, self.linears[1].codes()))


def augment(images, generator):
    """Mirror half of the pictures and shift each by up to four pixels; the border is black."""
    n = images.shape[0]
    mirrored = torch.rand(n, generator=generator) < 0.5
    images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    padded = F.pad(images, (4, 4, 4, 4))
    rows = torch.randint(0, 9, (n,), generator=generator)[:, None] + torch.arange(32)
    columns = torch.randint(0, 9, (n,), generator=generator)[:, None] + torch.arange(32)
    return padded[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        hits = sum((model(images[i:i + 500].float()).argmax(1) == labels[i:i + 500]).sum().item()
                   for i in range(0, len(labels), 500))
    model.train()
    return hits / len(labels)


def save(path, model, score, epoch):
    arrays = {"kind": model.kind, "accuracy": score, "epochs": epoch}
    matrices, norms = [*model.convs, *model.linears], [*model.conv_norms, *model.linear_norms]
    for index, (matrix, norm) in enumerate(zip(matrices, norms)):
        arrays[f"codes{index}"] = matrix.codes().detach().numpy().astype(np.int8)
        for name in ("weight", "bias", "running_mean", "running_var"):
            arrays[f"{name}{index}"] = getattr(norm, name).detach().numpy()
    np.savez_compressed(path, **arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", choices=["binary", "ternary"], required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--width", type=int, default=16, help="N of claim L7")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--rate", type=float, default=5e-3)
    parser.add_argument("--clean", type=int, default=2, help="last epochs without augmentation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    data = np.load(args.data)
    picture = lambda name: torch.from_numpy(np.ascontiguousarray(data[name].transpose(0, 3, 1, 2)))
    x_train, y_train = picture("x_train"), torch.from_numpy(data["y_train"]).long()
    x_test, y_test = picture("x_test"), torch.from_numpy(data["y_test"]).long()

    model = Vgg(args.weights, args.width)
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
            loss = F.cross_entropy(model(images.float()), y_train[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for matrix in (*model.convs, *model.linears):
                    matrix.latent.clamp_(-1, 1)
            losses += loss.item()
        score = accuracy(model, x_test, y_test) if epoch % 5 == 4 or epoch == args.epochs - 1 else float("nan")
        print(f"epoch {epoch + 1:3d}  loss {losses / steps:.4f}  test {100 * score:.2f} %  {time.time() - started:.1f} s", flush=True)
        save(args.out, model, score, epoch + 1)


if __name__ == "__main__":
    main()
