#!/usr/bin/env python3
"""examples/fashion-mnist/train.py keeps what its first lines promise; on small images that the test makes up."""
import gzip
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy as np

TRAIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "fashion-mnist", "train.py")
LINE = re.compile(r"^epoch=(\d+) val_acc=(0\.\d{4}|1\.0000) val_loss=\d+\.\d{4}$")


def write_idx(path, array):
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes())


def setUpModule():
    """Ten classes, each its own pattern under noise: 6 000 images to train and validate, 1 000 to test."""
    global folder, env
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    env = dict(os.environ, XDG_CACHE_HOME=os.path.join(folder.name, "cache"))
    rng = np.random.Generator(np.random.PCG64(1))
    patterns = rng.integers(0, 256, (10, 28, 28))
    for part, count in (("train", 6000), ("t10k", 1000)):
        labels = rng.integers(0, 10, count)
        images = (patterns[labels] + 3 * rng.integers(0, 256, (count, 28, 28))) // 4
        write_idx(os.path.join(folder.name, part + "-images-idx3-ubyte.gz"), images.astype(np.uint8))
        write_idx(os.path.join(folder.name, part + "-labels-idx1-ubyte.gz"), labels.astype(np.uint8))


class Train(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.dir = os.path.join(temporary.name, "checkpoint")

    def command(self, *words):
        return [sys.executable, "-B", TRAIN, "--data", folder.name, "--l1", "32", "--l2", "16", "--lr", "0.01", "--train-size", "1000",
                *words]

    def train(self, *words, code=0):
        done = subprocess.run(self.command(*words), capture_output=True, text=True, env=env)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.splitlines() if code == 0 else done.stderr.splitlines()

    def test_prints_a_line_per_epoch_and_learns(self):
        lines = self.train("--epochs", "4")
        self.assertEqual([int(LINE.match(line).group(1)) for line in lines], [1, 2, 3, 4])
        self.assertGreater(float(LINE.match(lines[-1]).group(2)), 0.5)  # 0.1 is guessing

    def test_goes_on_from_its_checkpoint_with_the_same_numbers(self):
        whole = self.train("--epochs", "5")
        legs = [line for until in ("1", "3", "5") for line in self.train("--epochs", until, "--dir", self.dir)]
        self.assertEqual(legs, whole)
        self.assertEqual(os.listdir(self.dir), ["checkpoint.npz"])

    def test_says_its_last_epoch_again_when_there_is_nothing_left_to_do(self):
        lines = self.train("--epochs", "2", "--dir", self.dir)
        self.assertEqual(self.train("--epochs", "2", "--dir", self.dir), lines[-1:])

    def test_other_seeds_give_other_numbers(self):
        self.assertNotEqual(self.train("--epochs", "1"), self.train("--epochs", "1", "--seed", "2"))

    def test_saves_the_epoch_in_progress_before_it_ends_on_sigterm(self):
        process = subprocess.Popen(self.command("--epochs", "100000", "--dir", self.dir), stdout=subprocess.PIPE, text=True, env=env)
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        lines = [first.strip(), *process.stdout.read().splitlines()]
        process.stdout.close()
        self.assertEqual(process.wait(), -signal.SIGTERM)
        whole = self.train("--epochs", str(len(lines) + 1))
        self.assertEqual(lines, whole[:-1])
        self.assertEqual(self.train("--epochs", str(len(lines) + 1), "--dir", self.dir), whole[-1:])

    def test_measures_the_checkpoint_on_the_test_images(self):
        self.train("--epochs", "3", "--dir", self.dir)
        [line] = self.train("--epochs", "3", "--dir", self.dir, "--test")
        self.assertRegex(line, r"^test_acc=(0\.\d{4}|1\.0000)$")
        self.assertEqual(self.train("--epochs", "3", "--test"), [line])  # trained anew: the same network

    def test_a_loss_that_is_not_finite_ends_it_with_3(self):
        [line] = self.train("--lr", "1e30", "--epochs", "5", "--dir", self.dir, code=3)
        self.assertIn("use a smaller --lr", line)

    def test_refuses_what_it_cannot_use_in_one_line(self):
        self.train("--epochs", "1", "--dir", self.dir)
        self.assertIn("has --l1 32", self.train("--l1", "64", "--dir", self.dir, code=2)[0])
        self.assertIn("no such file", self.train("--data", self.dir, code=2)[0])
        self.assertIn("--batch: 2000 is more", self.train("--batch", "2000", code=2)[-1])
        self.assertIn("nan is not in", self.train("--momentum", "nan", code=2)[-1])
        with open(os.path.join(self.dir, "checkpoint.npz"), "w", encoding="utf-8") as file:
            file.write("broken")
        self.assertIn("remove it to start over", self.train("--dir", self.dir, code=2)[0])


if __name__ == "__main__":
    unittest.main()
