"""What the tests of examples/searchers and examples/schedulers share: a folder of studies, one for each row of a list."""
import contextlib
import glob
import os
import re
import shutil
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Examples:
    """The studies of examples/KIND, for the binary `hone`."""

    def __init__(self, kind, binary):
        self.kind, self.binary = kind, os.path.abspath(binary)
        self.folder = os.path.join(ROOT, "examples", kind)
        self.names = sorted(os.path.basename(path)[:-5] for path in glob.glob(os.path.join(self.folder, "*.yaml")))
        with open(os.path.join(self.folder, "README.md"), encoding="utf-8") as file:
            self.readme = file.read()

    def hone(self, cwd, *arguments):
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, cwd=cwd, timeout=120)
        if done.returncode != 0:
            raise AssertionError("hone %s: status %d\n%s%s" % (" ".join(arguments), done.returncode, done.stdout, done.stderr))
        return done.stdout

    def rows(self):
        """The names that `hone KIND` lists."""
        return re.findall(r"(?m)^([a-z0-9-]+): ", self.hone(self.folder, self.kind))

    @contextlib.contextmanager
    def copied(self):
        """A temporary folder with the files of the examples."""
        with tempfile.TemporaryDirectory(prefix="hone-%s-" % self.kind) as cwd:
            for path in glob.glob(os.path.join(self.folder, "*")):
                if os.path.isfile(path):
                    shutil.copy(path, cwd)
            yield cwd

    def check_names(self, test, cwd, name, algorithm):
        """README has the study, and the study the algorithm that it is named after."""
        test.assertIn("`%s.yaml`" % name, self.readme)
        with open(os.path.join(cwd, name + ".yaml"), encoding="utf-8") as file:
            test.assertRegex(file.read(), r"(?m)^%s: \{?%s\b" % (self.kind[:-1], algorithm))
