#!/usr/bin/env python3
"""Steering, extending and deterministic runs with real processes: stop, pause, resume, retry, set, delete, tidy, --extend.

Usage: steer_test.py HONE
"""
import fcntl
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
TRIAL = """
import os, sys, time
x, trial, seconds = float(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
folder = os.environ["HONE_DIR"]
open(os.path.join(folder, "model"), "w").write("x" * 1000)
if os.path.exists("fail-%d" % trial):
    sys.exit(3)
end = time.time() + seconds
while time.time() < end and not os.path.exists("hurry"):
    time.sleep(0.01)
print("loss=%r" % x)
"""


def study(folder, **keys):
    """A study file in a folder of its own; `seconds` is how long a trial takes unless there is a file `hurry`."""
    seconds = keys.pop("seconds", 60)
    text = {
        "name": "s",
        "command": ["/usr/bin/python3", "trial.py", "{x}", "{trial}", str(seconds)],
        "objective": "minimize loss",
        "space": {"x": "float(0, 1)"},
        "searcher": "random",
        "stop": {"trials": 6},
        "parallel": 2,
        "resources": {"cpu": 0.01},
        "limits": {"grace": "1s"},
        "seed": 1,
    }
    text.update(keys)
    with open(os.path.join(folder, "trial.py"), "w") as file:
        file.write(TRIAL)
    with open(os.path.join(folder, "s.yaml"), "w") as file:
        json.dump(text, file)


def hone(folder, *words, status=0):
    done = subprocess.run([HONE, *words], cwd=folder, capture_output=True, text=True, timeout=120)
    assert status is None or done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout if status == 0 else done.stderr


def start(folder, *words):
    return subprocess.Popen([HONE, "run", "s.yaml", *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def trials(folder):
    done = subprocess.run([HONE, "trials", "s", "--json"], cwd=folder, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout) if done.returncode == 0 else []


def state(folder, trial):
    return trials(folder)[trial]["state"]


def wait_for(condition, what):
    end = time.time() + 60
    while not condition():
        assert time.time() < end, "never: " + what
        time.sleep(0.02)


def hurry(folder):
    open(os.path.join(folder, "hurry"), "w").close()


def running(folder, count):
    return sum(trial["state"] == "running" for trial in trials(folder)) == count


def test_a_paused_trial_waits_and_goes_on_in_its_folder(folder):
    study(folder)
    run = start(folder)
    wait_for(lambda: running(folder, 2), "two running")
    hone(folder, "pause", "s", "0")
    wait_for(lambda: len(trials(folder)) == 3, "another one takes its slot")
    assert state(folder, 0) == "paused", trials(folder)[0]
    assert "is paused already" in hone(folder, "pause", "s", "0", status=2)
    assert "there are trials 0 to 2" in hone(folder, "resume", "s", "77", status=2)
    hurry(folder)
    wait_for(lambda: sum(t["state"] == "completed" for t in trials(folder)) == 5, "all others done")
    time.sleep(0.2)
    assert run.poll() is None, "it waits for the paused one"
    hone(folder, "resume", "s", "0")
    assert run.wait(60) == 0
    assert state(folder, 0) == "completed" and trials(folder)[0]["attempts"] == 2
    assert "identical" in hone(folder, "replay", "s")


def test_stop_ends_a_study_and_its_runs(folder):
    study(folder)
    run = start(folder)
    wait_for(lambda: running(folder, 2), "two running")
    hone(folder, "stop", "s", "1")
    wait_for(lambda: state(folder, 1) == "stopped", "a trial is stopped")
    hone(folder, "stop", "s")
    out, _ = run.communicate(timeout=60)
    assert "stopped by the user" in out
    assert json.loads(hone(folder, "status", "s", "--json"))["state"] in ("finished", "failed")
    assert not any(t["state"] == "running" for t in trials(folder))
    assert "the study has ended" in hone(folder, "stop", "s", status=2)


def test_stop_after_a_kill_ends_what_still_runs(folder):
    study(folder, seconds=300)
    run = start(folder)
    wait_for(lambda: running(folder, 2), "two running")
    run.send_signal(signal.SIGKILL)
    run.wait()
    hone(folder, "stop", "s")
    assert json.loads(hone(folder, "status", "s", "--json"))["state"] in ("finished", "failed")
    left = subprocess.run(["pgrep", "-f", "trial.py [0-9.e-]+ [0-9]+ 300$"], capture_output=True, text=True).stdout
    assert not left, left


def test_parallel_is_set_while_it_runs(folder):
    study(folder)
    run = start(folder)
    wait_for(lambda: running(folder, 2), "two running")
    hone(folder, "set", "s", "parallel=5")
    wait_for(lambda: running(folder, 5), "five running")
    assert "only parallel=N" in hone(folder, "set", "s", "seed=5", status=2)
    assert "whole number" in hone(folder, "set", "s", "parallel=0", status=2)
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == 130
    run = start(folder)
    wait_for(lambda: running(folder, 5), "it holds for the next run too")
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == 130
    run = start(folder, "--parallel", "3")
    wait_for(lambda: running(folder, 3), "the command line's word is newer")
    hurry(folder)
    assert run.wait(60) == 0
    assert "identical" in hone(folder, "replay", "s")


def test_failed_trials_are_retried(folder):
    study(folder, seconds=0)
    for trial in (1, 4):
        open(os.path.join(folder, "fail-%d" % trial), "w").close()
    hone(folder, "run", "s.yaml")
    assert [t["trial"] for t in trials(folder) if t["state"] == "failed"] == [1, 4]
    assert "only a failed trial" in hone(folder, "retry", "s", "0", status=2)
    os.remove(os.path.join(folder, "fail-1"))
    assert "2 trials" in hone(folder, "retry", "s", "--failed")
    hone(folder, "run", "s.yaml")
    assert [t["trial"] for t in trials(folder) if t["state"] == "failed"] == [4]
    assert trials(folder)[1]["attempts"] == 2
    assert "identical" in hone(folder, "replay", "s")


def test_an_interrupt_saves_and_a_second_one_kills(folder):
    study(folder, limits={"grace": "60s"}, command=["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done", "{x}"])
    run = start(folder)
    wait_for(lambda: running(folder, 2), "two running")
    time.sleep(0.3)
    run.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert run.poll() is None, "its runs have their grace"
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert "have 1m00s to do so; a second interrupt kills them" in err, err
    assert all(t["state"] == "waiting" for t in trials(folder))


def test_a_logout_ends_a_study_but_not_one_under_nohup(folder):
    study(folder)
    run = start(folder)
    wait_for(lambda: running(folder, 2), "two running")
    run.send_signal(signal.SIGHUP)
    assert run.wait(60) == 130
    run = subprocess.Popen(["nohup", HONE, "run", "s.yaml"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True)
    wait_for(lambda: running(folder, 2), "two running again")
    run.send_signal(signal.SIGHUP)
    hurry(folder)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0 and "interrupted" not in err, (out, err)


def small_pipe():
    """A pipe that takes 4096 bytes before its writer would wait."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ
    return reading, writing


def test_a_reader_that_does_not_read_holds_up_nothing(folder):
    study(folder, command=["/bin/sh", "-c", "echo loss={x}"], stop={"trials": 300}, searcher="random")
    reading, writing = small_pipe()
    run = subprocess.Popen([HONE, "run", "s.yaml"], cwd=folder, stdout=writing, stderr=writing)
    os.close(writing)
    wait_for(lambda: json.loads(hone(folder, "status", "s", "--json")).get("state") == "finished"
             if trials(folder) else False, "the study ends unread")
    time.sleep(0.3)
    assert run.poll() is None, "it has something to say yet"
    said = b""
    while piece := os.read(reading, 1 << 16):
        said += piece
    os.close(reading)
    assert run.wait(60) == 0
    assert b"finished: 300 trials" in said and said.startswith(b"study s started"), said[-500:]


def test_ctrl_c_works_while_nobody_reads(folder):
    study(folder, command=["/bin/sh", "-c", "sleep 0.01; echo loss={x}"], stop={"trials": 100000}, parallel=1)
    reading, writing = small_pipe()
    run = subprocess.Popen([HONE, "run", "s.yaml"], cwd=folder, stdout=writing, stderr=writing)
    os.close(writing)
    wait_for(lambda: len(trials(folder)) > 150, "trials go on unread")
    run.send_signal(signal.SIGINT)
    wait_for(lambda: json.loads(hone(folder, "status", "s", "--json")).get("slots", {}).get("used") == 0,
             "it is interrupted")
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)  # it waits for its last words to be read no longer
    assert run.wait(30) == 130
    os.close(reading)


def test_a_study_is_extended(folder):
    study(folder, seconds=0)
    hone(folder, "run", "s.yaml")
    study(folder, seconds=0, stop={"trials": 10}, space={"x": "float(0, 2)", "y": {"domain": "float(0, 1)", "default": 0.5}})
    assert "--extend" in hone(folder, "run", "s.yaml", status=2)
    assert len(trials(folder)) == 6
    hone(folder, "run", "s.yaml", "--extend")
    assert len(trials(folder)) == 10
    assert trials(folder)[0]["config"]["y"] == 0.5
    assert "identical" in hone(folder, "replay", "s")
    hone(folder, "run", "s.yaml")  # the definition that holds now
    study(folder, seconds=0, stop={"trials": 11}, searcher="auto",
          space={"x": "float(0, 2)", "y": {"domain": "float(0, 1)", "default": 0.5}})
    assert "searcher auto" in hone(folder, "run", "s.yaml", "--extend")
    study(folder, seconds=0, stop={"trials": 10}, objective="maximize loss")
    assert "objective: a study cannot change it" in hone(folder, "run", "s.yaml", "--extend", status=2)


def test_a_script_that_cannot_go_on_is_told_once(folder):
    """It is launched again for each rung; one that begins at 1 every time trains twice what it has."""
    with open(os.path.join(folder, "train.sh"), "w") as file:
        file.write('from=1\n'
                   'if [ -n "$3" ] && [ -e "$3/epoch" ]; then from=$(($(cat "$3/epoch") + 1)); fi\n'
                   'for epoch in $(seq $from $1); do\n'
                   '  echo "loss=$2 epoch=$epoch"\n'
                   '  if [ -n "$3" ]; then echo $epoch > "$3/epoch"; fi\n'
                   'done\n')
    for name, more in (("forgets", []), ("keeps", ["{dir}"])):
        study(folder, name=name, command=["/bin/sh", "train.sh", "{until}", "{x}", *more], scheduler="asha",
              fidelity={"name": "epoch", "max": 9}, stop={"trials": 9})
        done = subprocess.run([HONE, "run", "s.yaml"], cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done
        found = json.loads(hone(folder, "trials", name, "--json"))
        assert sum(t["attempts"] > 1 for t in found) >= 3 and {t["state"] for t in found} <= {"completed", "stopped"}, found
        assert max(t["reports"][-1]["at"] for t in found) == 9
        told = [line for line in done.stderr.splitlines() if "began at epoch 1 again instead of going on from" in line]
        assert len(told) == (1 if name == "forgets" else 0), done.stderr


def test_what_ran_is_on_record(folder):
    if shutil.which("git") is None:
        return print("skipped: there is no git here")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", folder]
    study(folder, seconds=0)
    for words in (["init", "-q"], ["add", "s.yaml"], ["commit", "-q", "-m", "one"]):
        subprocess.run(git + words, check=True)
    commit = subprocess.run(git + ["rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    facts = []
    for state in ("clean", "changed"):
        if state == "changed":
            study(folder, seconds=0, stop={"trials": 7})
        hone(folder, "run", "s.yaml", "--extend")
        facts.append(json.loads(hone(folder, "status", "s", "--json"))["opened"]["facts"])
        assert facts[-1]["git"] == commit and facts[-1]["git_state"] == state, facts[-1]
    assert facts[0]["host"] == os.uname().nodename and facts[0]["hone"] in hone(folder, "--version")
    assert facts[0]["kernels"] and facts[0]["command"].startswith("/usr/bin/python3 trial.py")
    assert "PATH" in facts[0]["environment"].split() and os.environ["PATH"] not in facts[0]["environment"]


def test_deterministic_runs_give_the_same_trials(folder):
    os.mkdir(os.path.join(folder, "a"))
    seen = []
    for home in ("a", "b"):
        study(folder, searcher="tpe", stop={"trials": 30}, parallel=4,
              command=["/bin/sh", "-c", "sleep 0.0$(($(od -An -N1 -tu1 /dev/urandom) % 9)); echo loss=$0", "{x}"])
        hone(folder, "run", "s.yaml", "--deterministic", "--home", home)
        found = json.loads(hone(folder, "trials", "s", "--json", "--home", home))
        seen.append([(t["trial"], t["state"], t["config"]) for t in found])
    assert seen[0] == seen[1]


def test_a_trial_without_memory_is_tried_once_more_alone(folder):
    study(folder, resources={"cpu": 0.01, "memory": "64MiB"}, parallel=3, stop={"trials": 6},
          command=["/usr/bin/python3", "hog.py", "{x}", "{trial}"])
    with open(os.path.join(folder, "hog.py"), "w") as file:
        file.write("import os, sys, time\n"
                   "trial, attempt = int(sys.argv[2]), int(os.environ['HONE_ATTEMPT'])\n"
                   "open('journal', 'a').write('+%d.%d\\n' % (trial, attempt))\n"
                   "if trial == 1 or (trial == 2 and attempt == 1):\n"
                   "    hog = b'x' * (200 << 20)\n"
                   "    time.sleep(30)\n"
                   "if trial == 3 and attempt == 1:\n"
                   "    sys.exit('torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB')\n"
                   "time.sleep(0.3)\n"
                   "open('journal', 'a').write('-%d.%d\\n' % (trial, attempt))\n"
                   "print('loss=%s' % sys.argv[1])\n")
    hone(folder, "run", "s.yaml")
    found = trials(folder)
    assert [t["state"] for t in found] == ["completed", "failed"] + ["completed"] * 4, found
    assert found[1]["cause"] == "oom" and [t["attempts"] for t in found] == [1, 2, 2, 2, 1, 1], found
    assert found[1]["peak_memory"] > 64 << 20 and all(t["cpu_seconds"] > 0 for t in found)
    lines = open(os.path.join(folder, "journal")).read().split()
    for number in (2, 3):  # nothing between the start of the second try and its end
        at = lines.index("+%d.2" % number)
        assert lines[at + 1] == "-%d.2" % number, lines
        before = [line for line in lines[:at] if line[0] == "+" and line[1:].startswith(("0", "4", "5"))]
        assert all("-" + line[1:] in lines[:at] for line in before), lines
    assert "identical" in hone(folder, "replay", "s")


def test_a_full_disk_budget_starts_nothing_until_there_is_room(folder):
    study(folder, limits={"disk": "3MiB"}, parallel=1, stop={"trials": 6},
          command=["/bin/sh", "-c", "head -c 1000000 /dev/zero > {dir}/model; echo loss={x}"])
    run = start(folder)
    wait_for(lambda: len(trials(folder)) >= 3, "some trials")
    time.sleep(1.5)
    count = len(trials(folder))
    assert count < 6 and run.poll() is None, count
    hone(folder, "tidy", "s", "--keep", "1")
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0 and len(trials(folder)) == 6
    assert "no new runs until there is more room" in err and "runs start again" in err, err


def test_delete_removes_a_study_and_only_it(folder):
    study(folder, seconds=0)
    outside = os.path.join(folder, "outside")
    os.mkdir(outside)
    open(os.path.join(outside, "kept"), "w").close()
    hone(folder, "run", "s.yaml")
    hone(folder, "run", "s.yaml", "--name", "other")
    os.symlink(outside, os.path.join(folder, "hone-runs/studies/s/0/files/link"))
    hone(folder, "delete", "s")
    assert not os.path.exists(os.path.join(folder, "hone-runs/studies/s"))
    assert os.listdir(outside) == ["kept"]
    assert [s["study"] for s in json.loads(hone(folder, "list", "--json"))] == ["other"]
    hone(folder, "delete", "s", status=2)
    hone(folder, "run", "s.yaml")  # the name is free again


def test_a_running_study_is_not_deleted(folder):
    study(folder)
    run = start(folder)
    wait_for(lambda: running(folder, 2), "two running")
    assert "is being run" in hone(folder, "delete", "s", status=2)
    assert json.loads(hone(folder, "status", "s", "--json"))["state"] == "running"
    hurry(folder)
    assert run.wait(60) == 0


def test_tidy_keeps_the_checkpoints_of_the_best(folder):
    study(folder, seconds=0)
    hone(folder, "run", "s.yaml")
    hone(folder, "tidy", "s", "--keep", "2")
    best = {t["trial"] for t in json.loads(hone(folder, "best", "s", "--json", "--top", "2"))}
    home = os.path.join(folder, "hone-runs/studies/s")
    kept = {int(t) for t in os.listdir(home) if os.path.exists(os.path.join(home, t, "files/model"))}
    assert kept == best, (kept, best)
    assert all(os.path.exists(os.path.join(home, str(t), "stdout")) for t in range(6)), "logs stay"


if __name__ == "__main__":
    sys.exit(in_folders.run(globals()))
