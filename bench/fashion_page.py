"""Table and plot of docs/benchmarks.md, between the marks `fashion:begin` and `fashion:end`."""

from __future__ import annotations

import os

from fashion_run import EPOCHS, METHODS, TRIALS

# The peers' names for the same methods.
PEER = {"commands": "floor(commands)", "random": "random", "asha": "asha", "pbt": "pbt", "tpe": "tpe",
        "tpe-initial": "tpe_points", "tpe-asha": "tpe_asha"}


def mean(values):
    return sum(values) / len(values)


def of(rows, method, size):
    """seed → row; `seen` is the best accuracy at any epoch, where `best` is that of the trials that trained to the end."""
    return {int(r["seed"]): {**r, "seen": best_after(r["trace"], float("inf"))} for r in rows
            if r["method"] == method and int(r["train_size"]) == size}


def pairs(rows, size, method, other, field):
    a, b = of(rows, method, size), of(rows, other, size)
    return [(float(a[seed][field]), float(b[seed][field])) for seed in sorted(set(a) & set(b))]


def interval(values):
    """Mean and half of its 95 % interval (Student; the quantiles for up to ten pairs)."""
    quantiles = [0, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26]
    n = len(values)
    if n < 2:
        return mean(values), float("nan")
    deviation = (sum((v - mean(values)) ** 2 for v in values) / (n - 1)) ** 0.5
    return mean(values), (quantiles[n - 1] if n <= len(quantiles) else 2) * deviation / n ** 0.5


def table(rows, peers, size):
    theirs = {row["method"]: row for row in peers}
    lines = ["| method | seeds | epochs | best at the end | against random, paired | best at any epoch | against random, paired | wall | "
             "CPU of the trials | CPU of Hone | Ray Tune: epochs, best at the end, at any epoch, wall |",
             "|" + "---|" * 11]
    for method in ["commands", *METHODS]:
        found = list(of(rows, method, size).values())
        if not found:
            continue
        cell = {k: mean([float(r[k]) for r in found]) for k in ("epochs", "best", "seen", "wall_s", "train_cpu_s", "own_cpu_s")}
        commands = method == "commands"
        against = {field: "" if method in ("random", "commands") else "{:+.4f} ± {:.4f}".format(
            *interval([a - b for a, b in pairs(rows, size, method, "random", field)] or [float("nan")])) for field in ("best", "seen")}
        peer = theirs.get(PEER.get(method, ""))
        beside = "{epochs_trained}, {best_last_val_acc}, {best_any_val_acc}, {:.0f} s".format(float(peer["fit_s"]), **peer) if peer else ""
        lines.append(f"| {method} | {len(found)} | {cell['epochs']:.0f} | {cell['best']:.4f} | {against['best']} | "
                     f"{'' if commands else format(cell['seen'], '.4f')} | {against['seen']} | {cell['wall_s']:.0f} s | "
                     f"{cell['train_cpu_s']:.0f} s | {'' if commands else format(cell['own_cpu_s'], '.2f') + ' s'} | {beside} |")
    return "\n".join(lines)


def targets(rows, size):
    lines = []
    epochs = pairs(rows, size, "asha", "random", "epochs")
    if epochs:
        share = mean([a / b for a, b in epochs])
        end, seen = ("**{:+.4f}** ± {:.4f}".format(*interval([a - b for a, b in pairs(rows, size, "asha", "random", field)]))
                     for field in ("best", "seen"))
        lines.append(f"asha trains **{share:.2f}** of random's epochs (target: at most 0.45) at a paired difference of the best accuracy "
                     f"of {seen}, of that of the trials trained to the end {end} (target: at least -0.005).")
    for field, name in (("wall_s", "Wall clock"), ("train_cpu_s", "CPU of the trials")):
        found = pairs(rows, size, "random", "commands", field)
        if found:
            ratio, half = interval([a / b for a, b in found])
            lines.append(f"{name} of Hone's random search over that of the same commands, run by turns: **{ratio:.3f}** ± {half:.3f}"
                         + (" (target: at most 1.03)." if field == "wall_s" else "."))
    return "\n".join(lines)


INTRO = """## For real: Fashion-MNIST (`bench/fashion`)

The demo's program in the space of the peers' runs, each method from the same seeds; means. `commands` are the configurations of
Hone's random search as plain commands, two at a time by a loop that does nothing else, after each study of random search: the
two take turns, and what is compared is their ratio. "Against random" is the difference from random search, paired by seed,
with its 95 % interval. The accuracy of a network goes up and down by 0.01 from epoch to epoch: "at the end" is the best of the trials
that trained ten epochs, "at any epoch" the best that a trial reported. CPU of Hone: all processes but the trials. Beside them Ray Tune's runs of the same experiment (10 000 images,
one seed, another hour of a busy machine): its seconds are not to be compared with those on the left.
"""


def text_of(rows, peers, pictures):
    sizes = sorted({int(r["train_size"]) for r in rows}, reverse=True)
    out = [INTRO] if pictures else []
    for size in sizes:
        loads = [float(r["load"]) for r in rows if int(r["train_size"]) == size]
        out.append(f"### {size} images: {TRIALS} trials of {EPOCHS} epochs, 2 at a time\n\nLoad of the machine meanwhile: "
                   f"{min(loads):.0f} to {max(loads):.0f} on {os.cpu_count()} cores.\n")
        out.append(table(rows, peers, size) + "\n\n" + targets(rows, size) + "\n")
        if pictures:
            out.append(f"![best accuracy against epochs trained]({pictures}/fashion-{size}.png)\n")
    return "\n".join(out)


def best_after(trace, epochs):
    best = float("nan")
    for step in trace.split():
        at, value = step.split(":")
        if int(at) > epochs:
            break
        best = float(value)
    return best


def plot(rows, folder):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    os.makedirs(folder, exist_ok=True)
    for size in sorted({int(r["train_size"]) for r in rows}):
        figure, axes = pyplot.subplots(figsize=(9, 5), dpi=80)
        for number, method in enumerate(METHODS):
            found = list(of(rows, method, size).values())
            if not found:
                continue
            last = int(mean([float(r["epochs"]) for r in found]))
            at = list(range(1, last + 1))
            axes.plot(at, [mean([best_after(r["trace"], e) for r in found]) for e in at], color=f"C{number}", label=method)
        axes.set(xscale="log", title=f"Fashion-MNIST, {size} images", xlabel="epochs trained", ylabel="best val_acc so far, mean")
        axes.set_ylim(bottom=0.75)
        axes.legend(fontsize=8, ncols=2)
        figure.tight_layout()
        figure.savefig(os.path.join(folder, f"fashion-{size}.png"))
        pyplot.close(figure)
