#!/usr/bin/env python3
"""Python and the command line are one engine. Usage: cli_test.py HONE"""
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest

import hone

PROGRAM = os.path.abspath(sys.argv[1])
SPACE = {"lr": hone.float(1e-4, 1e-1, log=True), "opt": ["sgd", "adam"], "momentum": "float(0, 1) if opt == sgd",
         "depth": hone.int(1, 9), "batch": hone.pow2(8, 128)}
STUDIES = [dict(searcher=searcher, scheduler="none", trials=20) for searcher in ("random", "sobol", "tpe", "auto")]
STUDIES += [dict(searcher="tpe", scheduler="asha", fidelity={"name": "epoch", "min": 1, "max": 9}, trials=15),
            dict(searcher="random", scheduler="median", fidelity={"name": "epoch", "max": 4}, trials=10, parallel=3),
            dict(searcher="random", trials=12, constraints=["depth * batch <= 256"], target=0.02,
                 initial=[{"lr": 0.01}, {"config": {"lr": 0.02, "opt": "adam", "depth": 1, "batch": 8}, "metrics": {"loss": 2}}])]


def loss(config, epoch):
    return abs(math.log10(config["lr"]) + 2) + config.get("momentum", 0.3) + config["depth"] / 20 + 1 / epoch


class Lines:
    """`hone ask-tell`, with the verbs of hone.Study."""

    def __init__(self, definition, folder):
        path = os.path.join(folder, "study.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(definition)
        self.process = subprocess.Popen([PROGRAM, "ask-tell", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, **line):
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer)
        return answer

    def ask(self):
        trials = self.say(ask=1)["trials"]
        return trials[0] if trials else None

    def tell(self, trial, at, **metrics):
        return self.say(tell={"trial": trial, "metrics": metrics, **({"at": at} if at else {"done": True})})["move"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class OneEngine(unittest.TestCase):
    def test_python_hands_out_the_trials_that_hone_ask_tell_does(self):
        for keys in STUDIES:
            with self.subTest(**keys), tempfile.TemporaryDirectory() as folder:
                study = hone.Study(SPACE, minimize="loss", seed=5, **keys)
                lines = Lines(study.definition, folder)
                asked = 0
                while True:
                    ours, theirs = study.ask(), lines.ask()
                    if theirs is None:
                        self.assertIsNone(ours)
                        break
                    asked += 1
                    self.assertEqual((ours.number, ours.config, ours.until, ours.seed, ours.resume),
                                     tuple(theirs[key] for key in ("trial", "config", "until", "seed", "resume")))
                    fidelity = "fidelity" in keys
                    for epoch in range(1, ours.until + 1) if fidelity else [0]:
                        value = loss(ours.config, max(epoch, 1))
                        moves = (study.tell(ours, at=epoch or None, loss=value), lines.tell(ours.number, epoch, loss=value))
                        self.assertEqual(*moves)
                        if moves[0] != "continue":
                            break
                best = lines.say(best=True)["best"]
                self.assertEqual((study.best.number, study.best.config, study.best.metrics),
                                 (best["trial"], best["config"], best["metrics"]))
                self.assertGreaterEqual(asked, 10 if "target" not in keys else 1)
                lines.close()

    def test_mistakes_are_in_the_same_words(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "study.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("objective: minimize loss\nspace: {x: 'float(1, 0)'}\nsearcher: tpee\nstop: {trials: 3}\n")
            theirs = subprocess.run([PROGRAM, "ask-tell", path], capture_output=True, text=True).stderr
        with self.assertRaises(hone.Error) as caught:
            hone.Study({"x": "float(1, 0)"}, minimize="loss", searcher="tpee", trials=3)
        for line in str(caught.exception).splitlines():
            self.assertIn(line, theirs)

    def test_the_catalogues_are_the_same(self):
        for command, ours in (("searchers", hone.searchers()), ("schedulers", hone.schedulers())):
            theirs = json.loads(subprocess.run([PROGRAM, command, "--json"], capture_output=True, check=True).stdout)
            self.assertEqual([row["name"] for row in ours], [row["name"] for row in theirs])
            for a, b in zip(ours, theirs):
                self.assertEqual([{**o, "default": 0} for o in a.pop("options")],
                                 [{**o, "default": 0} for o in b.pop("options")])
                self.assertEqual(a, b)


if __name__ == "__main__":
    unittest.main(argv=["cli_test"])
