#!/usr/bin/env python3
"""`hone simulate`: traces that were worked out by hand, a real table, faults, and what is said of wrong input.

Usage: simulate_test.py HONE
"""
import csv
import json
import os
import subprocess
import sys
import tempfile
import unittest

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
HONE = None
EXCERPT = os.path.join(HERE, "..", "tables", "taskset_excerpt.csv")
with open(os.path.join(HERE, "..", "contract", "schemas", "simulate.json")) as file:
    SCHEMA = json.load(file)

# Grid proposes 1, 2, 3 in this order, and there is a row for each.
SMALL = "objective: minimize loss\nspace: {x: [1, 2, 3]}\nfidelity: {name: epoch, max: 3}\nsearcher: grid\nscheduler: none\n"
TABLE = "config,x,v0,v1,v2\n0,3,2,1,9\n1,1,5,4,4\n2,2,6,3.5,\n"
TASKSET = """
objective: minimize loss
space:
  learning_rate: float(1e-8, 10, log)
  beta1: float(0, 1)
  beta2: float(0, 1)
  epsilon: float(1e-10, 1e3, log)
  l1: float(1e-8, 10, log)
  l2: float(1e-8, 10, log)
  linear_decay: float(1e-7, 1e-4, log)
  exponential_decay: float(1e-6, 1e-3, log)
fidelity: {name: point, max: 10}
searcher: random
scheduler: none
"""


class Simulate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hone-simulate-")
        self.addCleanup(folder.cleanup)
        self.cwd = folder.name
        self.write("small.yaml", SMALL)
        self.write("small.csv", TABLE)
        self.write("taskset.yaml", TASKSET)

    def write(self, name, text):
        with open(os.path.join(self.cwd, name), "w") as out:
            out.write(text)

    def call(self, *words):
        return subprocess.run([HONE, "simulate", *words], capture_output=True, text=True, cwd=self.cwd)

    def simulate(self, *words):
        done = self.call(*words, "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        result = json.loads(done.stdout)
        jsonschema.validate(result, SCHEMA)
        return result

    def refused(self, *words):
        done = self.call(*words)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr.strip()

    def trace(self, result):
        return [(at["seconds"], at["units"], at["best"], at["trial"]) for at in result["trace"]]

    def test_one_worker_by_hand(self):
        result = self.simulate("small.yaml", "--curves", "small.csv", "--parallel", "1", "--seed", "0")
        # x = 1: 5, 4, 4; x = 2: 6, 3.5, nothing; x = 3: 2, 1, 9.
        self.assertEqual(self.trace(result), [(1, 1, 5, 0), (2, 2, 4, 0), (5, 5, 3.5, 1), (7, 7, 2, 2), (8, 8, 1, 2)])
        self.assertEqual((result["trials"], result["units"], result["seconds"], result["utilisation"]), (3, 9, 9, 1))

    def test_two_workers_by_hand(self):
        result = self.simulate("small.yaml", "--curves", "small.csv", "--parallel", "2", "--seed", "0")
        # x = 1 and 2 until 3, then x = 3 alone until 6: nine of twelve worker seconds.
        self.assertEqual(self.trace(result), [(1, 1, 5, 0), (2, 3, 4, 0), (2, 4, 3.5, 1), (4, 7, 2, 2), (5, 8, 1, 2)])
        self.assertEqual((result["seconds"], result["utilisation"]), (6, 0.75))

    def test_maximize_reads_the_same_table_the_other_way(self):
        result = self.simulate("small.yaml", "--curves", "small.csv", "--seed", "0", "--maximize", "whatever")
        self.assertEqual(self.trace(result), [(1, 1, 5, 0), (4, 4, 6, 1), (9, 9, 9, 2)])

    def test_asha_by_hand_with_seconds_and_configurations_beside_the_table(self):
        self.write("t.val_accuracy.csv", "config,e1,e2,e3\n0,50,60,70\n1,55,56,57\n2,40,90,99\n")
        self.write("configs.csv", "config,x\n2,3\n1,2\n0,1\n")
        self.write("t.seconds_cumulative.csv", "config,e1,e2,e3\n0,1,2,3\n1,2,4,6.5\n2,0.5,1,1.5\n")
        result = self.simulate("small.yaml", "--curves", "t.val_accuracy.csv", "--maximize", "acc", "--seed", "0", "--scheduler",
                               "asha")
        # Rung 1: 50 after 1 s, 55 after 2 more, 40 after 0.5 more. Then x = 2, the best there, pays 4.5 s for the rest.
        self.assertEqual(self.trace(result), [(1, 1, 50, 0), (3, 2, 55, 1), (5.5, 4, 56, 1), (8, 5, 57, 1)])
        self.assertEqual((result["trials"], result["units"], result["seconds"]), (3, 5, 8))

    def test_a_real_table_is_used_up_and_its_best_is_found(self):
        with open(EXCERPT) as table:
            rows = list(csv.DictReader(table))
        best = min(float(row["v%d" % k]) for row in rows for k in range(10) if row["v%d" % k])
        for searcher in ("random", "tpe", "sobol"):
            result = self.simulate("taskset.yaml", "--curves", EXCERPT, "--parallel", "8", "--seed", "3", "--searcher", searcher)
            self.assertEqual((result["trials"], result["units"], result["seconds"]), (60, 600, 80))  # 7 rounds of 8, one of 4
            self.assertEqual(result["utilisation"], 600 / 640)
            self.assertEqual(result["trace"][-1]["best"], best)

    def test_the_same_seed_gives_the_same_and_another_something_else(self):
        for searcher, scheduler in (("random", "asha"), ("tpe", "asha"), ("random", "median")):
            words = ("taskset.yaml", "--curves", EXCERPT, "--parallel", "4", "--searcher", searcher, "--scheduler", scheduler)
            once, again, other = (self.simulate(*words, "--seed", seed) for seed in ("1", "1", "2"))
            self.assertEqual(once, again)
            self.assertNotEqual(once["trace"], other["trace"])

    def test_a_fault_plan_is_played(self):
        self.write("plan.yaml", "at: [{unit: 1, fault: nan, trial: 0}]\nworkers: [{seconds: 3, there: 0}, {seconds: 10, there: 1}]\n")
        result = self.simulate("small.yaml", "--curves", "small.csv", "--seed", "0", "--faults", "plan.yaml")
        # Nobody works from 3 to 10; x = 1 says nothing that counts before its second unit.
        self.assertEqual(self.trace(result), [(2, 2, 4, 0), (12, 5, 3.5, 1), (14, 7, 2, 2), (15, 8, 1, 2)])
        self.assertEqual((result["seconds"], result["utilisation"]), (16, 1))

    def test_random_faults_are_the_same_each_time(self):
        self.write("plan.yaml", "{lost: 0.1, crash: 0.05, oom: 0.05, late: 0.2, twice: 0.2, nan: 0.05, never: 0.1, past: 0.1, "
                                "at: [{unit: 1, fault: lost, moment: begin, trial: 2, times: 3}]}")
        words = ("taskset.yaml", "--curves", EXCERPT, "--parallel", "4", "--seed", "1", "--scheduler", "asha", "--faults", "plan.yaml")
        once = self.simulate(*words)
        self.assertEqual(once, self.simulate(*words))
        self.assertEqual(once["trials"], 60)

    def test_people_get_a_table(self):
        done = self.call("small.yaml", "--curves", "small.csv", "--parallel", "2", "--seed", "0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[0].split(), ["seconds", "units", "loss", "trial"])
        self.assertIn("3 trials and 9 units in 6 simulated seconds, 2 at a time, 75.0 % of their time in use\n", done.stdout)
        self.assertIn("ended: every row of the table has a trial\n", done.stdout)

    def test_wrong_input_is_one_line_that_says_what_to_do(self):
        table = ("--curves", "small.csv")
        self.assertEqual(self.refused("small.yaml"), "hone: --curves is required; see `hone simulate --help`")
        self.assertEqual(self.refused("small.yaml", "--curves", "none.csv"), "hone: none.csv: cannot be read: No such file or directory")
        self.assertIn("space.width: no column of small.csv, which has x; leave it out",
                      self.refused("small.yaml", *table, "--space.width", "int(1, 9)"))
        self.assertIn("fidelity.max: 9 is beyond the 3 units of small.csv", self.refused("small.yaml", *table, "--fidelity.max", "9"))
        self.assertIn("none of its 3 rows is in the space", self.refused("small.yaml", *table, "--space.x", "[7, 8]"))
        self.assertIn("a table has one value", self.refused("small.yaml", *table, "--minimize", "a", "--minimize", "b"))
        self.assertIn("leave out what stands after --", self.refused("small.yaml", *table, "--", "ls"))
        self.write("plan.yaml", "lots: 1\n")
        self.assertEqual(self.refused("small.yaml", *table, "--faults", "plan.yaml"),
                         "hone: plan.yaml:1: faults.lots: unknown fault; did you mean lost?")
        self.write("bad.csv", "config,x,v0\n0,1\n")
        self.assertEqual(self.refused("small.yaml", "--curves", "bad.csv"), "hone: bad.csv: row 1 has 2 cells instead of 3")

    def test_rows_that_are_left_out_are_mentioned(self):
        done = self.call("small.yaml", "--curves", "small.csv", "--seed", "0", "--space.x", "[1, 2]", "--json")
        self.assertEqual(done.stderr, "hone: small.csv: 1 of 3 rows are outside the space and left out (row 1: x: 3 is none of [1, 2])\n")
        self.assertEqual(json.loads(done.stdout)["trials"], 2)

    def test_a_hang_that_no_limit_ends_is_said(self):
        self.write("plan.yaml", "at: [{unit: 2, fault: hang, trial: 0}]\n")
        done = self.call("small.yaml", "--curves", "small.csv", "--seed", "0", "--faults", "plan.yaml")
        self.assertEqual(done.returncode, 3)
        self.assertIn("give limits.time or limits.silence", done.stderr)
        limited = self.simulate("small.yaml", "--curves", "small.csv", "--seed", "0", "--faults", "plan.yaml", "--limits.time", "5s")
        self.assertEqual((limited["units"], limited["seconds"]), (7, 11))


if __name__ == "__main__":
    HONE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
