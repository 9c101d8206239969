#!/usr/bin/env python3
"""The contract with users: every example of the documented surface is run, every JSON form is checked against its schema.

Usage: surface_test.py HONE. It grows with each part that is delivered; what is not there yet must be absent from --help.
"""
import csv
import io
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
HONE = None
COMMANDS = ["run", "stop", "pause", "resume", "retry", "set", "try", "list", "status", "trials", "best", "logs", "explain", "plan",
            "lint", "simulate", "searchers", "schedulers", "ask-tell", "replay", "export", "delete", "tidy", "report", "portfolio",
            "completion", "man"]
LATER = ["serve", "worker", "fit", "predict", "import", "convert", "page", "up", "down"]

TRAIN = """
import argparse, os, math
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float); p.add_argument("--hidden", type=int); p.add_argument("--epochs", type=int)
p.add_argument("--dir")
a = p.parse_args()
state = os.path.join(a.dir, "epoch")
epoch = int(open(state).read()) if os.path.exists(state) else 0
while epoch < a.epochs:
    epoch += 1
    acc = 1 - abs(math.log10(a.lr) + 2) / 4 - 0.3 / epoch + a.hidden * 1e-5
    with open(state, "w") as out:
        out.write(str(epoch))
    print("epoch=%d val_acc=%.4f loss: %.3f" % (epoch, acc, 1 - acc), flush=True)
"""

FULL = """
name: full
command: python3 -c 'print("val_acc=0.5 latency_ms=3")' {params}
objective: maximize val_acc
space:
  model: [svm, forest, mlp]
  C: float(1e-3, 1e3, log) if model == svm
  depth: int(2, 32, log) if model == forest
  lr: float(1e-4, 1e-1, log) if model in [mlp]
  momentum: float(0.85, 0.98, step=0.01)
  batch: pow2(8, 128)
  width: int(16, 512, log)
  dropout: normal(0.3, 0.1, lo=0, hi=0.6)
  warmup: piecewise([0, 0.01], [0.1, 0.3])
  stride: 1
  decay: = momentum / 100
  layers: {domain: "int(1, 8)", low_cost: 1, mutable: false, prior: "normal(3, 1)"}
constraints: ["width % 2 == 1", "layers * width <= 1024"]
outcome_constraints: ["latency_ms <= 20"]
cost: seconds
initial: [{model: mlp, lr: 0.01}]
searcher: {tpe: {candidates: 64}}
scheduler: none
stop: {trials: 12, time: 30m, target: 0.99, no_improvement: 50, failed: 20}
parallel: 2
resources: {cpu: 1}
limits: {time: 10m, grace: 10s, log: 16MiB, retries: 0}
env: {TOKEN: $TEST_TOKEN, MODE: fast}
seed: 1
"""


def schema(name):
    with open(os.path.join(HERE, "schemas", name + ".json")) as file:
        return json.load(file)


def hone(*arguments, status=0, cwd=None, stdin=None, env=None):
    done = subprocess.run([HONE, *arguments], capture_output=True, text=True, cwd=cwd, input=stdin, env={**os.environ, **(env or {})})
    if status is not None and done.returncode != status:
        raise AssertionError("hone %s: status %d, not %d\n%s%s" % (arguments, done.returncode, status, done.stdout, done.stderr))
    return done


def end(run):
    """Of a `hone run` that may still run, with its trials."""
    if run.poll() is None:
        run.send_signal(signal.SIGINT)
        run.send_signal(signal.SIGINT)
        run.wait(timeout=60)


def check(text, name):
    value = json.loads(text, parse_constant=lambda word: (_ for _ in ()).throw(AssertionError(word)))
    jsonschema.validate(value, schema(name))
    return value


class Surface(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hone-surface-")
        self.addCleanup(self.folder.cleanup)
        self.cwd = self.folder.name
        self.write("train.py", TRAIN)

    def write(self, name, text):
        with open(os.path.join(self.cwd, name), "w") as out:
            out.write(text)

    def run_inline(self, *extra):
        return hone("run", "--maximize", "val_acc", "--trials", "9", *extra, "--", "python3", "train.py", "--lr", "~float(1e-4, 1e-1, log)",
                    "--hidden", "~[256, 512]", "--epochs", "~until(10)", "--dir", "~dir", cwd=self.cwd)

    def test_a_trial_that_goes_on_gets_cpus_that_nobody_wants(self):
        self.write("elastic.yaml", """
command: sh -c 'echo epoch={until} loss={x} cpus=$HONE_CPUS'
objective: minimize loss
space: {x: "float(0, 1)"}
fidelity: {name: epoch, min: 1, max: 9}
scheduler: sh
resources: {cpu: 0.5..3}
stop: {trials: 3}
parallel: 4
seed: 1
""")
        hone("run", "elastic.yaml", "--quiet", cwd=self.cwd)
        trials = check(hone("trials", "elastic", "--json", cwd=self.cwd).stdout, "trials")
        on = [t for t in trials if t["attempts"] > 1]
        self.assertEqual(len(on), 1)
        for trial in trials:
            cpus = [r["metrics"]["cpus"] for r in trial["reports"]]
            self.assertEqual(cpus[0], 1, "a half, rounded up")
            self.assertEqual(cpus[-1], math.ceil(trial["resources"]["cpu"]))
            (self.assertGreater if trial in on else self.assertEqual)(trial["resources"]["cpu"], 0.5)
        self.assertRegex(hone("explain", "elastic", str(on[0]["trial"]), cwd=self.cwd).stdout,
                         r"Granted +[0-9.]+ CPUs?: [0-9] slots? (is|are) free and nothing else may start")
        self.assertIn("identical", hone("replay", "elastic", cwd=self.cwd).stdout)

    def test_several_fidelities_grow_together(self):
        self.write("two.yaml", """
command: sh -c 'echo epoch={until} loss={x} share={share} said=$HONE_SHARE'
objective: minimize loss
space: {x: "float(0, 1)"}
fidelity: [{name: epoch, min: 1, max: 9}, {name: share, min: 0.1, max: 1}]
stop: {trials: 9}
seed: 1
""")
        plan = check(hone("plan", "two.yaml", "--json", cwd=self.cwd).stdout, "plan")
        self.assertEqual([r["levels"] for r in plan["brackets"][0]["rungs"]],
                         [{"epoch": 1, "share": 0.1}, {"epoch": 3, "share": 0.3162}, {"epoch": 9, "share": 1}])
        hone("run", "two.yaml", "--quiet", cwd=self.cwd)
        shares = {1: 0.1, 3: 0.3162, 9: 1}
        trials = check(hone("trials", "two", "--json", cwd=self.cwd).stdout, "trials")
        for trial in trials:
            for report in trial["reports"]:
                self.assertEqual(report["metrics"]["share"], shares[report["at"]])
                self.assertEqual(report["metrics"]["said"], shares[report["at"]])
        self.assertIn(9, [t["reports"][-1]["at"] for t in trials])
        best = check(hone("best", "two", "--json", cwd=self.cwd).stdout, "best")
        self.assertIn("share=1 ", best["command"])
        self.assertIn("identical", hone("replay", "two", cwd=self.cwd).stdout)
        asked = hone("ask-tell", "two.yaml", stdin='{"ask": 1}\n', cwd=self.cwd).stdout
        self.assertEqual(check(asked, "asked")["trials"][0]["levels"], {"epoch": 1, "share": 0.1})
        self.assertIn("median compares what trials report on their way",
                      hone("plan", "two.yaml", "--scheduler", "median", status=2, cwd=self.cwd).stderr)

    def test_explain_says_how_well_each_rung_of_the_scheduler_foretells_the_next(self):
        self.write("early.awk", """BEGIN {
  for (e = 1; e <= ARGV[2]; e++)  # the first epoch says nothing
    print "epoch=" e " loss=" (e < 2 ? (ARGV[1] * 1000) % 1 : (ARGV[1] - 0.3)^2 + 1 / e) " work=" e
}""")
        self.write("early.yaml", """
command: awk -f early.awk {x} {until}
objective: minimize loss
cost: work
space: {x: "float(0, 1)"}
fidelity: {name: epoch, min: 1, max: 16}
stop: {trials: 24}
parallel: 4
searcher: sobol
seed: 1
""")

        def explain(name, *options):
            hone("run", "early.yaml", "--name", name, "--quiet", *options, cwd=self.cwd)
            rungs = check(hone("explain", name, "--json", cwd=self.cwd).stdout, "explain")["rungs"]
            return rungs, hone("explain", name, cwd=self.cwd).stdout

        rungs, text = explain("asha", "--scheduler", "asha", "--scheduler.eta", "2", "--scheduler.grace", "2")
        self.assertEqual([(r["at"], r["next"]) for r in rungs], [(2, 4), (4, 8), (8, 16)])
        self.assertAlmostEqual(rungs[0]["correlation"], 1)
        self.assertGreaterEqual(rungs[0]["trials"], 8)
        self.assertEqual({r["passed_over"] for r in rungs}, {None})
        self.assertRegex(text, r"(?m)^ +1 +2 +4 +1\.00 +[0-9]+$")
        rungs, text = explain("hyperband", "--scheduler", "hyperband", "--scheduler.eta", "4")
        self.assertEqual([(r["at"], r["next"]) for r in rungs], [(1, 4), (4, 16)])
        self.assertNotIn("passes over", text)
        rungs, text = explain("auto")
        self.assertEqual([(r["at"], r["next"]) for r in rungs], [(1, 3), (3, 9), (9, 16)])
        self.assertRegex(rungs[0]["passed_over"], r"^since its order is not that of rung 2 \(rank correlation ")
        self.assertIsNone(rungs[1]["passed_over"])
        self.assertIn("auto passes over rung 1 (epoch 1) " + rungs[0]["passed_over"] + "\n", text)
        rungs, text = explain("none", "--scheduler", "none")
        self.assertEqual([(r["at"], r["trials"]) for r in rungs], [(1, 24), (3, 24), (9, 24)])
        self.assertLess(rungs[0]["correlation"], 0.7)
        self.assertIn("none has no rungs; these are those of asha\n", text)

    def test_help_names_what_is_there_and_nothing_else(self):
        text = hone("--help").stdout
        listed = {line.split()[0] for line in text.splitlines() if line.startswith("  ") and line.split()}
        for command in COMMANDS:
            self.assertIn(command, listed)
            page = hone(command, "--help").stdout
            self.assertIn("hone " + command, page, "an example is missing from hone %s --help" % command)
            self.assertRegex(page, "(?i)example")
        for command in LATER:
            self.assertNotIn(command, listed)

    def test_lint_says_what_is_questionable_and_refuses_what_is_wrong(self):
        self.write("study.yaml", "command: train --lr 0.1\nobjective: maximize acc\nspace:\n  lr: float(1e-4, 1e-1)\nstop: {trials: 20}\nseed: 1\n")
        done = hone("lint", "study.yaml", cwd=self.cwd)
        self.assertIn("study.yaml:4: space.lr: 0.0001 to 0.1 on a linear scale", done.stdout)
        self.assertIn("study.yaml:1: command: --lr 0.1 is fixed in it", done.stdout)
        self.assertTrue(done.stdout.endswith("2 remarks\n"), done.stdout)
        remarks = json.loads(hone("lint", "study.yaml", "--json", cwd=self.cwd).stdout)
        self.assertEqual([(r["rule"], r["file"], r["line"], r["field"]) for r in remarks],
                         [("fixed-option", "study.yaml", 1, "command"), ("linear-scale", "study.yaml", 4, "space.lr")])
        few = json.loads(hone("lint", "study.yaml", "--trials", "5", "--json", cwd=self.cwd).stdout)
        self.assertEqual([(r["rule"], r["line"]) for r in few if r["field"] == "stop.trials"], [("budget", None)])
        held = json.loads(hone("lint", "study.yaml", "--fix", "lr=0.1", "--json", cwd=self.cwd).stdout)
        self.assertNotIn("one-value", [r["rule"] for r in held])
        inline = hone("lint", "--maximize", "acc", "--trials", "20", "--seed", "1", "--", "train", "--lr", "~float(1e-4, 1e-1, log)", cwd=self.cwd)
        self.assertEqual(inline.stdout, "no remarks\n")
        self.write("wrong.yaml", "objective: maximize acc\nspace: {lr: \"float(1, 0)\"}\nstop: {trials: many}\n")
        wrong = hone("lint", "wrong.yaml", cwd=self.cwd, status=2)
        self.assertEqual((wrong.stdout, len(wrong.stderr.splitlines())), ("", 2), wrong.stderr)

    def test_a_password_in_the_home_is_not_printed(self):
        for words in (("list",), ("status",), ("trials", "x")):
            done = hone(*words, "--home", "postgresql://u:pw@h/db", cwd=self.cwd, status=None)
            self.assertNotIn("pw", done.stdout + done.stderr)
            self.assertIn("postgresql://u:***@h/db", done.stdout + done.stderr)

    def test_inline_runs_and_the_views_agree(self):
        self.run_inline("--name", "inline", "--parallel", "2", "--seed", "1")
        self.assertEqual(os.stat(os.path.join(self.cwd, "hone-runs")).st_mode & 0o777, 0o700)
        trials = check(hone("trials", "inline", "--json", cwd=self.cwd).stdout, "trials")
        self.assertEqual([t["trial"] for t in trials], list(range(9)))
        for trial in trials:
            self.assertIn(trial["config"]["hidden"], (256, 512))
            self.assertTrue(1e-4 <= trial["config"]["lr"] <= 1e-1)
            self.assertIn(trial["state"], ("completed", "stopped"))
            self.assertTrue(trial["why"])
        self.assertTrue(any(t["reports"][-1]["at"] == 10 for t in trials), "no trial reached the top rung")
        self.assertIn("loss", trials[0]["metrics"], "other numbers of a report ride along")
        best = check(hone("best", "inline", "--json", cwd=self.cwd).stdout, "best")
        top = max((t for t in trials if t["reports"][-1]["at"] == 10), key=lambda t: t["metrics"]["val_acc"])
        self.assertEqual(best["trial"], top["trial"])
        again = subprocess.run(best["command"], shell=True, capture_output=True, text=True, cwd=self.cwd)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertTrue(os.path.isdir(best["dir"]))
        status = check(hone("status", "inline", "--json", cwd=self.cwd).stdout, "status")
        self.assertEqual(status["state"], "finished")
        self.assertEqual(sum(status["counts"].values()), 9)
        self.assertEqual(status["best"]["trial"], best["trial"])
        self.assertEqual(len(check(hone("best", "inline", "--json", "--top", "3", cwd=self.cwd).stdout, "best_top")), 3)
        self.assertIn("identical", hone("replay", "inline", cwd=self.cwd).stdout)
        self.assertIn("inline", hone("list", cwd=self.cwd).stdout)
        self.assertIn("why", hone("explain", "inline", str(best["trial"]), cwd=self.cwd).stdout.lower() + " why")
        files = os.path.join(self.cwd, "hone-runs", "studies", "inline", "0")
        for name in ("stdout", "stderr", "params.json", "files"):
            self.assertTrue(os.path.exists(os.path.join(files, name)), name)

    def test_running_again_resumes_and_a_changed_definition_is_refused(self):
        self.run_inline("--name", "again", "--seed", "1")
        before = hone("trials", "again", "--json", cwd=self.cwd).stdout
        self.run_inline("--name", "again", "--seed", "1")
        self.assertEqual(before, hone("trials", "again", "--json", cwd=self.cwd).stdout)
        changed = hone("run", "--maximize", "val_acc", "--trials", "9", "--name", "again", "--seed", "2", "--", "python3", "train.py", "--lr",
                       "~float(1e-4, 1e-1, log)", "--hidden", "~[256, 512]", "--epochs", "~until(10)", "--dir", "~dir", cwd=self.cwd,
                       status=2)
        self.assertIn("seed", changed.stderr)

    def test_the_study_file_of_the_contract_runs(self):
        self.write("full.yaml", FULL)
        hone("run", "full.yaml", cwd=self.cwd, env={"TEST_TOKEN": "x-secret-x"})
        trials = check(hone("trials", "full", "--json", cwd=self.cwd).stdout, "trials")
        self.assertEqual(len(trials), 12)
        self.assertEqual(trials[0]["config"]["model"], "mlp")
        self.assertEqual(trials[0]["config"]["lr"], 0.01)
        for trial in trials:
            config = trial["config"]
            self.assertEqual(config["width"] % 2, 1)
            self.assertLessEqual(config["layers"] * config["width"], 1024)
            self.assertEqual("C" in config, config["model"] == "svm")
            self.assertEqual("depth" in config, config["model"] == "forest")
            self.assertAlmostEqual(config["decay"], config["momentum"] / 100)
            self.assertEqual(config["stride"], 1)
            self.assertTrue(0 <= config["dropout"] <= 0.6)
            self.assertTrue(config["warmup"] <= 0.01 or 0.1 <= config["warmup"] <= 0.3)
        with open(os.path.join(self.cwd, "hone-runs", "hone.db"), "rb") as file:
            self.assertNotIn(b"x-secret-x", file.read(), "a secret of the environment is stored by its name only")

    def test_several_objectives_give_a_front_and_its_hypervolume(self):
        self.write("size.py", "import sys\nx, n = float(sys.argv[1]), int(sys.argv[2])\n"
                              "print('acc=%.6f ms=%d mib=%d' % (1 - (x - 0.3) ** 2 - 1 / n, n, 10 * n))\n")
        self.write("two.yaml", "command: python3 size.py {x} {n}\nobjective: [maximize acc, minimize ms]\n"
                               "space: {x: 'float(0, 1)', n: 'int(1, 32, log)'}\noutcome_constraints: ['mib <= 100']\n"
                               "searcher: nsga2\nstop: {trials: 30}\nseed: 1\nparallel: 2\n")
        hone("run", "two.yaml", cwd=self.cwd)
        trials = {t["trial"]: t["metrics"] for t in check(hone("trials", "two", "--json", cwd=self.cwd).stdout, "trials")}
        feasible = {i: (-m["acc"], m["ms"]) for i, m in trials.items() if m["mib"] <= 100}
        self.assertLess(len(feasible), 30, "some broke the constraint")
        front = {i for i, a in feasible.items()
                 if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in feasible.values())}
        best = check(hone("best", "two", "--json", cwd=self.cwd).stdout, "best_top")
        self.assertEqual({t["trial"] for t in best}, front)
        self.assertEqual(sorted(best, key=lambda t: -t["metrics"]["acc"]), best)
        reference = [max(v[k] for v in feasible.values()) * 1.1 - min(v[k] for v in feasible.values()) * 0.1 for k in (0, 1)]
        volume, low = 0, reference[1]
        for x, y in sorted(feasible[i] for i in front):
            volume += (reference[0] - x) * max(0, low - y)
            low = min(low, y)
        status = check(hone("status", "two", "--json", cwd=self.cwd).stdout, "status")
        self.assertAlmostEqual(status["hypervolume"], volume, places=9)
        table = hone("best", "two", cwd=self.cwd).stdout
        self.assertIn("front        %d trials, nondominated" % len(front), table)
        self.assertIn("hypervolume  %.4g" % volume, table.replace("hypervolume  %.6g" % volume, "hypervolume  %.4g" % volume))
        self.assertIn("(a tenth beyond the worst", table)
        self.assertIn("up to acc 0, ms 40\n", hone("best", "two", "--reference", "acc=0,ms=40", cwd=self.cwd).stdout)
        self.assertIn("ms is missing", hone("best", "two", "--reference", "acc=0", cwd=self.cwd, status=2).stderr)
        self.assertIn("identical", hone("replay", "two", cwd=self.cwd).stdout)

    def test_export_gives_csv_and_json_lines(self):
        self.run_inline("--name", "out", "--seed", "1")
        rows = list(csv.DictReader(io.StringIO(hone("export", "out", "--format", "csv", cwd=self.cwd).stdout)))
        self.assertEqual(len(rows), 9)
        lines = [json.loads(line) for line in hone("export", "out", "--format", "jsonl", cwd=self.cwd).stdout.splitlines()]
        jsonschema.validate(lines, schema("trials"))
        self.assertEqual(len(lines), 9)

    def test_plan_searchers_schedulers(self):
        self.write("plan.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\ncommand: ./t {x} {until}\n"
                                "fidelity: {name: epoch, min: 1, max: 9}\nscheduler: asha\nstop: {trials: 9}\n")
        plan = check(hone("plan", "plan.yaml", "--json", cwd=self.cwd).stdout, "plan")
        self.assertEqual([(r["n"], r["r"]) for r in plan["brackets"][0]["rungs"]], [(9, 1), (3, 3), (1, 9)])
        hone("plan", "plan.yaml", cwd=self.cwd)
        for name in ("random", "sobol", "grid", "tpe"):
            self.assertIn(name, hone("searchers").stdout)
        for name in ("none", "median", "asha"):
            self.assertIn(name, hone("schedulers").stdout)

    def test_try_shows_what_was_understood(self):
        self.write("try.yaml", "objective: maximize val_acc\nspace: {lr: 'float(1e-4, 1e-1, log)'}\n"
                               "command: python3 train.py --lr {lr} --hidden 3 --epochs {until} --dir {dir}\n"
                               "fidelity: {name: epoch, max: 4}\nstop: {trials: 3}\n")
        text = hone("try", "try.yaml", "lr=0.01", cwd=self.cwd).stdout
        self.assertIn("val_acc", text)
        self.assertIn("epoch", text)
        self.assertFalse(os.path.exists(os.path.join(self.cwd, "hone-runs", "studies", "try")))

    def test_ask_and_tell(self):
        self.write("ask.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nfidelity: {name: epoch, min: 1, max: 9}\n"
                               "searcher: random\nscheduler: asha\nstop: {trials: 3}\nseed: 1\nparallel: 3\n")
        for extra in ([], ["--home", os.path.join(self.cwd, "home")]):
            tell = subprocess.Popen([HONE, "ask-tell", "ask.yaml", *extra], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                    cwd=self.cwd)

            def say(value):
                tell.stdin.write((value if isinstance(value, str) else json.dumps(value)) + "\n")
                tell.stdin.flush()
                return tell.stdout.readline()

            finished, told = False, 0
            while not finished and told < 100:
                answer = check(say({"ask": 2}), "asked")
                finished = answer.get("finished", False)
                for trial in answer["trials"]:
                    loss = trial["config"]["x"] / trial["until"]
                    check(say({"tell": {"trial": trial["trial"], "metrics": {"loss": loss}, "at": trial["until"]}}), "told")
                    say({"tell": {"trial": trial["trial"], "metrics": {"loss": loss}, "done": True}})
                    told += 1
                check(say("not json"), "error")
                check(say({"tell": {"trial": 99, "metrics": {"loss": 1}}}), "error")
            self.assertTrue(finished)
            self.assertGreater(told, 3, "promotions come back with resume")
            self.assertTrue(math.isfinite(json.loads(say({"best": True}))["best"]["metrics"]["loss"]))
            tell.stdin.close()
            self.assertEqual(tell.wait(), 0)
            tell.stdout.close()

    def test_ask_tell_says_whose_checkpoint_and_which_run(self):
        self.write("pbt.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nfidelity: {name: epoch, min: 1, max: 9}\n"
                               "searcher: random\nscheduler: {pbt: {population: 4}}\nstop: {trials: 4}\nseed: 1\nparallel: 4\n")
        self.write("twice.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nsearcher: random\nrepeat: 2\n"
                                 "stop: {trials: 2}\nseed: 1\nparallel: 1\n")
        for file, key, expected in (("pbt.yaml", "from", dict), ("twice.yaml", "repeat", int)):
            tell = subprocess.Popen([HONE, "ask-tell", file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=self.cwd)
            finished, seen, out = False, [], {}

            def say(value):
                tell.stdin.write(json.dumps(value) + "\n")
                tell.stdin.flush()
                return tell.stdout.readline()

            while not finished:
                answer = check(say({"ask": 4}), "asked")
                finished = answer.get("finished", False)
                for trial in answer["trials"]:
                    seen += [trial[key]] if key in trial else []
                    out[trial["trial"]] = {"x": trial["config"]["x"], "at": 0, "until": trial["until"]}
                for number, run in list(out.items()):  # a unit of each
                    run["at"] += 1
                    told = say({"tell": {"trial": number, "metrics": {"loss": run["x"]}, "at": run["at"],
                                         "done": run["at"] == run["until"]}})
                    if check(told, "told")["move"] != "continue":
                        del out[number]
            self.assertTrue(seen and all(isinstance(value, expected) for value in seen), (file, seen))
            tell.stdin.close()
            self.assertEqual(tell.wait(), 0)
            tell.stdout.close()

    def test_report_from_a_trial(self):
        self.write("report.sh", '%s report loss=0.25 epoch=1 && echo \'{"loss": 0.2, "epoch": 2}\' >> "$HONE_REPORT"\n' % HONE)
        self.write("report.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\ncommand: sh report.sh {x} {until}\n"
                                  "fidelity: {name: epoch, max: 2}\nscheduler: none\nstop: {trials: 1}\n")
        hone("run", "report.yaml", cwd=self.cwd)
        trial = check(hone("trials", "report", "--json", cwd=self.cwd).stdout, "trials")[0]
        self.assertEqual([(r["at"], r["metrics"]["loss"]) for r in trial["reports"]], [(1, 0.25), (2, 0.2)])
        self.write("report.sh", "%s report --infeasible 'too wide'\nsleep 5\n" % HONE)
        hone("run", "report.yaml", "--name", "infeasible", cwd=self.cwd, status=1)
        self.assertEqual(json.loads(hone("trials", "infeasible", "--json", cwd=self.cwd).stdout)[0]["cause"], "infeasible")

    def test_logs_show_what_a_trial_wrote_and_nothing_that_moves_a_cursor(self):
        self.write("wrote.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nparallel: 1\nstop: {trials: 2}\ninitial: [{config: {x: 0.5}, "
                                 "metrics: {loss: 9}}]\ncommand: [sh, wrote.sh, '{x}']\n")
        self.write("wrote.sh", "printf 'a\\033[2Jb\\r50%%\\r100%%\\n\\nloss=1\\n'; [ $HONE_TRIAL = 2 ] || echo oops >&2\n")
        hone("run", "wrote.yaml", cwd=self.cwd)
        self.assertEqual(hone("logs", "wrote", "1", cwd=self.cwd).stdout, "==> stdout <==\nab\n50%\n100%\n\nloss=1\n\n==> stderr <==\noops\n")
        self.assertEqual(hone("logs", "wrote", "1", "--stderr", cwd=self.cwd).stdout, "oops\n")
        self.assertEqual(hone("logs", "wrote", "1", "--stdout", "--last", "2", cwd=self.cwd).stdout, "\nloss=1\n")
        self.assertEqual(hone("logs", "wrote", "2", cwd=self.cwd).stdout, "ab\n50%\n100%\n\nloss=1\n", "one that wrote needs no heading")
        self.assertEqual(hone("logs", "wrote", "2", "-f", cwd=self.cwd).stdout, "ab\n50%\n100%\n\nloss=1\n", "it has ended")
        for trial, word in (("3", "trials 0 to 2"), ("0", "known result"), ("x", "whole number")):
            error = hone("logs", "wrote", trial, cwd=self.cwd, status=2).stderr
            self.assertIn(word, error)
            self.assertEqual(error.count("\n"), 1, error)
        out = os.path.join(self.cwd, "hone-runs", "studies", "wrote", "1", "stdout")
        os.remove(out)
        os.mkfifo(out)
        self.assertIn("something else in its place", hone("logs", "wrote", "1", cwd=self.cwd, status=2).stderr)

    def test_logs_follow_a_trial_to_its_end_across_its_runs(self):
        self.write("follow.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nfidelity: {name: epoch, max: 3}\nscheduler: {asha: {eta: 3}}\n"
                                  "seed: 1\nsearcher: random\nparallel: 1\nstop: {trials: 1}\n"
                                  "command: [sh, -c, 'while [ ! -e go{until} ]; do sleep 0.02; done; echo epoch={until} loss=1; echo run {until} >&2', '{x}', '{dir}']\n")
        run = subprocess.Popen([HONE, "run", "follow.yaml"], cwd=self.cwd, stdout=subprocess.PIPE, text=True)
        self.addCleanup(end, run)
        self.assertIn("started", run.stdout.readline())
        self.assertIn("trial 0 started", run.stdout.readline())
        follow = [subprocess.Popen([HONE, "logs", "follow", "0", "-f", *extra], cwd=self.cwd, stdout=subprocess.PIPE, text=True)
                  for extra in ([], ["--stderr"])]
        self.write("go1", "")
        self.assertEqual(follow[1].stdout.readline(), "run 1\n")
        follow[1].send_signal(signal.SIGINT)
        self.assertEqual(follow[1].wait(), 130)
        self.write("go3", "")
        rest = follow[0].stdout.read()
        self.assertEqual(follow[0].wait(timeout=60), 0)
        for line in ("epoch=1 loss=1", "run 1", "epoch=3 loss=1", "run 3"):
            self.assertIn(line, rest.splitlines())
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0)
        for one in follow:
            one.stdout.close()

    def test_causes_and_exit_status(self):
        for name, script, cause in (("e", "exit 3", "exit 3"), ("s", "kill -SEGV $$", "signal 11"), ("m", "true", "no metric"),
                                    ("n", "echo loss=nan", "not finite")):
            self.write(name + ".sh", script + "\n")
            self.write(name + ".yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\ncommand: sh %s.sh {x}\nstop: {trials: 2}\n" % name)
            hone("run", name + ".yaml", cwd=self.cwd, status=1)
            for trial in check(hone("trials", name, "--json", cwd=self.cwd).stdout, "trials"):
                self.assertEqual((trial["state"], trial["cause"]), ("failed", cause))

    def interrupted(self, study, signals, wait=0.0):
        run = subprocess.Popen([HONE, "run", study], cwd=self.cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in run.stdout:
            if "started up" in line or "started:" in line or "again" in line or "resumed" in line and "trial" in line:
                break
        begin = time.monotonic()
        for _ in range(signals):
            run.send_signal(signal.SIGINT)
            time.sleep(wait)
        run.communicate(timeout=60)
        return run.returncode, time.monotonic() - begin

    def test_ctrl_c_saves_as_often_as_it_is_pressed_and_twice_kills(self):
        self.write("slow.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nseed: 1\nparallel: 1\nstop: {trials: 1}\n"
                                "command: [sh, -c, 'test -e {dir}/go && echo loss=1 && exit 0; sleep 60', '{x}']\n")
        for _ in range(7):  # more often than a trial may be lost
            self.assertEqual(self.interrupted("slow.yaml", 1)[0], 130)
        trial = json.loads(hone("trials", "slow", "--json", cwd=self.cwd).stdout)[0]
        self.assertEqual(trial["state"], "waiting")
        self.write("hone-runs/studies/slow/0/files/go", "")
        hone("run", "slow.yaml", cwd=self.cwd)
        self.assertIn("identical", hone("replay", "slow", cwd=self.cwd).stdout)
        self.write("deaf.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nseed: 1\nparallel: 1\nstop: {trials: 1}\n"
                                "command: [sh, -c, 'trap \"\" TERM; while :; do sleep 1; done', '{x}']\nlimits: {grace: 1h}\n")
        self.assertEqual(self.interrupted("deaf.yaml", 2, 0.2)[0], 130)

    def test_time_in_which_nobody_ran_the_study_does_not_count(self):
        self.write("gap.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nseed: 1\nparallel: 1\n"
                               "stop: {trials: 2, time: 30s}\ncommand: [sh, -c, 'sleep 0.3; echo loss=1', '{x}']\n")
        run = subprocess.Popen([HONE, "run", "gap.yaml"], cwd=self.cwd, stdout=subprocess.PIPE, text=True)
        for line in run.stdout:
            if "trial 0 started" in line:  # stored, and launched in a moment
                break
        time.sleep(0.15)
        run.kill()
        run.communicate()
        time.sleep(2)
        hone("run", "gap.yaml", cwd=self.cwd)
        first = json.loads(hone("trials", "gap", "--json", cwd=self.cwd).stdout)[0]
        self.assertEqual(first["attempts"], 1, "the keeper's run was taken over")
        self.assertLess(first["ended"] - first["started"], 1.9, "stamped when it happened, not when it was heard of")

    def test_a_folder_of_an_unknown_history_is_not_taken(self):
        self.run_inline("--name", "old", "--seed", "1")
        for name in os.listdir(os.path.join(self.cwd, "hone-runs")):
            if name.startswith("hone.db"):
                os.remove(os.path.join(self.cwd, "hone-runs", name))
        done = hone("run", "--maximize", "val_acc", "--trials", "9", "--name", "old", "--", "python3", "train.py", "--lr",
                    "~float(1e-4, 1e-1, log)", "--hidden", "3", "--epochs", "~until(10)", "--dir", "~dir", cwd=self.cwd, status=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("hone.db does not know", done.stderr)

    def test_five_trials_share_one_gpu_and_never_six(self):
        self.write("gpu.yaml", "objective: minimize loss\nspace: {x: 'float(0, 1)'}\nsearcher: random\nstop: {trials: 10}\nparallel: 8\n"
                               "resources: {cpu: 0.1, gpu: 0.2}\n"
                               "command: [sh, -c, 'echo loss=1; echo $CUDA_VISIBLE_DEVICES; sleep 0.2', '{x}']\n")
        out = hone("run", "gpu.yaml", "--gpus", "1", cwd=self.cwd).stdout
        self.assertIn("5 of 8 (GPU-bound", out)
        trials = json.loads(hone("trials", "gpu", "--json", cwd=self.cwd).stdout)
        for trial in trials:
            with open(os.path.join(self.cwd, "hone-runs/studies/gpu/%d/stdout" % trial["trial"])) as file:
                self.assertEqual(file.read().split()[-1], "0")
            others = [t for t in trials if t["started"] <= trial["started"] < t["ended"]]
            self.assertLessEqual(len(others), 5)
        self.assertIn("gpu", hone("run", "gpu.yaml", "--gpus", "1", "--resources.gpu", "1.5", "--name", "g", cwd=self.cwd, status=2).stderr)

    def test_a_finite_space_is_counted_used_up_and_never_run_twice(self):
        study = "objective: minimize loss\nspace: {x: [1, 2, 3]%s}\nsearcher: grid\nparallel: 1\ncommand: [echo, 'loss={x}']\n"
        self.write("grid.yaml", study % "")
        self.assertIn("3 cells", hone("plan", "grid.yaml", cwd=self.cwd).stdout)
        hone("run", "grid.yaml", cwd=self.cwd)
        trials = json.loads(hone("trials", "grid", "--json", cwd=self.cwd).stdout)
        self.assertEqual(sorted(t["config"]["x"] for t in trials), [1, 2, 3])
        self.write("mixed.yaml", study % ", y: 'float(0, 1)'" + "stop: {trials: 7}\n")
        self.assertIn("3 cells a round", hone("plan", "mixed.yaml", cwd=self.cwd).stdout)
        hone("run", "mixed.yaml", cwd=self.cwd)
        self.write("twice.yaml", study % "" + "initial: [{x: 1}, {x: 1}]\n")
        self.assertIn("initial[1]", hone("run", "twice.yaml", cwd=self.cwd, status=2).stderr)
        self.write("none.yaml", study % "" + "constraints: ['x > 3']\n")
        self.assertIn("x > 3", hone("run", "none.yaml", cwd=self.cwd, status=2).stderr)

    def test_bad_input_is_listed_whole_and_starts_nothing(self):
        self.write("bad.yaml", "objective: maximise val_acc\nspace:\n  lr: flaot(0, 1)\n  b: float(0, 1, log)\nsercher: tpe\n"
                               "command: python3 train.py {lr} {lrr}\n")
        done = hone("run", "bad.yaml", cwd=self.cwd, status=2)
        expected = ["1: objective: maximise val_acc is not understood; did you mean maximize?",
                    "3: space.lr: unknown domain flaot; did you mean float?",
                    "4: space.b: lo 0 with log scale", "5: sercher: unknown key; did you mean searcher?",
                    "6: command: `{lrr}` is no parameter of the space; did you mean {lr}?"]
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), len(expected), done.stderr)
        for line, words in zip(lines, expected):
            self.assertTrue(line.startswith("hone: bad.yaml:" + words), line)
        self.assertFalse(os.path.exists(os.path.join(self.cwd, "hone-runs")))
        done = hone("run", "--maximize", "acc", "--trials", "1", "--", "pyton3", "--lr", "~flaot(0, 1)", cwd=self.cwd, status=2)
        self.assertIn("hone: --lr: unknown domain flaot; did you mean float?\n", done.stderr)
        self.assertIn("hone: command: pyton3 is not on PATH; did you mean ", done.stderr)
        hone("run", "absent.yaml", cwd=self.cwd, status=2)
        hone("trials", "absent", cwd=self.cwd, status=2)

    def test_a_home_that_cannot_be_made_is_one_line_and_starts_nothing(self):
        self.write("s.yaml", "objective: minimize l\nspace: {x: [1, 2]}\ncommand: [sh, -c, 'touch started; echo l={x}']\n")
        for home in ("/proc/no/home", "/dev/null/home", "/proc"):
            done = hone("run", "s.yaml", "--home", home, cwd=self.cwd, status=3)
            self.assertRegex(done.stderr, "^hone: %s[^\n]*(cannot be|another --home)[^\n]*\n$" % home)
        self.assertFalse(os.path.exists(os.path.join(self.cwd, "started")))

    def test_values_that_look_like_options_or_hold_escapes_reach_the_program_as_one_word(self):
        self.write("show.py", "import sys, json\nopen('seen', 'a').write(json.dumps(sys.argv[1:]) + '\\n')\nprint('l=1')\n")
        self.write("s.yaml", 'objective: minimize l\nsearcher: grid\nparallel: 1\nseed: 1\n'
                             'space: {x: ["--rm", "\\e[31m; rm -rf /", "", "a b\\nc", "../../x"]}\n'
                             'command: [python3, show.py, "{x}", "--x={x}"]\n')
        hone("run", "s.yaml", cwd=self.cwd)
        with open(os.path.join(self.cwd, "seen")) as file:
            seen = [json.loads(line) for line in file]
        values = ["--rm", "\x1b[31m; rm -rf /", "", "a b\nc", "../../x"]
        self.assertCountEqual(seen, [[value, "--x=" + value] for value in values])
        for words in (("trials", "s"), ("best", "s"), ("explain", "s", "1")):
            self.assertNotIn("\x1b", hone(*words, cwd=self.cwd).stdout)


if __name__ == "__main__":
    HONE = os.path.abspath(sys.argv.pop(1))
    program = unittest.main(exit=False)
    failed = len(program.result.failures) + len(program.result.errors)
    print("%d passed, %d failed" % (program.result.testsRun - failed, failed))
    sys.exit(1 if failed else 0)
