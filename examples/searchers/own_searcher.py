#!/usr/bin/env python3
"""A searcher of one's own: a (mu + 1) evolution strategy in a few lines. It reads a JSON object a line and answers each with one.

A new trial is one of the five best with about a third of its parameters drawn anew. The domains below are those of command.yaml.
"""
import json
import math
import random
import sys

DRAW = {
    "model": lambda r: r.choice(["tree", "net"]),
    "rate": lambda r: math.exp(r.uniform(math.log(1e-5), 0)),
    "batch": lambda r: 2 ** r.randint(3, 8),
    "depth": lambda r: r.randint(1, 32),
    "leaf": lambda r: r.random(),
    "width": lambda r: r.randint(8, 512),
    "layers": lambda r: r.randint(1, 6),
    "act": lambda r: r.choice(["tanh", "relu", "gelu"]),
}
ACTIVE = {"tree": ["depth", "leaf"], "net": ["width", "layers", "act"]}

seed, known = 0, []


def propose(trial):
    rng = random.Random(f"{seed} {trial}")  # a function of the seed and of what is known: the same run again
    best = sorted(known, key=lambda pair: pair[0])[:5]
    parent = rng.choice(best)[1] if len(known) >= 6 else {}
    mixed = {name: parent[name] if name in parent and rng.random() < 0.7 else draw(rng) for name, draw in DRAW.items()}
    names = ["model", "rate", "batch", *ACTIVE[mixed["model"]]]
    why = f"a child of one of the best {len(best)} of {len(known)}" if parent else "a random draw, to begin with"
    return {name: mixed[name] for name in names}, why


for line in sys.stdin:
    message, answer = json.loads(line), {}
    if "study" in message:
        seed = message["study"].get("seed", 0)
    elif "ask" in message:
        answer["trials"] = []
        for trial in range(message["trial"], message["trial"] + message["ask"]):
            config, why = propose(trial)
            answer["trials"].append({"config": config, "why": why})
    elif "tell" in message:
        told = message["tell"]
        if told.get("done"):
            known.append((told["metrics"]["error"], told["config"]))
    print(json.dumps(answer), flush=True)
