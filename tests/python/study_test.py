#!/usr/bin/env python3
"""hone.Study: ask, tell, add, best."""
import math
import threading
import time
import unittest

import hone

FLAT = {"x": hone.float(0, 1), "c": ["a", "b"]}
RUNGS = dict(space={"x": hone.float(0, 1)}, minimize="loss", searcher="random", scheduler="asha",
             fidelity={"name": "epoch", "min": 1, "max": 9}, seed=1)


def drive(study, objective, count):
    """Trials one after another; their configurations."""
    out = []
    for _ in range(count):
        trial = study.ask()
        out.append(dict(trial.config))
        study.tell(trial, loss=objective(trial.config))
    return out


class AskAndTell(unittest.TestCase):
    def test_a_trial_has_its_configuration_in_native_types(self):
        study = hone.Study({"f": hone.float(0, 1), "i": hone.int(1, 9), "w": ["a", "b"], "p": hone.pow2(8, 64),
                            "k": 3, "d": "= i * 2"}, minimize="loss", searcher="random", seed=1)
        config = study.ask().config
        self.assertEqual([type(config[name]) for name in "fiwpkd"], [float, int, str, int, int, int])
        self.assertEqual(list(config), ["f", "i", "w", "p", "k", "d"])
        self.assertEqual(config["d"], 2 * config["i"])

    def test_options_come_back_as_they_were_given(self):
        options = [True, False, None, (64, 64), "1", 2, 2.5]
        study = hone.Study({"o": options}, minimize="loss", searcher="grid")
        seen = []
        while (trial := study.ask()) is not None:
            seen.append(trial.config["o"])
            study.tell(trial, loss=1)
        self.assertEqual([(type(o), o) for o in seen], [(type(o), o) for o in options])
        self.assertIn("grid", study.finished)

    def test_an_inactive_parameter_is_absent(self):
        study = hone.Study({"opt": ["sgd", "adam"], "momentum": "float(0, 1) if opt == sgd",
                            "beta": hone.float(0.5, 1, when={"opt": ["adam"]})}, minimize="loss", searcher="random", seed=2)
        names = {tuple(drive(study, lambda c: 1, 1)[0]) for _ in range(30)}
        self.assertEqual(names, {("opt", "momentum"), ("opt", "beta")})

    def test_conditions_understand_the_objects_of_choices(self):
        study = hone.Study({"bias": [True, None], "scale": hone.float(0, 1, when={"bias": True})}, minimize="loss",
                           searcher="random", seed=1)
        for config in drive(study, lambda c: 1, 20):
            self.assertEqual("scale" in config, config["bias"] is True)

    def test_without_at_the_trial_has_ended_and_with_it_goes_on(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1)
        trial = study.ask()
        self.assertEqual(study.tell(trial, loss=0.5, at=1), "continue")
        self.assertEqual(trial.state, "running")
        self.assertEqual(study.tell(trial, loss=0.3, other=7), "stop")
        self.assertEqual(trial.state, "completed")
        self.assertEqual(trial.metrics, {"loss": 0.3, "other": 7.0})
        self.assertEqual([(r["at"], r["metrics"]) for r in trial.reports], [(1, {"loss": 0.3})])

    def test_a_trial_may_be_told_by_its_number(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1)
        number = study.ask().number
        study.tell(number, loss=0.25)
        self.assertEqual(study.incumbent, study.best)
        self.assertEqual(study.best.number, 0)
        self.assertEqual(study.best, study.trials[0])
        self.assertTrue(study.best != study.ask() and study.best != 0 and study.best is not None)

    def test_failures_keep_their_cause_and_are_never_the_best(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1)
        for cause in ("oom", "exit 3", "signal 9", "infeasible", "timeout"):
            trial = study.ask()
            study.tell(trial, failed=cause)
            self.assertEqual((trial.state, trial.cause), ("failed", cause))
        trial = study.ask()
        study.tell(trial, loss=math.nan)
        self.assertEqual((trial.state, trial.cause), ("failed", "not finite"))
        for value in (math.nan, math.inf, -math.inf):
            trial = study.add({"x": 0.5, "c": "a"}, loss=value)
            self.assertEqual((trial.state, trial.cause), ("failed", "not finite"))
            self.assertEqual(repr(trial.metrics["loss"]), repr(value), "as it was given")
        self.assertIsNone(study.best)

    def test_an_end_is_told_once(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1)
        trial = study.ask()
        with self.assertRaisesRegex(hone.Error, "^tell: metrics and failed; give one"):
            study.tell(trial, loss=1, failed="oom")
        with self.assertRaisesRegex(hone.Error, "^tell.failed: ooom is no cause"):
            study.tell(trial, failed="ooom")
        with self.assertRaisesRegex(hone.Error, "^tell.at: 0 is not a whole number"):
            study.tell(trial, loss=1, at=0)
        self.assertEqual(trial.state, "running")
        study.tell(trial, loss=1)
        study.tell(trial, loss=1)
        with self.assertRaisesRegex(hone.Error, "^tell.trial: the end of trial 0 was told before"):
            study.tell(trial, loss=2)
        self.assertEqual(trial.metrics, {"loss": 1})

    def test_the_models_belief_can_be_had_at_any_configuration(self):
        study = hone.Study({"x": hone.float(0, 1), "y": hone.float(0, 1), "d": "= x * 2"}, maximize="acc", searcher="gp",
                           seed=1)
        self.assertIsNone(study.belief({"x": 0.5, "y": 0.5}), "no result yet")
        for _ in range(15):
            trial = study.ask()
            study.tell(trial, acc=1 - (trial.config["x"] - 0.3) ** 2)
        near, far = study.belief({"x": 0.3, "y": 0.5}), study.belief({"x": 0.8, "y": 0.5})
        self.assertEqual(list(near), ["mean", "deviation", "acquisition", "feasible"])
        self.assertLess(abs(near["mean"] - 1), 0.02 + near["deviation"])
        self.assertLess(abs(far["mean"] - 0.75), 0.02 + far["deviation"])
        self.assertGreater(near["acquisition"], far["acquisition"])
        self.assertEqual(near["feasible"], 1)
        self.assertEqual(study.belief(study.best.config), study.belief({k: study.best.config[k] for k in "xy"}))
        with self.assertRaisesRegex(hone.Error, "^x: 7 is outside float"):
            study.belief({"x": 7, "y": 0.5})
        for other in (dict(searcher="random", minimize="loss"), dict(searcher="gp", minimize=["loss", "b"])):
            study = hone.Study(FLAT, seed=1, **other)
            for _ in range(8):
                study.tell(study.ask(), loss=1, b=2)
            self.assertIsNone(study.belief({"x": 0.5, "c": "a"}))

    def test_numbers_of_numpy_are_numbers(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("no numpy")
        study = hone.Study({"n": list(numpy.array([1, 2])), "x": hone.float(numpy.float32(0), numpy.float64(1))},
                           minimize="loss", searcher="random", seed=1)
        trial = study.ask()
        study.tell(trial, loss=numpy.float32(0.5), at=numpy.int64(1))
        study.tell(trial, loss=numpy.float64(0.25))
        study.add({"n": numpy.int64(2), "x": numpy.float64(0.5)}, loss=numpy.float32(0.125))
        self.assertEqual(study.best.metrics, {"loss": 0.125})

    def test_a_study_of_several_objectives_has_a_front(self):
        study = hone.Study({"x": [1, 2, 3]}, minimize=["a"], maximize="b", searcher="grid", scheduler="none")
        for a, b in ((1, 1), (2, 2), (3, 0)):
            study.tell(study.ask(), a=a, b=b)
        self.assertEqual([(t.metrics["a"], t.metrics["b"]) for t in study.front], [(1, 1), (2, 2)])

    def test_the_objective_may_be_maximized_and_averaged(self):
        study = hone.Study(FLAT, objective="maximize acc best", searcher="random", seed=1)
        trial = study.ask()
        study.tell(trial, acc=0.9, at=1)
        study.tell(trial, acc=0.4)
        self.assertEqual(trial.metrics, {"acc": 0.9})

    def test_outcome_constraints_decide_who_may_be_the_best(self):
        study = hone.Study(FLAT, minimize="loss", outcome_constraints=["ms <= 20"], searcher="random", seed=1)
        study.tell(study.ask(), loss=0.1, ms=30)
        study.tell(study.ask(), loss=0.2, ms=10)
        self.assertEqual(study.best.number, 1)


class Known(unittest.TestCase):
    def test_what_is_added_is_learnt_from(self):
        study = hone.Study(FLAT, minimize="loss", searcher="tpe", seed=1)
        trial = study.add({"x": 0.25, "c": "b"}, loss=0.1, extra=2)
        self.assertEqual((trial.source, trial.state, trial.config), ("added", "completed", {"x": 0.25, "c": "b"}))
        self.assertEqual(study.best.metrics, {"loss": 0.1, "extra": 2.0})

    def test_initial_points_are_tried_first(self):
        study = hone.Study({"x": hone.float(0, 1), "flag": [True, False]}, minimize="loss", searcher="random", seed=1,
                           initial=[{"x": 0.125, "flag": False}, {"config": {"x": 0.5, "flag": True}, "metrics": {"loss": 9}}])
        self.assertEqual(study.ask().config, {"x": 0.125, "flag": False})
        self.assertEqual(study.best.config, {"x": 0.5, "flag": True})

    def test_a_fixed_parameter_keeps_its_value_and_its_type(self):
        study = hone.Study({"x": hone.float(0, 1), "flag": [True, False]}, minimize="loss", searcher="random", seed=1,
                           fix={"flag": False, "x": 0.5})
        self.assertEqual(study.ask().config, {"x": 0.5, "flag": False})

    def test_ten_thousand_added_trials_cost_no_proposal_each(self):
        study = hone.Study({"x": hone.float(0, 1), "y": hone.float(0, 1)}, minimize="loss", searcher="tpe", seed=1)
        before = time.process_time()
        for i in range(10_000):
            study.add({"x": i / 10_000, "y": 0.5}, loss=i)
        self.assertLess(time.process_time() - before, 5)  # 0.1 s of processor time; a proposal each would be 10 s and more
        self.assertEqual(len(study), 10_000)


class Rungs(unittest.TestCase):
    def test_asha_pauses_and_promotes(self):
        study = hone.Study(**RUNGS, trials=9)
        moves, resumed = set(), 0
        while (trial := study.ask()) is not None:
            resumed += trial.resume
            done = trial.reports[-1]["at"] if trial.reports else 0
            for epoch in range(done + 1, trial.until + 1):
                move = study.tell(trial, loss=trial.config["x"] + 1 / epoch, at=epoch)
                moves.add(move)
                if move != "continue":
                    break
        self.assertTrue({"pause", "continue"} <= moves, moves)
        self.assertGreater(resumed, 0)
        self.assertEqual(study.best.reports[-1]["at"], 9)
        self.assertIsNotNone(study.finished)

    def test_each_run_of_a_configuration_has_its_number_and_begins_anew(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1, repeat=2)
        seen, seeds = [], set()
        for loss in range(4):
            trial = study.ask()
            seen.append((trial.number, trial.repeat, trial.resume))
            seeds.add(trial.seed)
            study.tell(trial, loss=loss)
        self.assertEqual(seen, [(0, 1, False), (0, 2, False), (1, 1, False), (1, 2, False)])
        self.assertEqual(len(seeds), 4)

    def test_what_is_told_too_late_is_ignored(self):
        study = hone.Study(**RUNGS)
        trial = study.ask()
        while study.tell(trial, loss=0.5, at=len(trial.reports) + 1) == "continue":
            pass
        reports = trial.reports
        self.assertIn(study.tell(trial, loss=0.1), ("pause", "stop"))
        self.assertEqual(trial.reports, reports)


class Ends(unittest.TestCase):
    def test_a_study_without_a_stop_rule_goes_on(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1)
        drive(study, lambda c: c["x"], 300)
        self.assertIsNone(study.finished)
        self.assertNotIn("stop", study.definition)

    def test_stop_rules_end_it(self):
        for rule in (dict(trials=3), dict(stop={"trials": 3}), dict(target=0.5), dict(stop={"no_improvement": 2})):
            study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1, **rule)
            told = 0
            while (trial := study.ask()) is not None:
                study.tell(trial, loss=1.0 - 0.25 * min(told, 2))
                told += 1
            self.assertLess(told, 10, rule)
            self.assertTrue(study.finished, rule)
            self.assertIsNone(study.ask())

    def test_parallel_says_how_many_may_be_out(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1, parallel=2)
        first, second = study.ask(), study.ask()
        self.assertIsNone(study.ask())
        self.assertIsNone(study.finished)
        study.tell(second, loss=1)
        self.assertEqual(study.ask().number, 2)
        study.tell(first, failed="lost")
        self.assertEqual(study.ask().number, 0)  # a lost one comes back


class Repeats(unittest.TestCase):
    def test_the_same_seed_gives_the_same_trials(self):
        for searcher in [row["name"] for row in hone.searchers() if row["name"] not in ("grid", "command", "coordinate")]:
            runs = []
            for _ in range(2):
                study = hone.Study(FLAT, minimize="loss", searcher=searcher, cost="units", seed=7)
                configs = []
                for _ in range(25):
                    trial = study.ask()
                    configs.append((trial.config, trial.seed))
                    study.tell(trial, loss=(trial.config["x"] - 0.3) ** 2 + (trial.config["c"] == "a"), units=1)
                runs.append(configs)
            self.assertEqual(*runs, searcher)

    def test_another_seed_gives_others(self):
        runs = [drive(hone.Study(FLAT, minimize="loss", searcher="random", seed=seed), lambda c: 1, 5) for seed in (1, 2)]
        self.assertNotEqual(*runs)

    def test_a_drawn_seed_is_told(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random")
        again = hone.Study(FLAT, minimize="loss", searcher="random", seed=study.seed)
        self.assertEqual(study.ask().config, again.ask().config)


class Threads(unittest.TestCase):
    def test_threads_may_share_a_study(self):
        study = hone.Study(FLAT, minimize="loss", searcher="tpe", seed=1)
        errors = []

        def work():
            try:
                for _ in range(50):
                    trial = study.ask()
                    study.tell(trial, loss=trial.config["x"])
            except Exception as error:  # shown by the main thread
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual([t.number for t in study.trials], list(range(200)))
        self.assertEqual({t.state for t in study.trials}, {"completed"})


class Mistakes(unittest.TestCase):
    def refused(self, call, *args, **kwargs):
        with self.assertRaises(hone.Error) as caught:
            call(*args, **kwargs)
        self.assertIsInstance(caught.exception, ValueError)
        return str(caught.exception)

    def test_every_mistake_of_a_definition_is_listed(self):
        text = self.refused(hone.Study, {"lr": "float(1, 0)", "c": []}, minimize="loss", sercher="tpe")
        self.assertEqual(len(text.splitlines()), 3, text)
        self.assertIn("space.lr: ", text)
        self.assertIn("space.c: has no options", text)
        self.assertIn("did you mean searcher?", text)

    def test_algorithms_and_their_options_are_checked(self):
        self.assertIn("did you mean tpe?", self.refused(hone.Study, FLAT, minimize="l", searcher="tpee"))
        self.assertIn("did you mean candidates?",
                      self.refused(hone.Study, FLAT, minimize="l", searcher={"tpe": {"candidats": 3}}))
        self.assertIn("needs a fidelity", self.refused(hone.Study, FLAT, minimize="l", scheduler="asha"))

    def test_what_needs_hone_run_is_refused(self):
        self.assertIn("is for `hone run`", self.refused(hone.Study, FLAT, minimize="l", searcher={"command": "python3 s.py"}))
        self.assertIn("no earlier ones", self.refused(hone.Study, FLAT, minimize="l", warm_start=["other"]))

    def test_an_objective_is_needed_once(self):
        self.assertIn("objective: is missing", self.refused(hone.Study, FLAT))
        self.assertIn("keep one", self.refused(hone.Study, FLAT, minimize="a", objective="minimize b"))

    def test_a_bad_tell_changes_nothing(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1)
        trial = study.ask()
        other = hone.Study(FLAT, minimize="loss", searcher="random", seed=1).ask()
        for told in ((7, dict(loss=1)), (trial, {}), (trial, dict(loss="x")), (trial, dict(loss=True)),
                     (trial, dict(failed="tired")), (trial, dict(loss=1, at=0)), (trial, dict(failed="oom", done=True)),
                     ("0", dict(loss=1)), (other, dict(loss=1)), (None, dict(loss=1)), (-1, dict(loss=1))):
            self.refused(study.tell, told[0], **told[1])
        self.assertEqual((trial.state, trial.metrics), ("running", {}))

    def test_an_end_without_the_objective_is_refused_and_can_be_told_again(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1)
        trial = study.ask()
        with self.assertRaisesRegex(hone.Error, "^tell.metrics: trial 0 ends without loss; give the objective's value.*$"):
            study.tell(trial, acc=1)
        self.assertEqual(trial.state, "running")
        self.assertEqual(study.tell(trial, loss=1), "stop")
        self.assertEqual(study.best.metrics, {"loss": 1})

    def test_a_bad_addition_changes_nothing(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1)
        self.assertIn("x: 7 is outside float(0, 1)", self.refused(study.add, {"x": 7, "c": "a"}, loss=1))
        self.assertIn("loss is missing", self.refused(study.add, {"x": 0.5, "c": "a"}, los=1))
        self.assertIn("is not a number", self.refused(study.add, {"x": [], "c": "a"}, loss=1))
        self.refused(study.add, {"x": 0.5}, loss=1)
        self.refused(study.add, {1: 0.5}, loss=1)
        self.assertEqual(len(study), 0)

    def test_a_wrong_argument_is_one_line_in_the_words_of_python(self):
        study = hone.Study(FLAT, minimize="loss", searcher="random", seed=1)
        trial, space = study.ask(), hone.Space(FLAT)
        for call, said in (
                (lambda: study.tell(trial, loss=1, at="x"), "tell.at: 'x' is not a whole number"),
                (lambda: study.tell(trial, loss=1, at=1.5), "tell.at: 1.5 is not a whole number"),
                (lambda: study.tell(trial, failed=3), "tell.failed: 3 is not a str; write e.g. failed=\"oom\""),
                (lambda: study.tell(trial, loss=1, done="x"), "tell.done: 'x' is not a bool"),
                (lambda: study.tell(trial, 1), "tell: takes one trial, the rest by name; write tell(trial, loss=0.3)"),
                (lambda: study.tell(), "tell: the trial is missing; write tell(trial, loss=0.3)"),
                (lambda: study.add(None, loss=1), "add: None is no configuration; write a dict, e.g. {'lr': 0.01}"),
                (lambda: study.add(loss=1), "add: takes one configuration; write add({'lr': 0.01}, loss=0.3)"),
                (lambda: study.belief(3), "belief: 3 is no configuration; write a dict, e.g. {'lr': 0.01}"),
                (lambda: study.ask(3), "ask: takes nothing and gives one trial; ask again for another"),
                (lambda: space.sample("x"), "sample.n: 'x' is not a whole number"),
                (lambda: space.sample(1, seed=-1), "sample.seed: -1 is not a whole number from 0 to 2^64 - 1"),
                (lambda: space.decode(3), "unit: 3 is not a list of numbers"),
                (lambda: space.encode(3), "encode: 3 is no configuration; write a dict, e.g. {'lr': 0.01}"),
                (lambda: hone.Study(FLAT, minimize=3), "minimize: 3 is not a metric's name; write minimize='loss'"),
                (lambda: hone.Study(FLAT, minimize=[3]), "minimize: 3 is not a metric's name; write minimize='loss'"),
                (lambda: hone.Study(FLAT), "objective: is missing; write minimize='loss' or maximize='acc'"),
                (lambda: hone.Study(FLAT, minimize="l", trials=0),
                 "trials: 0 is not a whole number from 1 to 1000000000000; write e.g. 1"),
                (lambda: hone.Study(FLAT, minimize="l", stop={"trials": 0}),
                 "stop.trials: 0 is not a whole number from 1 to 1000000000000; write e.g. 1"),
                (lambda: hone.Study(FLAT, minimize="l", fix={"x": 7}), "fix: x: 7 is outside float(0, 1)"),
                (lambda: hone.Study(FLAT, minimize="l", fix=3), "fix: 3 is not a dict; write fix={'lr': 0.01}"),
                (lambda: hone.Study(FLAT, minimize="l", constraints="x < 1"),
                 "constraints: 'x < 1' is not a list; write constraints=['width % 2 == 1']"),
                (lambda: hone.Study(FLAT, minimize="l", initial=3), "initial: 3 is not a list; write initial=[{'lr': 0.01}]"),
                (lambda: hone.float(0, 1, prior=3),
                 "prior: 3 is neither (mu, sigma) nor a str; write prior=(3, 1) or 'normal(3, 1)'"),
                (lambda: hone.float(0, 1, mutable=3), "mutable: 3 is neither True nor False"),
                (lambda: hone.float(0, 1, log="log"), "log: 'log' is neither True nor False"),
                (lambda: hone.choice([1, 2], weights=["a"]),
                 "weights: ['a'] is not a list of numbers; write weights=[2, 1]"),
                (lambda: hone.int(0, 1, when={3: 3}), "when: 3 is not a parameter's name; write when={'model': 'svm'}")):
            self.assertEqual(self.refused(call), said)
        self.assertEqual((trial.state, len(study)), ("running", 1))
        self.assertEqual(study.tell(trial=trial, loss=1, at=None), "stop")
        self.assertEqual(study.add(config={"x": 0.5, "c": "a"}, loss=0.5).number, 1)

    def test_domains_say_what_is_wrong_with_them(self):
        self.assertIn("space.x: ", self.refused(hone.Study, {"x": object()}, minimize="loss"))
        self.assertIn("space.x: ", self.refused(hone.Study, {"x": [object()]}, minimize="loss"))
        self.assertIn("is not a dict", self.refused(hone.Study, [1], minimize="loss"))
        self.assertIn("is not a list of options", self.refused(hone.choice, 3))
        self.assertIn("swap them", self.refused(hone.Study, {"x": hone.int(3, 1)}, minimize="loss"))


if __name__ == "__main__":
    unittest.main(argv=["study_test"])
