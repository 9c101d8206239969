#!/usr/bin/env python3
"""A small regression by stochastic gradient descent, written out: the fidelities are epochs and rows. No packages.

The weights lie in the folder. Started again with more epochs and more rows, the training goes on from them with all the rows that it
has now; what it says at the end is the error on the same validation data whatever the rows were.
"""
import argparse
import json
import math
import os
import random

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, required=True)
parser.add_argument("--decay", type=float, required=True)
parser.add_argument("--degree", type=int, required=True, help="of the polynomial")
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--rows", type=int, required=True, help="so many of the 2000")
parser.add_argument("--dir", required=True)
a = parser.parse_args()


def data(rows, seed):
    rng = random.Random(seed)
    xs = [rng.uniform(-1, 1) for _ in range(rows)]
    return [(x, math.sin(3 * x) + 0.3 * math.cos(7 * x) + rng.gauss(0, 0.1)) for x in xs]


def features(x):  # Chebyshev polynomials
    out = [1.0, x]
    while len(out) <= a.degree:
        out.append(2 * x * out[-1] - out[-2])
    return out[: a.degree + 1]


train = [(features(x), y) for x, y in data(2000, 1)[: a.rows]]
valid = [(features(x), y) for x, y in data(300, 2)]
kept = os.path.join(a.dir, "weights.json")
state = {"epoch": 0, "w": [0.0] * (a.degree + 1)}
if os.path.exists(kept):
    with open(kept, encoding="utf-8") as file:
        state = json.load(file)
w = state["w"]
while state["epoch"] < a.epochs:
    state["epoch"] += 1
    rng = random.Random(state["epoch"])
    for f, y in rng.sample(train, len(train)):
        slope = sum(wi * fi for wi, fi in zip(w, f)) - y
        for i, fi in enumerate(f):
            w[i] -= a.rate * (slope * fi + a.decay * w[i])
    error = math.sqrt(sum((sum(wi * fi for wi, fi in zip(w, f)) - y) ** 2 for f, y in valid) / len(valid))
    print(f"epoch={state['epoch']} rmse={error:.5f}", flush=True)
    if not math.isfinite(error) or error > 1e6:
        break
    with open(kept + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.replace(kept + ".new", kept)
