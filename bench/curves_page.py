"""Tables and plots of docs/benchmarks.md, between the marks `curves:begin` and `curves:end`."""

from __future__ import annotations

import os
from collections import defaultdict

import numpy as np

from curves_run import BUDGETS, POLICIES


class Rows:
    """(table, policy) → task → seeds x budgets."""

    def __init__(self, rows):
        found = defaultdict(lambda: defaultdict(list))
        used = defaultdict(list)
        for table, task, policy, _, _, *regrets, utilisation in rows:
            found[table, policy][task].append([float(r) for r in regrets])
            used[table, policy].append(float(utilisation))
        self.of = {key: {task: np.array(runs) for task, runs in tasks.items()} for key, tasks in found.items()}
        self.used = {key: float(np.mean(values)) for key, values in used.items()}

    def tables(self):
        return list(dict.fromkeys(table for table, _ in self.of))

    def policies(self, table):
        known = list(POLICIES)
        return sorted({p for t, p in self.of if t == table}, key=lambda p: (known.index(p) if p in known else len(known), p))

    def mean(self, table, policy):
        return np.mean([runs.mean(axis=0) for runs in self.of[table, policy].values()], axis=0)


def difference(ours, theirs, table, policy, against=None):
    """Mean over the tasks of ours minus theirs and its standard error, a number a budget; none if one is missing."""
    a, b = ours.of.get((table, policy)), theirs.of.get((table, against or policy))
    both = sorted(set(a or ()) & set(b or ()))
    if len(both) < 2:
        return None
    pairs = np.array([a[task].mean(axis=0) - b[task].mean(axis=0) for task in both])
    return pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(len(both))


def agreement(ours, theirs, table):
    lines = []
    for policy in ours.policies(table):
        found = difference(ours, theirs, table, policy)
        if found is None:
            continue
        cells = []
        for k, (mean, error) in enumerate(zip(*found)):
            apart = abs(mean) > 3 * error
            cells.append(f"{ours.mean(table, policy)[k]:.3f} / {theirs.mean(table, policy)[k]:.3f} "
                         f"({mean / error if error > 0 else 0:+.1f}{' **apart**' if apart else ''})")
        lines.append(f"| {policy} | " + " | ".join(cells) + f" | {ours.used[table, policy]:.3f} / {theirs.used[table, policy]:.3f} |")
    head = "| policy | " + " | ".join(f"@{b}" for b in BUDGETS) + " | in use |\n" + "|---" * (len(BUDGETS) + 2) + "|\n"
    return head + "\n".join(lines) + "\n"


def others(ours, theirs, table):
    """Policies that the reference does not have, against its asha; on permuted tables against Hone's random search."""
    lines = []
    base = ours.of.get((table, "random")) if "-permuted" in table else theirs.of.get((table, "asha"))
    for policy in ours.policies(table):
        if (table, policy) in theirs.of or base is None or policy == "random":
            continue
        means, ratios = ratio(ours.of[table, policy], base)
        cells = [f"{m:.3f}: {r:.2f} [{lo:.2f}, {hi:.2f}]" for m, (r, lo, hi) in zip(means, ratios)]
        lines.append(f"| {policy} | " + " | ".join(cells) + f" | {ours.used[table, policy]:.3f} |")
    if not lines:
        return ""
    head = "| searcher/scheduler | " + " | ".join(f"@{b}" for b in BUDGETS) + " | in use |\n" + "|---" * (len(BUDGETS) + 2) + "|\n"
    what = "random search" if "-permuted" in table else "the reference's asha"
    return f"Regret, and its ratio to that of {what} with a bootstrap 95 % interval (tasks drawn with replacement):\n\n" + \
        head + "\n".join(lines) + "\n"


def ratio(ours, theirs):
    """Mean regrets of ours, and (ratio, lower, upper), a triple a budget; paired by task."""
    tasks = sorted(set(ours) & set(theirs))
    a, b = (np.array([of[task].mean(axis=0) for task in tasks]) for of in (ours, theirs))
    drawn = np.random.default_rng(0).integers(len(tasks), size=(2000, len(tasks)))
    draws = a[drawn].mean(axis=1) / b[drawn].mean(axis=1)
    return a.mean(axis=0), list(zip(a.mean(axis=0) / b.mean(axis=0), *np.quantile(draws, [0.025, 0.975], axis=0)))


def text_of(ours, theirs, plots, workers):
    out = [f"""Regret after so many full trainings' worth of worker time ({workers} workers): (best value seen - table's best) / (median final
value - table's best), cut at 10, mean over tasks and seeds; 0 is the table's best. A cell: Hone / reference (difference in
standard errors, paired by task; **apart**: more than three). In use: share of the workers' time."""]
    for table in ours.tables():
        tasks = len(next(iter(of for (t, _), of in ours.of.items() if t == table)))
        seeds = max(len(runs) for (t, _), of in ours.of.items() if t == table for runs in of.values())
        picture = f"\n![regret, {table}]({plots}/curves-{table}.png)\n" if plots and "-" not in table else ""
        agreed = agreement(ours, theirs, table) + "\n" if any(t == table for t, _ in theirs.of) else ""
        out.append(f"### {table}: {tasks} tasks, {seeds} seeds\n{picture}\n{agreed}{others(ours, theirs, table)}")
    return "\n".join(out)


def plot(ours, theirs, folder):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    os.makedirs(folder, exist_ok=True)
    for table in (t for t in ours.tables() if "-" not in t):
        figure, axes = pyplot.subplots(figsize=(9, 5), dpi=80)
        for number, policy in enumerate(ours.policies(table)):
            color = pyplot.get_cmap("tab10")(number % 10)
            axes.plot(BUDGETS, ours.mean(table, policy), color=color, marker="o", linewidth=2.2, label=f"hone {policy}")
            if (table, policy) in theirs.of:
                axes.plot(BUDGETS, theirs.mean(table, policy), color=color, marker="x", linestyle="--", label=f"reference {policy}")
        axes.set(xscale="log", yscale="log", title=table, xlabel="worker time, full trainings", ylabel="mean regret")
        axes.set_xticks(BUDGETS, [str(b) for b in BUDGETS])
        axes.legend(fontsize=8, ncols=2)
        figure.tight_layout()
        figure.savefig(os.path.join(folder, f"curves-{table}.png"))
        pyplot.close(figure)
