"""Whether the box's clock is believed, and what was written while it was not. Pure.

The box has no battery clock: it wakes up in the past, near where it went to sleep, and goes
on from there. So a time that could be true is not enough: a time server must have told it,
or the online Moodle must agree. Rule: trust does not outlive a step of the clock. Between
two moments of one boot a clock that nobody set moves as far as the kernel's count of seconds
since the start, which cannot be set; where the two disagree, the clock was set.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from beekeed.core.model import Reason
from beekeed.errors import Code

AGREES_WITHIN = timedelta(minutes=5)
"""How far the online Moodle's Date may be from our clock: an answer may be on the way for long."""

_STEP = timedelta(seconds=5)
"""A clock that is set by less was right enough; our tables hold whole seconds."""


class Trust(StrEnum):
    """How far the clock is believed. Synced and plausible are trusted."""

    SYNCED = "synced"
    """A time server told it since the box started."""
    PLAUSIBLE = "plausible"
    """It is past what it must be past, and the online Moodle agrees."""
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True)
class Moment:
    """What the box's clocks say together: the wall clock, and the seconds of which boot."""

    at: datetime
    boot_id: str
    boot_seconds: int
    trust: Trust = Trust.UNTRUSTED

    @property
    def is_trusted(self) -> bool:
        """Whether the wall clock is believed."""
        return self.trust is not Trust.UNTRUSTED

    @property
    def booted_at(self) -> datetime:
        """When the box started, by this wall clock. It moves only when the clock is set."""
        return self.at - timedelta(seconds=self.boot_seconds)


@dataclass(frozen=True, slots=True)
class Heard:
    """The online Moodle's Date, and what the box's clocks said when it came."""

    date: datetime
    moment: Moment

    @property
    def ahead(self) -> timedelta:
        """By how much the box is ahead of the online Moodle; negative where it is behind."""
        return self.moment.at - self.date


def judge(
    now: Moment, *, floor: datetime, synced: Moment | None, heard: Heard | None
) -> tuple[Trust, Reason | None]:
    """Tell how far the clock is believed now, and why it is not where it is not.

    `floor`: what it must be past. `synced`: the clocks when a time server was last known to
    have told the time. `heard`: the last Date that counts.
    """
    if synced is not None and is_unset_since(synced, now):
        return Trust.SYNCED, None
    params = {"now": told(now.at)}
    if now.at < floor:
        return Trust.UNTRUSTED, Reason(Code.CLOCK_BEHIND, params | {"floor": told(floor)})
    if heard is None or not is_unset_since(heard.moment, now):
        return Trust.UNTRUSTED, Reason(Code.CLOCK_UNCONFIRMED, params)
    if abs(heard.ahead) > AGREES_WITHIN:
        theirs = params | {"theirs": told(now.at - heard.ahead)}
        return Trust.UNTRUSTED, Reason(Code.CLOCK_DISAGREES, theirs)
    return Trust.PLAUSIBLE, None


def is_unset_since(earlier: Moment, now: Moment) -> bool:
    """Tell whether this is the same boot, and nobody set the clock in between.

    One that was set forth and back is as right as it was.
    """
    return earlier.boot_id == now.boot_id and abs(now.booted_at - earlier.booted_at) <= _STEP


def true_time(then: Moment, now: Moment) -> datetime | None:
    """Give the true time of an earlier moment, now that the clock is trusted.

    None where that is not known: of another boot.
    """
    if then.boot_id != now.boot_id:
        return None
    return now.at - timedelta(seconds=now.boot_seconds - then.boot_seconds)


def doubt_since(now: Moment, last: Moment | None) -> datetime:
    """Give since when, by a clock that is not trusted, nobody knows the time.

    Since the box started; or since we last looked, when the clock was another one.
    """
    elapsed = now.boot_seconds
    if last is not None and last.boot_id == now.boot_id:
        elapsed = max(0, now.boot_seconds - last.boot_seconds)
    return now.at - timedelta(seconds=elapsed)


def counts_date(address: str) -> bool:
    """Tell whether the Date of what answers at an address may be believed.

    Over HTTPS, once the certificate is verified. Over HTTP anybody on the way writes it, and
    a captive portal does; but on loopback nobody is on the way: that is a trial, where the
    online Moodle has the box's own clock, and agrees.
    """
    parts = urlsplit(address)
    return parts.scheme == "https" or _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # another name: who answers there is not known
        return False


def told(moment: datetime) -> str:
    """Write a time as the sentences give it, and as `timedatectl set-time` takes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
