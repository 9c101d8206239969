"""hone.Study and hone.Space: the arguments of the study file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import _core, _definition
from ._error import Error
from .domains import plain

Algorithm = str | Mapping[str, Any]


class Space(_core.SpaceEngine):
    __doc__ = _core.SpaceEngine.__doc__

    def __init__(self, params: Mapping[str, Any], constraints: Iterable[str] = ()):
        self.definition, self.objects = _definition.read_space(params)
        self.constraints = _definition.listed(constraints, "constraints", "['width % 2 == 1']")
        study = {"name": "space", "objective": "minimize loss", "space": self.definition, "constraints": self.constraints}
        super().__init__(_definition.text(study), self.objects)

    def __repr__(self) -> str:
        return f"<hone.Space {self.definition}>"


class Study(_core.Engine):
    """A search for the configuration with the best objective, by ask() and tell(), in memory.

    Every key of the study file is an argument and means the same:

    space: {name: domain}, or a hone.Space. A domain is the file's string ("float(0, 1) if opt == sgd"), hone.float(),
        hone.int(), hone.choice() and the like, a list of options, or a constant.
    minimize, maximize: the objective's metric, or several; or objective="maximize val_acc best" as in the file.
    searcher, scheduler: a name, or {name: {option: value}}; see hone.searchers(), hone.schedulers().
    fidelity: {"name": "epoch", "min": 1, "max": 27}: how far a trial can go.
    trials, time, target: short for stop={"trials": ..}; without any of them the study ends when you stop asking.
    parallel: how many trials may be out at a time; None: as many as are asked for.
    initial: configurations to try first; {"config": {..}, "metrics": {..}} is a known result.
    fix: {name: value}, holds parameters.
    seed: of all draws, from 0; drawn if None.

    Raises hone.Error, a ValueError, with every mistake, a line each: where, what, the remedy.

    >>> import hone
    >>> study = hone.Study(space={"x": hone.float(-5, 5), "c": ["a", "b"]}, minimize="loss", searcher="random", seed=1)
    >>> for _ in range(20):
    ...     trial = study.ask()
    ...     move = study.tell(trial, loss=trial.config["x"] ** 2 + (trial.config["c"] == "b"))
    >>> study.best.config["c"], study.best.metrics["loss"] < 0.5, len(study.trials)
    ('a', True, 20)
    """

    def __init__(self, space: Mapping[str, Any] | Space | None = None, *,
                 minimize: str | Sequence[str] | None = None, maximize: str | Sequence[str] | None = None,
                 objective: str | Sequence[str] | None = None, searcher: Algorithm = "auto",
                 scheduler: Algorithm = "auto", constraints: Iterable[str] | None = None,
                 outcome_constraints: Iterable[str] | None = None, cost: str | None = None,
                 initial: Iterable[Mapping[str, Any]] | None = None, fidelity: Mapping[str, Any] | None = None,
                 stop: Mapping[str, Any] | None = None, trials: int | None = None, time: str | float | None = None,
                 target: float | None = None, fix: Mapping[str, Any] | None = None, parallel: int | None = None,
                 limits: Mapping[str, Any] | None = None, seed: int | None = None, name: str | None = None,
                 **more: Any):
        definition: dict[str, Any] = {"name": "study" if name is None else name}
        objects: dict[str, list[Any]] = {}
        objective = _objective(objective, minimize, maximize)
        if isinstance(space, Space):
            objects = space.objects
            definition["space"] = space.definition
        elif space is not None:
            definition["space"], objects = _definition.read_space(space)
        if constraints is not None:
            constraints = _definition.listed(constraints, "constraints", "['width % 2 == 1']")
        if isinstance(space, Space):
            constraints = [*space.constraints, *(constraints or ())]
        if outcome_constraints is not None:
            outcome_constraints = _definition.listed(outcome_constraints, "outcome_constraints", "['latency_ms <= 20']")
        if fix is not None and not isinstance(fix, Mapping):
            raise Error(f"fix: {fix!r} is not a dict; write fix={{'lr': 0.01}}")
        given = {"objective": objective, "searcher": searcher, "scheduler": scheduler, "cost": cost,
                 "fidelity": fidelity, "stop": stop, "parallel": parallel, "limits": limits, "seed": seed,
                 "constraints": constraints, "outcome_constraints": outcome_constraints,
                 "initial": _definition.points(initial) if initial is not None else None, **more}
        definition.update((key, value) for key, value in given.items() if value is not None)
        short = {"trials": trials, "time": time, "target": target}
        options = [(key, str(value)) for key, value in short.items() if value is not None]
        options += [("fix", f"{key}={plain(value, 'fix.' + key)}") for key, value in (fix or {}).items()]
        try:
            super().__init__(_definition.text(definition), options, objects)
        except Error as error:
            raise Error(_in_arguments(str(error))) from None

    def __repr__(self) -> str:
        return f"<hone.Study {len(self)} trials, {self.searcher}, {self.scheduler}>"


def _objective(objective: Any, minimize: Any, maximize: Any) -> Any:
    if objective is not None:
        if minimize is not None or maximize is not None:
            raise Error("objective: is given beside minimize or maximize; keep one")
        return objective if isinstance(objective, str) else _definition.listed(objective, "objective", "'minimize loss'")
    out = []
    for verb, metrics in (("minimize", minimize), ("maximize", maximize)):
        if metrics is None:
            continue
        for metric in [metrics] if isinstance(metrics, str) or not isinstance(metrics, Iterable) else metrics:
            if not isinstance(metric, str) or not metric:
                raise Error(f"{verb}: {metric!r} is not a metric's name; write {verb}='loss'")
            out.append(f"{verb} {metric}")
    return out[0] if len(out) == 1 else out or None


def _in_arguments(mistakes: str) -> str:
    """What the command line calls --stop.trials is trials= here."""
    lines = [re.sub(r"^--(stop\.)?", "", line) for line in mistakes.splitlines()]
    return "\n".join("objective: is missing; write minimize='loss' or maximize='acc'"
                     if line.startswith("objective: is missing;") else line for line in lines)
