"""From Python's arguments to the text of a study file and the objects that its choices stand for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ._error import Error
from .domains import Domain, choice, constant, plain

Objects = dict[str, list[Any]]


def read_space(space: Mapping[str, Any]) -> tuple[dict[str, Any], Objects]:
    if not isinstance(space, Mapping):
        raise Error(f"space: {space!r} is not a dict; write space={{'lr': hone.float(0, 1)}}")
    definition: dict[str, Any] = {}
    objects: Objects = {}
    for name, domain in space.items():
        if not isinstance(name, str):
            raise Error(f"space: {name!r} is not a parameter's name; write a str")
        try:
            definition[name], given = _domain(domain)
        except Error as error:
            raise Error(f"space.{name}: {error}") from None
        if given is not None:
            objects[name] = given
    return definition, objects


def _domain(domain: Any) -> tuple[Any, list[Any] | None]:
    if isinstance(domain, str):
        return domain, None
    if isinstance(domain, Mapping):  # the long form of the study file
        options = domain.get("choices", domain.get("domain"))
        if isinstance(options, (list, tuple)):
            domain = dict(domain)
            objects = list(options)
            domain["choices"] = [plain(option, "choices") for option in objects]
            domain.pop("domain", None)
            return domain, objects
        return dict(domain), None
    if isinstance(domain, (list, range)):
        domain = choice(domain)
    elif not isinstance(domain, Domain):
        domain = constant(domain)
    return domain.definition, domain.objects


def listed(value: Any, name: str, example: str) -> list[Any]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise Error(f"{name}: {value!r} is not a list; write {name}={example}")
    return list(value)


def text(definition: Mapping[str, Any]) -> str:
    try:
        return json.dumps(definition, allow_nan=False, default=_number)
    except (TypeError, ValueError) as error:
        raise Error(f"study: {error}; write numbers, words, lists and dicts") from None


def _number(value: Any) -> Any:  # numpy's
    for convert in ("__index__", "__float__"):
        if hasattr(value, convert):
            return getattr(value, convert)()
    raise TypeError(f"{value!r} is not a number")


def points(initial: Iterable[Any]) -> list[Any]:
    """The section `initial`, with the words of what choices were given as."""
    out = []
    for index, point in enumerate(listed(initial, "initial", "[{'lr': 0.01}]")):
        if not isinstance(point, Mapping):
            raise Error(f"initial[{index}]: {point!r} is not a dict; write {{'lr': 0.01}}")
        if isinstance(point.get("config"), Mapping):
            out.append({**point, "config": _config(point["config"], f"initial[{index}]")})
        else:
            out.append(_config(point, f"initial[{index}]"))
    return out


def _config(config: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {name: plain(value, f"{where}.{name}") for name, value in config.items()}
