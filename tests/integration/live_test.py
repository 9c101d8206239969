#!/usr/bin/env python3
"""The live table of `hone run` on a pseudo-terminal: a real study, read by a small terminal of our own.

Usage: live_test.py HONE.
"""
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata
import unittest

HONE = None

# A trial goes on when the file `go` is there: nothing here depends on how fast the machine is.
TRIAL = """
import os, sys, time
number, folder = int(os.environ["HONE_TRIAL"]), sys.argv[1]
print("epoch=1 acc=0.%d \\033[2Jkind=%s" % (number + 1, "x" * 200), flush=True)
while not os.path.exists(os.path.join(folder, "go")):
    time.sleep(0.02)
if number == 1:
    sys.exit(3)
print("epoch=2 acc=0.%d" % (number + 2), flush=True)
"""
STUDY = """
objective: maximize acc
space: {x: 'float(0, 1)', kind: ["a\\u001b[2Jb", "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語"]}
fidelity: {name: epoch, max: 2}
scheduler: none
searcher: random
parallel: 3
resources: {cpu: 0.01}
stop: {trials: 6}
seed: 1
"""


class Screen:
    """What a terminal shows that knows just what the table may use; anything else is an error."""

    TOKEN = re.compile(r"\x1b\[([?]?)([0-9;]*)([A-Za-z])|\x1b|[\r\n]|[^\x1b\r\n]+")

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.rows, self.x, self.y = [""] * height, 0, 0
        self.modes, self.frames, self.largest = {"7": True, "25": True, "2026": False}, 0, 0

    def feed(self, text):
        for token in self.TOKEN.finditer(text):
            word = token.group(0)
            if word == "\r":
                self.x = 0
            elif word == "\n":
                self.down()
            elif word[0] == "\x1b":
                self.control(token.group(1), token.group(2), token.group(3), word)
            else:
                self.put(word)

    def down(self):
        self.y += 1
        if self.y == self.height:
            self.rows, self.y = self.rows[1:] + [""], self.height - 1

    def put(self, text):
        wide = "".join(c + "\0" if unicodedata.east_asian_width(c) in "WF" else c for c in text if c != "\0")
        for c in wide:  # the second cell of a wide character holds a NUL
            if 0 < ord(c) < 32:
                raise AssertionError("control character %r" % c)
            if self.x == self.width:
                if not self.modes["7"]:
                    raise AssertionError("a line longer than %d: %r" % (self.width, self.rows[self.y]))
                self.x = 0
                self.down()
            row = self.rows[self.y].ljust(self.x)
            self.rows[self.y] = row[:self.x] + c + row[self.x + 1:]
            self.x += 1

    def control(self, private, number, letter, word):
        if private and letter in "hl" and number in self.modes:
            self.frames += number == "2026" and letter == "h"
            self.modes[number] = letter == "h"
        elif letter == "A":
            self.y = max(0, self.y - int(number or 1))
        elif letter == "K" and not number:
            self.rows[self.y] = self.rows[self.y][:self.x]
        elif letter == "J" and not number:
            self.rows[self.y:] = [self.rows[self.y][:self.x]] + [""] * (self.height - self.y - 1)
        else:
            raise AssertionError("%r is nothing that the table may write" % word)

    def text(self):
        return "\n".join(row.replace("\0", "").rstrip() for row in self.rows)

    def resize(self, width, height):
        """As terminals that break lines anew do."""
        rows = [row[i:i + width] for row in self.rows for i in range(0, max(1, len(row)), width)]
        above = [row[i:i + width] for row in self.rows[:self.y] for i in range(0, max(1, len(row)), width)]
        start = max(0, len(above) - height + 1)
        self.rows = (rows[start:] + [""] * height)[:height]
        self.width, self.height, self.y, self.x = width, height, len(above) - start, min(self.x, width - 1)


class Live(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hone-live-")
        self.addCleanup(folder.cleanup)
        self.cwd = folder.name
        self.write("trial.py", TRIAL)
        self.write("live.yaml", STUDY + "command: [%s, trial.py, '%s', '{kind}', '{x}', '{until}']\n" % (sys.executable, self.cwd))

    def write(self, name, text=""):
        with open(os.path.join(self.cwd, name), "w") as out:
            out.write(text)

    def start(self, *extra, width=80, height=24, stderr=None, locale="C.UTF-8", term="xterm-256color"):
        self.master, terminal = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.addCleanup(os.close, terminal)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.settings = termios.tcgetattr(terminal)
        self.terminal, self.screen, self.raw = terminal, Screen(width, height), b""

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.run = subprocess.Popen([HONE, "run", "live.yaml", *extra], cwd=self.cwd, stdin=terminal, stdout=terminal,
                                    stderr=stderr or terminal, preexec_fn=own_terminal,
                                    env={**os.environ, "TERM": term, "LC_ALL": locale})
        self.addCleanup(self.end)

    def end(self):
        """Of one that still runs because a test failed, and of its trials."""
        self.write("go")
        if self.run.poll() is None:
            termios.tcflow(self.terminal, termios.TCOON)
            self.run.kill()
            self.run.wait()
            subprocess.run([HONE, "run", "live.yaml", "--quiet"], cwd=self.cwd, capture_output=True, timeout=60)

    def read(self, until):
        """Feeds the screen until `until` holds of its text; None: to the end of the program."""
        rest, end = b"", time.monotonic() + 60
        while time.monotonic() < end:
            if until and until(self.screen.text()):
                return
            ready = select.select([self.master], [], [], 0.05)[0]
            if not ready and until is None and self.run.poll() is not None:
                return
            if not ready:
                continue
            try:
                data = os.read(self.master, 65536)
            except OSError as error:
                if error.errno == errno.EIO:
                    return
                raise
            self.raw += data
            rest += data
            cut = len(rest)  # a character or an escape sequence may come in pieces
            while cut > 0 and (rest[cut - 1] & 0xc0) == 0x80:
                cut -= 1
            if cut > 0 and rest[cut - 1] >= 0xc0:
                cut -= 1
            else:
                cut = len(rest)
            tail = re.search(rb"\x1b(\[[?0-9;]*)?$", rest[:cut])
            cut = tail.start() if tail else cut
            self.screen.feed(rest[:cut].decode())
            rest = rest[cut:]
        raise AssertionError("it did not come; the screen shows\n" + self.screen.text())

    def finish(self, status):
        self.read(None)
        self.assertEqual(self.run.wait(timeout=60), status, self.screen.text())
        self.assertEqual(self.screen.modes, {"7": True, "25": True, "2026": False}, "what was switched off is on again")
        self.assertEqual(termios.tcgetattr(self.terminal), self.settings)

    def test_the_table_appears_stays_in_its_place_and_gives_way_to_the_summary(self):
        self.start()
        self.read(lambda text: text.count("running   ") == 3 and "acc=0.3" in text and "best      trial 2" in text)
        text = self.screen.text()
        self.assertIn("trials    3: 3 running", text)
        self.assertIn("elapsed   ", text)
        self.assertIn("left: 3 of 6 trials", text)
        self.assertIn("slots     running 3 of 3", text)
        self.assertRegex(text, r"    2  running +\d+s  1/2    ━━━━━─────  acc=0.3")
        self.assertEqual(text.count("trials    "), 1, "it is drawn in its place\n" + text)
        before, frames = len(self.raw), self.screen.frames
        time.sleep(2.2)
        self.read(lambda _: self.screen.frames >= frames + 2)
        more = self.screen.frames - frames
        self.assertLess((len(self.raw) - before) / more, 700, "only lines that changed are written")
        self.write("go")
        self.finish(0)
        text = self.screen.text()
        self.assertIn("study    live finished: 6 trials (5 completed, 1 failed)", text)
        self.assertIn("best     trial 5: acc 0.7 at epoch 2", text)
        self.assertNotIn("last metrics", text, "the table is gone")
        self.assertNotIn(b"\x1b[2J", self.raw, "the screen is never cleared")
        self.assertNotIn("trial 0 started", text, "plain lines are off")

    def test_it_follows_the_terminal_to_another_size(self):
        self.start()
        self.read(lambda text: text.count("running   ") == 3 and "acc=0.3" in text)
        for width, height, rows in ((40, 10, 3), (120, 40, 3), (20, 3, 0), (80, 24, 3)):
            self.screen.resize(width, height)
            frames = self.screen.frames
            fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))  # sends SIGWINCH
            self.read(lambda _: self.screen.frames > frames and not self.screen.modes["2026"])
            text = self.screen.text()
            self.assertEqual(text.count("trials    3: 3 run"), 1, text)
            self.assertEqual(len(re.findall(r"  running  +\d+", text)), rows, text)
        self.write("go")
        self.finish(0)

    def test_ctrl_c_saves_and_leaves_the_terminal_as_it_was(self):
        self.start()
        self.read(lambda text: "acc=0.3" in text)
        os.write(self.master, b"\x03")
        self.finish(130)
        self.assertIn("interrupted and saved", self.screen.text())
        self.assertIn("the same command resumes study live", self.screen.text())

    def test_after_a_stop_it_is_drawn_anew_below_what_the_shell_wrote(self):
        self.start(height=60)
        self.read(lambda text: "acc=0.3" in text)
        os.kill(self.run.pid, signal.SIGSTOP)
        os.waitpid(self.run.pid, os.WUNTRACED)
        os.write(self.terminal, b"[1]+  Stopped\n")
        frames = self.screen.frames
        os.kill(self.run.pid, signal.SIGCONT)
        self.read(lambda _: self.screen.frames > frames and not self.screen.modes["2026"])
        self.assertRegex(self.screen.text(), r"(?s)trials    3.*Stopped\n.*trials    3")
        self.write("go")
        self.finish(0)

    def test_a_terminal_that_is_held_stops_no_study(self):
        self.start()
        self.read(lambda text: "acc=0.3" in text)
        termios.tcflow(self.terminal, termios.TCOOFF)  # Ctrl-S
        self.write("go")
        end = time.monotonic() + 60
        state = ""
        while time.monotonic() < end and '"state":"finished"' not in state:
            state = subprocess.run([HONE, "status", "live", "--json"], cwd=self.cwd, capture_output=True, text=True).stdout
            time.sleep(0.1)
        self.assertIn('"state":"finished"', state)
        termios.tcflow(self.terminal, termios.TCOON)
        self.finish(0)
        self.assertIn("live finished", self.screen.text())

    def test_a_locale_without_utf8_gets_ascii(self):
        self.start(locale="C")
        self.read(lambda text: "acc=0.3" in text)
        self.assertRegex(self.screen.text(), r"1/2    #####\.\.\.\.\.  acc=0.3")
        self.assertTrue(self.raw.isascii())
        self.write("go")
        self.finish(0)

    def test_a_dumb_terminal_gets_plain_lines(self):
        self.write("go")
        self.start(term="dumb")
        self.finish(0)
        self.assertNotIn(b"\x1b", self.raw)
        self.assertIn(b"trial 0 started", self.raw)

    def test_quiet_prints_the_summary_only(self):
        self.write("go")
        self.start("--quiet")
        self.finish(0)
        self.assertNotIn(b"\x1b", self.raw)
        self.assertTrue(self.raw.decode().strip().startswith("study    live finished"), self.raw)

    def test_in_a_pipe_there_are_plain_lines_and_no_escape(self):
        self.write("go")
        done = subprocess.run([HONE, "run", "live.yaml"], cwd=self.cwd, capture_output=True, env={**os.environ, "TERM": "xterm"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)
        for number in range(6):
            self.assertIn(b"trial %d started" % number, done.stdout)


if __name__ == "__main__":
    HONE = os.path.abspath(sys.argv.pop(1))
    program = unittest.main(exit=False)
    failed = len(program.result.failures) + len(program.result.errors)
    print("%d passed, %d failed" % (program.result.testsRun - failed, failed))
    sys.exit(1 if failed else 0)
