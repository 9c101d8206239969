#!/usr/bin/env python3
"""hostile_trials_test.py HONE [BYTES]: one study whose trials misbehave, each in its own way.

Every one of them reports, nothing outside of their folders is read or written, logs stay within their limit, and no
command shows a byte that a terminal would obey. BYTES: length of the longest line (default 50 000 000).
"""
import json
import os
import subprocess
import sys
import tempfile

TRIAL = r'''
import os, sys
kind, secret, length = sys.argv[1], sys.argv[2], int(sys.argv[3])
out, report = sys.stdout.buffer, os.environ["HONE_REPORT"]

def replaced(make):
    os.remove(report)
    make()

if kind == "escapes":
    out.write(b"\x1b]0;owned\x07\x1b[2J\x1b[31mloss\x1b[0m=9\n\x9b31m\x07\x08\r\nname\x1b[5m=1 loss=9\n")
elif kind == "not_utf8":
    out.write(b"\xff\xfe\xc3( caf\xe9=3 \xf0\x28\x8c\x28 loss=9\n")
elif kind == "binary":
    out.write(bytes(range(256)) * 4000 + b"\n")
elif kind == "long_line":
    for _ in range(length // 1000000):
        out.write(b"=:" * 500000)
    out.write(b"\n")
elif kind == "many_reports":
    out.write(b"".join(b"loss=%d\n" % i for i in range(300000)))
elif kind == "both_streams":
    for _ in range(500):
        out.write(b"y\n" * 20000)
        sys.stderr.buffer.write(b"n\n" * 20000)
elif kind == "fifo":
    replaced(lambda: os.mkfifo(report))
elif kind == "link":
    replaced(lambda: os.symlink(secret, report))
elif kind == "device":
    replaced(lambda: os.symlink("/dev/zero", report))
elif kind == "folder":
    replaced(lambda: os.mkdir(report))
elif kind == "deleted":
    os.remove(report)
elif kind == "truncated":
    open(report, "w").write('{"loss": 9, "padding": 123456789}\n')
    open(report, "w").close()
out.write(b"\nloss=0.5\n")
out.flush()
'''
KINDS = ["escapes", "not_utf8", "binary", "long_line", "many_reports", "both_streams", "fifo", "link", "device", "folder",
         "deleted", "truncated", "good"]
LIMIT = 200000


def visible(text):
    """Only what a terminal shows as it is, and ends of lines."""
    return all(c == "\n" or c.isprintable() for c in text)


def main():
    hone, length = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "50000000"
    wrong, checks = [], 0
    with tempfile.TemporaryDirectory(prefix="hone-hostile-") as folder:
        secret, home = folder + "/secret", folder + "/home"
        with open(secret, "w") as file:
            file.write('{"loss": -1}\n')
        with open(folder + "/trial.py", "w") as file:
            file.write(TRIAL)
        with open(folder + "/hostile.yaml", "w") as file:
            json.dump({"name": "hostile", "objective": "minimize loss", "space": {"kind": KINDS}, "searcher": "grid",
                       "scheduler": "none", "command": [sys.executable, folder + "/trial.py", "{kind}", secret, length],
                       "parallel": 2, "resources": {"cpu": 0.1}, "limits": {"log": LIMIT}, "seed": 1}, file)

        def run(*words):
            done = subprocess.run([hone, *words, "--home", home], capture_output=True)
            text = done.stdout.decode("utf-8", "surrogateescape") + done.stderr.decode("utf-8", "surrogateescape")
            if done.returncode != 0:
                wrong.append("%s ended with %d: %s" % (words, done.returncode, text[-300:]))
            if not visible(text):
                wrong.append("%s shows bytes that a terminal obeys" % (words,))
            return done.stdout

        run("run", folder + "/hostile.yaml")
        for words in (("status", "hostile"), ("best", "hostile"), ("trials", "hostile"), ("explain", "hostile", "0")):
            run(*words)
            checks += 1
        rows = json.loads(run("trials", "hostile", "--json") or b"[]")
        if sorted(row["config"]["kind"] for row in rows) != sorted(KINDS):
            wrong.append("trials: %s" % [row["config"]["kind"] for row in rows])
        for row in rows:
            checks += 1
            kind, place = row["config"]["kind"], "%s/studies/hostile/%d" % (home, row["trial"])
            if row["state"] != "completed" or row["metrics"].get("loss") != 0.5:
                wrong.append("%s is %s (%s) with %s" % (kind, row["state"], row["cause"], row["metrics"]))
            if any(report["metrics"].get("loss", 0) < 0 for report in row["reports"]):
                wrong.append("%s: a file outside was read" % kind)
            size = sum(os.lstat(place + "/" + name).st_size for name in os.listdir(place) if name.startswith("std"))
            if size > 2 * LIMIT + 1000:
                wrong.append("%s left %d bytes of output" % (kind, size))
        with open(secret) as file:
            if file.read() != '{"loss": -1}\n':
                wrong.append("a file outside was written")
    for line in wrong:
        print(line)
    print("%d passed, %d failed" % (max(0, checks - len(wrong)), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
