#!/usr/bin/env python3
"""Every study of examples/searchers runs, in short, with the searcher that it is named after.

Usage: searchers_test.py HONE
"""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from examples import Examples  # noqa: E402

EXAMPLES = None
PLAIN = ("grid", "random", "sobol")  # they learn nothing, the others do from about ten results on


class Searchers(unittest.TestCase):
    def test_each_example_runs_and_replays(self):
        hone, names = EXAMPLES.hone, EXAMPLES.names
        self.assertEqual(names, sorted(EXAMPLES.rows()), "one example for each row of `hone searchers`")
        with EXAMPLES.copied() as cwd:
            for name in names:
                count = 4 if name in PLAIN else 12
                with self.subTest(name):
                    EXAMPLES.check_names(self, cwd, name, name)
                    hone(cwd, "run", name + ".yaml", "--trials", str(count))
                    trials = json.loads(hone(cwd, "trials", name, "--json"))
                    self.assertEqual([t["state"] for t in trials], ["completed"] * count)
                    self.assertTrue(all(t["why"] for t in trials))
                    best = json.loads(hone(cwd, "best", name, "--json"))
                    if name not in PLAIN:
                        self.assertLess((best[0] if isinstance(best, list) else best)["metrics"]["error"], 0.4)
                    self.assertIn("identical", hone(cwd, "replay", name))


if __name__ == "__main__":
    EXAMPLES = Examples("searchers", sys.argv.pop(1))
    unittest.main()
