#!/usr/bin/env python3
"""A wheel of the tree is whole: it works in an environment that has nothing else. Compiles the engine anew: minutes.

Usage: wheel_test.py [HONE]. Needs what tools/setup-python installs; no network.
"""
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = """
import hone
study = hone.Study({"x": hone.float(0, 1), "c": ["a", None]}, minimize="loss", searcher="tpe", seed=1, trials=20)
while (trial := study.ask()) is not None:
    study.tell(trial, loss=trial.config["x"])
print(hone.__file__, len(study), study.best.metrics["loss"] < 0.5)
"""


class Wheel(unittest.TestCase):
    def test_a_wheel_works_without_anything_else(self):
        with tempfile.TemporaryDirectory() as folder:
            environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

            def run(*command):
                done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)
                self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
                return done.stdout

            run(sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder, ROOT)
            wheel, = [name for name in os.listdir(folder) if name.endswith(".whl")]
            with zipfile.ZipFile(os.path.join(folder, wheel)) as packed:
                names = {name for name in packed.namelist() if ".dist-info" not in name}
            self.assertTrue(all(name.startswith("hone/") for name in names), names)
            self.assertTrue({"hone/__init__.py", "hone/_core.pyi", "hone/py.typed"} <= names, names)
            run("/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable, "-m", "venv", "fresh")
            fresh = os.path.join(folder, "fresh", "bin", "python")
            run(fresh, "-m", "pip", "install", "--no-index", "--no-deps", os.path.join(folder, wheel))
            said = run(fresh, "-c", PROGRAM).split()
            self.assertTrue(said[0].startswith(os.path.realpath(folder)) or said[0].startswith(folder), said)
            self.assertEqual(said[1:], ["20", "True"])


if __name__ == "__main__":
    unittest.main(argv=["wheel_test"])
