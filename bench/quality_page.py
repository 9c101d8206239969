"""Tables and plots of docs/benchmarks.md, between the marks `quality:begin` and `quality:end`."""

from __future__ import annotations

import os
import re

from quality_stats import CHECKPOINTS, verdict
from quality_suite import APART

GROUPS = ("bbob-low", "bbob-10", "bbob-20", "mixed", "conditional", "ml")
# Like against like, and at how many evaluations there are results of the others.
RIVALS = {"tpe": (("optuna-tpe", "optuna-tpe-group", "optuna-tpe-uni", "rustuna-tpe", "hyperopt-tpe"), (25, 50, 100)),
          "cmaes": (("cmaes", "optuna-cma", "rustuna-cma"), (25, 50, 100)),
          "cfo": (("flaml-cfo",), (25, 50, 100)),
          "blendsearch": (("flaml-blend",), (25, 50, 100)),
          "smac": (("smac-rf",), (25, 50)),
          "gp": (("ax", "hebo", "optuna-gp", "smac-gp"), (25, 50))}
OURS = "hone_adapter:"


def shown(optimizer, ours):
    return f"**hone {ours[optimizer]}**" if optimizer in ours else optimizer


def searcher_of(spec):
    """`hone_adapter:HoneCMA` → `cmaes`."""
    name = spec.partition(":")[2].removeprefix("Hone").lower()
    return {"cma": "cmaes", "blend": "blendsearch"}.get(name, name)


def names_of(table):
    """The optimisers of Hone that have results: spec → searcher."""
    return {o: searcher_of(o) for o in table.optimizers if o.startswith(OURS)}


def regret_table(table, ours, group):
    """Everybody in one group, or in all, by the regret at 50 evaluations."""
    lines = []
    ranks = {c: rank_among(table, ours, c, group) for c in (50, 100)}
    for o in table.optimizers:
        cells = [table.mean_regret(o, c, group) for c in CHECKPOINTS]
        if not any(cells):
            continue
        failed, runs = table.failed(o)
        key = cells[2][0] if cells[2] else 9.0
        problems = max(c[1] for c in cells if c)
        seeds = sorted({len(table.runs[p][o]) for p in table.problems(group) if table.runs[p].get(o)})
        runs_each = f"{seeds[0]}–{seeds[-1]}" if len(seeds) > 1 else str(seeds[0])
        texts = [f"{c[0]:.3f}" if c else "–" for c in cells]
        places = [f"{ranks[c][o][0]:.2f}" if o in ranks[c] else "–" for c in (50, 100)]
        note = f" ({failed} of {runs} runs failed)" if failed and group is None else ""
        lines.append((key, f"| {shown(o, ours)}{note} | {problems} | {runs_each} | {' | '.join(texts)} | {' | '.join(places)} "
                           f"| {table.cost(o, group) * 1e3:.2g} |"))
    head = "| optimiser | problems | runs each | @10 | @25 | @50 | @100 | rank @50 | rank @100 | CPU ms |\n" + "|---" * 10 + "|\n"
    return head + "\n".join(line for _, line in sorted(lines)) + "\n"


def rank_among(table, ours, at, group=None):
    """A peer's rank among all peers; one of our searchers' among the peers and itself, the others of ours left out."""
    peers = [o for o in table.optimizers if o not in ours]
    out = table.ranks(peers, at, group)
    for o in ours:
        own = table.ranks([*peers, o], at, group)
        if o in own:
            out[o] = own[o]
    return out


def rival_table(table, ours):
    """Our searcher minus the library's; below 0 we are ahead."""
    by_name = {name: spec for spec, name in ours.items()}
    head = ("| Hone | against | at | all | " + " | ".join(GROUPS) + " |\n" + "|---" * (len(GROUPS) + 4) + "|\n")
    lines = []
    for name, (rivals, checkpoints) in RIVALS.items():
        for rival in rivals if name in by_name else ():
            for at in checkpoints:
                cells = [difference_cell(table, by_name[name], rival, at, group) for group in (None, *GROUPS)]
                if any(cell != "–" for cell in cells):
                    lines.append(f"| {name} | {rival} | {at} | " + " | ".join(cells) + " |")
    return head + "\n".join(lines) + "\n" if lines else "No results yet.\n"


def difference_cell(table, ours, theirs, at, group=None):
    found = table.difference(ours, theirs, at, group)
    if not found:
        return "–"
    value, low, high, _ = found
    mark = {-1: "**better**", 0: "", 1: "*worse*"}[verdict(found)]
    return f"{value:+.3f} [{low:+.2f}, {high:+.2f}] {mark}".strip()


def auto_table(table, ours):
    """Our default against every peer."""
    spec = next((spec for spec, name in ours.items() if name == "auto"), None)
    if not spec:
        return "No results yet.\n"
    lines = []
    for at in (50, 100):
        ranks = rank_among(table, {spec: "auto"}, at)
        order = sorted(ranks.items(), key=lambda item: item[1][0])
        lines.append(f"Mean relative rank at {at}, 0 first to 1 last, among those with results on a problem: "
                     + ", ".join(f"{shown(o, ours)} {rank:.2f}" for o, (rank, _) in order if o == spec or o not in ours) + ".\n")
        ahead = []
        for group in (*GROUPS, *APART):
            rivals = {o: found for o in table.optimizers if o not in ours and o != "random"
                      and (found := table.difference(spec, o, at, group))}
            if not rivals:
                continue
            every = max(found[3] for found in rivals.values())
            for few in (False, True):  # those that were run on all problems of the group; a stronger one that was not
                of = {o: found for o, found in rivals.items() if (found[3] < every) == few}
                best = max(of, key=lambda o: of[o][0]) if of else None
                if best and (not few or of[best][0] > 0):
                    ahead.append(f"| {group} | {at} | {best} ({of[best][3]} of {every} problems) | "
                                 f"{difference_cell(table, spec, best, at, group)} |")
        lines.append("| group | at | best peer there | auto's regret minus its |\n|---|---|---|---|\n" + "\n".join(ahead) + "\n")
    return "\n".join(lines)


def random_table(table, ours):
    """Is anything worse than random search when there are few evaluations?"""
    lines = []
    for spec, name in sorted(ours.items(), key=lambda item: item[1]):
        for at in (10, 25) if name != "random" else ():
            cells = [difference_cell(table, spec, "random", at, group) for group in (None, *GROUPS)]
            lines.append(f"| {name} | {at} | " + " | ".join(cells) + " |")
    return "| Hone | at | all | " + " | ".join(GROUPS) + " |\n" + "|---" * (len(GROUPS) + 3) + "|\n" + "\n".join(lines) + "\n"


def text_of(table, ours, plots):
    runs = [r for of in table.runs.values() for o, rows in of.items() if o in ours for r in rows]
    versions = ", ".join(sorted({r["version"] for r in runs})) or "none"
    out = [f"""Regret: 0 is the lowest value that anybody reached on a problem, 1 what random search (median of its seeds) had found after
as many evaluations; cut at 3; mean over seeds, then over problems. Rank: the place of the mean over seeds, 0 first, 1 last,
mean over problems; Hone's searchers one at a time among the peers. CPU ms: the optimiser's own, per suggestion, all runs.
Optimisers differ in the problems that they were run on (column `problems`): compare rows with equal numbers, or read the
differences below, which pair by problem. Hone: {versions}; {len(runs)} runs.

### Like against like

Hone's regret minus the other's, mean over the problems that both have, with a bootstrap 95 % interval (problems and runs
drawn with replacement); below 0 Hone is ahead.

{rival_table(table, ours)}
### The default

{auto_table(table, ours)}
### Against random search, early

Hone's regret minus random search's, as above.

{random_table(table, ours)}
### All groups together

{regret_table(table, ours, None)}"""]
    for group in (*GROUPS, *APART):
        if not table.problems(group):
            continue
        picture = f"\n![regret against evaluations, {group}]({plots}/regret-{group}.png)\n" if plots else ""
        out.append(f"### {group}\n{picture}\n{regret_table(table, ours, group)}")
    return "\n".join(out)


def insert(path, name, text):
    """Replaces what stands between the marks of `name`, or adds it at the end."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    begin, end = f"<!-- {name}:begin, written by bench/{name} -->", f"<!-- {name}:end -->"
    block = f"{begin}\n{text.strip()}\n{end}"
    if begin in page:
        page = re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: block, page, flags=re.S)
    else:
        page = page.rstrip() + "\n\n" + block + "\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)


def shown_in_plot(table, ours, group, most=6):
    """The best of each side at 50 evaluations on at least half of the group's problems, and Hone's default."""
    found = {o: m[0] for o in table.optimizers if o != "random" and (m := table.mean_regret(o, 50, group))
             and 2 * m[1] >= len(table.problems(group))}
    order = sorted(found, key=found.get)
    own = [o for o in order if o in ours]
    return ([o for o in own if ours[o] == "auto"] + [o for o in own if ours[o] != "auto"][:most]
            + [o for o in order if o not in ours][:most])


def plot(table, ours, folder):
    """One picture a group: mean regret against evaluations."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    os.makedirs(folder, exist_ok=True)
    points = list(range(5, 101, 5))
    for group in (g for g in (*GROUPS, *APART) if table.problems(g)):
        figure, axes = pyplot.subplots(figsize=(9, 5), dpi=80)
        problems = len(table.problems(group))
        for number, o in enumerate(shown_in_plot(table, ours, group)):
            found = {at: m for at in points if (m := table.mean_regret(o, at, group))}
            covered = max(problems for _, problems in found.values())  # elsewhere the mean would be of other problems
            line = [(at, m[0]) for at, m in found.items() if m[1] == covered]
            own = o in ours
            axes.plot(*zip(*line), label=f"hone {ours[o]}" if own else o, color=pyplot.get_cmap("tab20")(number % 20),
                      linewidth=2.4 if own else 1.2, linestyle="-" if own else "--", marker=None if len(line) > 5 else "o",
                      markersize=4, zorder=3 if own else 2)
        axes.axhline(1, color="0.6", linewidth=0.8)
        axes.set(title=f"{group}: {problems} problems", xlabel="evaluations",
                 ylabel="regret (1: random search, 0: best known)", xlim=(5, 100), ylim=(0, 1.6))
        axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
        figure.tight_layout()
        figure.savefig(os.path.join(folder, f"regret-{group}.png"), metadata={"Software": None})
        pyplot.close(figure)
