#!/usr/bin/env python3
"""
Trains the heartbeat networks of this example: 32 features, some hidden neurons, five classes (R6).

  /usr/bin/python3 examples/ecg/train.py --split beat-wise --hidden 16

Needs python3-torch and python3-numpy of Debian, and beats of MIT-BIH (PhysioNet, ODC-By: Moody and Mark 2001, Goldberger
et al. 2000) as an .npz with x [beats, 252] (lead MLII, 700 ms at 360 Hz), symbol, record and split; they do not ship.
Classes: N, L, R, V and paced. Records 107 and 217 hold the paced beats: 107 joins DS1 (training), 217 DS2 (test).

Features: real and imaginary parts of the Fourier coefficients 1 to 16 of a beat without its mean, divided by the norm of
coefficients 1 to 32; each is scaled so that the quartiles of the training beats are 0 and 1, clipped, and read as the
probability of a 1. (Scaled from the 1st to the 99th percentile instead, the drawn bits carry less: 8 points are lost.)

The network is trained on what the arrays give (R5): drawn bits in, comparators at zero with noise before them behind
both layers, and the class is the largest sum of output bits over the presentations. There are no biases: 32 x 16 pairs
fill an array of 32 x 32 cells. Weights stay within [-1, 1], the span of a pair.

Writes runs/ecg/SPLIT-HIDDEN.npz; export.py makes networks and statistics of it.
"""
import argparse
import json
import os

import numpy as np
import torch

SYMBOLS = "NLRV/"
NAMES = ["N", "L", "R", "V", "paced"]
here = os.path.dirname(os.path.abspath(__file__))


def beats(path):
    """Beats of the five classes, their classes, and 1 for DS1, 2 for DS2 with the paced records in them."""
    data = np.load(path)
    split = data["split"].copy()
    split[data["record"] == 107] = 1
    split[data["record"] == 217] = 2
    label = np.full(len(split), -1)
    for k, symbol in enumerate(SYMBOLS):
        label[data["symbol"] == ord(symbol)] = k
    keep = (label >= 0) & (split > 0)
    return data["x"][keep].astype(np.float32), label[keep], split[keep]


def features(x):
    spectrum = np.fft.rfft(x - x.mean(1, keepdims=True), axis=1)[:, 1:33]
    spectrum = spectrum / (np.linalg.norm(spectrum, axis=1, keepdims=True) + 1e-9)
    return np.concatenate([spectrum[:, :16].real, spectrum[:, :16].imag], 1).astype(np.float32)


class Fires(torch.autograd.Function):
    """1 where a sum is above zero; the gradient is that of a smooth step."""

    @staticmethod
    def forward(context, total):
        context.save_for_backward(total)
        return (total > 0).to(total.dtype)

    @staticmethod
    def backward(context, gradient):
        smooth = torch.sigmoid(context.saved_tensors[0] / 0.5)
        return gradient * smooth * (1 - smooth) / 0.5


def output_bits(x, w1, w2, presentations, noise):
    """Output bits of every presentation, [samples, presentations, classes]."""
    drawn = (torch.rand(x.shape[0], presentations, x.shape[1]) < x[:, None, :]).float()
    a = drawn @ w1.T
    h = Fires.apply(a + noise * torch.randn_like(a))
    b = h @ w2.T
    return Fires.apply(b + noise * torch.randn_like(b))


def classify(x, w1, w2, presentations):
    with torch.no_grad():
        parts = [output_bits(part, w1, w2, presentations, 0.0).sum(1).argmax(1) for part in x.split(2048)]
    return torch.cat(parts).numpy()


def scores(found, y):
    recall, f1 = {}, []
    for k, name in enumerate(NAMES):
        hit = ((found == k) & (y == k)).sum()
        recall[name] = float(hit / max(1, (y == k).sum()))
        f1.append(float(2 * hit / max(1, (found == k).sum() + (y == k).sum())))
    majority = float(np.bincount(y).max() / len(y))
    accuracy = float((found == y).mean())
    return {"accuracy": accuracy, "majority": majority, "macroF1": float(np.mean(f1)), "recall": recall}


def train(x, y, args):
    torch.manual_seed(args.seed)
    w1 = torch.nn.Parameter(torch.randn(args.hidden, x.shape[1]) * 0.4)
    w2 = torch.nn.Parameter(torch.randn(len(NAMES), args.hidden) * 0.4)
    gain = torch.nn.Parameter(torch.tensor(6.0))
    optimizer = torch.optim.Adam([w1, w2, gain], lr=args.rate)
    steps = args.epochs * (len(x) // args.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=steps, pct_start=0.1)
    for epoch in range(args.epochs):
        for pick in torch.randperm(len(x))[: len(x) // args.batch * args.batch].split(args.batch):
            rate = output_bits(x[pick], w1, w2, args.presentations, args.noise).mean(1)
            loss = torch.nn.functional.cross_entropy(gain * rate, y[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                w1.clamp_(-1, 1)
                w2.clamp_(-1, 1)
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}, loss {loss.item():.4f}", flush=True)
    return w1.detach(), w2.detach()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.path.join(here, "../../../shared/data/ecg_mitbih.npz"))
    parser.add_argument("--split", choices=["inter-patient", "beat-wise"], default="inter-patient")
    parser.add_argument("--hidden", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=0.03)
    parser.add_argument("--presentations", type=int, default=4, help="a beat and step of training")
    parser.add_argument("--noise", type=float, default=0.2, help="on each neuron, in units of the largest weight")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)

    x, label, split = beats(args.data)
    if args.split == "beat-wise":
        split = np.where(np.random.RandomState(0).rand(len(label)) < 0.8, 1, 2)
    x = features(x)
    learn = split == 1
    low, high = np.percentile(x[learn], [25, 75], axis=0).astype(np.float32)
    x = np.clip((x - low) / (high - low), 0, 1).astype(np.float32)
    w1, w2 = train(torch.tensor(x[learn]), torch.tensor(label[learn]), args)

    test, y = torch.tensor(x[~learn]), label[~learn]
    torch.manual_seed(1)
    report = {"split": args.split, "hidden": args.hidden, "tested": len(y)}
    for presentations in [1, 2, 4, 8, 16, 32, 64]:
        report[f"N={presentations}"] = scores(classify(test, w1, w2, presentations), y)
    print(json.dumps(report), flush=True)
    out = os.path.join(here, "../../runs/ecg")
    os.makedirs(out, exist_ok=True)
    np.savez(
        os.path.join(out, f"{args.split}-{args.hidden}.npz"),
        w1=w1.numpy(), w2=w2.numpy(), low=low, high=high, report=json.dumps(report),
        x_train=x[learn], y_train=label[learn].astype(np.uint8), x_test=x[~learn], y_test=y.astype(np.uint8),
    )


if __name__ == "__main__":
    main()
