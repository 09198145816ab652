"""Waits before a site is asked again: with back-off, and as long as the site asks for."""

import math
import random

from beekeed.clock import Clock
from beekeed.core import retry
from beekeed.errors import BeekeedError, Code, LinkDown

_LONGEST_ASKED_SECONDS = 86_400.0  # a Retry-After of years is a mistake


class Patience:
    """What one site's last answers tell of whether and when to ask it again."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._answered = False
        self._last: BeekeedError | None = None
        self._not_before = 0.0
        self._asked_until = 0.0

    def begin(self) -> None:
        """Begin a run: the site is asked again, unless it asked to be left alone."""
        self._failures = 0
        self._answered = False

    def succeeded(self) -> None:
        """Note an answer."""
        self._failures = 0
        self._answered = True

    def failed(self, error: BeekeedError) -> None:
        """Note that a request got no answer, or a refusal of the whole site.

        Whoever is to be left alone for longer still is.
        """
        self._failures += 1
        self._last = error
        now = self._clock.monotonic()
        asked = min(float(error.params.get("wait_seconds", 0)), _LONGEST_ASKED_SECONDS)
        self._answered = self._answered or asked > 0
        self._asked_until = max(self._asked_until, now + asked)
        self._not_before = max(self._not_before, now + self._wait_seconds(asked))

    def hold(self, seconds: float) -> None:
        """Have the site left alone for so long: it may still be at work for us."""
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)

    def is_worth_a_try(self, error: BeekeedError) -> bool:
        """Tell whether to ask again in this run after what was raised last."""
        enough = retry.is_worth_a_try(self._failures, answered=self._answered)
        return enough and retry.passes(error)

    async def wait(self, fruitless: int = 0) -> None:
        """Wait until the site may be asked; `fruitless`: requests in a row that did nothing.

        Raises LinkDown, or what was raised last, where it asked to be left alone for longer
        than a run waits.
        """
        now = self._clock.monotonic()
        asked = self._asked_until - now
        if asked > retry.LONGEST_WAIT_SECONDS:
            raise self._too_long(asked)
        seconds = max(asked, self._not_before - now, self._backed_off(fruitless))
        if seconds > 0:
            await self._clock.sleep(seconds)

    def _wait_seconds(self, asked: float) -> float:
        """Give how long to wait after a failure: as the site asked for, or else with back-off."""
        if asked:
            return asked + _drawn(retry.longest_lateness_seconds(asked))
        return self._backed_off(self._failures)

    def _backed_off(self, failures: int) -> float:
        return _drawn(retry.longest_wait_seconds(failures))

    def _too_long(self, seconds: float) -> BeekeedError:
        if self._last is not None and self._last.code is Code.MAINTENANCE:
            return self._last
        return LinkDown(Code.ASKED_TO_WAIT, minutes=math.ceil(seconds / 60))


def _drawn(longest_seconds: float) -> float:
    return random.uniform(0, longest_seconds)  # noqa: S311 - no secret
