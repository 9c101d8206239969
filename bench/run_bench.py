#!/usr/bin/env python3
"""What running trials costs: Hone against the bare loop, its start, the gap between trials, studies of 100 000 trials.

run_bench.py HONE [PART ...]     parts: noop start gap large share        (default: all)

Each number is printed as `name: value` with what it was compared to in the same run. CPU seconds are user + system of the
process and its reaped children, by getrusage of this script's children.
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def cpu_of(command, **kw):
    """CPU seconds, wall seconds and peak memory (MB) of a command and what it waited for."""
    begin, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run = subprocess.Popen(command, **kw)
    _, status, usage = os.wait4(run.pid, 0)
    wall = time.monotonic() - wall
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status != 0:
        sys.exit("%s: status %d" % (" ".join(command), status))
    cpu = end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
    return cpu, wall, usage.ru_maxrss / 1024


def build_c(folder, name):
    out = os.path.join(folder, name)
    subprocess.run(["cc", "-O2", "-static", os.path.join(HERE, name + ".c"), "-o", out], check=True)
    return out


def write_study(folder, name, **keys):
    path = os.path.join(folder, name + ".yaml")
    study = {"name": name, "objective": "minimize loss", "space": {"x": "float(0, 1)"}, "searcher": "random",
             "scheduler": "none", "seed": 1}
    study.update(keys)
    with open(path, "w") as out:
        json.dump(study, out)
    return path


def noop(hone, folder, trials=2000, rounds=5):
    """The ratio of walls in one run, alternating; median over rounds. Nothing is deleted in between: ext4 is several times
    slower at making files right after many were removed."""
    floor, metric = build_c(folder, "floor"), build_c(folder, "metric")
    ratios = []
    for k in range(rounds):
        bare = float(subprocess.run([floor, str(trials), "2", metric], capture_output=True, text=True, check=True).stdout)
        home = os.path.join(folder, "noop-%d" % k)
        study = write_study(folder, "noop", command=[metric, "{x}"], stop={"trials": trials}, parallel=2)
        cpu, wall, _ = cpu_of([hone, "run", study, "--home", home, "--quiet"], stdout=subprocess.DEVNULL)
        ratios.append(wall / bare)
        print("noop round %d: bare %.3f s, hone %.3f s (%.0f trials/s), ratio %.2f" % (k, bare, wall, trials / wall, wall / bare))
    print("noop: median ratio %.2f (target: at most 2)" % statistics.median(ratios))


def start(hone, folder, rounds=10):
    """CPU of a whole one-trial study, an upper bound of the CPU up to the first exec; less the trial's own."""
    metric, cpus = os.path.join(folder, "metric"), []
    if not os.path.exists(metric):
        metric = build_c(folder, "metric")
    study = write_study(folder, "start", command=[metric, "{x}"], stop={"trials": 1}, parallel=1)
    for k in range(rounds):
        home = os.path.join(folder, "start-%d" % k)
        cpus.append(cpu_of([hone, "run", study, "--home", home, "--quiet"], stdout=subprocess.DEVNULL)[0])
    print("start: a whole study of one trial takes %.1f ms CPU (median of %d; target: at most 30 to the first exec)" %
          (statistics.median(cpus) * 1000, rounds))


def gap(hone, folder, trials=300, milliseconds=50):
    stamp, stamps = build_c(folder, "stamp"), os.path.join(folder, "stamps")
    study = write_study(folder, "gap", command=[stamp, stamps, str(milliseconds), "{x}"], stop={"trials": trials}, parallel=2)
    subprocess.run([hone, "run", study, "--home", os.path.join(folder, "gap"), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    with open(stamps) as file:
        rows = [tuple(map(float, line.split())) for line in file]
    begins, ends = sorted(row[0] for row in rows), sorted(row[1] for row in rows)
    gaps = sorted(begin - end for begin, end in zip(begins[2:], ends))  # two slots: start k takes the slot of end k - 2
    print("gap: exit to the next program's first instruction: median %.2f ms, p99 %.2f ms of %d (target: p99 at most 5)" %
          (statistics.median(gaps) * 1000, gaps[int(len(gaps) * 0.99)] * 1000, len(gaps)))


def share(hone, folder):
    """The demo's random trials: CPU of hone and its keeper, as a share of that of the trials."""
    root = os.path.dirname(HERE)
    with open(os.path.join(root, "examples", "fashion-mnist", "random.yaml")) as file:
        [command] = [line.split(":", 1)[1].split() for line in file if line.startswith("command:")]
    python = "python3" if subprocess.run(["python3", "-c", "import numpy"], stderr=subprocess.DEVNULL).returncode == 0 else "/usr/bin/python3"
    home = os.path.join(folder, "share")
    cpu, _, _ = cpu_of([hone, "run", "examples/fashion-mnist/random.yaml", "--command", " ".join([python, *command[1:]]), "--home", home,
                        "--quiet"], stdout=subprocess.DEVNULL, cwd=root)
    trials = json.loads(subprocess.run([hone, "trials", "random", "--json", "--home", home], capture_output=True, check=True).stdout)
    theirs = sum(trial["cpu_seconds"] for trial in trials)
    print("share: trials %.1f CPU s, hone and keeper %.2f s: %.2f %% (target: at most 2)" %
          (theirs, cpu - theirs, 100 * (cpu - theirs) / theirs))


def large(hone, folder, trials=100000):
    """100 000 trials of 10 parameters and 3 reports each, told through `hone ask-tell`, then opened and listed."""
    metric = build_c(folder, "metric")
    space = {"x%d" % i: "float(0, 1)" for i in range(8)}
    space.update({"n": "int(1, 100)", "c": ["red", "green", "blue"]})
    keys = dict(space=space, fidelity={"name": "epoch", "min": 1, "max": 3}, command=[metric, "{params}", "{until}"])
    study, home = write_study(folder, "large", stop={"trials": trials}, **keys), os.path.join(folder, "large")
    tell = subprocess.Popen([hone, "ask-tell", study, "--home", home], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    begin = time.monotonic()
    asked = 0
    while asked < trials:
        tell.stdin.write('{"ask": 100}\n')
        tell.stdin.flush()
        new = json.loads(tell.stdout.readline())["trials"]
        asked += len(new)
        lines = []
        for trial in new:
            for epoch in (1, 2, 3):
                loss = trial["config"]["x0"] / epoch
                lines.append('{"tell": {"trial": %d, "metrics": {"loss": %.6f, "other": 1}, "at": %d}}' % (trial["trial"], loss, epoch))
            lines.append('{"tell": {"trial": %d, "metrics": {"loss": %.6f}, "done": true}}' % (trial["trial"], loss))
        tell.stdin.write("\n".join(lines) + "\n")
        tell.stdin.flush()
        for _ in lines:
            answer = tell.stdout.readline()
            if "error" in answer:
                sys.exit("ask-tell: " + answer)
    tell.stdin.close()
    tell.wait()
    print("large: %d trials told in %.1f s; %.0f MB on disk" %
          (trials, time.monotonic() - begin, os.path.getsize(os.path.join(home, "hone.db")) / 1e6))
    cpu, _, memory = cpu_of([hone, "run", study, "--home", home, "--quiet"], stdout=subprocess.DEVNULL)
    print("large: hone run opens it in %.2f CPU s (target: at most 1) with %.0f MB (target: at most 250)" % (cpu, memory))
    for command in ("trials", "status", "best"):
        cpu, _, memory = cpu_of([hone, command, "large", "--json", "--home", home], stdout=subprocess.DEVNULL)
        print("large: hone %s --json: %.2f CPU s, %.0f MB%s" %
              (command, cpu, memory, " (target: at most 2)" if command == "trials" else ""))


def main():
    parts = {"noop": noop, "start": start, "gap": gap, "large": large, "share": share}
    hone = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="hone-bench-") as folder:
        for part in sys.argv[2:] or parts:
            parts[part](hone, folder)


if __name__ == "__main__":
    main()
