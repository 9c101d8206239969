#!/usr/bin/env python3
"""The stubs are there and true: mypy accepts right programs and refuses wrong ones. Skipped where there is no mypy."""
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

import hone

RIGHT = """
import hone
study = hone.Study({"x": hone.float(0, 1), "c": ["a", None]}, minimize="loss", searcher={"tpe": {"candidates": 8}}, seed=1)
trial = study.ask()
if trial is not None:
    move: str = study.tell(trial, loss=0.5, at=1)
    until: int = trial.until
    value = trial.config["x"]
best = study.best
if best is not None:
    print(best.config, best.metrics["loss"] + 1)
belief = study.belief({"x": 0.5, "c": "a"})
if belief is not None:
    print(belief["mean"] + 1)
point: list[float] = hone.Space({"x": "float(0, 1)"}).encode({"x": 0.5})
hone.report(loss=0.5, epoch=1)
"""
WRONG = ["import hone\nhone.Study({}, minimize=3)\n", "import hone\nhone.Study({}).ask().until\n",
         "import hone\nhone.float('a', 1)\n", "import hone\nhone.Study({}).tell(0, loss='x')\n"]


@unittest.skipUnless(importlib.util.find_spec("mypy"), "no mypy")
class Types(unittest.TestCase):
    def check(self, *sources):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for index, source in enumerate(sources):
                paths.append(os.path.join(folder, f"program{index}.py"))
                with open(paths[-1], "w", encoding="utf-8") as file:
                    file.write(source)
            package = os.path.dirname(os.path.dirname(hone.__file__))
            done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.path.join(folder, "cache"),
                                   *paths], capture_output=True, text=True, env={**os.environ, "MYPYPATH": package})
        return done.stdout + done.stderr

    def test_programs_are_checked_against_the_stubs(self):
        said = self.check(RIGHT, *WRONG)
        self.assertNotIn("program0.py", said, said)
        for number in range(1, len(WRONG) + 1):
            self.assertIn(f"program{number}.py:2: error", said)
        self.assertNotIn(os.path.join("hone", ""), said, said)  # the package itself has no mistake


class Marks(unittest.TestCase):
    def test_the_package_says_that_it_is_typed(self):
        folder = os.path.dirname(hone.__file__)
        self.assertTrue(os.path.isfile(os.path.join(folder, "py.typed")))
        with open(os.path.join(folder, "_core.pyi"), encoding="utf-8") as file:
            self.assertIn("def tell(self, trial: Trial | int, *, at: int | None = None", file.read())


if __name__ == "__main__":
    unittest.main(argv=["types_test"])
