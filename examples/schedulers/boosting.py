#!/usr/bin/env python3
"""Gradient boosting of small regression trees, written out: the fidelity is the number of trees. No packages.

The data are Friedman's first problem (Annals of Statistics 19, 1991): five features that matter, five that do not. The trees
so far and what they predict lie in the folder, so that a model which is started again with more trees goes on from there.
"""
import argparse
import json
import math
import os
import random

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, required=True, help="shrinkage")
parser.add_argument("--depth", type=int, required=True)
parser.add_argument("--leaf", type=int, required=True, help="rows in a leaf, at least")
parser.add_argument("--subsample", type=float, required=True, help="share of the rows that a tree sees")
parser.add_argument("--trees", type=int, required=True)
parser.add_argument("--dir", required=True)
a = parser.parse_args()


def friedman(rows, seed):
    rng = random.Random(seed)
    x = [[rng.random() for _ in range(10)] for _ in range(rows)]
    y = [10 * math.sin(math.pi * r[0] * r[1]) + 20 * (r[2] - 0.5) ** 2 + 10 * r[3] + 5 * r[4] + rng.gauss(0, 1) for r in x]
    return x, y


def grow(x, target, rows, depth):
    """The mean of the rows, or (feature, threshold, left, right)."""
    mean = sum(target[i] for i in rows) / len(rows)
    best = None
    if depth > 0 and len(rows) >= 2 * a.leaf:
        for feature in range(len(x[0])):
            order = sorted(rows, key=lambda i: x[i][feature])
            total, left = sum(target[i] for i in rows), 0.0
            for n, i in enumerate(order[:-1], 1):
                left += target[i]
                if n < a.leaf or len(order) - n < a.leaf:
                    continue
                gain = left * left / n + (total - left) ** 2 / (len(order) - n)
                if best is None or gain > best[0]:
                    best = (gain, feature, (x[i][feature] + x[order[n]][feature]) / 2)
    if best is None:
        return mean
    _, feature, threshold = best
    low = [i for i in rows if x[i][feature] <= threshold]
    high = [i for i in rows if x[i][feature] > threshold]
    return [feature, threshold, grow(x, target, low, depth - 1), grow(x, target, high, depth - 1)]


def predict(tree, row):
    while isinstance(tree, list):
        tree = tree[2] if row[tree[0]] <= tree[1] else tree[3]
    return tree


x, y = friedman(150, 1)
vx, vy = friedman(300, 2)
checkpoint = os.path.join(a.dir, "model.json")
model = {"trees": [], "train": [sum(y) / len(y)] * len(y), "valid": [sum(y) / len(y)] * len(vy)}
if os.path.exists(checkpoint):
    with open(checkpoint, encoding="utf-8") as file:
        model = json.load(file)
while len(model["trees"]) < a.trees:
    number = len(model["trees"]) + 1
    rows = sorted(random.Random(number).sample(range(len(x)), max(2 * a.leaf, round(a.subsample * len(x)))))
    rest = [yi - fi for yi, fi in zip(y, model["train"])]
    tree = grow(x, rest, rows, a.depth)
    model["trees"].append(tree)
    model["train"] = [f + a.rate * predict(tree, row) for f, row in zip(model["train"], x)]
    model["valid"] = [f + a.rate * predict(tree, row) for f, row in zip(model["valid"], vx)]
    rmse = math.sqrt(sum((yi - fi) ** 2 for yi, fi in zip(vy, model["valid"])) / len(vy))
    print(f"tree={number} rmse={rmse:.5f}", flush=True)
with open(checkpoint + ".new", "w", encoding="utf-8") as file:
    json.dump(model, file)
os.replace(checkpoint + ".new", checkpoint)
