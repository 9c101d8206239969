#!/usr/bin/env python3
"""Every study of examples/searchers runs, in short, with the searcher that it is named after.

Usage: searchers_test.py HONE
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "examples", "searchers")
HONE = None
PLAIN = ("grid", "random", "sobol")  # they learn nothing, the others do from about ten results on


def hone(cwd, *arguments):
    done = subprocess.run([HONE, *arguments], capture_output=True, text=True, cwd=cwd, timeout=120)
    if done.returncode != 0:
        raise AssertionError("hone %s: status %d\n%s%s" % (" ".join(arguments), done.returncode, done.stdout, done.stderr))
    return done.stdout


class Searchers(unittest.TestCase):
    def test_each_example_runs_and_replays(self):
        names = sorted(os.path.basename(path)[:-5] for path in glob.glob(os.path.join(FOLDER, "*.yaml")))
        rows = re.findall(r"(?m)^([a-z0-9]+): ", hone(FOLDER, "searchers"))
        self.assertEqual(names, sorted(rows), "one example for each row of `hone searchers`")
        with open(os.path.join(FOLDER, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        with tempfile.TemporaryDirectory(prefix="hone-searchers-") as cwd:
            for path in glob.glob(os.path.join(FOLDER, "*")):
                if os.path.isfile(path):
                    shutil.copy(path, cwd)
            for name in names:
                count = 4 if name in PLAIN else 12
                with self.subTest(name):
                    self.assertIn("`%s.yaml`" % name, readme)
                    with open(os.path.join(cwd, name + ".yaml"), encoding="utf-8") as file:
                        self.assertRegex(file.read(), r"(?m)^searcher: \{?%s\b" % name)
                    hone(cwd, "run", name + ".yaml", "--trials", str(count))
                    trials = json.loads(hone(cwd, "trials", name, "--json"))
                    self.assertEqual([t["state"] for t in trials], ["completed"] * count)
                    self.assertTrue(all(t["why"] for t in trials))
                    best = json.loads(hone(cwd, "best", name, "--json"))
                    if name not in PLAIN:
                        self.assertLess((best[0] if isinstance(best, list) else best)["metrics"]["error"], 0.4)
                    self.assertIn("identical", hone(cwd, "replay", name))


if __name__ == "__main__":
    HONE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
