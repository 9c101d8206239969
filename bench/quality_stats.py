"""What the rows of quality_run.py say: regrets, ranks, and differences with bootstrap intervals.

The regret of a run at checkpoint c is (best_c - B) / (R_c - B), where B is the lowest value that any run reached on that
problem and R_c the median over seeds of what random search had found after as many evaluations: 0 is the best that is
known, 1 is random search. It is cut at 3, so that one bad run does not outweigh a group.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from statistics import mean, median

import numpy as np

from quality_suite import APART

CHECKPOINTS = (10, 25, 50, 100)
CUT = 3.0
STEP = 5
DRAWS = 4000


class Table:
    """problem → optimiser → its runs. A run with a trace replaces the same run without one."""

    def __init__(self, paths):
        runs, self.group = {}, {}
        for path in paths:
            if not os.path.exists(path):
                continue
            with open(path, newline="") as file:
                for row in csv.DictReader(file):
                    key = (row["problem"], row["optimizer"], row["seed"])
                    if key not in runs or row.get("trace"):
                        runs[key] = row
                    self.group[row["problem"]] = row["group"]
        self.runs = defaultdict(lambda: defaultdict(list))
        for (problem, optimizer, _), row in sorted(runs.items()):
            row["curve"] = curve_of(row)
            self.runs[problem][optimizer].append(row)
        self.optimizers = sorted({o for of in self.runs.values() for o in of})
        # Of runs that never evaluated anything there is nothing to learn but that they failed.
        self.floor = {p: min(r["curve"][max(r["curve"])] for rows in of.values() for r in rows if r["curve"])
                      for p, of in self.runs.items()}

    def problems(self, group=None):
        return [p for p in self.runs if self.group[p] == group or group is None and self.group[p] not in APART]

    def values(self, problem, optimizer, at):
        """The best value of each run after `at` evaluations; none of a run that ended before."""
        return [r["curve"][at] for r in self.runs[problem].get(optimizer, ()) if at in r["curve"]]

    def regrets(self, problem, optimizer, at):
        reference, values = self.values(problem, "random", at), self.values(problem, optimizer, at)
        if not reference or not values:
            return []
        span = max(median(reference) - self.floor[problem], 1e-12)
        return [min((value - self.floor[problem]) / span, CUT) for value in values]

    def mean_regret(self, optimizer, at, group=None):
        """Over seeds, then problems; and how many problems. None without data."""
        means = [mean(x) for p in self.problems(group) if (x := self.regrets(p, optimizer, at))]
        return (mean(means), len(means)) if means else None

    def ranks(self, optimizers, at, group=None):
        """The mean place on the problems, 0 (first) to 1 (last), of the means over seeds; ties share a place."""
        places = defaultdict(list)
        for problem in self.problems(group):
            means = {o: mean(v) for o in optimizers if (v := self.values(problem, o, at))}
            for o, value in means.items() if len(means) > 1 else ():
                below = sum(other < value for other in means.values())
                ties = sum(other == value for other in means.values()) - 1
                places[o].append((below + ties / 2) / (len(means) - 1))
        return {o: (mean(x), len(x)) for o, x in places.items()}

    def difference(self, ours, theirs, at, group=None, seed=0):
        """Mean over the problems that both have of our regret minus theirs, with a 95 % interval: problems are drawn with
        replacement, and runs within each. (difference, low, high, problems); None if there is no problem in common."""
        pairs = [(np.array(a), np.array(b)) for p in self.problems(group)
                 if (a := self.regrets(p, ours, at)) and (b := self.regrets(p, theirs, at))]
        if not pairs:
            return None
        rng = np.random.default_rng(seed)
        drawn = np.stack([resampled(a, rng) - resampled(b, rng) for a, b in pairs])  # problems x draws
        chosen = rng.integers(0, len(pairs), (len(pairs), DRAWS))
        means = np.take_along_axis(drawn, chosen, axis=0).mean(axis=0)
        low, high = np.quantile(means, (0.025, 0.975))
        return float(np.mean([a.mean() - b.mean() for a, b in pairs])), float(low), float(high), len(pairs)

    def cost(self, optimizer, group=None):
        """CPU seconds of its own per suggestion."""
        rows = [r for p in self.problems(group) for r in self.runs[p].get(optimizer, ())]
        asked = sum(int(r["n"]) for r in rows)
        return sum(float(r["opt_cpu_s"]) for r in rows) / asked if asked else float("nan")

    def failed(self, optimizer):
        rows = [r for of in self.runs.values() for r in of.get(optimizer, ())]
        return sum(r["status"] not in ("ok", "time limit") for r in rows), len(rows)


def resampled(values, rng):
    """Means of DRAWS resamples."""
    return values[rng.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1)


def curve_of(row):
    """evaluations → best value."""
    curve = {STEP * (i + 1): float(text) for i, text in enumerate((row.get("trace") or "").split())}
    for c in CHECKPOINTS:
        if row.get(f"best_{c}"):
            curve[c] = float(row[f"best_{c}"])
    return curve


def verdict(difference):
    """-1: we are significantly better, 1: worse, 0: neither."""
    _, low, high, _ = difference
    return -1 if high < 0 else 1 if low > 0 else 0
