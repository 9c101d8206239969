#!/usr/bin/env python3
"""Hostile names and values, secrets, permissions, and a trial that runs Hone itself.

Usage: hostile_names_test.py HONE
"""
import json
import os
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import in_folders  # noqa: E402

HONE = os.path.abspath(sys.argv[1])
NAMES = ["../evil", "..", ".", "a/b", "/tmp/evil", "a\nb", "\x1b[31mred", "--rm", "-x", "", "n" * 300, "a b", "a;b", "$(id)"]
VALUES = ["../../etc", "a\nb", "\x1b[31mred\x1b[0m", "--rm", "-rf", "x" * 300, "$(touch pwned)", "; touch pwned", "a b", "'", '"',
          "%s%n", "=1+1", "\u202e", "*"]


def hone(folder, *words, status=0, env=None):
    done = subprocess.run([HONE, *words], cwd=folder, capture_output=True, timeout=120, env=env)
    assert status is None or done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout if status == 0 else done.stderr


def write(folder, **keys):
    text = {"command": ["/bin/echo", "loss=1"], "objective": "minimize loss", "space": {"x": "int(1, 2)"}, "searcher": "grid",
            "resources": {"cpu": 0.01}, "seed": 1}
    text.update(keys)
    with open(os.path.join(folder, "s.yaml"), "w") as file:
        json.dump(text, file)


def everything_below(folder):
    for path, folders, files in os.walk(folder):
        for name in folders + files:
            yield os.path.join(path, name)


def clean(output):
    """No control characters but the newline, and valid UTF-8."""
    output.decode()
    return not any(c < 32 and c != 10 or c == 127 for c in output)


def test_a_hostile_study_name_is_refused_before_anything_is_made(folder):
    for name in NAMES:
        write(folder, name=name)
        before = sorted(everything_below(folder))
        said = hone(folder, "run", "s.yaml", status=2)
        assert clean(said) and (b"is not a name" in said or b"empty word" in said), (name, said)
        assert sorted(everything_below(folder)) == before, name
    write(folder)
    hone(folder, "run", "s.yaml", "--name=../evil", status=2)
    hone(folder, "run", "s.yaml")
    for command in ("status", "trials", "best", "logs", "stop", "pause", "retry", "set", "explain", "delete", "tidy", "replay",
                    "export"):
        for name in NAMES + [b"\xff\xfe"]:
            said = hone(folder, command, name, *{"pause": ["1"], "set": ["parallel=1"], "logs": ["0"]}.get(command, []),
                        status=None)
            assert clean(said), (command, name, said)
    assert b"s" in hone(folder, "list")
    assert sorted(os.listdir(os.path.dirname(folder))).count("evil") == 0


def test_a_hostile_category_is_one_word_and_shown_without_control_characters(folder):
    script = os.path.join(folder, "t.py")
    with open(script, "w") as file:
        file.write("import json, sys, os\n"
                   "with open('seen-' + os.environ['HONE_TRIAL'], 'w') as f: json.dump(sys.argv[1:], f)\n"
                   "assert json.load(open(os.environ['HONE_PARAMS']))['c'] == sys.argv[1]\n"
                   "print('loss=1')\n")
    write(folder, command=["/usr/bin/python3", script, "{c}"], space={"c": VALUES})
    hone(folder, "run", "s.yaml")
    seen = [json.load(open(os.path.join(folder, n))) for n in os.listdir(folder) if n.startswith("seen-")]
    assert sorted(seen) == sorted([value] for value in VALUES), seen
    assert not os.path.exists(os.path.join(folder, "pwned"))
    for words in (["trials", "s"], ["best", "s"], ["explain", "s"], ["explain", "s", "2"], ["status", "s"], ["list"]):
        assert clean(hone(folder, *words)), words
    rows = json.loads(hone(folder, "trials", "s", "--json"))
    assert sorted(row["config"]["c"] for row in rows) == sorted(VALUES), "programs see them as they are"
    assert b"\n=1+1" not in hone(folder, "trials", "s", "--csv") and b",=1+1" not in hone(folder, "trials", "s", "--csv")


def test_a_value_with_nul_is_refused(folder):
    write(folder, space={"c": ["a\0b", "c"]}, command=["/bin/echo", "{c}"])
    assert clean(hone(folder, "run", "s.yaml", status=2))
    assert not os.path.exists(os.path.join(folder, "hone-runs"))


def test_only_the_user_can_read_what_a_study_leaves(folder):
    os.umask(0)
    try:
        write(folder, command=["/bin/sh", "-c", "umask 077; echo m > $HONE_DIR/model; echo loss={x}; echo e >&2"])
        hone(folder, "run", "s.yaml")
    finally:
        os.umask(0o022)
    home = os.path.join(folder, "hone-runs")
    assert stat.S_IMODE(os.stat(home).st_mode) == 0o700
    for path in everything_below(home):
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        assert mode & 0o077 == 0, (path, oct(mode))


def test_secrets_of_env_are_kept_by_name_only(folder):
    secret = "hunter2-is-secret"
    write(folder, command=["/bin/sh", "-c", 'test "$TOKEN" = %s && sleep 0.3 && echo loss={x}' % secret],
          env={"TOKEN": "$MY_TOKEN", "MODE": "fast"})
    # The command itself holds the word in this test; it goes through a file so that only the environment has it.
    with open(os.path.join(folder, "t.sh"), "w") as file:
        file.write('test "$(printf %s "$TOKEN" | md5sum | cut -c1-8)" = "$(cat expected)" && sleep 0.5 && echo loss=1\n')
    with open(os.path.join(folder, "expected"), "w") as file:
        file.write(subprocess.run(["md5sum"], input=secret.encode(), capture_output=True).stdout.decode()[:8])
    write(folder, command=["/bin/sh", "t.sh", "{x}"], env={"TOKEN": "$MY_TOKEN", "MODE": "fast"})
    env = dict(os.environ, MY_TOKEN=secret)
    run = subprocess.Popen([HONE, "run", "s.yaml"], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.25)
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True).stdout
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    assert secret.encode() not in shown + out + err
    for path in everything_below(os.path.join(folder, "hone-runs")):
        if os.path.isfile(path):
            assert secret.encode() not in open(path, "rb").read(), path
    for words in (["status", "s"], ["best", "s", "--json"], ["trials", "s", "--json"], ["explain", "s", "0"]):
        assert secret.encode() not in hone(folder, *words, env=env)
    del env["MY_TOKEN"]
    assert b"MY_TOKEN" in hone(folder, "run", "s.yaml", "--name", "other", env=env, status=2)


def test_a_password_in_a_url_is_not_shown(folder):
    url = "postgresql://me:hunter2@db.example/hone"
    for words in (["run", "s.yaml", "--store", url], ["run", "s.yaml", "--store=" + url], ["status", url], [url],
                  ["run", url]):
        write(folder)
        done = subprocess.run([HONE, *words], cwd=folder, capture_output=True)
        assert b"hunter2" not in done.stdout + done.stderr, (words, done.stderr)
    write(folder, command=["/bin/sleep", "1"])
    run = subprocess.Popen([HONE, "run", "s.yaml", "--env.URL", url, "--name", "slow"], cwd=folder, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    shown = open("/proc/%d/cmdline" % run.pid, "rb").read()
    run.kill()
    run.wait()
    hone(folder, "stop", "slow", status=None)
    assert b"hunter2" not in shown and b"s.yaml" in shown, shown


def test_a_trial_that_runs_hone_does_not_report_into_its_parent(folder):
    inner = {"command": ["/bin/sh", "-c", "%s report loss=-7" % HONE], "objective": "minimize loss",
             "space": {"y": "int(1, 3)"}, "searcher": "grid", "resources": {"cpu": 0.01}, "seed": 1}
    with open(os.path.join(folder, "inner.yaml"), "w") as file:
        json.dump(inner, file)
    write(folder, command=["/bin/sh", "-c", "%s run inner.yaml --name inner-$HONE_TRIAL --home inner || exit 9; echo loss={x}" % HONE])
    hone(folder, "run", "s.yaml")
    rows = json.loads(hone(folder, "trials", "s", "--json"))
    assert [row["state"] for row in rows] == ["completed"] * 2, rows
    assert sorted(row["metrics"]["loss"] for row in rows) == [1, 2], rows
    assert all(len(row["reports"]) == 1 for row in rows), rows
    inner_rows = json.loads(hone(folder, "trials", "inner-0", "--json", "--home", "inner"))
    assert [row["metrics"]["loss"] for row in inner_rows] == [-7] * 3


def test_a_folder_that_the_store_does_not_know_is_not_reused(folder):
    write(folder)
    os.makedirs(os.path.join(folder, "hone-runs/studies/s"))
    with open(os.path.join(folder, "hone-runs/studies/s/thesis.tex"), "w") as file:
        file.write("mine")
    said = hone(folder, "run", "s.yaml", status=2)
    assert b"another --name" in said, said
    assert os.listdir(os.path.join(folder, "hone-runs/studies/s")) == ["thesis.tex"]


def test_a_link_in_the_place_of_a_study_leads_nowhere(folder):
    write(folder)
    os.makedirs(os.path.join(folder, "hone-runs/studies"))
    os.mkdir(os.path.join(folder, "outside"))
    os.symlink(os.path.join(folder, "outside"), os.path.join(folder, "hone-runs/studies/s"))
    hone(folder, "run", "s.yaml", status=None)
    hone(folder, "delete", "s", status=None)
    assert os.listdir(os.path.join(folder, "outside")) == []


if __name__ == "__main__":
    sys.exit(in_folders.run(globals()))
