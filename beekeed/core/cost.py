"""What a sync will cost, told before a byte leaves: counts of what is read, times figures.

What is sent is written out and measured by the adapter (`OnlineMoodle.cost`). What is
read has no text yet: the figures here were measured with `python -m
tests.benchmarks.measure_bytes`, which has a real daemon synchronize courses of 12 to 250
activities and up to 60 learners over a real socket with the sandbox, which answers as
nginx and Moodle do, compressed (gzip 1). A site that does not compress costs about ten
times as much to read.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from beekeed.core.model import Bytes, Kind, Reason


@dataclass(frozen=True, slots=True)
class Cost:
    """What some requests cost as HTTP messages, heads included, and how many they are."""

    http: Bytes = field(default_factory=Bytes)
    requests: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.http + other.http, self.requests + other.requests)


NOTHING = Cost()


class Read(StrEnum):
    """What is read of the online Moodle."""

    SITE = "site"
    COURSES = "courses"
    """Each course's header, all in one request."""
    CONTENTS = "contents"
    """Each activity of a course."""
    ENROLLED = "enrolled"
    """Each account that is enrolled in a course."""
    PROFILES = "profiles"
    PEOPLE = "people"
    """Each username that is looked up."""
    ASSIGNMENTS = "assignments"
    """Each assignment of a course."""
    GROUPS = "groups"
    GRADES = "grades"
    """Each account whose grades in a course are read."""
    GRADE_ITEMS = "grade_items"
    """Each grade item in such a report."""
    STATES = "states"
    """Each account whose completions in a course are read."""
    STATE_ITEMS = "state_items"
    """Each tracked activity in such a report."""


@dataclass(frozen=True, slots=True)
class _Figure:
    """Bytes of one request, and of each thing more that is read by it."""

    sent: int
    received: int
    sent_each: int = 0
    received_each: int = 0


# Measured: see above. Reports: one batch of up to 20 accounts; their items have no request.
_FIGURES = {
    Read.SITE: _Figure(300, 1430),
    Read.COURSES: _Figure(250, 830, 160, 145),
    Read.CONTENTS: _Figure(380, 1200, 0, 40),
    Read.ENROLLED: _Figure(365, 600, 0, 14),
    Read.PROFILES: _Figure(460, 700, 0, 35),
    Read.PEOPLE: _Figure(310, 440, 32, 4),
    Read.ASSIGNMENTS: _Figure(535, 960, 7, 80),
    Read.GROUPS: _Figure(330, 410, 0, 20),
    Read.GRADES: _Figure(300, 450, 107, 75),
    Read.GRADE_ITEMS: _Figure(0, 0, 0, 27),
    Read.STATES: _Figure(260, 450, 125, 60),
    Read.STATE_ITEMS: _Figure(0, 0, 0, 11),
}


def reading(what: Read, things: int, *, requests: int = 1) -> Cost:
    """Give what it costs to read so many things by so many requests."""
    figure = _FIGURES[what]
    return Cost(
        Bytes(
            figure.sent * requests + figure.sent_each * things,
            figure.received * requests + figure.received_each * things,
        ),
        requests,
    )


def items(what: Read, count: int) -> Cost:
    """Give what the items in reports cost, which come with their requests."""
    return reading(what, count, requests=0)


_FRAME = 66  # Ethernet, IPv4 and TCP with timestamps, of each packet; on IPv6 20 more
_SEGMENT = 1448  # of an HTTP message in one packet; every second packet is acknowledged
_CONNECTION = (5, 3)  # packets up and down that open and close one
_HANDSHAKE = Bytes(700, 4500)  # TLS 1.3 with a chain of two certificates
_RECORD = 22  # TLS, each message


def on_the_line(cost: Cost, *, encrypted: bool) -> Bytes:
    """Give what a run costs on the line, where all goes over one connection."""
    if not cost.requests:
        return Bytes()
    http, requests = cost.http, cost.requests
    if encrypted:
        http += Bytes(requests * _RECORD, requests * _RECORD) + _HANDSHAKE
    up, down = (
        count / _SEGMENT + requests / 2 for count in (http.sent, http.received)
    )  # the last packet of a message is half full
    return Bytes(
        http.sent + math.ceil(_FRAME * (up + down / 2 + _CONNECTION[0])),
        http.received + math.ceil(_FRAME * (down + up / 2 + _CONNECTION[1])),
    )


class Spending:
    """Adds up what changes cost, in their order, as far as a limit allows."""

    def __init__(self, limit_bytes: int | None = None, *, encrypted: bool = False) -> None:
        self._limit = limit_bytes
        self._encrypted = encrypted
        self._whole = NOTHING
        self._is_over = False
        self.spent = Bytes()
        """On the line, of what fits."""

    def take(self, changes: int, price: Cost) -> int:
        """Add some changes that cost so much together; gives how many of them fit.

        Of those that fit in part, the first do; after them, none.
        """
        before = self._on_the_line()
        self._whole += price
        own = _less(self._on_the_line(), before)
        fits = 0 if self._is_over else self._fitting(changes, own)
        self._is_over = fits < changes
        self.spent += Bytes(own.sent * fits // changes, own.received * fits // changes)
        return fits

    @property
    def rest(self) -> Bytes:
        """On the line, of what does not fit."""
        return _less(self._on_the_line(), self.spent)

    def _on_the_line(self) -> Bytes:
        return on_the_line(self._whole, encrypted=self._encrypted)

    def _fitting(self, changes: int, own: Bytes) -> int:
        if self._limit is None:
            return changes
        left = self._limit - self.spent.sent - self.spent.received
        whole = max(1, own.sent + own.received)
        return min(changes, max(0, changes * left // whole))


def _less(whole: Bytes, part: Bytes) -> Bytes:
    return Bytes(whole.sent - part.sent, whole.received - part.received)


@dataclass(frozen=True, slots=True)
class Share:
    """What would become of what is pending, of one kind in one course.

    `course` is empty for what belongs to none. `goes` and `left`: what would be sent,
    and what not within the limit. `waits`: how much does not go for which reason, None
    where it waits for something else that does not go.
    """

    kind: Kind
    course: str
    goes: int
    left: int
    waits: tuple[tuple[Reason | None, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sync would do now. `cost`: on the line; `rest`: of what would be left.

    `met`: the site answered before; else nobody knows what is there already.
    """

    shares: tuple[Share, ...]
    cost: Bytes
    rest: Bytes
    met: bool
