"""Hone for the benchmark kit: run.py --adapter hone_adapter:HoneTPE; a class per searcher.

The space may be of any kit whose params have name, kind (float, int, cat), low, high, log, choices and when.
"""

import collections
import functools
import os
import subprocess

import hone


def domains(space):
    """The options of a choice as words `c0`, `c1`, ...: they may be anything, and 1, 1.0 and True are different ones."""
    choices = {p.name: p.choices for p in space.params if p.kind == "cat"}
    out = {}
    for p in space.params:
        when = None
        if p.when:
            parent, values = p.when
            when = {parent: [f"c{choices[parent].index(value)}" for value in values]}
        if p.kind == "float":
            out[p.name] = hone.float(p.low, p.high, log=p.log, when=when)
        elif p.kind == "int":
            out[p.name] = hone.int(p.low, p.high, log=p.log, when=when)
        else:
            out[p.name] = hone.choice([f"c{i}" for i in range(len(p.choices))], when=when)
    return out


class HoneAuto:
    """A searcher with its defaults; the budget is the study's number of trials. Subclasses name another one.

    With `parallel` above 1 ask() may come as often before tell(), which is always of the oldest trial.
    """

    searcher = "auto"
    parallel = 1

    def __init__(self, space, seed, budget):
        # What a trial costs is told, so that no clock has a say in which configurations are proposed.
        self.study = hone.Study(domains(space), minimize="loss", searcher=self.searcher, scheduler="none", seed=seed,
                                trials=budget, parallel=self.parallel, cost="units")
        self.pending = collections.deque()
        self.words = [(p.name, {f"c{i}": value for i, value in enumerate(p.choices)})
                      for p in space.params if p.kind == "cat"]

    def ask(self):
        trial = self.study.ask()
        if trial is None:
            raise RuntimeError(self.study.finished or "nothing may start now")
        self.pending.append(trial)
        config = trial.config
        for name, values in self.words:
            if name in config:
                config[name] = values[config[name]]
        return config

    def tell(self, config, value):
        self.study.tell(self.pending.popleft(), loss=value, units=1)

    @classmethod
    def version(cls):
        return f"{hone.__version__}{_commit()}"


@functools.lru_cache
def _commit():
    """The commit that last changed the engine; empty outside a repository."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    done = subprocess.run(["git", "-C", root, "log", "-1", "--format=+%h", "--", "src", "include"], capture_output=True,
                          text=True, check=False)
    return done.stdout.strip()


def _class(name, searcher):
    return type(name, (HoneAuto,), {"searcher": searcher, "__doc__": f"The searcher {searcher}.", "__module__": __name__})


HoneBlend = _class("HoneBlend", "blendsearch")
HoneCFO = _class("HoneCFO", "cfo")
HoneCMA = _class("HoneCMA", "cmaes")
HoneDE = _class("HoneDE", "de")
HoneGA = _class("HoneGA", "ga")
HoneGP = _class("HoneGP", "gp")
HoneNSGA2 = _class("HoneNSGA2", "nsga2")
HoneRandom = _class("HoneRandom", "random")
HoneSA = _class("HoneSA", "sa")
HoneSMAC = _class("HoneSMAC", "smac")
HoneSobol = _class("HoneSobol", "sobol")
HoneTPE = _class("HoneTPE", "tpe")
