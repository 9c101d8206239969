"""What a trial's program says of itself: the same lines as `hone report` writes."""

from __future__ import annotations

import json
import math
import operator
import os
from typing import Any

from ._error import Error


def _number(name: str, value: Any) -> Any:
    if not isinstance(value, (bool, str)):
        try:
            return operator.index(value)
        except TypeError:
            pass
        try:
            real = float(value)
        except (TypeError, ValueError):
            pass
        else:
            return real if math.isfinite(real) else str(real)  # nan, inf, -inf
    raise Error(f"{name}: {value!r} is not a number; write e.g. {name}=0.91")


def report(*, infeasible: str | None = None, **metrics: Any) -> None:
    """Reports metrics of the trial that this program is run for, and the fidelity that they belong to.

    report(val_acc=0.91, epoch=3) appends a line to the file $HONE_REPORT, as `hone report val_acc=0.91 epoch=3` does.
    infeasible: ends the trial as infeasible, for the reason given. Numbers of numpy and torch are understood.
    Raises hone.Error if this is no trial of `hone run`, a value is no number or the file cannot be written.
    """
    if not metrics and infeasible is None:
        raise Error("nothing to report; write e.g. hone.report(val_acc=0.91, epoch=3)")
    line: dict[str, Any] = {name: _number(name, value) for name, value in metrics.items()}
    if infeasible is not None:
        line["infeasible"] = infeasible
    path = os.environ.get("HONE_REPORT")
    if not path:
        raise Error("HONE_REPORT: not set; hone.report is called by the program of a trial")
    data = json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    try:
        # One write to a file opened for appending: lines of several processes do not mix.
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.lseek(file, 0, os.SEEK_END)
            if size > 0 and os.pread(file, 1, size - 1) != b"\n":  # left without its end by somebody else
                data = b"\n" + data
            written = os.write(file, data)
        finally:
            os.close(file)
    except OSError as error:
        raise Error(f"{path}: cannot be written: {error.strerror}") from None
    if written != len(data):
        raise Error(f"{path}: cannot be written: disk full")
