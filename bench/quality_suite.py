"""The problems of bench/quality: six a group, and apart from them each BBOB function in 2 and in 5 dimensions.

`SUITE` maps names to problems, in the order in which they are run. The groups in `APART` are in no mean over all groups:
six low-dimensional functions are few, and optimisers that give the same run for every seed are lucky on some of them.
"""

from dataclasses import replace

from problems import bbob_problem, jenatton_problem, make_suite, mixint_problem, ml_problem, tree_problem

SUITE = make_suite([
    *(bbob_problem(f, d, i) for f, d, i in ((8, 5, 4), (15, 5, 1), (21, 2, 3), (6, 5, 3), (10, 2, 5), (20, 5, 2))),
    *(bbob_problem(f, 10, i) for f, i in ((3, 2), (6, 3), (8, 4), (10, 5), (15, 1), (21, 3))),
    *(bbob_problem(f, 20, i) for f, i in ((8, 4), (15, 1), (1, 1), (6, 3), (10, 5), (20, 2))),
    *(mixint_problem(f, d, i) for f, d, i in ((8, 10, 2), (15, 10, 3), (3, 5, 1), (8, 5, 2), (21, 5, 4), (21, 10, 4))),
    jenatton_problem(), tree_problem(1, 4), tree_problem(2, 6),
    jenatton_problem(0.4), tree_problem(3, 3), tree_problem(5, 8),
    ml_problem("svm", "digits", "error"),
    ml_problem("gb", "diabetes", "mse", folds=2),
    ml_problem("linear", "diabetes", "mse"),
    ml_problem("choice", "breast_cancer", "error", folds=2, models=("svm", "rf", "mlp", "linear", "knn")),
    ml_problem("rf", "wine", "logloss"),
    ml_problem("mlp", "wine", "logloss"),
    *(replace(bbob_problem(f, d, i), group="bbob-low-all") for f in range(1, 25) for d, i in ((2, 7), (5, 8))),
])
APART = ("bbob-low-all",)
