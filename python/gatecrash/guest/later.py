"""One way to say that a part of Locust is not built yet."""


def not_there_yet(what: str) -> NotImplementedError:
    """The exception to raise; `what` begins the sentence."""
    return NotImplementedError(
        f"{what} is not there yet in Gatecrash. Run in a single process with --headless."
    )
