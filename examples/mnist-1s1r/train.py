#!/usr/bin/env python3
"""Train the 784-X-10 MNIST networks of the 1S1R study (claims S6, S7): binary, and binarized spiking.

Needs Debian's python3-torch and python3-numpy (system python), and MNIST as an .npz with x_train, y_train, x_test,
y_test (uint8). Writes a checkpoint (.npz) that export.py turns into ONNX.

  /usr/bin/python3 examples/mnist-1s1r/train.py --kind bnn  --hidden 512 --data mnist.npz --out runs/bnn-512.npz
  /usr/bin/python3 examples/mnist-1s1r/train.py --kind bsnn --hidden 512 --data mnist.npz --out runs/bsnn-512.npz

bnn:  pixels are +1 (byte > 127) or -1, hidden units the sign of a batch-normalized sum.
bsnn: a pixel of byte >= 128 fires once, brighter ones sooner: step 0 takes bytes 224..255, step 1 192..223 ...
      (first-spike latency; the paper's own rule is in a reference it cites: assumed). A hidden unit adds the
      weights of the pixels that fire, fires when its potential reaches its whole-number threshold, and then starts
      again from 0. The class is the largest sum of weights over all hidden spikes, after one affine map per class.
Both: weights are signs of latent values. The last epoch is kept: the test set selects nothing.
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


class FireSTE(torch.autograd.Function):
    """1 where a potential reaches the threshold; the gradient passes within one width of it."""

    @staticmethod
    def forward(ctx, above, width):
        ctx.save_for_backward(above)
        ctx.width = width
        return (above >= 0).float()

    @staticmethod
    def backward(ctx, grad):
        (above,) = ctx.saved_tensors
        return grad * F.relu(1 - above.abs() / ctx.width) / ctx.width, None


class BinaryLinear(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.latent = nn.Parameter(torch.empty(outputs, inputs).uniform_(-0.5, 0.5))

    def codes(self):
        return SignSTE.apply(self.latent)

    def forward(self, x):
        return F.linear(x, self.codes())


class BNN(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.fc1, self.fc2 = BinaryLinear(784, hidden), BinaryLinear(hidden, 10)
        self.norm1, self.norm2 = nn.BatchNorm1d(hidden), nn.BatchNorm1d(10)

    def encode(self, bytes_):
        return torch.where(bytes_ > 127, 1.0, -1.0)

    def forward(self, x):
        return self.norm2(self.fc2(SignSTE.apply(self.norm1(self.fc1(x))))), None


class BSNN(nn.Module):
    def __init__(self, hidden, steps, threshold):
        super().__init__()
        self.fc1, self.fc2 = BinaryLinear(784, hidden), BinaryLinear(hidden, 10)
        self.threshold = nn.Parameter(torch.full((hidden,), threshold))
        self.norm2 = nn.BatchNorm1d(10)
        self.steps, self.width = steps, 10.0

    def encode(self, bytes_):
        """[batch, 784] bytes to [batch, steps, 784] spikes."""
        step = torch.floor((255 - bytes_) * self.steps / 128)
        return (step.unsqueeze(1) == torch.arange(self.steps).view(1, -1, 1)).float()

    def thresholds(self):
        """Whole numbers >= 1; rounding passes the gradient."""
        rounded = torch.clamp(torch.round(self.threshold), min=1)
        return self.threshold + (rounded - self.threshold).detach()

    def forward(self, spikes):
        currents, threshold = self.fc1(spikes), self.thresholds()
        potential, fired = torch.zeros_like(currents[:, 0]), []
        for t in range(self.steps):
            potential = potential + currents[:, t]
            fires = FireSTE.apply(potential - threshold, self.width)
            potential = potential * (1 - fires)
            fired.append(fires)
        count = torch.stack(fired).sum(0)
        return self.norm2(self.fc2(count)), count


def shifted(bytes_, generator):
    """Each batch moved by up to two pixels, the same for all of its pictures."""
    down, right = torch.randint(-2, 3, (2,), generator=generator).tolist()
    return torch.roll(bytes_.view(-1, 28, 28), (down, right), (1, 2)).flatten(1)


def measure(model, x, y):
    """Accuracy and mean hidden spikes per unit."""
    model.eval()
    hits, spikes, pieces = 0, 0.0, 0
    with torch.no_grad():
        for i in range(0, len(y), 500):
            logits, count = model(model.encode(x[i:i + 500]))
            hits += (logits.argmax(1) == y[i:i + 500]).sum().item()
            spikes += 0 if count is None else count.mean().item()
            pieces += 1
    model.train()
    return hits / len(y), spikes / pieces


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=["bnn", "bsnn"], required=True)
    parser.add_argument("--hidden", type=int, required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--spikes", type=float, default=0.13, help="spikes per hidden unit aimed at")
    parser.add_argument("--clean", type=int, default=3, help="last epochs without shifts")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    data = np.load(args.data)
    x_train = torch.from_numpy(data["x_train"]).float().flatten(1)
    y_train = torch.from_numpy(data["y_train"]).long()
    x_test = torch.from_numpy(data["x_test"]).float().flatten(1)
    y_test = torch.from_numpy(data["y_test"]).long()

    model = BNN(args.hidden) if args.kind == "bnn" else BSNN(args.hidden, args.steps, 12.0)
    thresholds = [model.threshold] if args.kind == "bsnn" else []
    others = [p for p in model.parameters() if not any(p is t for t in thresholds)]
    optimizer = torch.optim.Adam([{"params": others}, {"params": thresholds, "lr": 20 * args.rate}], lr=args.rate)
    steps = len(y_train) // args.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs * steps, eta_min=1e-6)
    for epoch in range(args.epochs):
        started, losses = time.time(), 0.0
        order = torch.randperm(len(y_train), generator=generator)
        for step in range(steps):
            pick = order[step * args.batch:(step + 1) * args.batch]
            bytes_ = x_train[pick]
            if epoch < args.epochs - args.clean:
                bytes_ = shifted(bytes_, generator)
            logits, count = model(model.encode(bytes_))
            loss = F.cross_entropy(logits, y_train[pick], label_smoothing=0.05)
            if count is not None:
                loss = loss + 20 * (count.mean() - args.spikes).square()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for linear in (model.fc1, model.fc2):
                    linear.latent.clamp_(-1, 1)
            losses += loss.item()
        score, spikes = measure(model, x_test, y_test)
        print(f"{args.kind}-{args.hidden} epoch {epoch + 1:3d}  loss {losses / steps:.4f}  test {100 * score:.2f} %  "
              f"hidden spikes {spikes:.3f}  {time.time() - started:.1f} s", flush=True)

    arrays = {"kind": args.kind, "accuracy": score, "steps": args.steps, "spikes": spikes}
    for index, linear in enumerate((model.fc1, model.fc2), start=1):
        arrays[f"codes{index}"] = linear.codes().detach().numpy().astype(np.int8)
    norms = {2: model.norm2, **({1: model.norm1} if args.kind == "bnn" else {})}
    for index, norm in norms.items():
        for name in ("weight", "bias", "running_mean", "running_var"):
            arrays[f"{name}{index}"] = getattr(norm, name).detach().numpy()
    if args.kind == "bsnn":
        arrays["thresholds"] = model.thresholds().detach().numpy().astype(np.int32)
    np.savez_compressed(args.out, **arrays)


if __name__ == "__main__":
    main()
