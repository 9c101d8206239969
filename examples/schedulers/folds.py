#!/usr/bin/env python3
"""Cross-validation of a nearest-neighbour classifier, one fold at a time: the fidelity is the number of folds. No packages.

The data are two rings around each other with noise, and three features that mean nothing. A score is printed before it is kept
in the folder, so that none is missing when the program is ended in between. Started again with more folds, it computes only
those that are not there.
"""
import argparse
import json
import math
import os
import random

parser = argparse.ArgumentParser()
parser.add_argument("--k", type=int, required=True, help="neighbours that vote")
parser.add_argument("--power", type=float, required=True, help="of the distance by which a vote is divided")
parser.add_argument("--noise", type=float, required=True, help="weight of the features that mean nothing")
parser.add_argument("--folds", type=int, required=True, help="so many of the ten")
parser.add_argument("--dir", required=True)
a = parser.parse_args()

rng = random.Random(1)
rows = []
for i in range(240):
    angle, radius = rng.uniform(0, 2 * math.pi), rng.gauss(1 if i % 2 else 1.6, 0.25)
    rows.append(([radius * math.cos(angle), radius * math.sin(angle)] + [a.noise * rng.gauss(0, 1) for _ in range(3)], i % 2))
rng.shuffle(rows)


def score(fold):
    train = [row for i, row in enumerate(rows) if i % 10 != fold - 1]
    right = 0
    for x, y in rows[fold - 1 :: 10]:
        near = sorted((math.dist(x, other), label) for other, label in train)[: a.k]
        vote = sum((1 if label else -1) / max(distance, 1e-9) ** a.power for distance, label in near)
        right += (vote > 0) == bool(y)
    return right / len(rows[fold - 1 :: 10])


kept = os.path.join(a.dir, "scores.json")
scores = []
if os.path.exists(kept):
    with open(kept, encoding="utf-8") as file:
        scores = json.load(file)
for fold in range(len(scores) + 1, a.folds + 1):
    scores.append(score(fold))
    print(f"fold={fold} acc={scores[-1]:.4f}", flush=True)
    with open(kept + ".new", "w", encoding="utf-8") as file:
        json.dump(scores, file)
    os.replace(kept + ".new", kept)
