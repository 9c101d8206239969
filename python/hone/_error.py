"""hone.Error."""


class Error(ValueError):
    """What is wrong with an input, in one line (or a line a mistake) that says where, what, and the remedy."""


Error.__module__ = "hone"
