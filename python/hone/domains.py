"""Domains of parameters, as objects: what the strings of the study file say, in Python.

Every function also takes what any parameter may have:

when: when it is active: an expression over other parameters ("model == svm"), or a dict of their values:
    {"model": "svm"}, {"model": ["svm", "mlp"]}.
low_cost: a cheap value to start from (cfo, blendsearch).
default: what trials had that ran before the parameter was there.
mutable: False if a trial may not change it on its way (pbt).
prior: (mu, sigma), where you expect the best value; or the string "normal(3, 1)".
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._error import Error

When = str | Mapping[str, Any] | None


class Domain:
    """What float(), int(), choice() and the like give; a value of Study(space={name: domain})."""

    __slots__ = ("definition", "objects")

    def __init__(self, definition: dict[str, Any], objects: list[Any] | None = None):
        self.definition = definition  # the long form of the study file
        self.objects = objects  # a choice's options as they were given

    def __repr__(self) -> str:
        return f"<hone.Domain {self.definition}>"


def word(value: Any) -> Any:
    """The engine's value of a Python object: a number or a word.

    >>> word(True), word(None), word((64, 64)), word(3)
    ('true', 'none', '(64, 64)', 3)
    """
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return str(value)
    if isinstance(value, builtins.float):
        return builtins.float(value)
    try:
        return operator.index(value)
    except TypeError:
        pass
    if hasattr(value, "__float__"):
        return builtins.float(value)
    raise TypeError


def plain(value: Any, where: str) -> Any:
    try:
        return word(value)
    except (TypeError, ValueError):
        raise Error(f"{where}: {str(value)[:60]!r} is not a number, word, bool, None or tuple") from None


def number(value: Any, where: str) -> str:
    """A number as text; a word is left to the engine, which says what is wrong with it."""
    return str(plain(value, where))


def flag(value: Any, where: str) -> bool:
    if value not in (True, False):
        raise Error(f"{where}: {value!r} is neither True nor False")
    return bool(value)


def quoted(value: Any, where: str) -> str:
    text = plain(value, where)
    if not isinstance(text, str):
        return str(text)
    quote = "'" if '"' in text else '"'
    return f"{quote}{text}{quote}"


def condition(when: When) -> str | None:
    """
    >>> condition({"model": ["svm", "mlp"], "bias": True})
    'model in ["svm", "mlp"] and bias == "true"'
    """
    if when is None or isinstance(when, str):
        return when
    if not isinstance(when, Mapping):
        raise Error(f"when: {when!r} is neither an expression nor a dict; write when={{'model': 'svm'}}")
    terms = []
    for name, values in when.items():
        if not isinstance(name, str):
            raise Error(f"when: {name!r} is not a parameter's name; write when={{'model': 'svm'}}")
        if isinstance(values, (list, set, frozenset, range)):
            options = ", ".join(quoted(value, "when") for value in values)
            terms.append(f"{name} in [{options}]")
        else:
            terms.append(f"{name} == {quoted(values, 'when')}")
    return " and ".join(terms)


def _domain(text: str, common: Mapping[str, Any]) -> Domain:
    return Domain({"domain": text, **_common(**common)})


def _common(when: When = None, low_cost: Any = None, default: Any = None, mutable: bool = True,
            prior: Any = None) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if when is not None:
        out["when"] = condition(when)
    if low_cost is not None:
        out["low_cost"] = plain(low_cost, "low_cost")
    if default is not None:
        out["default"] = plain(default, "default")
    if not flag(mutable, "mutable"):
        out["mutable"] = False
    if prior is not None:
        out["prior"] = prior if isinstance(prior, str) else _normal(prior)
    return out


def _normal(prior: Any) -> str:
    try:
        mu, sigma = prior
    except (TypeError, ValueError):
        raise Error(f"prior: {prior!r} is neither (mu, sigma) nor a str; write prior=(3, 1) or 'normal(3, 1)'") from None
    return f"normal({number(mu, 'prior')}, {number(sigma, 'prior')})"


def _call(name: str, *words: str, **named: Any) -> str:
    given = [f"{key}={number(value, key)}" for key, value in named.items() if value is not None]
    return f"{name}({', '.join([*words, *given])})"


def float(lo: builtins.float, hi: builtins.float, *, log: bool = False, step: builtins.float | None = None,
          **common: Any) -> Domain:
    """A real number in [lo, hi]; uniform in its logarithm with `log`; lo, lo + step, ... with `step`.

    >>> import hone
    >>> hone.Space({"lr": hone.float(1e-4, 1e-1, log=True)}).decode([0.5])
    {'lr': 0.003162277660168}
    """
    return _domain(_call("float", number(lo, "lo"), number(hi, "hi"), *["log"] * flag(log, "log"), step=step), common)


def int(lo: builtins.int, hi: builtins.int, *, log: bool = False, step: builtins.int | None = None,
        **common: Any) -> Domain:
    """A whole number from lo to hi, both included.

    >>> import hone
    >>> hone.Space({"depth": hone.int(2, 32, log=True)}).decode([1.0])
    {'depth': 32}
    """
    return _domain(_call("int", number(lo, "lo"), number(hi, "hi"), *["log"] * flag(log, "log"), step=step), common)


def choice(options: Iterable[Any], *more: Any, weights: Sequence[builtins.float] | None = None, ordered: bool = False,
           **common: Any) -> Domain:
    """One of the options, in no order: numbers, words, True, False, None and tuples. A list means the same.

    weights: how often random draws take each.

    >>> import hone
    >>> hone.Space({"layers": hone.choice([(64,), (64, 64)]), "bias": [True, False]}).decode([0.9, 0.1])
    {'layers': (64, 64), 'bias': True}
    """
    if more or isinstance(options, str):
        options = [options, *more]
    try:
        objects = list(options)
    except TypeError:
        raise Error(f"choice: {options!r} is not a list of options; write choice(['a', 'b'])") from None
    definition: dict[str, Any] = {"choices": [plain(option, "choice") for option in objects]}
    if flag(ordered, "ordered"):
        definition["ordered"] = True
    if weights is not None:
        try:
            definition["weights"] = [builtins.float(weight) for weight in weights]
        except (TypeError, ValueError):
            raise Error(f"weights: {weights!r} is not a list of numbers; write weights=[2, 1]") from None
    return Domain({**definition, **_common(**common)}, objects)


def ordinal(options: Iterable[Any], *more: Any, weights: Sequence[builtins.float] | None = None,
            **common: Any) -> Domain:
    """One of the options, whose order counts: neighbours are alike.

    >>> import hone
    >>> hone.Space({"size": hone.ordinal("small", "medium", "large")}).encode({"size": "medium"})
    [0.5]
    """
    return choice(options, *more, weights=weights, ordered=True, **common)


def pow2(lo: builtins.int, hi: builtins.int, **common: Any) -> Domain:
    """A power of two from lo to hi.

    >>> import hone
    >>> [c["batch"] for c in map(hone.Space({"batch": hone.pow2(8, 32)}).decode, ([0.1], [0.5], [0.9]))]
    [8, 16, 32]
    """
    return _domain(_call("pow2", number(lo, "lo"), number(hi, "hi")), common)


def normal(mu: builtins.float, sigma: builtins.float, *, lo: builtins.float | None = None,
           hi: builtins.float | None = None, **common: Any) -> Domain:
    """Normally distributed, truncated to [lo, hi]."""
    return _domain(_call("normal", number(mu, "mu"), number(sigma, "sigma"), lo=lo, hi=hi), common)


def lognormal(mu: builtins.float, sigma: builtins.float, *, lo: builtins.float | None = None,
              hi: builtins.float | None = None, **common: Any) -> Domain:
    """exp of a normal number: mu and sigma are those of the logarithm, lo and hi those of the value."""
    return _domain(_call("lognormal", number(mu, "mu"), number(sigma, "sigma"), lo=lo, hi=hi), common)


def piecewise(*ranges: Sequence[builtins.float], **common: Any) -> Domain:
    """A union of ranges, each as likely.

    >>> import hone
    >>> hone.Space({"warmup": hone.piecewise((0, 0.01), (0.1, 0.3))}).decode([1.0])
    {'warmup': 0.3}
    """
    texts = []
    for pair in ranges:
        try:
            lo, hi = pair
        except (TypeError, ValueError):
            raise Error(f"piecewise: {pair!r} is not a range; write piecewise((0, 0.01), (0.1, 0.3))") from None
        texts.append(f"[{number(lo, 'lo')}, {number(hi, 'hi')}]")
    return _domain(_call("piecewise", *texts), common)


def constant(value: Any, *, when: When = None) -> Domain:
    """A value that is not tuned but recorded; a plain number, True, False, None or tuple as a domain means the same."""
    return Domain({"constant": plain(value, "constant"), **_common(when=when)}, [value])


def derived(expression: str, *, when: When = None) -> Domain:
    """A value that follows from others.

    >>> import hone
    >>> hone.Space({"lr": hone.float(0, 1), "decay": hone.derived("lr / 100")}).check({"lr": 0.5})
    {'lr': 0.5, 'decay': 0.005}
    """
    return Domain({"domain": f"= {expression}", **_common(when=when)})
