#!/usr/bin/env python3
"""hone.report, alone and in a trial of `hone run`. Usage: report_test.py HONE"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import hone

PROGRAM = os.path.abspath(sys.argv[1])
TRIAL = """
import hone, sys
x = float(sys.argv[2])
for epoch in (1, 2, 3):
    hone.report(loss=abs(x - 0.3) + 1 / epoch, epoch=epoch)
"""


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(folder.name, "report")
        patch = mock.patch.dict(os.environ, {"HONE_REPORT": self.path})
        patch.start()
        self.addCleanup(patch.stop)

    def written(self):
        with open(self.path, "rb") as file:
            return file.read()

    def test_it_writes_what_hone_report_writes(self):
        for metrics in ({"val_acc": 0.91, "epoch": 3}, {"loss": float("nan")}, {"a": float("-inf"), "b": 1e-7, "c": 1e300},
                        {"n": 12345678901}, {"loss": 0.1 + 0.2}):
            hone.report(**metrics)
            ours = self.written()
            os.remove(self.path)
            subprocess.run([PROGRAM, "report", *(f"{name}={value}" for name, value in metrics.items())], check=True)
            self.assertEqual(json.loads(ours), json.loads(self.written()))
            self.assertEqual(ours.count(b"\n"), 1)
            os.remove(self.path)

    def test_it_appends_after_a_line_without_end(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("half")
        hone.report(loss=1)
        hone.report(infeasible="no room")
        self.assertEqual(self.written(), b'half\n{"loss":1}\n{"infeasible":"no room"}\n')

    def test_what_is_no_number_is_refused_and_nothing_written(self):
        for metrics in ({"loss": "x"}, {"loss": None}, {"loss": True}, {"loss": [1]}, {}):
            with self.assertRaises(hone.Error):
                hone.report(**metrics)
        self.assertFalse(os.path.exists(self.path))

    def test_outside_a_trial_it_says_so(self):
        del os.environ["HONE_REPORT"]
        with self.assertRaisesRegex(hone.Error, "HONE_REPORT: not set"):
            hone.report(loss=1)
        os.environ["HONE_REPORT"] = os.path.join(self.folder, "none", "report")
        with self.assertRaisesRegex(hone.Error, "cannot be written"):
            hone.report(loss=1)

    def test_a_trial_of_hone_run_reports_with_it(self):
        program = os.path.join(self.folder, "trial.py")
        with open(program, "w", encoding="utf-8") as file:
            file.write(TRIAL)
        del os.environ["HONE_REPORT"]
        home = ["--home", os.path.join(self.folder, "home")]
        subprocess.run([PROGRAM, "run", *home, "--name", "s", "--minimize", "loss", "--trials", "2", "--seed", "1",
                        "--parallel", "2", "--", sys.executable, program, "--x", "~float(0, 1)"],
                       check=True, capture_output=True, cwd=self.folder)
        trials = json.loads(subprocess.run([PROGRAM, "trials", "s", "--json", *home], check=True, capture_output=True).stdout)
        self.assertEqual([trial["state"] for trial in trials], ["completed"] * 2)
        for trial in trials:
            x, = trial["config"].values()
            self.assertAlmostEqual(trial["metrics"]["loss"], abs(x - 0.3) + 1 / 3)


if __name__ == "__main__":
    unittest.main(argv=["report_test"])
