"""Trying again after an exception."""

import functools
import logging
import time

logger = logging.getLogger(__name__)


def retry(delays=(1, 3, 5), exception=Exception):
    """Decorator: calls again after each of `delays` seconds; the last exception is raised."""

    def decorate(function):
        @functools.wraps(function)
        def trying(*args, **kwargs):
            for attempt, delay in enumerate(delays, start=1):
                try:
                    return function(*args, **kwargs)
                except exception as error:
                    logger.info("Exception found on retry %d: -- retry after %ds", attempt, delay)
                    logger.exception(error)
                    time.sleep(delay)
            try:
                return function(*args, **kwargs)
            except exception:
                logger.info("Retry failed after %d times.", len(delays))
                raise

        return trying

    return decorate
