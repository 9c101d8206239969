"""Warm starts on recorded tables (bench/curves_run.py): the study before saw another task of the same table (related), or that task
with its losses in another order of the rows (unrelated: it foretells nothing). A proposal is answered by the last loss of the
nearest row that was not used before, as regret: 0 is the table's best, 1 its median.
"""

from __future__ import annotations

import os
import re
import zlib
from dataclasses import dataclass

import numpy as np

import curves_run

KINDS = {"taskset": "TaskSet", "lcbench_surrogate": "LCBench"}
DOMAIN = re.compile(r"(float|int)\(([^,]+), ([^,)]+)(, log)?\)")


@dataclass
class Param:
    name: str
    kind: str
    low: float
    high: float
    log: bool
    when: None = None


class Table:
    """The rows of one task in the unit cube, and the regret of each at the last fidelity."""

    def __init__(self, task, params, configs):
        self.params = params
        self.rows = self.unit(configs)
        last = task.loss[:, -1]
        worst = task.floor + curves_run.CUT * task.scale
        self.regret = (np.minimum(last, worst) - last.min()) / (task.scale + task.floor - last.min())

    def unit(self, values):
        low, high = (np.array([getattr(p, end) for p in self.params]) for end in ("low", "high"))
        log = np.array([p.log for p in self.params])
        with np.errstate(divide="ignore"):
            x, a, b = (np.where(log, np.log(np.maximum(v, 1e-300)), v) for v in (values, low, high))
        return (x - a) / (b - a)

    def function(self, order=None):
        """Of a configuration; for one study, as no row is used twice."""
        regret = self.regret if order is None else self.regret[order]
        used = np.zeros(len(regret))

        def loss(config):
            point = self.unit(np.array([[config[p.name] for p in self.params]]))
            row = np.argmin(((self.rows - point) ** 2).sum(axis=1) + used)
            used[row] = np.inf
            return regret[row]
        return loss


def read(folder, kind):
    """The tasks of a table by name."""
    params = []
    for name, text in curves_run.SPACES[kind][2].items():
        form, low, high, log = DOMAIN.fullmatch(text).groups()
        number = int if form == "int" else float
        params.append(Param(name, form, number(low), number(high), bool(log)))
    out = {}
    for task in curves_run.tasks_of(folder, kind):
        source = task.path if kind == "taskset" else os.path.join(folder, kind, "configs.csv")
        rows = np.genfromtxt(source, delimiter=",", names=True)
        out[task.name] = Table(task, params, np.stack([rows[p.name] for p in params], axis=1))
    return out


def source_of(tables, target, seed):
    """Another task for each seed, and the order of its rows when it is to foretell nothing."""
    others = [name for name in tables if name != target]
    rng = np.random.default_rng([zlib.crc32(target.encode()), seed])
    source = others[rng.integers(len(others))]
    return source, rng.permutation(len(tables[source].regret))


def text_of(rows):
    """The table of docs/benchmarks.md: mean regret over tasks, and the ratio of these means with its 95 % interval over tasks."""
    lines = []
    for kind, title in KINDS.items():
        of_kind = [r for r in rows if r["case"].startswith(kind + "/")]
        for searcher in dict.fromkeys(r["searcher"] for r in of_kind):
            for at in (15, 30):
                found = {}
                for r in of_kind:
                    if r["searcher"] == searcher:
                        found.setdefault(r["case"], {}).setdefault(r["start"], {})[r["seed"]] = float(r[f"best_{at}"])
                means, pairs = [], 0
                for starts in found.values():
                    seeds = set.intersection(*(set(starts.get(s, {})) for s in ("cold", "related", "unrelated")))
                    pairs += len(seeds)
                    if seeds:
                        means.append([np.mean([starts[s][n] for n in seeds]) for s in ("cold", "related", "unrelated")])
                if not means:
                    continue
                cold, related, unrelated = np.mean(means, axis=0)
                lines.append(f"| {title} | {searcher} | {at} | {pairs} | {cold:.3f} | {related:.3f} | {unrelated:.3f} | "
                             f"{ratio(means, 1)} | {ratio(means, 2)} |")
    if not lines:
        return ""
    return ("\nThe same on recorded tables (the last losses of real networks; one earlier study and one study a pair "
            "of tasks): mean regret, 0 the table's best and 1 its median. Related: the earlier study saw another task of the table; "
            "unrelated: the losses of that task in another order of the rows, which foretells nothing. With the ratio's bootstrap 95 % "
            "interval over tasks.\n\n"
            "| table | searcher | trials | pairs | cold | related | unrelated | related / cold | unrelated / cold |\n" + "|---" * 9
            + "|\n" + "\n".join(lines) + "\n\nRun again: `bench/warm --tables FOLDER --seeds 10`, then `bench/warm --page`.\n")


def ratio(means, start):
    means = np.array(means)
    rng = np.random.default_rng(1)
    picks = means[rng.integers(len(means), size=(2000, len(means)))].mean(axis=1)
    low, high = np.percentile(picks[:, start] / picks[:, 0], [2.5, 97.5])
    return f"{means[:, start].mean() / means[:, 0].mean():.2f} [{low:.2f}, {high:.2f}]"
