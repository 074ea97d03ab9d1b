"""MNIST and Fashion-MNIST as NumPy arrays, wherever they are: an .npz, or a folder of IDX files."""
import gzip
import os

import numpy as np

FASHION = "/usr/share/datasets/fashion-mnist"  # Debian: dataset-fashion-mnist


def idx(path):
    """The array of one IDX file of bytes, gzipped or not."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as file:
        content = file.read()
    rank = content[3]
    shape = [int.from_bytes(content[4 + 4 * k:8 + 4 * k], "big") for k in range(rank)]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(path):
    """x_train, y_train, x_test, y_test (uint8)."""
    if path.endswith(".npz"):
        data = np.load(path)
        return tuple(data[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    names = [f"{part}-{kind}" for part in ("train", "t10k") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]
    files = [os.path.join(path, name) for name in names]
    return tuple(idx(file if os.path.exists(file) else file + ".gz") for file in files)
