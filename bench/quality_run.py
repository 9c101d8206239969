"""Runs (problem x optimiser x seed) of the benchmark kit and appends a row a run to a CSV file.

Rows that are in the file already are not run again, so that a run can be stopped, resumed and extended:

    python quality_run.py --peers random,optuna-tpe --seeds 5 --out peers/more.csv
    python quality_run.py --adapter hone_adapter:HoneTPE --groups bbob-10,mixed --out results/hone.csv
"""

from __future__ import annotations

import argparse
import csv
import logging
import os
import sys
import time
from multiprocessing import get_context

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from peers import load_adapter  # noqa: E402
from quality_suite import SUITE  # noqa: E402

CHECKPOINTS = (10, 25, 50, 100)
STEP = 5  # the trace has the best value after 5, 10, 15 ... evaluations
FIELDS = ["problem", "group", "optimizer", "version", "seed", "n", *(f"best_{c}" for c in CHECKPOINTS), "best_final",
          "opt_cpu_s", "opt_wall_s", "status", "trace"]


def run_one(name: str, spec: str, seed: int, evals: int, limit: float) -> dict:
    """One optimisation. `n` is how many evaluations were done; what failed, and why, stands in `status`."""
    logging.disable(logging.WARNING)  # several peers log every trial
    problem, adapter_class = SUITE[name], load_adapter(spec)
    row = {"problem": name, "group": problem.group, "optimizer": spec, "seed": seed,
           "version": adapter_class.version(), "n": 0, "status": "ok"}
    best, cpu, wall, trace, began = float("inf"), 0.0, 0.0, [], time.perf_counter()

    def timed(call, *args):
        nonlocal cpu, wall
        c, w = time.process_time(), time.perf_counter()
        result = call(*args)
        cpu += time.process_time() - c
        wall += time.perf_counter() - w
        return result

    try:
        adapter = timed(adapter_class, problem.space, seed, evals)
        for i in range(1, evals + 1):
            config = timed(adapter.ask)
            value = problem(config)
            timed(adapter.tell, config, value)
            best = min(best, value)
            row["n"] = i
            if i in CHECKPOINTS:
                row[f"best_{i}"] = repr(best)
            if i % STEP == 0:
                trace.append(f"{best:.9g}")
            if time.perf_counter() - began > limit:
                row["status"] = "time limit"
                break
    except Exception as error:  # that a peer fails is a result too
        row["status"] = f"{type(error).__name__}: {error}".replace("\n", " ")[:200]
    row.update(best_final=repr(best), opt_cpu_s=f"{cpu:.4f}", opt_wall_s=f"{wall:.4f}", trace=" ".join(trace))
    return row


def done_in(path: str) -> set[tuple[str, str, str]]:
    if not os.path.exists(path):
        return set()
    with open(path, newline="") as file:
        return {(row["problem"], row["optimizer"], row["seed"]) for row in csv.DictReader(file)}


def append(path: str, row: dict) -> None:
    new = not os.path.exists(path)
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(f"{row['problem']:26s} {row['optimizer']:26s} seed={row['seed']} n={row['n']} "
          f"best={float(row['best_final']):.6g} cpu={row['opt_cpu_s']}s {row['status']}", file=sys.stderr, flush=True)


def run_all(problems: list[str], specs: list[str], seeds: range, evals: int, limit: float, out: str, jobs: int = 1,
            also: tuple[str, ...] = ()) -> None:
    """Seed by seed, so that what is there when it is stopped is even. `also`: files whose rows need no run either."""
    done = set().union(*(done_in(path) for path in (out, *also)))
    todo = [(p, s, k) for k in seeds for p in problems for s in specs if (p, s, str(k)) not in done]
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    if jobs == 1:
        for p, s, k in todo:
            append(out, run_one(p, s, k, evals, limit))
        return
    with get_context("spawn").Pool(jobs, maxtasksperchild=50) as pool:
        for row in pool.imap_unordered(_run_one, [(p, s, k, evals, limit) for p, s, k in todo]):
            append(out, row)


def _run_one(task) -> dict:
    return run_one(*task)


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--peers", default="", help="comma separated names of peers.py")
    cli.add_argument("--adapter", action="append", default=[], help="module:Class, repeatable")
    cli.add_argument("--groups", default="", help="comma separated; default: all")
    cli.add_argument("--problems", default="", help="comma separated names; default: all of the groups")
    cli.add_argument("--seeds", type=int, default=5)
    cli.add_argument("--evals", type=int, default=100)
    cli.add_argument("--limit", type=float, default=600, help="wall seconds per run")
    cli.add_argument("--jobs", type=int, default=1)
    cli.add_argument("--also", action="append", default=[], help="a file with rows that need not be run either")
    cli.add_argument("--out", required=True)
    args = cli.parse_args()
    groups = [g for g in args.groups.split(",") if g] or list(dict.fromkeys(p.group for p in SUITE.values()))
    named = [p for p in args.problems.split(",") if p]
    problems = named or [name for group in groups for name, p in SUITE.items() if p.group == group]
    specs = [s for s in args.peers.split(",") if s] + args.adapter
    run_all(problems, specs, range(args.seeds), args.evals, args.limit, args.out, args.jobs, tuple(args.also))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
