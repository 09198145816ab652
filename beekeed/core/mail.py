"""Which syncs are mailed: each, or failures only, and failures that repeat themselves once. Pure.

What failed one time after the other is a series. Its first run is mailed, and any later one
that has something new to tell; the others are counted, and the mail of the run that ends the
series says how many there were, and since when.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address

from beekeed.core.model import RunStatus
from beekeed.core.request import VERIFY

MOST_WAITING = 50
"""Mails that wait: the oldest is dropped for one more."""

_FIRST_WAIT_SECONDS = 900.0
_LONGEST_WAIT_SECONDS = 86_400.0
_BY_CHOICE = frozenset({"sync_disabled"})
"""Why a run is skipped that somebody wanted so: nobody has to be told."""


class Notify(StrEnum):
    """Which syncs are mailed."""

    OFF = "off"
    ALL = "all"
    FAILURES = "failures"


class Security(StrEnum):
    """How the way to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


USUAL_PORTS: Mapping[Security, int] = {
    Security.STARTTLS: 587,
    Security.TLS: 465,
    Security.NONE: 25,
}


class MailState(StrEnum):
    """What became of a mail."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"
    """The server refused it for good."""
    DROPPED = "dropped"
    """Too many waited."""


@dataclass(frozen=True, slots=True)
class Mailing:
    """What the settings say of mail. `language`: a code like "fr"."""

    notify: Notify = Notify.OFF
    to: str = ""
    sender: str = ""
    server: str = ""
    port: int = 587
    security: Security = Security.STARTTLS
    user: str = ""
    language: str = "en"

    @property
    def lacking(self) -> str | None:
        """The setting without which no mail can be sent, if one is missing."""
        return next((name for name in ("to", "server") if not getattr(self, name)), None)

    @property
    def from_address(self) -> str:
        """Who the mails come from."""
        return self.sender or self.to

    @property
    def is_exposed(self) -> bool:
        """Whether anybody on the way can read what is sent."""
        return self.security is Security.NONE and not _is_loopback(self.server)


class Bout(StrEnum):
    """How the runs of a series ended."""

    FAILED = "failed"
    """By an error, or before they began."""
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Series:
    """Runs that failed one after the other. `since`: when the first of them began.

    `codes`: why, as far as it was mailed; `set_aside`: the most changes that were.
    """

    bout: Bout
    since: datetime
    codes: frozenset[str]
    set_aside: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run that ended has to say. `codes`: its reasons; `set_aside`: changes that are."""

    status: RunStatus
    cause: str
    began_at: datetime
    codes: frozenset[str] = frozenset()
    set_aside: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told of a run: whether it is mailed, and which series it ends.

    `series`: the one that goes on.
    """

    is_mailed: bool
    series: Series | None = None
    over: Series | None = None


def told(ran: Ran, series: Series | None, notify: Notify) -> Told:
    """Tell what is to be told of a run."""
    if notify is Notify.OFF:
        return Told(is_mailed=False)
    if ran.status is RunStatus.SKIPPED and ran.codes & _BY_CHOICE:
        return Told(False, series)
    bout = _bout(ran)
    says_nothing_of_syncs = ran.cause == VERIFY and bout is not Bout.FAILED
    if ran.status is RunStatus.STOPPED or says_nothing_of_syncs:
        return Told(notify is Notify.ALL or bout is not None, series)
    over = series if series is not None and series.bout is not bout else None
    if bout is None:
        return Told(notify is Notify.ALL or over is not None, None, over)
    goes_on = series if over is None else None
    is_news = goes_on is None or _is_news(ran, goes_on)
    is_mailed = is_news or (notify is Notify.ALL and bout is Bout.PARTIAL)
    return Told(is_mailed, _with(goes_on, ran, bout), over)


def _bout(ran: Ran) -> Bout | None:
    if ran.status in (RunStatus.ERROR, RunStatus.SKIPPED):
        return Bout.FAILED
    return Bout.PARTIAL if ran.status is RunStatus.PARTIAL else None


def _is_news(ran: Ran, series: Series) -> bool:
    return not ran.codes <= series.codes or ran.set_aside > series.set_aside


def _with(series: Series | None, ran: Ran, bout: Bout) -> Series:
    if series is None:
        return Series(bout, ran.began_at, ran.codes, ran.set_aside)
    return replace(
        series,
        codes=series.codes | ran.codes,
        set_aside=max(series.set_aside, ran.set_aside),
        count=series.count + 1,
    )


def longest_wait_seconds(failures: int) -> float:
    """Give how long the mail server is left alone after so many failures in a row."""
    if not failures:
        return 0.0
    return min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** min(failures - 1, 10))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:  # another name: who answers there is not known
        return False
