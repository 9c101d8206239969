"""Recorded tables, `hone simulate` on them, and the regret of what came of it.

The regret after B full trainings' worth of worker time is (best value seen - table's best) / (median final value - table's
best), cut at 10; a full training takes the median of the last column of seconds. Lower is better, 0 is the table's best.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
BUDGETS = (3, 10, 30, 100)
CUT = 10.0
# The ranges that the tables' configurations were drawn from.
SPACES = {
    "taskset": ("minimize loss", 51, {
        "learning_rate": "float(1e-8, 10, log)", "beta1": "float(0, 1)", "beta2": "float(0, 1)",
        "epsilon": "float(1e-10, 1e3, log)", "l1": "float(1e-8, 10, log)", "l2": "float(1e-8, 10, log)",
        "linear_decay": "float(1e-7, 1e-4, log)", "exponential_decay": "float(1e-6, 1e-3, log)"}),
    "lcbench_surrogate": ("maximize accuracy", 52, {
        "batch_size": "int(16, 512, log)", "learning_rate": "float(1e-4, 1e-1, log)", "momentum": "float(0.1, 0.99)",
        "weight_decay": "float(1e-5, 1e-1)", "num_layers": "int(1, 5)", "max_units": "int(64, 1024, log)",
        "max_dropout": "float(0, 1)"}),
}
# As in the reference, and the words for `hone simulate`. Others are given as SEARCHER/SCHEDULER.
POLICIES = {"random": ("random", "none"), "median": ("random", "{median: {grace: 5, startup: 5}}"), "asha": ("random", "asha"),
            "asha-stop": ("random", "{asha: {stop: true}}"), "sh": ("random", "sh"), "hyperband": ("random", "hyperband")}
FIELDS = ["table", "task", "policy", "seed", "workers", *(f"regret_{b}" for b in BUDGETS), "utilisation"]


def words_of(policy):
    return POLICIES.get(policy) or tuple(policy.split("/", 1))


def open_folder(folder):
    """The folder with the tables; without one those that are kept here, unpacked."""
    if folder:
        return folder
    unpacked = tempfile.mkdtemp(prefix="hone-curves-")
    with tarfile.open(os.path.join(HERE, "tables", "taskset.tar.xz")) as archive:
        archive.extractall(unpacked)
    return unpacked


class Task:
    """One table: its losses (not finite = inf) and seconds, rows x units, and the time limits of BUDGETS."""

    def __init__(self, table, path):
        self.table, self.path = table, path
        self.name = os.path.basename(path).split(".")[0]
        if base_of(table) == "taskset":
            rows = np.genfromtxt(path, delimiter=",", names=True)
            self.loss = np.stack([rows[f"v{k}"] for k in range(51)], axis=1)
            self.seconds = np.broadcast_to(np.arange(1, 52.0), self.loss.shape)
        else:
            self.loss = 100 - np.genfromtxt(path, delimiter=",", skip_header=1)[:, 1:]
            beside = os.path.join(os.path.dirname(path), f"{self.name}.seconds_cumulative.csv")
            self.seconds = np.genfromtxt(beside, delimiter=",", skip_header=1)[:, 1:]
        self.loss = np.where(np.isfinite(self.loss), self.loss, np.inf)
        self.full = float(np.median(self.seconds[:, -1]))
        self.floor, typical = self.loss.min(), np.median(self.loss[:, -1])
        self.scale = (typical if np.isfinite(typical) else self.loss[np.isfinite(self.loss)].max()) - self.floor

    def ends(self, workers):
        return [b * self.full / workers for b in BUDGETS]

    def regrets(self, trace, workers):
        """Of (seconds, loss) pairs."""
        best = [min([loss for at, loss in trace if at <= end + 2e-6], default=np.inf) for end in self.ends(workers)]
        return [min(((b if np.isfinite(b) else self.floor + self.scale) - self.floor) / self.scale, CUT) for b in best]


def permuted(folder, into):
    """Tables whose early columns foretell nothing: the first half of the value columns in another order of the rows, in
    `-permuted` each in an order of its own, in `-permuted-together` all in the same."""
    for table in (t for t in SPACES if os.path.isdir(os.path.join(folder, t))):
        for kind in ("-permuted", "-permuted-together"):
            os.makedirs(os.path.join(into, table + kind))
            for name in sorted(os.listdir(os.path.join(folder, table))):
                source, target = os.path.join(folder, table, name), os.path.join(into, table + kind, name)
                if table == "taskset" or name.endswith(".val_accuracy.csv"):
                    permute(source, target, together=kind.endswith("together"))
                else:
                    shutil.copyfile(source, target)


def permute(source, target, together):
    with open(source, newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    values = [k for k, column in enumerate(head) if re.fullmatch(r"[ve][0-9]+", column)]
    rng = np.random.default_rng(zlib.crc32(os.path.basename(source).encode()))
    order = rng.permutation(len(rows))
    cells = np.array(rows, dtype=object)
    for k in values[: len(values) // 2]:
        cells[:, k] = cells[order if together else rng.permutation(len(rows)), k]
    with open(target, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *cells.tolist()])


def base_of(table):
    return table.split("-")[0]


def tasks_of(folder, table):
    names = sorted(os.listdir(os.path.join(folder, table)))
    ending = ".csv" if base_of(table) == "taskset" else ".val_accuracy.csv"
    return [Task(table, os.path.join(folder, table, name)) for name in names if name.endswith(ending)]


def study_file(table, path):
    objective, units, space = SPACES[base_of(table)]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"objective": objective, "space": space, "fidelity": {"name": "unit", "min": 1, "max": units}}, file)
    return path


def simulate(hone, study, task, policy, seed, workers):
    searcher, scheduler = words_of(policy)
    done = subprocess.run([hone, "simulate", study, "--curves", task.path, "--parallel", str(workers), "--seed", str(seed),
                           "--searcher", searcher, "--scheduler", scheduler, "--time", f"{task.ends(workers)[-1] + 1e-5:.6f}",
                           "--json"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{policy} on {task.name}, seed {seed}: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    trace = [(at["seconds"], 100 - at["best"] if SPACES[base_of(task.table)][0].startswith("max") else at["best"])
             for at in result["trace"]]
    return [task.table, task.name, policy, seed, workers, *(f"{r:.5f}" for r in task.regrets(trace, workers)),
            f"{result['utilisation']:.4f}"]


def run_all(hone, folder, tables, policies, seeds, workers, jobs, say=lambda row: None):
    """The rows of FIELDS."""
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(jobs) as pool:
        waiting = []
        if any("-" in table for table in tables):
            permuted(folder, temporary)
        for table in tables:
            study = study_file(table, os.path.join(temporary, table + ".json"))
            for task in tasks_of(temporary if "-" in table else folder, table):
                waiting += [pool.submit(simulate, hone, study, task, policy, seed, workers)
                            for policy in policies for seed in seeds]
        rows = []
        for run in waiting:
            rows.append([str(cell) for cell in run.result()])
            say(rows[-1])
        return rows


def read_rows(path):
    if not os.path.exists(path):
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [[row[field] for field in FIELDS] for row in csv.DictReader(file)]


def write_rows(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([FIELDS, *rows])
