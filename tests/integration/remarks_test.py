#!/usr/bin/env python3
"""What is said when something is amiss: one line each, with a remedy that helps.

Usage: remarks_test.py HONE
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import in_folders  # noqa: E402

HONE = os.path.abspath(sys.argv[1])


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)


def study(folder, **keys):
    text = {
        "name": "s",
        "command": ["echo", "loss={x}"],
        "objective": "minimize loss",
        "space": {"x": "float(0, 1)"},
        "searcher": "random",
        "stop": {"trials": 6},
        "parallel": 2,
        "seed": 1,
    }
    text.update(keys)
    write(folder, "s.yaml", json.dumps(text))


def hone(folder, *words, status=0):
    """What it said on standard error, in lines."""
    done = subprocess.run([HONE, *words], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done.stderr.splitlines()


def test_a_cost_that_no_trial_reports_is_told_once(folder):
    told = "names no flops, so its time counts as its cost; print flops=VALUE, or leave cost out"
    study(folder, cost="flops")
    assert [told in line for line in hone(folder, "run", "s.yaml")] == [True]
    assert told in hone(folder, "try", "s.yaml", "x=0.5")[0]
    study(folder, cost="flops", command=["echo", "loss={x} flops=3"])
    assert hone(folder, "run", "s.yaml", "--name", "t") == []
    assert hone(folder, "try", "s.yaml", "x=0.5") == []


if __name__ == "__main__":
    sys.exit(in_folders.run(globals()))
