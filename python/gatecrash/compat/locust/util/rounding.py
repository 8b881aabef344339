"""Rounding half up, where Python's own `round` rounds half to even."""


def proper_round(val: int | float, digits=0) -> int | float:
    """`val` rounded to `digits` places, with halves away from what is shown below them.

    A hair below the last shown digit is added first, so 0.5 becomes 1.0 and 1.5 becomes 2.0.
    """
    hair = 10 ** -(len(str(float(val))) + 1)
    return round(float(val) + hair, digits)
