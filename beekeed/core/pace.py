"""How large a request may be, so that a lost answer costs little on a slow link. Pure."""

SECONDS = 20
"""How long one request should take at the most."""

FIRST_BYTES = 16_000
LEAST_BYTES = 1_000
MOST_BYTES = 62_000  # a quarter of what nginx takes by default, whatever UTF-8 makes of a letter
_GROWTH = 2
_STEP_SECONDS = 0.05


def after_answer(limit: int, sent: int, seconds: float) -> int:
    """Give the largest size of the next request, after one of `sent` bytes took that long.

    A request well below the limit tells nothing of larger ones, most of what it takes being
    the way there and back, unless it took too long itself.
    """
    if sent < limit / _GROWTH and seconds <= SECONDS:
        return limit
    fits = int(sent * SECONDS / max(seconds, 0.001))
    return _bounded(min(fits, limit * _GROWTH))


def after_loss(limit: int) -> int:
    """Give the largest size of the next request, after the answer to one was lost."""
    return _bounded(limit // _GROWTH)


def working_seconds(steps: int) -> float:
    """Give how long a site may still be at work on a request whose answer was lost.

    Read back or asked again before that, it would do the same twice at the same time. A
    step takes Moodle 3 to 10 ms (seen on 4.5.6); a busy site five times as long.
    """
    return min(SECONDS, 1 + steps * _STEP_SECONDS)


def left_working_seconds(steps: int, age_seconds: float | None) -> float:
    """Give how long it may still be at work on a request that was sent so long ago.

    An age that is not known, or that a clock which went back makes negative, counts as none.
    """
    age = max(0.0, age_seconds or 0.0)
    return max(0.0, working_seconds(steps) - age)


def _bounded(size: int) -> int:
    return max(LEAST_BYTES, min(size, MOST_BYTES))
