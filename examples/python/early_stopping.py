"""Trials that are paused, promoted and stopped: ASHA over the epochs of a model that is made up.

A trial that comes back (`trial.resume`) goes on from its checkpoint up to a larger `until`.
"""
import hone

study = hone.Study(space={"lr": hone.float(1e-4, 1, log=True), "width": hone.int(16, 512, log=True)},
                   maximize="accuracy", fidelity={"name": "epoch", "min": 1, "max": 27}, searcher="tpe",
                   scheduler="asha", seed=1, trials=60)


def accuracy(config, epoch):
    speed = config["lr"] ** 0.5
    return (1 - 0.3 * abs(config["lr"] - 0.03) ** 0.3) * (1 - (1 - min(speed, 0.9)) ** epoch) - 4 / config["width"]


checkpoints, epochs = {}, 0
while (trial := study.ask()) is not None:
    for epoch in range(checkpoints.get(trial.number, 0) + 1, trial.until + 1):
        epochs += 1
        checkpoints[trial.number] = epoch
        if study.tell(trial, at=epoch, accuracy=accuracy(trial.config, epoch)) != "continue":
            break  # "pause": keep the checkpoint; "stop": it is not needed any more
print(f"{len(study)} trials in {epochs} epochs instead of {27 * len(study)}; best {study.best.metrics} {study.best.config}")
