"""Hone: hyperparameter tuning by ask and tell. docs/python.md is the manual.

>>> import hone
>>> study = hone.Study(space={"lr": hone.float(1e-4, 1e-1, log=True), "opt": ["sgd", "adam"],
...                           "momentum": "float(0, 1) if opt == sgd"}, minimize="loss", searcher="tpe", seed=1)
>>> trial = study.ask()
>>> study.tell(trial, loss=0.3)
'stop'
>>> study.best.metrics
{'loss': 0.3}
"""

from ._core import Trial, __version__, schedulers, searchers
from ._error import Error
from ._report import report
from ._study import Space, Study
from .domains import (Domain, choice, constant, derived, float, int, lognormal, normal, ordinal,  # noqa: A004
                      piecewise, pow2)

__all__ = ["Domain", "Error", "Space", "Study", "Trial", "__version__", "choice", "constant", "derived", "float", "int",
           "lognormal", "normal", "ordinal", "piecewise", "pow2", "report", "schedulers", "searchers"]
