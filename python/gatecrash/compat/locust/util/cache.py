"""Remembering a function's answer for a while."""

import functools
from time import time


def memoize(timeout, dynamic_timeout=False):
    """Decorator: the answer, whatever the arguments, is kept for `timeout` seconds.

    With `dynamic_timeout` the time doubles whenever computing took longer than it.
    `function.clear_cache()` forgets the answer.
    """

    def decorate(function):
        kept_for = timeout
        computed_at = None
        answer = None

        @functools.wraps(function)
        def remembered(*args, **kwargs):
            nonlocal kept_for, computed_at, answer
            asked_at = time()
            if computed_at is None or asked_at - computed_at > kept_for:
                answer = function(*args, **kwargs)
                computed_at = time()
                if dynamic_timeout and computed_at - asked_at > kept_for:
                    kept_for *= 2
            return answer

        def clear_cache():
            nonlocal computed_at, answer
            computed_at = answer = None

        remembered.clear_cache = clear_cache
        return remembered

    return decorate
