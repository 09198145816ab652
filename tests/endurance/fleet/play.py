"""The outage and the days after it, played by a fleet; what became of it, counted.

Everybody's daily time is the same. The server is away on the first day, and back for the
second: each box then has two days of work. The boxes are off between two daily times, as at a
school at night they may be.
"""

import asyncio
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from beekeed.core.schedule import WHOLE_DRAW, Plan, jitter
from beekeed.errors import BeekeedError
from beekeed.moodle.patience import Patience
from beekeed.sandbox.service import add_service
from beekeed.sandbox.site import set_config
from beekeed.sections import ScheduleSettings
from beekeed.sqlite.opening import open_store
from tests.clock import START
from tests.endurance.fleet.box import FleetBox
from tests.endurance.fleet.leaping import LeapingClock, LeapingLoop
from tests.endurance.fleet.server import ANSWERED, Capacity, Server
from tests.endurance.fleet.site import ADDRESS, Site, taken
from tests.engine.histories.world import memory
from tests.engine.school import MADE, MATHS, TOKEN, Side

DAILY = 2 * 60
LONGEST_JITTER = timedelta(minutes=ScheduleSettings().jitter_minutes)
_BEFORE = timedelta(minutes=1)
_WINDOW = timedelta(hours=1)
_BUSY_SECONDS = 800
_REQUESTS = 4  # of a box that has two days of completions to bring
_DAYS = 3
_LEARNERS = ("amina", "bakary", "chidi")
_WORK = ("By hand", "Numbers", "Fractions")
"""What each day's work completes, from the one on which all is well."""
_AWAY = 1
"""The day on which the server is away."""


@dataclass(frozen=True)
class Manners:
    """How boxes behave: as they do, or without what spares the server."""

    jitter: bool = True
    retry_after: bool = True

    @property
    def name(self) -> str:
        """Name them for a table."""
        has = {"jitter": self.jitter, "Retry-After": self.retry_after}
        lacking = [name for name, is_there in has.items() if not is_there]
        return f"without {' and '.join(lacking)}" if lacking else "as they are"


ALL_MANNERS = (
    Manners(),
    Manners(jitter=False),
    Manners(retry_after=False),
    Manners(jitter=False, retry_after=False),
)


@dataclass(frozen=True)
class Outcome:
    """What became of it, from the daily time after the outage on.

    `most_at_once`: connections at the server at one moment. `last_in_seconds`: when the last of
    those boxes had brought both days that did at all. `late`: those that had to come again on
    another day; `left`: those that had not brought all by the end.
    """

    manners: Manners
    boxes: int
    most_at_once: int
    last_in_seconds: float
    late: int
    left: int
    answered: int
    refused: int


class Hasty(Patience):
    """Somebody who does not hear how long a site asks to be left alone."""

    def failed(self, error: BeekeedError) -> None:
        """See Patience."""
        deaf = {name: value for name, value in error.params.items() if name != "wait_seconds"}
        super().failed(type(error)(error.code, **deaf))


def play(boxes: int, manners: Manners, seed: int = 1) -> Outcome:
    """Have a fleet live through it."""
    random.seed(seed)  # what Patience draws its waits from
    with TemporaryDirectory(dir=memory()) as name:
        folder = Path(name)
        store = asyncio.run(_new_store(folder / "beekeed.sqlite"))  # it has a thread
        with asyncio.Runner(loop_factory=LeapingLoop) as runner:
            return runner.run(_Fleet(folder, store, boxes, manners, seed).live())


def capacity(boxes: int) -> Capacity:
    """Give a server that so many boxes keep busy for longer than their jitter spreads them."""
    workers = math.ceil(boxes / 250)
    seconds = _BUSY_SECONDS * workers / (boxes * _REQUESTS)
    return Capacity(workers=workers, queue=5 * workers, work_seconds=seconds)


class _Fleet:
    """The boxes, the server that they share, and the time."""

    def __init__(self, folder: Path, store: bytes, boxes: int, manners: Manners, seed: int) -> None:
        self._folder = folder
        self._store = store
        self._count = boxes
        self._manners = manners
        self._rng = Random(seed)
        self._clock = LeapingClock(START)
        self._server = Server(capacity(boxes), self._rng)
        self._box = Side(folder / "box.sqlite", (MATHS,), spare_ids=20)

    async def live(self) -> Outcome:
        """Have them live through the outage and the days after it."""
        boxes = await self._synchronized()
        for day in range(1, _DAYS + 1):
            self._work(day)
            self._server.is_up = day != _AWAY
            if day == _AWAY + 1:
                self._server.forget()
            await self._day(day, boxes)
        outcome = self._outcome(boxes)
        self._box.close()
        for each in boxes:
            await each.close()
        return outcome

    async def _synchronized(self) -> list[FleetBox]:
        """Make the boxes, all as after a first sync that went well."""
        online = Side(self._folder / "online.sqlite", (MATHS,))
        add_service(online.db, token=TOKEN, now=MADE)
        set_config(online.db, "wwwroot", ADDRESS)
        for side in (self._box, online):
            for name in _LEARNERS:
                side.learner(name, "Learner", name.title(), "MATHS")
        self._work(0)
        online.close()
        first = self._made(self._store, taken(online.path), draw=0)
        await first.synchronize()
        assert first.site.completions() == len(_LEARNERS)
        made = [
            self._made(first.store_content(), first.site.content(), self._rng.randrange(WHOLE_DRAW))
            for _ in range(self._count)
        ]
        await first.close()
        return made

    def _made(self, store: bytes, online: bytes, draw: int) -> FleetBox:
        longest = LONGEST_JITTER if self._manners.jitter else timedelta()
        return FleetBox(
            school=self._box.path,
            store=store,
            site=Site(online),
            server=self._server,
            clock=self._clock,
            patience=(Patience if self._manners.retry_after else Hasty)(clock=self._clock),
            plan=lambda draw: Plan(daily=DAILY, jitter=jitter(longest, draw)),
            draw=draw,
        )

    def _work(self, day: int) -> None:
        """Have a day's work done, the same on each box."""
        for activity in _WORK[day : day + 1]:
            for name in _LEARNERS:
                self._box.complete(name, activity, at=START + timedelta(days=day))

    async def _day(self, day: int, boxes: Sequence[FleetBox]) -> None:
        """Have boxes on from just before the daily time, until they are in or the hour is over."""
        due = _due(day)
        await self._clock.sleep((due - _BEFORE - self._clock.now()).total_seconds())
        left = [each for each in boxes if each.in_at is None]
        wanted = len(_LEARNERS) * min(day + 1, len(_WORK)) if day > _AWAY else None
        running = [asyncio.create_task(each.live(wanted)) for each in left]
        if running:
            await asyncio.wait(running, timeout=(_BEFORE + _WINDOW).total_seconds())
            for each in left:
                each.turn_off()
            await asyncio.gather(*running)

    def _outcome(self, boxes: Sequence[FleetBox]) -> Outcome:
        due, met = _due(_AWAY + 1), self._server.met
        seconds = [(b.in_at - due).total_seconds() for b in boxes if b.in_at is not None]
        return Outcome(
            manners=self._manners,
            boxes=self._count,
            most_at_once=self._server.most_at_once,
            last_in_seconds=max(seconds),
            late=sum(1 for each in seconds if each > _WINDOW.total_seconds()),
            left=self._count - len(seconds),
            answered=met[ANSWERED],
            refused=met.total() - met[ANSWERED],
        )


def _due(day: int) -> datetime:
    return START + timedelta(days=day, minutes=DAILY)


async def _new_store(path: Path) -> bytes:
    """Give our database as it is at first."""
    await (await open_store(path)).close()
    return taken(path)


def missed(outcomes: Sequence[Outcome]) -> list[str]:
    """Say which of our targets were missed, each of one fleet beside another."""
    by_manners = {each.manners: each for each in outcomes}
    ours, together, deaf = (by_manners[each] for each in ALL_MANNERS[:3])
    held = {
        "each box brings all": ours.left == 0,
        "at most one box in twenty comes again on another day": ours.late <= ours.boxes / 20,
        "the server meets a fifth of what it would without jitter":
            ours.most_at_once <= together.most_at_once / 5,
        "a third as many requests are turned away as without jitter":
            ours.refused <= together.refused / 3,
        "a third as many come again as without Retry-After": ours.late <= deaf.late / 3,
    }  # fmt: skip
    return [target for target, is_held in held.items() if not is_held]


def table(outcomes: Sequence[Outcome]) -> str:
    """Put outcomes side by side, for people."""
    lines = [
        f"{'boxes':38}{'at once':>8}{'refused':>9}{'last in':>10}{'a day late':>12}{'left':>6}"
    ]
    for each in outcomes:
        name = f"{each.boxes} {each.manners.name}"
        last = timedelta(seconds=round(each.last_in_seconds))
        lines.append(
            f"{name:38}{each.most_at_once:8}{each.refused:9}{last!s:>16}{each.late:6}{each.left:6}"
        )
    return "\n".join(lines)
