"""What the command lines of the benchmarks share. Needs nothing but Python."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys


@contextlib.contextmanager
def packages():
    """A package that is missing is one line that says how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name in ("hone", "hone._core"):
            how = "`make bench-quality` builds Hone's Python module; by hand: docs/python.md"
        else:
            how = "install it, or use the Python of build/venv, into which `make bench-quality` puts all that is needed"
        sys.exit(f"{os.path.basename(sys.argv[0])}: the package {error.name} is missing; {how}")


def count(text):
    """argparse's type of how many: a whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def names(cli, option, given, known):
    """The names of a list with commas, each of which has to be known."""
    out = given.split(",")
    if unknown := [name for name in out if name not in known]:
        cli.error(f"{option}: no {', '.join(unknown)}; there are {', '.join(known)}")
    return out
