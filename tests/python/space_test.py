#!/usr/bin/env python3
"""hone.Space and the domains."""
import math
import unittest

import hone


class Domains(unittest.TestCase):
    def test_objects_mean_what_the_strings_of_the_file_mean(self):
        for ours, text in ((hone.float(1e-4, 0.1, log=True), "float(1e-4, 1e-1, log)"),
                           (hone.float(0, 1, step=0.25), "float(0, 1, step=0.25)"),
                           (hone.int(2, 32, log=True), "int(2, 32, log)"),
                           (hone.int(0, 10, step=5), "int(0, 10, step=5)"),
                           (hone.pow2(8, 128), "pow2(8, 128)"),
                           (hone.normal(0.3, 0.1, lo=0, hi=0.6), "normal(0.3, 0.1, lo=0, hi=0.6)"),
                           (hone.lognormal(0, 1, hi=10), "lognormal(0, 1, hi=10)"),
                           (hone.piecewise((0, 0.01), (0.1, 0.3)), "piecewise([0, 0.01], [0.1, 0.3])"),
                           (hone.ordinal("s", "m", "l"), "ordinal(s, m, l)"),
                           (hone.choice("a", "b"), {"choices": ["a", "b"]}),
                           (hone.choice(["a", "b"], weights=[1, 3]), {"choices": ["a", "b"], "weights": [1, 3]}),
                           (hone.int(1, 8, low_cost=1, mutable=False, prior=(3, 1)),
                            {"domain": "int(1, 8)", "low_cost": 1, "mutable": False, "prior": "normal(3, 1)"}),
                           (hone.constant(3), "3"),
                           (hone.derived("x * 2"), "= x * 2")):
            definitions = [hone.Study({"x": hone.float(0, 1), "p": domain}, minimize="loss", seed=1).definition
                           for domain in (ours, text)]
            self.assertEqual(*definitions)

    def test_conditions_are_expressions_or_dicts(self):
        for when in ("m == svm", {"m": "svm"}, {"m": ["svm"]}):
            space = hone.Space({"m": ["svm", "mlp"], "C": hone.float(0, 1, when=when)})
            self.assertEqual(space.check({"m": "mlp"}), {"m": "mlp"})
            self.assertEqual(space.check({"m": "svm", "C": 1.0}), {"m": "svm", "C": 1.0})

    def test_words_with_signs_can_be_conditions(self):
        space = hone.Space({"m": ["a b", 'it is "x"', "c"], "x": hone.float(0, 1, when={"m": ["a b", 'it is "x"']})})
        self.assertIn("x", space.decode([0.1, 0.5]))
        self.assertIn("x", space.decode([0.5, 0.5]))
        self.assertNotIn("x", space.decode([0.9, 0.5]))

    def test_a_range_is_a_list_of_options(self):
        self.assertEqual(hone.Space({"n": range(3, 6)}).decode([0.99]), {"n": 5})

    def test_what_cannot_be_a_domain_is_refused(self):
        for domain in (object(), {"choices": [{}]}, hone.float(0, 1, log=True), {"domain": "float(0, 1)", "wen": "x"}, {1: 2}):
            with self.assertRaises(hone.Error) as caught:
                hone.Space({"x": domain})
            self.assertTrue(str(caught.exception).startswith("space.x"), caught.exception)


class Cube(unittest.TestCase):
    SPACE = hone.Space({"lr": hone.float(1e-4, 1, log=True), "n": hone.int(1, 3), "flag": [True, False],
                        "extra": hone.float(0, 1, when={"flag": True}), "twice": "= n * 2"}, constraints=["lr * n <= 1"])

    def test_names_and_free_ones(self):
        self.assertEqual(self.SPACE.names, ["lr", "n", "flag", "extra", "twice"])
        self.assertEqual(self.SPACE.free, ["lr", "n", "flag", "extra"])
        self.assertFalse(self.SPACE.finite)
        self.assertTrue(hone.Space({"n": hone.int(1, 3)}).finite)

    def test_encode_and_decode_are_inverse(self):
        for config in self.SPACE.sample(50, seed=3):
            unit = self.SPACE.encode(config)
            self.assertEqual(math.isnan(unit[3]), config["flag"] is False)
            self.assertEqual(self.SPACE.decode(unit), config)
            self.assertTrue(all(0 <= u <= 1 for u in unit if not math.isnan(u)))

    def test_samples_keep_the_constraints_and_their_seed(self):
        samples = self.SPACE.sample(200, seed=1)
        self.assertTrue(all(c["lr"] * c["n"] <= 1 and self.SPACE.allows(c) for c in samples))
        self.assertEqual(samples[:5], self.SPACE.sample(5, seed=1))
        self.assertNotEqual(samples, self.SPACE.sample(200, seed=2))

    def test_a_broken_constraint_is_named(self):
        broken = {"lr": 0.9, "n": 3, "flag": False}
        self.assertFalse(self.SPACE.allows(broken))
        with self.assertRaisesRegex(hone.Error, r"lr \* n <= 1"):
            self.SPACE.check(broken)

    def test_a_point_of_another_length_is_refused(self):
        with self.assertRaisesRegex(hone.Error, "4 free parameters"):
            self.SPACE.decode([0.5])

    def test_a_study_takes_a_space_with_its_constraints(self):
        study = hone.Study(self.SPACE, minimize="loss", searcher="random", seed=1)
        for _ in range(50):
            trial = study.ask()
            self.assertLessEqual(trial.config["lr"] * trial.config["n"], 1)
            self.assertIsInstance(trial.config["flag"], bool)
            study.tell(trial, loss=1)


class Catalogue(unittest.TestCase):
    def test_rows_say_what_an_algorithm_is(self):
        rows = {row["name"]: row for row in hone.searchers()}
        self.assertTrue({"random", "sobol", "grid", "tpe"} <= rows.keys())
        candidates = next(option for option in rows["tpe"]["options"] if option["name"] == "candidates")
        self.assertEqual(candidates["type"], "int")
        self.assertLess(candidates["lo"], candidates["default"])
        self.assertTrue({"none", "median", "asha"} <= {row["name"] for row in hone.schedulers()})
        self.assertTrue(all(row["doc"] and row["paper"] for row in hone.searchers()))


if __name__ == "__main__":
    unittest.main(argv=["space_test"])
