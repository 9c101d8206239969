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


def test_stages_with_a_searcher_of_ones_own_are_refused_with_a_remedy_that_works(folder):
    write(folder, "mine.py", "")
    study(folder, searcher={"command": "/usr/bin/python3 mine.py"}, stages=[{"free": ["x"], "trials": 3}])
    said = hone(folder, "run", "s.yaml", status=2)
    assert len(said) == 1 and "stages: are for Hone's own searchers; leave them out" in said[0], said
    study(folder, searcher={"tpe": {"candidates": 9}}, stages=[{"free": ["x"], "trials": 3}])
    said = hone(folder, "run", "s.yaml", status=2)
    assert len(said) == 1 and "go with `searcher: {coordinate: {searcher: tpe}}`" in said[0], said
    study(folder, searcher={"coordinate": {"searcher": "tpe"}}, stages=[{"free": ["x"], "trials": 3}])
    hone(folder, "run", "s.yaml")


def test_a_searchers_command_may_be_a_list_of_words(folder):
    write(folder, "my own.py", """if True:
        import sys
        assert sys.argv[1:] == ["a b", "c"], sys.argv
        for line in sys.stdin:
            print('{"trials": [{"config": {"x": 0.5}}]}', flush=True)
        """)
    study(folder)
    hone(folder, "run", "s.yaml", "--searcher", "{command: [/usr/bin/python3, my own.py, a b, c]}")
    for wrong, words in (("[]", "needs the program"), ("[python3, [x]]", "is not text; write `{command: [python3,")):
        said = hone(folder, "run", "s.yaml", "--searcher", "{command: %s}" % wrong, status=2)
        assert len(said) == 1 and words in said[0], (wrong, said)


def test_without_a_best_trial_the_remedy_is_one_that_helps(folder):
    write(folder, "nothing.py", "for line in __import__('sys').stdin: print('{\"trials\": []}', flush=True)\n")
    study(folder, name="none", searcher={"command": "/usr/bin/python3 nothing.py"})
    said = hone(folder, "run", "s.yaml", status=1)
    assert said == ["hone: study none: no trial was started; --extend with more trials goes on, another --name starts a "
                    "new one"], said
    study(folder, name="tight", outcome_constraints=["loss <= -1"])
    for words in (["run", "s.yaml"], ["best", "tight"]):
        said = hone(folder, *words, status=0 if words[0] == "run" else 1)
        assert len(said) == 1 and "loosen one that cannot be met" in said[0] and "`hone trials tight`" in said[0], said
    study(folder, name="mute", command=["echo", "{x}"])
    said = hone(folder, "run", "s.yaml", status=1)
    path = said[-1].split("look at ")[1].split(", or see")[0]
    assert path.endswith("/mute/0/stderr") and os.path.exists(path), said


def test_a_warm_start_that_the_run_refuses_is_refused_by_plan_and_dry_run_too(folder):
    study(folder, warm_start=["nobody"])
    commands = ["run", "--dry-run", "s.yaml"], ["plan", "s.yaml"], ["run", "s.yaml"]
    for words in commands:
        said = hone(folder, *words, status=2)
        assert len(said) == 1 and "there is no study nobody" in said[0], (words, said)
    study(folder, warm_start=["portfolio"])
    for words in commands:
        assert "hone portfolio build" in hone(folder, *words, status=2)[0], words
    study(folder, name="before")
    hone(folder, "run", "s.yaml")
    write(folder, "hone-runs/portfolio.json", "{}")
    study(folder, warm_start=["portfolio"])
    for words in commands:
        assert "is no portfolio" in hone(folder, *words, status=3)[0], words
    study(folder, warm_start=["before"])
    for words in commands:
        hone(folder, *words)


if __name__ == "__main__":
    sys.exit(in_folders.run(globals()))
