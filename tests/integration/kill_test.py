#!/usr/bin/env python3
"""kill -9 of `hone run`, alone, with its keeper, and with keeper and trials; the next `hone run` goes on.

Usage: kill_test.py HONE [KILLS [SEED]]. What is checked: the study ends; a trial on record as finished never starts again; no two
processes of one trial live at the same time; no trial is lost or doubled; no process is left behind.
"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

TRIALS = 60
FINAL = {"completed", "failed", "stopped"}
TRIAL = """
import fcntl, os, sys, time
until, folder, trial, journal = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
def note(text):
    fd = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(fd, (text + "\\n").encode()); os.close(fd)
lock = open(os.path.join(folder, "lock"), "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    note("double " + trial)
note("start " + trial)
state = os.path.join(folder, "epoch")
epoch = int(open(state).read()) if os.path.exists(state) else 0
while epoch < until:
    time.sleep(0.02)
    epoch += 1
    with open(state + ".new", "w") as out:
        out.write(str(epoch))
    os.replace(state + ".new", state)
    print("epoch=%d loss=%g" % (epoch, 1.0 / epoch + int(trial) * 0.01), flush=True)
"""


def hone_processes(home):
    """pid of every process whose command line names `home` (hone run, its keeper, trials)."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open("/proc/%s/cmdline" % entry, "rb") as file:
                command = file.read().decode(errors="replace").split("\0")
            with open("/proc/%s/stat" % entry) as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    continue
        except OSError:
            continue
        if any(home in word for word in command):
            found[int(entry)] = "hone" if command[0].endswith("hone") else "trial"
    return found


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def trials(hone, home):
    done = subprocess.run([hone, "trials", "kills", "--json", "--home", home], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else []


def write_study(folder, home_note):
    study = folder + "/kills.yaml"
    with open(study, "w") as out:
        json.dump({"name": "kills", "objective": "minimize loss", "space": {"x": "float(0, 1)"},
                   "command": [sys.executable, folder + "/trial.py", "{until}", "{dir}", "{trial}", home_note, "{x}"],
                   "fidelity": {"name": "epoch", "min": 2, "max": 18}, "searcher": "random",
                   "scheduler": {"asha": {"eta": 3}}, "stop": {"trials": TRIALS}, "parallel": 3, "seed": 1,
                   "limits": {"grace": "2s"}}, out)
    return study


def one_study(hone, folder, rng, done, kills):
    """Kills and goes on until the study has ended or there were enough kills; returns how many, and what is wrong."""
    home, journal, checks = folder + "/home", folder + "/journal", []
    command = [hone, "run", write_study(folder, journal), "--home", home]
    while done < kills:
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.03, 0.7))
        if run.poll() is not None:
            break  # the study has ended; the next one goes on
        before = {t["trial"] for t in trials(hone, home) if t["state"] in FINAL}
        offset = os.path.getsize(journal) if os.path.exists(journal) else 0
        what = ("hone", "hone+keeper", "all")[done % 3]
        kill(run.pid)
        run.wait()
        if what != "hone":
            for pid, kind in hone_processes(home).items():
                if kind == "hone" or what == "all":
                    kill(pid)
        done += 1
        checks.append((before, offset))  # from here on nothing in `before` may start
        time.sleep(rng.choice([0, 0.1]))
    last = subprocess.run(command, capture_output=True, text=True)
    if last.returncode != 0:
        return done, ["the last run failed: " + last.stderr]
    return done, inspect(hone, home, journal, checks)


def inspect(hone, home, journal, checks):
    wrong = []
    with open(journal) as file:
        lines = file.read()
    for before, offset in checks:
        for line in lines[offset:].splitlines():
            word, _, trial = line.partition(" ")
            if word == "start" and int(trial) in before:
                wrong.append("trial %s was on record as finished and started again" % trial)
    wrong += sorted({"two processes of one trial: " + line for line in lines.splitlines() if line.startswith("double")})
    rows = trials(hone, home)
    if [row["trial"] for row in rows] != list(range(TRIALS)):
        wrong.append("trials are lost or doubled: %s" % [row["trial"] for row in rows])
    for row in rows:
        if row["state"] not in FINAL or row["state"] == "failed":
            wrong.append("trial %d is %s (%s)" % (row["trial"], row["state"], row["cause"]))
        epochs = [report["at"] for report in row["reports"]]
        if len(set(epochs)) != len(epochs):
            wrong.append("trial %d has doubled reports: %s" % (row["trial"], epochs))
    replay = subprocess.run([hone, "replay", "kills", "--home", home], capture_output=True, text=True)
    if replay.returncode != 0:
        wrong.append("replay: " + replay.stdout + replay.stderr)
    for _ in range(100):  # a keeper with nothing to do leaves within a second
        if not hone_processes(home):
            break
        time.sleep(0.1)
    else:
        wrong.append("processes left behind: %s" % hone_processes(home))
    return wrong


def main():
    hone, kills = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20
    rng, done, studies, wrong = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 7), 0, 0, []
    while done < kills and not wrong:
        with tempfile.TemporaryDirectory(prefix="hone-kill-") as folder:
            with open(folder + "/trial.py", "w") as out:
                out.write(TRIAL)
            done, wrong = one_study(hone, folder, rng, done, kills)
            studies += 1
    for line in wrong:
        print(line)
    print("%d kills of hone, or with its keeper, or with all trials, in %d studies of %d trials" % (done, studies, TRIALS))
    print("%d passed, %d failed" % (0 if wrong else 1, 1 if wrong else 0))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
