#!/usr/bin/env python3
"""Searchers that reach beyond one study: somebody else's program, warm starts, the portfolio, staged plans.

Usage: searcher_test.py HONE
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import in_folders  # noqa: E402

HONE = os.path.abspath(sys.argv[1])

# Proposes x = 0.1, 0.2 ... by the number of trials that it has heard of, and keeps all that it was told.
OWN = r"""
import json, sys
heard = 0
for line in sys.stdin:
    open("heard", "a").write(line)
    message = json.loads(line)
    answer = {}
    if "ask" in message:
        x = MAKE_X
        answer = {"trials": [{"config": {"x": x}, "why": "number %d" % heard}] if heard < 5 else []}
    elif "study" not in message:
        heard += "add" in message or "done" in message.get("tell", {}) or "failed" in message.get("tell", {})
    print(json.dumps(answer), flush=True)
"""


def write(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)


def study(folder, name="s", **keys):
    text = {
        "name": name,
        "command": ["/bin/sh", "-c", "[ $0 != 0.3 ] || exit 7; echo loss=$0", "{x}"],
        "objective": "minimize loss",
        "space": {"x": "float(0, 1)"},
        "searcher": {"command": "/usr/bin/python3 own.py"},
        "stop": {"trials": 20},
        "parallel": 1,
        "seed": 1,
    }
    text.update(keys)
    write(folder, name + ".yaml", json.dumps(text))


def hone(folder, *words, status=0):
    done = subprocess.run([HONE, *words], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout if status == 0 else done.stderr


def trials(folder, name="s"):
    return json.loads(hone(folder, "trials", name, "--json"))


def test_a_program_of_the_users_proposes_and_is_told_of_everything(folder):
    write(folder, "own.py", OWN.replace("MAKE_X", "round(0.1 * (heard + 1), 1)"))
    study(folder, initial=[{"config": {"x": 0.9}, "metrics": {"loss": 0.9}}])
    hone(folder, "run", "s.yaml")
    done = trials(folder)
    assert [trial["config"]["x"] for trial in done] == [0.9, 0.2, 0.3, 0.4, 0.5], done
    assert done[2]["cause"] == "exit 7", done
    assert "number 2" in done[2]["why"], done
    heard = [json.loads(line) for line in open(os.path.join(folder, "heard"))]
    assert heard[0]["study"]["space"] == {"x": "float(0, 1)"}, heard[0]
    assert {"add": {"trial": 0, "config": {"x": 0.9}, "metrics": {"loss": 0.9}}} in heard, heard
    tells = [message["tell"] for message in heard if "tell" in message]
    assert all(set(tell["config"]) == {"x"} for tell in tells), tells
    told = [{name: value for name, value in tell.items() if name != "config"} for tell in tells]
    assert {"trial": 1, "metrics": {"loss": 0.2}, "done": True} in told, heard
    assert {"trial": 2, "failed": "exit 7"} in told, heard
    assert json.loads(hone(folder, "status", "s", "--json"))["state"] == "finished"
    assert "identical" in hone(folder, "replay", "s"), "it is not asked again"


def test_after_a_kill_the_program_is_told_all_again_and_goes_on(folder):
    write(folder, "own.py", OWN.replace("MAKE_X", "round(0.1 * (heard + 4), 1)"))
    study(folder, command=["/bin/sh", "-c", "sleep 0.2; echo loss=$0", "{x}"])
    running = subprocess.Popen([HONE, "run", "s.yaml", "--quiet"], cwd=folder)
    heard = os.path.join(folder, "heard")
    end = time.time() + 60
    while time.time() < end and (not os.path.exists(heard) or '"done"' not in open(heard).read()):
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    hone(folder, "run", "s.yaml")
    assert [trial["config"]["x"] for trial in trials(folder)] == [0.4, 0.5, 0.6, 0.7, 0.8]
    assert "identical" in hone(folder, "replay", "s")


def test_what_is_wrong_with_the_program_is_said_in_one_line_and_nothing_is_lost(folder):
    for name, program, words in [
        ("dies", "import sys; sys.exit(3)", "has ended"),
        ("talks", "for line in __import__('sys').stdin: print('hello', flush=True)", "is no JSON object"),
        ("outside", OWN.replace("MAKE_X", "7"), "proposes a configuration outside the space: x: 7 is outside float(0, 1)"),
        ("complains", "for line in __import__('sys').stdin: print('{\"error\": \"no idea\"}', flush=True)", 'says "no idea"'),
    ]:
        write(folder, "own.py", program)
        study(folder, name=name)
        said = hone(folder, "run", name + ".yaml", status=3).strip().splitlines()
        assert len(said) == 1 and words in said[0], (name, said)
        write(folder, "own.py", OWN.replace("MAKE_X", "round(0.1 * (heard + 4), 1)"))
        hone(folder, "run", name + ".yaml")  # mended, it goes on
        assert len(trials(folder, name)) == 5, name


# Answers its first ask, and any later one when there is a file "go"; "asked" says that it thinks.
THINKS = r"""
import json, os, sys, time
asks = 0
for line in sys.stdin:
    answer = {}
    if "ask" in json.loads(line):
        asks += 1
        if asks > FAST:
            open("asked", "w").close()
            while not os.path.exists("go") and os.path.exists("own.py"):
                time.sleep(0.02)
        answer = {"trials": [{"config": {"x": 0.1 * asks}}]}
    print(json.dumps(answer), flush=True)
"""


def thinking(folder, fast, **keys):
    """A study that runs, and whose program has been asked what it does not answer."""
    write(folder, "own.py", THINKS.replace("FAST", str(fast)))
    study(folder, parallel=2, resources={"cpu": 0.01}, **keys)
    running = subprocess.Popen([HONE, "run", "s.yaml", "--quiet"], cwd=folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    end = time.time() + 60
    while time.time() < end and not os.path.exists(os.path.join(folder, "asked")):
        time.sleep(0.02)
    return running


def ended(running):
    try:
        return running.wait(60)
    finally:
        running.kill()


def test_while_the_program_thinks_one_signal_ends_the_study_orderly(folder):
    for sent in (signal.SIGTERM, signal.SIGINT):
        running = thinking(folder, 0)
        running.send_signal(sent)
        assert ended(running) == 130
        os.remove(os.path.join(folder, "asked"))
    write(folder, "go", "")
    hone(folder, "run", "s.yaml", "--stop.trials", "3", "--extend")
    assert len(trials(folder)) == 3
    assert "identical" in hone(folder, "replay", "s")


def test_while_the_program_thinks_a_second_interrupt_kills_what_runs(folder):
    running = thinking(folder, 1, limits={"grace": "1h"},
                       command=["/bin/sh", "-c", "trap : TERM; while :; do sleep 0.1; done", "{x}"])
    running.send_signal(signal.SIGINT)
    said = running.stderr.readline()
    assert "a second interrupt kills them" in said, said
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    assert ended(running) == 130
    assert [trial["state"] for trial in trials(folder)] == ["waiting"]


def test_while_the_program_thinks_the_study_can_be_stopped(folder):
    running = thinking(folder, 1, command=["/bin/sh", "-c", "echo loss=$0; sleep 600", "{x}"])
    hone(folder, "stop", "s")
    assert ended(running) == 0
    assert json.loads(hone(folder, "status", "s", "--json"))["state"] == "finished"
    assert [trial["state"] for trial in trials(folder)] == ["stopped"]
    assert "identical" in hone(folder, "replay", "s")


def test_while_the_program_thinks_limits_are_kept_and_its_answer_is_used_then(folder):
    running = thinking(folder, 1, limits={"time": "1s"}, stop={"trials": 2},
                       command=["/bin/sh", "-c", "[ $0 != 0.1 ] || sleep 600; echo loss=$0", "{x}"])
    end = time.time() + 60
    while time.time() < end and [trial["cause"] for trial in trials(folder)] != ["timeout"]:
        time.sleep(0.1)
    assert [trial["cause"] for trial in trials(folder)] == ["timeout"], "before it was answered"
    write(folder, "go", "")
    assert ended(running) == 0
    assert [trial["state"] for trial in trials(folder)] == ["failed", "completed"]
    assert trials(folder)[1]["config"] == {"x": 0.2}
    assert "identical" in hone(folder, "replay", "s")


# As much of Optuna as the example needs.
OPTUNA = r"""
import types
class Trial:
    def __init__(self, distributions): self.params = {name: d(0.25) for name, d in distributions.items()}
class Study:
    def ask(self, distributions): return Trial(distributions)
    def tell(self, trial, value=None, state=None): assert value is not None
    def add_trial(self, trial): print("added", trial, flush=True, file=__import__("sys").stderr)
distributions = types.SimpleNamespace(FloatDistribution=lambda lo, hi, log: lambda u: lo + (hi - lo) * u,
                                      IntDistribution=lambda lo, hi, log: lambda u: lo + 3)
logging = types.SimpleNamespace(set_verbosity=lambda level: None, WARNING=0)
samplers = types.SimpleNamespace(TPESampler=lambda seed: None)
trial = types.SimpleNamespace(TrialState=types.SimpleNamespace(FAIL=1), create_trial=lambda params, distributions, value: params)
def create_study(direction): return Study()
"""


def test_the_example_that_drives_optuna_runs_from_its_own_folder_and_is_told_of_earlier_trials(folder):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for name in ("study.yaml", "optuna_searcher.py"):
        shutil.copy(os.path.join(root, "examples", "own-searcher", name), folder)
    write(folder, "optuna.py", OPTUNA)
    hone(folder, "run", "study.yaml", "--trials", "4")
    done = trials(folder, "own-searcher")
    assert [trial["config"] for trial in done] == [{"x": 0.25, "n": 4}] * 4, done
    assert all(trial["state"] == "completed" and "Optuna's TPE" in trial["why"] for trial in done), done
    hone(folder, "run", "study.yaml", "--extend", "--trials", "6")
    log = open(os.path.join(folder, "hone-runs", "studies", "own-searcher", "searcher.log")).read()
    assert log.count("added {'x': 0.25, 'n': 4}") == 4, log


def test_a_program_that_is_not_there_is_found_out_before_the_start(folder):
    needs = "hone: wrong.yaml:1: searcher: command needs the program; write {command: python3 my_searcher.py}"
    for searcher, said in (
        ("command", needs),
        ({"command": ""}, needs),
        ({"command": " "}, needs),
        ({"command": '""'}, needs),
        ({"command": {"command": ""}}, needs),
        ({"command": "'python3 x.py"}, "hone: wrong.yaml:1: searcher: "),
        ({"command": "no-such-program-9 --x 3"}, "searcher: no-such-program-9 is not on PATH; install it, or give its path"),
        ({"command": "./no/such"}, "searcher: ./no/such does not exist in " + os.path.realpath(folder) + "; correct the path"),
    ):
        study(folder, name="wrong", searcher=searcher)
        lines = hone(folder, "run", "wrong.yaml", status=2).strip().splitlines()
        assert len(lines) == 1 and said in lines[0], (searcher, lines)
    assert not os.path.exists(os.path.join(folder, "hone-runs")), "nothing was begun"
    write(folder, "own.py", OWN.replace("MAKE_X", "round(0.1 * (heard + 4), 1)"))
    write(folder, "own.sh", "exec /usr/bin/python3 own.py\n")
    study(folder, name="path", searcher={"command": "sh own.sh"}, env={"PATH": "/nowhere"},
          command=["/bin/echo", "loss={x}"])
    hone(folder, "run", "path.yaml")  # found on Hone's own PATH


NOISY = ["/usr/bin/python3", "-c", "import random, sys; r = random.Random(sys.argv[1]); x, y = map(float, sys.argv[2:]); "
         "print('acc=%r' % (1 - (x - 0.3) ** 2 - (y - 0.6) ** 2 + float('NOISE') * r.gauss(0, 1)))", "{seed}", "{x}", "{y}"]


def test_of_a_noisy_objective_the_model_says_which_trial_to_believe_in(folder):
    for name, noise in (("noisy", "0.1"), ("exact", "0")):
        study(folder, name=name, command=[word.replace("NOISE", noise) for word in NOISY], objective="maximize acc",
              space={"x": "float(0, 1)", "y": "float(0, 1)"}, searcher="gp", stop={"trials": 30}, seed=3)
        hone(folder, "run", name + ".yaml")
    best = json.loads(hone(folder, "best", "noisy", "--json"))
    expected = best["expected"]
    assert expected["trial"] != best["trial"] and expected["deviation"] > 0, expected
    assert 0.5 < expected["mean"] < best["metrics"]["acc"], (expected, best["metrics"])
    assert set(expected["config"]) == {"x", "y"} and repr(expected["config"]["x"]) in expected["command"], expected
    line = next(line for line in hone(folder, "best", "noisy").splitlines() if line.startswith("expected"))
    assert line.startswith("expected trial %d: acc " % expected["trial"]) and line.endswith(
        "by the model (trial %d is the luckiest draw)" % best["trial"]), line
    assert "expected" not in json.loads(hone(folder, "best", "exact", "--json"))
    assert "expected" not in hone(folder, "best", "exact")


def test_the_models_belief_can_be_had_at_any_configuration(folder):
    space = {"x": "float(0, 1)", "y": "float(0, 1)"}
    for name, searcher in (("model", "gp"), ("none", "random")):
        study(folder, name=name, command=["/usr/bin/python3", "-c", NOISY[2].replace("NOISE", "0"), "1", "{x}", "{y}"],
              objective="maximize acc", space=space, searcher=searcher, stop={"trials": 20}, seed=3)
        hone(folder, "run", name + ".yaml")
    at = [json.loads(hone(folder, "explain", "model", "--at", "x=%g,y=0.6" % x, "--json")) for x in (0.3, 0.5, 1)]
    for one, acc in zip(at, (1, 0.96, 0.51)):
        assert abs(one["mean"] - acc) < 0.02 + one["deviation"] and one["deviation"] > 0 and one["feasible"] == 1, one
    several = [word for x in (0.3, 0.5, 1) for word in ("--at", "x=%g,y=0.6" % x)]
    assert json.loads(hone(folder, "explain", *several, "model", "--json")) == at, "one process for a plot"
    text = hone(folder, "explain", "model", *several)
    assert text.count("expected ") == 3 and text.count("\n\n") == 2, text
    page = hone(folder, "explain", "--help")
    assert all(word in page for word in ("mean", "deviation", "acquisition", "feasible")), page
    assert at[0]["config"] == {"x": 0.3, "y": 0.6}, at[0]
    assert at[0]["acquisition"] > at[2]["acquisition"], at
    best = json.loads(hone(folder, "best", "model", "--json"))["config"]
    assert json.loads(hone(folder, "explain", "model", "--at", "x=0.5", "--json"))["config"] == {"x": 0.5, "y": best["y"]}
    assert "acc 0.9" in hone(folder, "explain", "model", "--at", "x=0.3,y=0.6") or "acc 1" in hone(
        folder, "explain", "model", "--at", "x=0.3,y=0.6")
    for words, said in (
        (["model", "--at", "x"], "is not NAME=VALUE"),
        (["model", "--at", "x=0.5", "--at", "x=7"], "x: 7 is outside float(0, 1)"),
        (["model", "3", "--at", "x=0.1"], "keep one"),
        (["none", "--at", "x=0.1"], "has no model"),
    ):
        assert said in hone(folder, "explain", *words, status=2), words


def test_a_warm_start_tries_first_what_did_well_before(folder):
    study(folder, name="before", searcher="random", command=["echo", "loss={x}"], stop={"trials": 30})
    hone(folder, "run", "before.yaml")
    best = json.loads(hone(folder, "best", "before", "--json"))["config"]["x"]
    study(folder, name="after", searcher="random", command=["echo", "loss={x}"], warm_start=["before"], seed=2,
          stop={"trials": 6})
    hone(folder, "run", "after.yaml")
    done = trials(folder, "after")
    assert done[1]["config"]["x"] == best and "did well before (before, trial " in done[1]["why"], done[1]
    assert "identical" in hone(folder, "replay", "after")
    hone(folder, "run", "after.yaml")  # the same definition, though `before` might have gone on
    study(folder, name="lost", searcher="random", warm_start=["nobody"])
    assert "there is no study nobody" in hone(folder, "run", "lost.yaml", status=2)


def test_the_portfolio_gathers_the_best_of_a_home(folder):
    assert "there are no studies" in hone(folder, "portfolio", "build", status=2)
    for name, seed in (("a", 1), ("b", 2)):
        study(folder, name=name, searcher="random", seed=seed, command=["echo", "loss={x}"], stop={"trials": 10})
        hone(folder, "run", name + ".yaml")
    study(folder, name="c", searcher="random", seed=3, command=["echo", "loss={x}"], warm_start=["portfolio"],
          stop={"trials": 8})
    assert "hone portfolio build" in hone(folder, "run", "c.yaml", status=2)
    said = json.loads(hone(folder, "portfolio", "build", "--top", "2", "--json"))
    assert said["studies"] == 2 and said["configurations"] == 4, said
    hone(folder, "run", "c.yaml")
    bests = [json.loads(hone(folder, "best", name, "--json"))["config"]["x"] for name in "ab"]
    assert trials(folder, "c")[1]["config"]["x"] == bests[1], "the newest study's best comes first"
    write(folder, "hone-runs/portfolio.json", "{}")
    study(folder, name="d", searcher="random", warm_start=["portfolio"])
    assert "is no portfolio" in hone(folder, "run", "d.yaml", status=3)


if __name__ == "__main__":
    sys.exit(in_folders.run(globals()))
