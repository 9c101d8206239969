#!/usr/bin/env python3
"""Trains a small network on Fashion-MNIST; needs numpy only.

    python3 train.py --l1 256 --l2 64 --lr 0.05 --batch 64 --momentum 0.9 --epochs 10 --dir checkpoint

A line per epoch goes to standard output: `epoch=3 val_acc=0.8712 val_loss=0.3611`. Trained are the first --train-size of
the 60 000 training images, validated the last 5 000 of them. With --dir a checkpoint is written after every epoch and the
training goes on from one that is found there; the numbers are those of a training without interruption, bit for bit.
--test measures the finished network on the 10 000 test images instead of printing epochs: `test_acc=0.8644`.

Ends with 0; 2 for bad arguments or data; 3 if the loss is not finite any more. On SIGTERM the epoch in progress is
finished and saved first.
"""
import argparse
import gzip
import os
import signal
import struct
import sys
import zipfile

# One thread unless the caller says otherwise: two trials side by side are faster than one trial on two cores.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402

PIXELS, CLASSES = 28 * 28, 10
VALIDATION = 5000


class Refused(Exception):
    """Bad arguments or data: one line for the user."""


def read_idx(path):
    """An IDX file of bytes, as an array; plain or gzip."""
    try:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            magic, dims = struct.unpack(">HBB", file.read(4))[1:]
            if magic != 8 or dims not in (1, 3):
                raise Refused(f"{path}: not an IDX file of bytes")
            shape = struct.unpack(f">{dims}I", file.read(4 * dims))
            return np.frombuffer(file.read(), np.uint8).reshape(shape[0], -1 if dims == 3 else 1)
    except (OSError, EOFError, struct.error, ValueError) as error:
        raise Refused(f"{path}: {error}") from error


def load(folder, part):
    """The images (n x 784 bytes) and labels of `part`, `train` or `t10k`.

    Unpacking takes longer than an epoch of a small network, so a decoded copy is kept in the user's cache folder, and
    used as long as the original has not changed.
    """
    source = os.path.join(folder, part + "-images-idx3-ubyte.gz")
    if not os.path.exists(source):
        source = source[:-3]
    try:
        stat = os.stat(source)
    except OSError:
        raise Refused(f"{source}: no such file; install Debian's dataset-fashion-mnist or give --data") from None
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "hone-fashion-mnist")
    copy = os.path.join(cache, f"{part}-{stat.st_size}-{stat.st_mtime_ns}.npy")
    try:
        rows = np.load(copy, mmap_mode="r", allow_pickle=False)
        return rows[:, :PIXELS], rows[:, PIXELS]
    except (OSError, ValueError):
        pass
    rows = np.hstack([read_idx(source), read_idx(source.replace("images-idx3", "labels-idx1"))])
    if rows.shape[1] != PIXELS + 1:
        raise Refused(f"{source}: the images are not 28 x 28")
    try:  # several trials may do this at the same moment: each writes its own file, the last rename wins
        os.makedirs(cache, exist_ok=True)
        temporary = f"{copy}.{os.getpid()}"
        with open(temporary, "wb") as file:
            np.save(file, rows)
        os.replace(temporary, copy)
    except OSError:
        pass  # a cache is a convenience
    return rows[:, :PIXELS], rows[:, PIXELS]


class Network:
    """784 - l1 - l2 - 10 with ReLU and softmax cross-entropy; SGD with momentum.

    All weights lie in one flat vector, `velocity` and `gradient` likewise, so that an update is three calls. `velocity`
    is the step itself: the learning rate is multiplied into the gradient where it is still small (batch x 10).
    """

    def __init__(self, l1, l2, seed):
        shapes = [(PIXELS, l1), (l1,), (l1, l2), (l2,), (l2, CLASSES), (CLASSES,)]
        size = sum(int(np.prod(shape)) for shape in shapes)
        self.weights, self.velocity, self.gradient = (np.zeros(size, np.float32) for _ in range(3))
        self.w, self.g = (self._views(flat, shapes) for flat in (self.weights, self.gradient))
        self.seed, self.epoch, self.accuracy, self.loss = seed, 0, 0.0, 0.0
        rng = np.random.Generator(np.random.PCG64([seed, 0]))
        for layer in self.w[::2]:
            limit = np.sqrt(6.0 / layer.shape[0])  # He et al. 2015
            layer[...] = rng.uniform(-limit, limit, layer.shape)

    @staticmethod
    def _views(flat, shapes):
        views, start = [], 0
        for shape in shapes:
            end = start + int(np.prod(shape))
            views.append(flat[start:end].reshape(shape))
            start = end
        return views

    def _buffers(self, rows):
        return [np.empty((rows, layer.shape[1]), np.float32) for layer in self.w[::2]]

    def _forward(self, x, h1, h2, z):
        w1, b1, w2, b2, w3, b3 = self.w
        np.matmul(x, w1, out=h1)
        h1 += b1
        np.maximum(h1, 0, out=h1)
        np.matmul(h1, w2, out=h2)
        h2 += b2
        np.maximum(h2, 0, out=h2)
        np.matmul(h2, w3, out=z)
        z += b3
        z -= z.max(axis=1, keepdims=True)

    def train(self, images, labels, lr, batch, momentum):
        """One epoch; an incomplete last batch is left out. The epoch's number seeds the order of the images."""
        self.epoch += 1
        order = np.random.Generator(np.random.PCG64([self.seed, self.epoch])).permutation(len(images))
        x, bytes_ = np.empty((batch, PIXELS), np.float32), np.empty((batch, PIXELS), np.uint8)
        h1, h2, p = self._buffers(batch)
        d1, d2, _ = self._buffers(batch)
        ones, rows = np.ones(batch, np.float32), np.arange(batch)
        scale, step, momentum = np.float32(1 / 255), np.float32(lr / batch), np.float32(momentum)
        g1, gb1, g2, gb2, g3, gb3 = self.g
        for number in range(len(images) // batch):
            chosen = order[number * batch:(number + 1) * batch]
            images.take(chosen, axis=0, out=bytes_, mode="clip")
            np.multiply(bytes_, scale, out=x)
            self._forward(x, h1, h2, p)
            np.exp(p, out=p)
            p *= step / p.sum(axis=1, keepdims=True)
            p[rows, labels[chosen]] -= step  # p: step times the loss's gradient before softmax
            np.matmul(p, self.w[4].T, out=d2)
            d2 *= h2 > 0
            np.matmul(d2, self.w[2].T, out=d1)
            d1 *= h1 > 0
            np.matmul(x.T, d1, out=g1)
            np.matmul(h1.T, d2, out=g2)
            np.matmul(h2.T, p, out=g3)
            np.matmul(ones, d1, out=gb1)
            np.matmul(ones, d2, out=gb2)
            np.matmul(ones, p, out=gb3)
            self.velocity *= momentum
            self.velocity += self.gradient
            self.weights -= self.velocity
            if number % 32 == 0:
                # The step of a weight without gradient decays into denormal numbers, which are slow, and stays there.
                self.velocity[np.abs(self.velocity) < 1e-20] = 0

    def evaluate(self, images, labels):
        """Accuracy and mean loss."""
        chunk, hits, loss = 1000, 0, 0.0
        buffers = self._buffers(chunk)
        for start in range(0, len(images), chunk):
            x = np.multiply(images[start:start + chunk], np.float32(1 / 255))
            y = labels[start:start + chunk]
            h1, h2, z = (buffer[:len(x)] for buffer in buffers)
            self._forward(x, h1, h2, z)
            hits += int((z.argmax(axis=1) == y).sum())
            loss += float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).sum())
        return hits / len(images), loss / len(images)

    def save(self, folder):
        """Whole or not at all: a kill at any moment leaves the previous checkpoint."""
        temporary = os.path.join(folder, f".checkpoint.{os.getpid()}")
        state = np.array([self.seed, self.epoch, self.w[0].shape[1], self.w[2].shape[1]], np.int64)
        with open(temporary, "wb") as file:
            np.savez(file, state=state, score=np.array([self.accuracy, self.loss]), weights=self.weights,
                     velocity=self.velocity)
        os.replace(temporary, os.path.join(folder, "checkpoint.npz"))

    def restore(self, folder):
        """Goes on from the checkpoint in `folder`, if there is one. Seed and layers are the checkpoint's own."""
        path = os.path.join(folder, "checkpoint.npz")
        try:
            with np.load(path, allow_pickle=False) as file:
                seed, epoch, l1, l2 = (int(v) for v in file["state"])
                if (l1, l2) != (self.w[0].shape[1], self.w[2].shape[1]):
                    raise Refused(f"{path}: has --l1 {l1} --l2 {l2}; give the same or another --dir")
                self.seed, self.epoch = seed, epoch
                self.accuracy, self.loss = (float(v) for v in file["score"])
                self.weights[:], self.velocity[:] = file["weights"], file["velocity"]
        except FileNotFoundError:
            pass
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise Refused(f"{path}: cannot be read ({error}); remove it to start over") from error


def number(kind, lo, hi=float("inf")):
    """An argument's type: a number of `kind` in [lo, hi]."""
    def read(text):
        value = kind(text)
        if not lo <= value <= hi:
            raise argparse.ArgumentTypeError(f"{text} is not in [{lo}, {hi}]")
        return value
    read.__name__ = kind.__name__
    return read


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--l1", type=number(int, 1), default=256, help="width of the first hidden layer")
    parser.add_argument("--l2", type=number(int, 1), default=64, help="width of the second hidden layer")
    parser.add_argument("--lr", type=number(float, 0), default=0.05, help="learning rate")
    parser.add_argument("--batch", type=number(int, 1), default=64, help="images per step")
    parser.add_argument("--momentum", type=number(float, 0, 1), default=0.9)
    parser.add_argument("--epochs", type=number(int, 1), default=10, help="up to this one, counted from the very start")
    parser.add_argument("--dir", help="folder of the checkpoint, made if missing")
    parser.add_argument("--train-size", type=number(int, 1, 60000 - VALIDATION), default=20000)
    parser.add_argument("--seed", type=number(int, 0), default=1, help="of first weights and order of images")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder of the IDX files")
    parser.add_argument("--test", action="store_true", help="print the accuracy on the test images only")
    args = parser.parse_args()
    if args.batch > args.train_size:
        parser.error(f"argument --batch: {args.batch} is more than --train-size {args.train_size}")
    return args


def run(args):
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    network = Network(args.l1, args.l2, args.seed)
    if args.dir:
        os.makedirs(args.dir, exist_ok=True)
        network.restore(args.dir)
    images, labels = load(args.data, "train")
    if len(images) < args.train_size + VALIDATION:
        raise Refused(f"{args.data}: {len(images)} images are too few for --train-size {args.train_size}")
    validation = np.array(images[-VALIDATION:]), labels[-VALIDATION:]
    images, labels = np.array(images[:args.train_size]), np.array(labels[:args.train_size])

    def show():
        if not args.test:
            print(f"epoch={network.epoch} val_acc={network.accuracy:.4f} val_loss={network.loss:.4f}", flush=True)

    if network.epoch >= args.epochs:
        show()  # started again after the last epoch was saved: its report may have been lost
    while network.epoch < args.epochs:
        with np.errstate(all="ignore"):  # what overflows is noticed by the loss
            network.train(images, labels, args.lr, args.batch, args.momentum)
            network.accuracy, network.loss = network.evaluate(*validation)
        if not np.isfinite(network.loss):
            print(f"epoch {network.epoch}: the loss is not finite; use a smaller --lr or --momentum", file=sys.stderr)
            return 3
        if args.dir:
            network.save(args.dir)
        show()
        if stop:  # saved: now end as the signal would have ended us
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
    if args.test:
        print(f"test_acc={network.evaluate(*load(args.data, 't10k'))[0]:.4f}", flush=True)
    return 0


def main():
    try:
        return run(arguments())
    except (Refused, OSError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
