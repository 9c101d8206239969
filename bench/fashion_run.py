"""One study of bench/fashion, and the same configurations as plain commands."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
TRAIN = os.path.normpath(os.path.join(HERE, "..", "examples", "fashion-mnist", "train.py"))
TRIALS, EPOCHS, PARALLEL = 20, 10, 2
# As in the peers' runs. Nothing that shapes the network may change in mid-training, where a method would do that.
SPACE = {
    "l1": {"domain": [256, 512], "mutable": False},
    "l2": {"domain": [16, 32, 64, 128], "mutable": False},
    "lr": "float(1e-3, 0.3, log)",
    "batch": {"domain": [32, 64, 128], "mutable": False},
    "momentum": "float(0.1, 0.9)",
}
INITIAL = [{"l1": 256, "l2": 64, "lr": 0.08, "batch": 64, "momentum": 0.2},
           {"l1": 512, "l2": 64, "lr": 0.05, "batch": 128, "momentum": 0.8}]
METHODS = {
    "random": {"searcher": "random", "scheduler": "none"},
    "asha": {"searcher": "random", "scheduler": "asha"},
    "asha-grace": {"searcher": "random", "scheduler": {"asha": {"grace": 2}}},
    "pbt": {"searcher": "random", "scheduler": {"pbt": {"population": TRIALS, "interval": 2}}},
    "tpe": {"searcher": "tpe", "scheduler": "none"},
    "tpe-initial": {"searcher": "tpe", "scheduler": "none", "initial": INITIAL},
    "tpe-asha": {"searcher": "tpe", "scheduler": "asha"},
    "bohb": {"searcher": "auto", "scheduler": "bohb"},
    "auto": {"searcher": "auto", "scheduler": "auto"},
}


def words(size):
    return [sys.executable, TRAIN, "--train-size", str(size)]


def study(method, seed, size):
    options = " ".join(f"--{name} {{{name}}}" for name in SPACE)
    return {"name": method, "command": f"{shlex.join(words(size))} {options} --epochs {{until}} --dir {{dir}}",
            "objective": "maximize val_acc", "space": SPACE, "fidelity": {"name": "epoch", "min": 1, "max": EPOCHS},
            "stop": {"trials": TRIALS}, "parallel": PARALLEL, "seed": seed, **METHODS[method]}


def run(hone, method, seed, size):
    """Rows of results: of the study, and after random search of the plain commands."""
    with tempfile.TemporaryDirectory() as folder:
        warm_up(folder, size)
        with open(os.path.join(folder, "study.json"), "w", encoding="utf-8") as file:
            json.dump(study(method, seed, size), file)
        environment = {**os.environ, "HONE_HOME": os.path.join(folder, "runs")}
        wall, cpu = measured([hone, "run", os.path.join(folder, "study.json"), "--quiet"], environment, folder)
        answer = [json.loads(subprocess.run([hone, verb, method, "--json"], env=environment, cwd=folder, check=True,
                                            stdout=subprocess.PIPE).stdout) for verb in ("trials", "best")]
        trials, best = answer
        training = sum(trial["cpu_seconds"] or 0 for trial in trials)
        yield row(method, seed, size, wall, training, cpu - training, len(trials), sum(len(t["reports"]) for t in trials),
                  best["metrics"]["val_acc"], trace(os.path.join(folder, "runs", "hone.db")))
        if method == "random":
            yield commands(folder, seed, size, [trial["config"] for trial in trials])


def warm_up(folder, size):
    """The images are unpacked and in memory."""
    subprocess.run([*words(size), "--epochs", "1", "--dir", os.path.join(folder, "warm-up")], check=True, stdout=subprocess.DEVNULL)


def measured(command, environment, folder):
    """Wall and CPU seconds of a command and all that it has waited for."""
    begin, before = time.monotonic(), os.times()
    subprocess.run(command, env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return (time.monotonic() - begin, after.children_user + after.children_system - before.children_user - before.children_system)


def commands(folder, seed, size, configs):
    def one(number):
        options = [word for name, value in configs[number].items() for word in (f"--{name}", str(value))]
        where = os.path.join(folder, "commands", str(number))
        done = subprocess.run([*words(size), *options, "--epochs", str(EPOCHS), "--dir", where], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return [float(line.split("val_acc=")[1].split()[0]) for line in done.stdout.splitlines() if "val_acc=" in line]

    begin, before = time.monotonic(), os.times()
    with ThreadPoolExecutor(PARALLEL) as pool:
        curves = list(pool.map(one, range(len(configs))))
    wall, after = time.monotonic() - begin, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return row("commands", seed, size, wall, cpu, 0, len(configs), sum(map(len, curves)),
               max(curve[-1] for curve in curves if curve), "")


def row(method, seed, size, wall, training, own, trials, epochs, best, steps):
    return {"method": method, "seed": seed, "train_size": size, "wall_s": f"{wall:.2f}", "train_cpu_s": f"{training:.2f}",
            "own_cpu_s": f"{own:.2f}", "trials": trials, "epochs": epochs, "best": f"{best:.4f}",
            "load": f"{os.getloadavg()[0]:.1f}", "trace": steps}


def trace(database):
    """The best accuracy so far by epochs trained: "1:0.8012 5:0.8211"; from the log, which has the order."""
    steps, best = [], 0.0
    with sqlite3.connect(database) as store:
        bodies = store.execute("select body from events where kind = 'Reported' order by seq").fetchall()
    for epochs, (body,) in enumerate(bodies, 1):
        value = dict(metrics_of(json.loads(body))).get("val_acc", 0)
        if isinstance(value, (int, float)) and value > best:
            best = value
            steps.append(f"{epochs}:{best:.4f}")
    return " ".join(steps)


def metrics_of(body):
    metrics = body.get("metrics", {})
    return metrics.items() if isinstance(metrics, dict) else metrics
