#!/usr/bin/env python3
"""Completions and the manual page, by the programs that read them.

Usage: help_test.py HONE. What needs zsh, fish, mandoc or groff is skipped where they are missing.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HONE = None
COMPLETE = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_hone
printf '%s\\n' "${COMPREPLY[@]}"
"""
STUDY = """
command: "echo acc={x}"
objective: maximize acc
space: {x: "float(0, 1)"}
stop: {trials: 1}
"""


def hone(*arguments, cwd=None):
    done = subprocess.run([HONE, *arguments], capture_output=True, text=True, cwd=cwd)
    if done.returncode != 0:
        raise AssertionError("hone %s: status %d\n%s" % (arguments, done.returncode, done.stderr))
    return done.stdout


def commands():
    return [line.split()[0] for line in hone("--help").split("`hone COMMAND")[0].splitlines() if line.startswith("  ")]


def options(command):
    return set(re.findall(r"(?m)^  (?:-\w,)?(--[\w-]+)", hone(command, "--help")))


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hone-help-")
        self.addCleanup(folder.cleanup)
        self.cwd = folder.name

    def write(self, name, text):
        path = os.path.join(self.cwd, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def needs(self, program):
        if not shutil.which(program):
            self.skipTest("%s is not installed" % program)


class Bash(Files):
    def setUp(self):
        super().setUp()
        self.needs("bash")
        self.script = self.write("hone.bash", hone("completion", "bash"))

    def complete(self, *words):
        done = subprocess.run(["bash", "-c", COMPLETE, "bash", self.script, HONE, *words], capture_output=True, text=True,
                              cwd=self.cwd)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_completes_every_command(self):
        self.assertEqual(sorted(self.complete("")), sorted(commands() + ["--help", "--version"]))
        self.assertEqual(self.complete("ex"), ["explain", "export"])

    def test_completes_every_option_that_help_shows(self):
        for command in commands():
            offered = [word for word in self.complete(command, "--") if word.startswith("--")]
            self.assertEqual(len(offered), len(set(offered)), command)
            self.assertEqual(set(offered), options(command), command)

    def test_completes_the_values_of_an_option(self):
        self.assertEqual(self.complete("run", "--sync", ""), ["normal", "full"])
        self.assertEqual(self.complete("run", "--sync", "f"), ["full"])
        self.assertEqual(self.complete("run", "--sync", "=", "f"), ["full"])  # as bash splits --sync=f
        self.assertEqual(self.complete("run", "--quiet", "--searcher", "t"), ["tpe"])
        self.assertIn("asha", self.complete("plan", "--scheduler", ""))
        self.assertEqual(self.complete("run", "--gpus", ""), [])

    def test_completes_a_word_by_its_place(self):
        self.assertEqual(self.complete("completion", ""), ["bash", "zsh", "fish"])
        self.assertEqual(self.complete("completion", "bash", ""), ["-h", "--help"])
        self.assertEqual(self.complete("searchers", "so"), ["sobol"])

    def test_completes_files_for_a_study_file_and_after_the_two_dashes(self):
        self.write("study.yaml", STUDY)
        self.assertEqual(self.complete("run", "stu"), ["study.yaml"])
        self.assertEqual(self.complete("run", "--trials", "3", "stu"), ["study.yaml"])
        self.assertEqual(self.complete("run", "--maximize", "acc", "--", "python3", "stu"), ["study.yaml"])
        self.assertEqual(self.complete("export", "x", "--output", "stu"), ["study.yaml"])

    def test_completes_the_names_of_studies_of_the_home_that_is_given(self):
        path = self.write("study.yaml", STUDY)
        for name, home in (("first", "hone-runs"), ("second", "hone-runs"), ("other", "elsewhere")):
            hone("run", path, "--name", name, "--home", home, "--quiet", cwd=self.cwd)
        self.assertEqual(sorted(self.complete("status", "")), ["first", "second"])
        self.assertEqual(self.complete("explain", "s"), ["second"])
        self.assertEqual(self.complete("best", "--home", "elsewhere", ""), ["other"])
        self.assertEqual(self.complete("status", "--home", "nowhere", ""), [])

    def test_says_nothing_of_an_unknown_command(self):
        self.assertEqual(self.complete("nonsense", ""), [])


class Other(Files):
    def test_list_names_is_silent_where_there_are_no_studies(self):
        self.assertEqual(hone("list", "--names", "--home", "nowhere", cwd=self.cwd), "")

    def test_zsh_reads_the_script(self):
        self.needs("zsh")
        done = subprocess.run(["zsh", "-n", self.write("_hone", hone("completion", "zsh"))], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_fish_reads_the_script(self):
        self.needs("fish")
        done = subprocess.run(["fish", "--no-execute", self.write("hone.fish", hone("completion", "fish"))],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_every_script_names_every_option(self):
        for shell, form in (("zsh", "%s[=\\[+]"), ("fish", " -l %s ")):
            script = hone("completion", shell)
            for command in commands():
                for option in options(command):
                    name = option if shell == "zsh" else option[2:]
                    self.assertRegex(script, form % re.escape(name), "%s: %s %s" % (shell, command, option))

    def test_usage_shows_the_inline_form_and_the_keys(self):
        page = hone("run", "--help")
        self.assertIn("Usage: hone run [OPTIONS] [FILE] [-- COMMAND ...]\n", page)
        self.assertTrue({"--name", "--maximize", "--minimize", "--fix"} <= options("run"), page)


class Manual(Files):
    def test_roff_has_no_mistake(self):
        page = self.write("hone.1", hone("man"))
        found = False
        if shutil.which("mandoc"):
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
            left = [line for line in done.stdout.splitlines() if "missing date" not in line]  # so that builds are the same
            self.assertEqual((left, done.stderr), ([], ""))
            found = True
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-ww", "-Tascii", page], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            text = re.sub("\x1b\\[[0-9;]*m|.\x08", "", done.stdout)
            for command in commands():
                self.assertIn("hone %s [OPTIONS]" % command, text)
                for option in options(command) - {"--help"}:
                    self.assertRegex(text, r"(?m)^ +(-\w, )?%s( |$)" % option)
            self.assertIn("hone run --maximize val_acc --trials 20 -- python3 train.py --lr '~float(1e-4, 1e-1, log)'", text)
            for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "FILES", "ENVIRONMENT", "EXIT STATUS", "EXAMPLES"):
                self.assertIn("\n%s\n" % heading, text)
            found = True
        if not found:
            self.skipTest("neither mandoc nor groff is installed")


if __name__ == "__main__":
    HONE = os.path.abspath(sys.argv.pop(1))
    program = unittest.main(exit=False)
    failed = len(program.result.failures) + len(program.result.errors)
    for test, why in program.result.skipped:
        print("skipped: %s: %s" % (test.id().split(".")[-1], why))
    print("%d passed, %d failed" % (program.result.testsRun - failed - len(program.result.skipped), failed))
    sys.exit(1 if failed else 0)
