#!/usr/bin/env python3
"""A made-up model to tune: mixed, conditional, evaluated in no time. Prints what a training script would print.

The net is the better model if its rate, width and depth are right, the tree is the easier one to get right.
"""
import argparse
import math

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--rate", type=float, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--depth", type=int)
parser.add_argument("--leaf", type=float)
parser.add_argument("--width", type=int)
parser.add_argument("--layers", type=int)
parser.add_argument("--act")
a = parser.parse_args()

error = 0.05 + 0.1 * (math.log10(a.rate) + 2.5) ** 2 + 0.01 * abs(math.log2(a.batch / 32))
if a.model == "tree":
    error += 0.15 + 0.5 * (math.log2(a.depth / 8) / 4) ** 2 + 0.3 * (a.leaf - 0.2) ** 2
    ms = 0.2 * a.depth
else:
    error += 0.4 * (math.log2(a.width / 128) / 5) ** 2 + 0.02 * abs(a.layers - 3) + (0 if a.act == "relu" else 0.03)
    ms = 0.01 * a.width * a.layers
print(f"error={error:.5f} ms={ms:.3f}")
