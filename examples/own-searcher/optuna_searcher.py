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


def distribution(name, domain):
    """Of a parameter. `domain` is Hone's: as in the study file, a list of choices, or the long form of either."""
    text = domain.get("domain") if isinstance(domain, dict) else domain
    match = NUMBER.fullmatch(text) if isinstance(text, str) else None
    if isinstance(text, list):
        return optuna.distributions.CategoricalDistribution(text)
    if match and match[1] == "int":
        return optuna.distributions.IntDistribution(int(match[2]), int(match[3]), log=bool(match[4]))
    if match:
        return optuna.distributions.FloatDistribution(float(match[2]), float(match[3]), log=bool(match[4]))
    raise ValueError(f"{name}: this example does not understand {domain}")


class Searcher:
    def study(self, definition):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.distributions = {name: distribution(name, domain) for name, domain in definition["space"].items()}
        direction, self.metric = definition["objective"].split()[:2]
        self.seed = definition["seed"]
        self.optuna = optuna.create_study(direction=direction)
        self.trials = None  # those that this process proposed
        return {}

    def ask(self, trial):
        if self.trials is None:  # a seed of its own for each start, or the random draws would come again
            self.optuna.sampler = optuna.samplers.TPESampler(seed=self.seed + trial)
            self.trials = {}
        self.trials[trial] = self.optuna.ask(self.distributions)
        return {"trials": [{"config": self.trials[trial].params, "why": "Optuna's TPE"}]}

    def tell(self, tell):
        trial = (self.trials or {}).get(tell["trial"])
        if trial is not None and "failed" in tell:
            self.optuna.tell(trial, state=optuna.trial.TrialState.FAIL)
        elif trial is not None and tell.get("done"):
            self.optuna.tell(trial, tell["metrics"][self.metric])
        elif tell.get("done"):  # proposed before a restart
            self.optuna.add_trial(optuna.trial.create_trial(params=tell["config"], distributions=self.distributions,
                                                            value=tell["metrics"][self.metric]))
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
