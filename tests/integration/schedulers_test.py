#!/usr/bin/env python3
"""Every study of examples/schedulers runs, in short, with the scheduler that it is named after.

Usage: schedulers_test.py HONE
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from examples import ROOT, Examples  # noqa: E402

EXAMPLES = None
COUNT = 12
OTHERS = {"folds": "asha", "epochs-and-rows": "sh"}  # not named after their scheduler
HALVING = ("auto", "asha", "asha-two-objectives", "asyncband", "bohb", "dehb", "epochs-and-rows", "folds", "hyperband", "sh")

STOOD = (r"Stood +(bracket [0-9]+( of round [0-9]+)?, )?rung [0-9]+ \([a-z]+ [0-9]+\): .*[0-9]+(st|nd|rd|th) of [0-9]+, "
         r"(top [0-9]+ go on|too few to send one on|and the next rung is filled with new trials)")


class Schedulers(unittest.TestCase):
    def test_each_example_runs_and_replays(self):
        hone, names = EXAMPLES.hone, EXAMPLES.names
        self.assertEqual(sorted(set(EXAMPLES.rows()) - set(names)), [], "one example for each row of `hone schedulers`")
        with EXAMPLES.copied() as cwd:
            for name in names:
                with self.subTest(name):
                    EXAMPLES.check_names(self, cwd, name, OTHERS.get(name, name.split("-")[0]))
                    hone(cwd, "plan", name + ".yaml")
                    hone(cwd, "run", name + ".yaml", "--trials", str(COUNT))
                    trials = json.loads(hone(cwd, "trials", name, "--json"))
                    self.assertGreaterEqual(len(trials), COUNT)
                    self.assertLessEqual({t["state"] for t in trials}, {"completed", "stopped"})
                    self.assertIn("identical", hone(cwd, "replay", name))
                    if name in ("pbt", "pb2", "pbt-replay"):
                        children = [t for t in trials if t["parent"] is not None]
                        self.assertGreater(len(children), 0)
                        for child in children:  # the program went on from its donor's checkpoint
                            self.assertGreater(child["reports"][0]["at"], 1)
                            self.assertIn("copied", hone(cwd, "explain", name, str(child["trial"])))
                            first = child["copies"][0]
                            self.assertEqual(first["from"], child["parent"])
                            self.assertGreater(first["bytes"], 0)
                        schedule = json.loads(hone(cwd, "export", name, "--pbt-schedule"))
                        self.assertEqual(schedule[0]["at"], 0)
                        self.assertEqual(glob.glob(os.path.join(cwd, "hone-runs/studies", name, "*", "at-*")), [])
                    if name == "folds":
                        self.check_folds(trials)
                    if name == "epochs-and-rows":
                        self.assertIn("up to epoch 3, rows 271\n", hone(cwd, "plan", name + ".yaml"))
                        self.assertIn("--rows 2000", hone(cwd, "best", name))
                        self.assertLessEqual({r["at"] for t in trials for r in t["reports"]}, {1, 3, 9, 27})
                    if name in HALVING:
                        self.assertIn("completed", {t["state"] for t in trials})
                        told = {t["trial"]: hone(cwd, "explain", name, str(t["trial"])) for t in trials}
                        self.assertIn("go on; on to ", "".join(told.values()))
                        for trial in trials:  # those that went no further: rung, rank and cut-off
                            if trial["state"] == "stopped":
                                self.assertRegex(told[trial["trial"]], STOOD)

    def check_folds(self, trials):
        """What counts is the mean of the scores, each fold once, whether or not the trial was paused in between."""
        far = [t for t in trials if t["reports"][-1]["at"] == 10]
        self.assertGreater(len(far), 0)
        self.assertGreater(max(t["attempts"] for t in far), 1)
        for trial in trials:
            self.assertEqual([r["at"] for r in trial["reports"]], list(range(1, len(trial["reports"]) + 1)))
            scores = [r["metrics"]["acc"] for r in trial["reports"]]
            self.assertAlmostEqual(trial["metrics"]["acc"], sum(scores) / len(scores), places=9)

    def test_the_readme_has_a_line_for_each_with_a_link_to_its_example(self):
        rows = EXAMPLES.rows()
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            listed = re.findall(r"(?m)^\| \[`([a-z0-9-]+)`\]\(examples/schedulers/\1\.yaml\) \|", file.read())
        self.assertEqual(sorted(listed), sorted(rows))
        with open(os.path.join(ROOT, "docs", "study-file.md"), encoding="utf-8") as file:
            line = re.search(r"(?m)^scheduler: .*$", file.read())[0]
        self.assertEqual([name for name in rows if not re.search(r"\b%s\b" % name, line)], [])

    def test_a_boosted_model_goes_on_from_the_trees_that_it_has(self):
        with tempfile.TemporaryDirectory(prefix="hone-boosting-") as cwd:
            run = [sys.executable, os.path.join(EXAMPLES.folder, "boosting.py"), "--rate", "0.2", "--depth", "2", "--leaf", "5",
                   "--subsample", "0.7", "--dir"]
            for folder in ("at-once", "in-legs"):
                os.mkdir(os.path.join(cwd, folder))
            lines = [subprocess.run([*run, os.path.join(cwd, folder), "--trees", trees], capture_output=True, text=True,
                                    check=True).stdout.splitlines()
                     for folder, trees in (("at-once", "9"), ("in-legs", "3"), ("in-legs", "9"))]
            self.assertEqual(lines[0], lines[1] + lines[2])
            rmse = [float(line.split("rmse=")[1]) for line in lines[0]]
            self.assertLess(rmse[-1], 0.8 * rmse[0])


if __name__ == "__main__":
    EXAMPLES = Examples("schedulers", sys.argv.pop(1))
    unittest.main()
