"""Logs what should never be, and not more than a few times a minute.

Anybody may ask the page for anything: whoever finds what it breaks on must not be able to wear
out the box's card with what is logged of it.
"""

import logging
import time
from collections import deque

log = logging.getLogger(__name__)

_MOST = 3
_SECONDS = 60


class Rarely:
    """Faults of ours, of which some of each minute are logged."""

    def __init__(self) -> None:
        self._logged_at: deque[float] = deque(maxlen=_MOST)
        self._left_out = 0

    def log(self, what: str, error: BaseException | None) -> None:
        """Log a fault with its traceback, unless there were some lately."""
        now = time.monotonic()
        if len(self._logged_at) == _MOST and now - self._logged_at[0] < _SECONDS:
            self._left_out += 1
            return
        self._logged_at.append(now)
        log.error("%s (%d more were not logged)", what, self._left_out, exc_info=error)
        self._left_out = 0
