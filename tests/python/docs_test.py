#!/usr/bin/env python3
"""Every example in a docstring, in docs/python.md and in examples/python runs and shows what it says."""
import contextlib
import doctest
import importlib
import io
import os
import re
import runpy
import unittest

import hone

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Documents(unittest.TestCase):
    def test_the_examples_of_docstrings_hold(self):
        tried = 0
        for name in ("hone", "hone._study", "hone.domains"):
            failed, attempted = doctest.testmod(importlib.import_module(name))
            self.assertEqual(failed, 0, name)
            tried += attempted
        self.assertGreater(tried, 20)

    def test_the_manual_runs_from_top_to_bottom(self):
        with open(os.path.join(ROOT, "docs", "python.md"), encoding="utf-8") as file:
            blocks = re.findall(r"^```python\n(.*?)^```", file.read(), re.M | re.S)
        self.assertGreater(len(blocks), 3)
        scope = {}
        for number, block in enumerate(blocks):
            with self.subTest(block=number), contextlib.redirect_stdout(io.StringIO()):
                exec(compile(block, f"docs/python.md, block {number}", "exec"), scope)

    def test_the_example_of_the_readme_runs(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            blocks = re.findall(r"^```python\n(.*?)^```", file.read(), re.M | re.S)
        self.assertGreater(len(blocks), 0)
        for block in blocks:
            exec(compile(block, "README.md", "exec"), {})

    def test_the_example_programs_run(self):
        folder = os.path.join(ROOT, "examples", "python")
        programs = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
        self.assertTrue(programs)
        for name in programs:
            shown = io.StringIO()
            with self.subTest(name), contextlib.redirect_stdout(shown):
                runpy.run_path(os.path.join(folder, name), run_name="__main__")
            self.assertTrue(shown.getvalue(), name)

    def test_everything_public_is_documented(self):
        for name in hone.__all__:
            if name.startswith("__"):
                continue
            thing = getattr(hone, name)
            self.assertTrue(thing.__doc__, name)
            for member in vars(thing) if isinstance(thing, type) else ():
                if not member.startswith("_") and name in ("Study", "Space", "Trial"):
                    self.assertTrue(getattr(thing, member).__doc__, f"{name}.{member}")
        for member in ("ask", "tell", "add", "best", "front", "trials", "finished"):
            self.assertTrue(getattr(hone.Study, member).__doc__, member)


if __name__ == "__main__":
    unittest.main(argv=["docs_test"])
