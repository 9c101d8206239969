#!/usr/bin/env python3
"""The tools of tools/ find what they are for, and nothing in good code."""
import os
import subprocess
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")


class Tree(unittest.TestCase):
    """A source tree of the test's own."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = self.folder.name
        self.write("include/hone/space.h", "#pragma once\n#include <vector>\n")
        self.write("src/base/text.h", '#pragma once\n#include "hone/space.h"\n')
        self.write("src/study/study.cpp", '#include "base/text.h"\n#include "hone/space.h"\n')

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def lines(self, tool):
        done = subprocess.run([sys.executable, os.path.join(TOOLS, tool), self.root], capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        lines = done.stdout.splitlines()
        self.assertEqual(done.returncode, 1 if lines else 0)
        return lines


class Layers(Tree):
    def test_accepts_includes_along_the_arrows(self):
        self.assertEqual(self.lines("check-layers"), [])

    def test_refuses_an_include_against_an_arrow(self):
        self.write("src/study/a.h", "")
        self.write("src/space/bad.cpp", '// first\n#include "study/a.h"\n')
        self.assertEqual(self.lines("check-layers"),
                         ['src/space/bad.cpp:2: "study/a.h": space may include base only'])

    def test_refuses_a_private_header_in_a_public_one(self):
        self.write("include/hone/bad.h", '#include "base/text.h"\n')
        [line] = self.lines("check-layers")
        self.assertIn("include/hone/bad.h:1:", line)

    def test_refuses_a_name_that_is_relative_to_the_folder(self):
        self.write("src/study/own.h", "")
        self.write("src/study/bad.cpp", '#include "own.h"\n')
        self.assertIn("is no file", self.lines("check-layers")[0])

    def test_refuses_a_library_outside_its_layer(self):
        self.write("src/search/bad.cpp", "#include <sqlite3.h>\n")
        self.assertIn("for store only", self.lines("check-layers")[0])

    def test_refuses_a_folder_without_a_row(self):
        self.write("src/misc/a.cpp", "")
        self.assertIn("misc is no layer", self.lines("check-layers")[0])

    def test_refuses_an_empty_tree(self):
        self.root = os.path.join(self.root, "nowhere")
        self.assertIn("no source file", self.lines("check-layers")[0])


class Purity(Tree):
    def refused(self, text, what, path="src/search/bad.cpp"):
        self.write(path, text)
        lines = self.lines("check-purity")
        self.assertEqual(len(lines), 1, (text, lines))
        self.assertIn(what, lines[0])
        return lines[0]

    def accepted(self, text, path="src/search/good.cpp"):
        self.write(path, text)
        self.assertEqual(self.lines("check-purity"), [], text)

    def test_refuses_headers_of_the_outside_world(self):
        for header in ("chrono", "thread", "mutex", "iostream", "fstream", "filesystem", "random", "unordered_map"):
            self.refused(f"#pragma once\n#include <{header}>\n", f"bad.cpp:2: <{header}>")

    def test_refuses_calls_of_the_outside_world(self):
        for call in ("std::rand()", "time(nullptr)", 'std::getenv("HOME")', "std::time (nullptr)"):
            self.refused(f"int f() {{\n  return g({call});\n}}\n", "bad.cpp:2: ")

    def test_refuses_unordered_containers(self):
        self.refused("std::unordered_map<int, int> f();\n", "unordered")

    def test_refuses_mutable_members_that_are_no_memo(self):
        self.refused("class A {\n  mutable int hits_ = 0;\n};\n", "bad.cpp:2: `mutable`")
        self.accepted("class A {\n  mutable Fit fit_;  // memo: of the tells\n};\n", "src/search/bad.cpp")
        self.accepted("class A {\n  // memo: of the tells\n  mutable Fit fit_;\n};\n", "src/search/bad.cpp")

    def test_refuses_variables_that_outlive_a_call(self):
        for text in ("int f() {\n  static int calls = 0;\n  return ++calls;\n}\n",
                     "void f() {\n  static std::vector<int> seen(3);\n}\n",
                     "namespace hone {\nint counter = 0;\n}\n",
                     "namespace {\nstd::map<int, std::string> names;\n}\n",
                     "namespace {\nstd::vector<int> names{1, 2};\n}\n",
                     "\nthread_local int depth;\n",
                     "struct A {\n  static int count;\n};\n",
                     "struct A {\n  inline static std::string last = \"a\";\n};\n"):
            self.refused(text, "bad.cpp:2: a variable")

    def test_accepts_constants_functions_members_and_words_in_comments_and_text(self):
        self.accepted('''// #include <chrono>; time(0), std::rand() and unordered_map are forbidden
#include <map>
/* mutable static int x; */
namespace hone {
namespace {
constexpr int kBins = 1'000;
const std::map<std::string, int> kNames = {{"mutable", 1}, {"time(", 2}};
static int twice(int x) { return 2 * x; }
struct Point {
  double x = 0, y = 0;
  static Point origin(double time = 0);
  Seconds time() const { return clock_.time(); }
};
enum class Color { Red, Green };
template <class T, class = std::enable_if_t<true>>
struct Box {
  T value{};
};
}  // namespace
class Forward;
using Map = std::map<int, int>;
const std::vector<int>& rows() {
  static const std::vector<int> rows = {1, 2};
  for (int i = 0; i < 3; ++i) twice(i);
  auto next = [i = 0]() mutable { return ++i; };
  int local = next();
  if (local > 2) { local = 3; }
  char quote = '"';
  return rows;
}
Study::Study(int x) : a_(x), b_{x} {}
Study::~Study() = default;
}  // namespace hone
''')

    def test_leaves_adapters_and_tests_alone(self):
        self.accepted("#include <chrono>\n", "src/run/clock.cpp")
        self.accepted("#include <fstream>\n", "src/search/grid_test.cpp")


class Setup(unittest.TestCase):
    """tools/setup on machines that are made up: its commands come from a folder of the test's own."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for tool in ("awk", "dirname", "sort", "tr", "env", "sh"):
            path = subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, text=True).stdout.strip()
            os.symlink(path, os.path.join(self.folder.name, tool))
        self.log = os.path.join(self.folder.name, "log")

    def command(self, name, script):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\n{script}\n')
        os.chmod(path, 0o755)

    def debian(self, missing=(), uid=0, apt="exit 0"):
        missing = "|".join(missing) or "-"
        self.command("dpkg-query", f'case $4 in {missing}) exit 1;; *) echo "install ok installed";; esac')
        self.command("id", f"echo {uid}")
        self.command("apt-get", f'echo "apt-get $*" >>{self.log}\n{apt}')

    def setup_tool(self, *groups):
        if os.path.exists(self.log):
            os.remove(self.log)
        done = subprocess.run(["/bin/sh", os.path.join(TOOLS, "setup"), *groups], capture_output=True, text=True,
                              env={"PATH": self.folder.name}, stdin=subprocess.DEVNULL)
        calls = []
        if os.path.exists(self.log):
            with open(self.log, encoding="utf-8") as file:
                calls = file.read().splitlines()
        return done.returncode, done.stderr.splitlines(), calls

    def test_does_nothing_when_nothing_is_missing(self):
        self.debian(uid=1000)
        self.assertEqual(self.setup_tool("build", "test", "demo", "check", "bench"), (0, [], []))

    def test_installs_what_is_missing_once_without_an_update(self):
        self.debian(missing=["cmake", "python3"])
        code, said, calls = self.setup_tool("build", "test", "demo")
        self.assertEqual((code, said), (0, ["tools/setup: installing: cmake python3"]))
        self.assertEqual(calls, ["apt-get install -y --no-install-recommends cmake python3"])

    def test_updates_the_lists_when_they_do_not_do(self):
        self.debian(missing=["cmake"], apt=f'case "$1" in update) : >{self.log}.new;; *) [ -e {self.log}.new ];; esac')
        code, _, calls = self.setup_tool("build")
        self.assertEqual((code, [call.split()[1] for call in calls]), (0, ["install", "update", "install"]))

    def test_says_what_could_not_be_installed(self):
        self.debian(missing=["cmake"], apt="exit 100")
        code, said, _ = self.setup_tool("build")
        self.assertEqual((code, said[-1]), (1, "tools/setup: could not install: cmake"))

    def test_uses_sudo_when_not_root(self):
        self.debian(missing=["mold"], uid=1000)
        self.command("sudo", f'echo "sudo" >>{self.log}\n"$@"')
        code, _, calls = self.setup_tool("build")
        self.assertEqual((code, calls), (0, ["sudo", "apt-get install -y --no-install-recommends mold"]))

    def test_says_in_one_line_what_root_should_install(self):
        self.debian(missing=["mold"], uid=1000)
        self.assertEqual(self.setup_tool("build"),
                         (1, ["tools/setup: missing: mold; as root: apt-get install mold"], []))

    def test_refuses_a_group_that_it_does_not_know(self):
        self.debian()
        code, said, _ = self.setup_tool("buidl")
        self.assertEqual((code, len(said)), (2, 1))
        self.assertEqual(self.setup_tool()[0], 2)

    def test_names_the_packages_elsewhere_than_on_debian(self):
        code, [said], _ = self.setup_tool("bench")
        self.assertEqual(code, 1)
        self.assertIn("valgrind", said)


class Benchmarks(unittest.TestCase):
    BENCH = os.path.join(TOOLS, "..", "bench")

    def test_a_package_that_is_missing_is_one_line_that_says_how_to_get_it(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "numpy.py"), "w", encoding="utf-8") as file:
                file.write("raise ModuleNotFoundError('No module named numpy', name='numpy')\n")
            for name in ("quality", "latency", "parallel", "curves", "fashion", "warm"):
                done = subprocess.run([sys.executable, os.path.join(self.BENCH, name), "--help"], capture_output=True, text=True,
                                      env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"})
                self.assertEqual((done.returncode, done.stdout), (1, ""), name)
                self.assertRegex(done.stderr, rf"^{name}: the package \w+ is missing; install it, .*`make bench-quality`.*\n$")

    def test_counts_and_names_that_cannot_be_are_refused(self):
        program = ("import argparse, sys; sys.path.insert(0, sys.argv.pop(1)); from command_line import count, names\n"
                   "cli = argparse.ArgumentParser(prog='b')\n"
                   "cli.add_argument('--seeds', type=count)\n"
                   "cli.add_argument('--groups', default='x,y')\n"
                   "args = cli.parse_args(); print(args.seeds, names(cli, '--groups', args.groups, ['x', 'y']))\n")
        for words, code, said in ((["--seeds", "3", "--groups", "y"], 0, "3 ['y']"),
                                  (["--seeds", "0"], 2, "argument --seeds: '0' is not a whole number from 1 on"),
                                  (["--seeds", "-1"], 2, "argument --seeds: '-1' is not a whole number from 1 on"),
                                  (["--groups", "x,nosuch"], 2, "--groups: no nosuch; there are x, y")):
            done = subprocess.run([sys.executable, "-c", program, self.BENCH, *words], capture_output=True, text=True,
                                  env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
            self.assertEqual(done.returncode, code, done)
            self.assertIn(said, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
