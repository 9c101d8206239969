#!/usr/bin/env python3
"""A made-up training to schedule: no packages, no time. It prints what a training script would print, an epoch a line.

It keeps a checkpoint in its folder, and goes on from there when it is started again with more epochs. Large rates learn fast
and end worse, or diverge; wide models learn slowly and end better.
"""
import argparse
import json
import math
import os
import random

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, required=True)
parser.add_argument("--width", type=int, required=True)
parser.add_argument("--drop", type=float, required=True)
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--dir", required=True)
parser.add_argument("--seed", type=int, default=0)
a = parser.parse_args()

checkpoint = os.path.join(a.dir, "checkpoint.json")
epoch = 0
if os.path.exists(checkpoint):
    with open(checkpoint, encoding="utf-8") as file:
        epoch = json.load(file)["epoch"]

floor = 0.06 + 0.02 * (math.log10(a.rate) + 2) ** 2 + 0.3 * (a.drop - 0.3) ** 2 + 0.8 / a.width
speed = 0.5 * math.sqrt(a.rate / 0.01) * (16 / a.width) ** 0.25
while epoch < a.epochs:
    epoch += 1
    noise = random.Random(a.seed * 1000 + epoch).gauss(0, 0.002)
    error = floor + (0.9 - floor) * math.exp(-speed * epoch) + noise
    if a.rate > 0.3:
        error = 0.9 + 0.05 * epoch  # diverges
    with open(checkpoint + ".new", "w", encoding="utf-8") as file:
        json.dump({"epoch": epoch}, file)
    os.replace(checkpoint + ".new", checkpoint)
    print(f"epoch={epoch} error={error:.5f} ms={0.01 * a.width:.2f}", flush=True)
