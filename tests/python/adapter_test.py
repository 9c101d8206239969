#!/usr/bin/env python3
"""bench/hone_adapter.py: spaces of the benchmark kit become Hone's."""
import os
import sys
import unittest
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))

import hone  # noqa: E402
import hone_adapter  # noqa: E402


def param(name, kind, low=0, high=1, log=False, choices=(), when=None):
    return SimpleNamespace(name=name, kind=kind, low=low, high=high, log=log, choices=choices, when=when)


SPACE = SimpleNamespace(params=(param("c", "cat", choices=(None, True, 1, 1.5, "1", (2, 3))),
                                param("i", "int", 1, 64, True), param("f", "float", 0.5, 2.0),
                                param("on", "float", 0.0, 1.0, when=("c", (True, (2, 3))))))


class Adapter(unittest.TestCase):
    def test_configurations_have_the_kit_s_own_values(self):
        adapter = hone_adapter.HoneRandom(SPACE, 1, 200)
        seen = set()
        for _ in range(200):
            config = adapter.ask()
            seen.add(repr(config["c"]))
            self.assertEqual("on" in config, config["c"] is True or config["c"] == (2, 3))
            self.assertIsInstance(config["i"], int)
            self.assertTrue(0.5 <= config["f"] <= 2)
            adapter.tell(config, config["f"])
        self.assertEqual(seen, {repr(c) for c in SPACE.params[0].choices})
        self.assertRaises(RuntimeError, adapter.ask)

    def test_every_searcher_of_hone_that_takes_any_space_has_a_class(self):
        classes = {cls.searcher for cls in vars(hone_adapter).values() if isinstance(cls, type)}
        own = {"command", "coordinate", "grid"}  # somebody else's, a plan's, a finite space's
        self.assertLessEqual({row["name"] for row in hone.searchers()} - own, classes)


if __name__ == "__main__":
    unittest.main(argv=["adapter_test"])
