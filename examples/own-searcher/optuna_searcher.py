#!/usr/bin/env python3
"""Optuna as Hone's searcher:  cd examples/own-searcher && hone run study.yaml   (pip install optuna)

Hone writes a JSON object a line and waits for one in answer: first {"study": …} with the definition, then a {"tell": …} or
{"add": …} for what became of each trial, and {"ask": 1, "trial": N} when it wants a configuration. Hone keeps the log, runs
the trials and comes back after a crash: then it starts this program anew and tells it everything again.
"""
import json
import re
import sys

import optuna

NUMBER = re.compile(r"(float|int)\(([^,]+), ([^,)]+)(, log)?\)")


def suggest(trial, space):
    """A value for each parameter. `space` is Hone's: a domain as in the study file, a list of choices, or a constant."""
    config = {}
    for name, domain in space.items():
        text = domain.get("domain") if isinstance(domain, dict) else domain
        match = NUMBER.fullmatch(text) if isinstance(text, str) else None
        if isinstance(text, list):
            config[name] = trial.suggest_categorical(name, text)
        elif match and match[1] == "int":
            config[name] = trial.suggest_int(name, int(match[2]), int(match[3]), log=bool(match[4]))
        elif match:
            config[name] = trial.suggest_float(name, float(match[2]), float(match[3]), log=bool(match[4]))
        else:
            raise ValueError(f"{name}: this example does not understand {domain}")
    return config


class Searcher:
    def study(self, definition):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.space = definition["space"]
        direction, self.metric = definition["objective"].split()[:2]
        self.optuna = optuna.create_study(direction=direction, sampler=optuna.samplers.TPESampler(seed=definition["seed"]))
        self.trials = {}
        return {}

    def ask(self, trial):
        self.trials[trial] = self.optuna.ask()
        return {"trials": [{"config": suggest(self.trials[trial], self.space), "why": "Optuna's TPE"}]}

    def tell(self, tell):
        trial = self.trials.get(tell["trial"])
        if trial is None:
            return {}  # of before a restart, or a point of the user's: Optuna did not propose it
        if "failed" in tell:
            self.optuna.tell(trial, state=optuna.trial.TrialState.FAIL)
        elif tell.get("done"):
            self.optuna.tell(trial, tell["metrics"][self.metric])
        return {}


def main():
    searcher = Searcher()
    for line in sys.stdin:
        message = json.loads(line)
        try:
            if "study" in message:
                answer = searcher.study(message["study"])
            elif "ask" in message:
                answer = searcher.ask(message["trial"])
            else:
                answer = searcher.tell(message["tell"]) if "tell" in message else {}
        except Exception as error:  # one line that Hone shows
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
