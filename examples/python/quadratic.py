"""The smallest study: 50 trials of a function, one after another."""
import hone

study = hone.Study(space={"x": hone.float(-5, 5), "y": hone.float(-5, 5), "sign": ["plus", "minus"]},
                   minimize="loss", searcher="tpe", seed=1, trials=50)
while (trial := study.ask()) is not None:
    x, y = trial.config["x"], trial.config["y"]
    study.tell(trial, loss=(x - 1) ** 2 + (y + 2) ** 2 + (trial.config["sign"] == "minus"))
print(study.best.config, study.best.metrics)
