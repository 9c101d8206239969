"""Four trials at a time, in threads (or processes, or machines: whatever evaluates, one program asks and tells)."""
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import hone


def objective(config):
    return (config["x"] - 0.3) ** 2 + {"sgd": 0.1, "adam": 0.0}[config["optimizer"]]


study = hone.Study(space={"x": hone.float(0, 1), "optimizer": ["sgd", "adam"]}, minimize="loss", searcher="tpe", seed=1,
                   trials=40, parallel=4)
with ThreadPoolExecutor(4) as pool:
    running = {}
    while True:
        while (trial := study.ask()) is not None:
            running[pool.submit(objective, trial.config)] = trial
        if not running:
            break
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            trial = running.pop(future)
            if future.exception():
                study.tell(trial, failed="exit 1")
            else:
                study.tell(trial, loss=future.result())
print(study.best.config, study.best.metrics, study.finished)
