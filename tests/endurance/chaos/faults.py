"""What goes wrong: each fault with its beginning, its end, and how one sees that it took effect.

Each beat has a fault of its own; `strike` begins it, `end` is when it is over.
"""

import random
import sqlite3
import time

from tests.disk import fill
from tests.endurance.chaos import disk
from tests.endurance.chaos.front import Mood
from tests.endurance.chaos.hold import Hold
from tests.endurance.chaos.place import LINE, Place
from tests.link.emulator import Weather
from tests.namespaces import ip

_MOST_ANSWER = 600
_WRONG_SECONDS = (-20 * 365 * 86_400, -86_400, -3_600, 86_400, 40 * 86_400)
_REQUESTS_BEFORE = (0, 0, 1, 2, 3, 4, 6, 9)
"""A fault comes after so many requests of a sync, one of them; or at one that writes."""
_WRITING_BEFORE = (0, 0, 0, 1, 2)
_OF_WRITING = 0.6
_NOT_A_DATABASE = b"Not a database. " * 512


class Fault:
    """One fault in one beat. `comes_first`: before the sync, which has no use for it later."""

    comes_first = False
    least_seconds = 0.0
    """It lasts so long at least, to take effect."""

    def __init__(self, place: Place, chance: random.Random) -> None:
        self.place = place
        self.chance = chance

    def moment(self) -> Hold:
        """Give the moment at which to strike: what is kept back until then."""
        if self.chance.random() < _OF_WRITING:
            return Hold(of_writing=True, skip=self.chance.choice(_WRITING_BEFORE))
        return Hold(skip=self.chance.choice(_REQUESTS_BEFORE))

    def strike(self) -> None:
        """Begin."""

    def end(self) -> None:
        """Be over."""

    def has_struck(self) -> bool:
        """Whether it took effect, once it is over."""
        return True


class Cut(Fault):
    """The box's end of the line is down."""

    def strike(self) -> None:
        """See Fault."""
        self._open = self.place.is_running()
        self._requests = self.place.witness.requests
        self._set("down")

    def end(self) -> None:
        """See Fault."""
        self._silent = self.place.witness.requests == self._requests
        self._set("up")

    def has_struck(self) -> bool:
        """See Fault. A sync was under way, and none of its requests came through any more."""
        return self._open and self._silent

    def _set(self, state: str) -> None:
        ip("-n", self.place.emulator.box, "link", "set", self.place.emulator.device, state)


class Silence(Fault):
    """The line loses every packet."""

    least_seconds = 0.5

    def strike(self) -> None:
        """See Fault."""
        self._lost = self.place.emulator.lost
        self.place.emulator.weather = Weather(loss=1.0)

    def end(self) -> None:
        """See Fault."""
        self.place.emulator.weather = LINE

    def has_struck(self) -> bool:
        """See Fault. It was packets of ours."""
        return self.place.emulator.lost > self._lost


class Rain(Silence):
    """The line is slow, far, and loses some."""

    def strike(self) -> None:
        """See Fault."""
        super().strike()
        self.place.emulator.weather = Weather(0.1, 0.15, 64_000)


class Front(Fault):
    """What stands before the online Moodle misbehaves."""

    what = ""

    def strike(self) -> None:
        """See Fault."""
        self._before = self.place.front.did[self.what]
        times = self.chance.choice((1, 1, 2, 4))
        self.place.front.mood = Mood(self.what, self.chance.randrange(_MOST_ANSWER), times)

    def end(self) -> None:
        """See Fault."""
        self.place.front.mood = None

    def has_struck(self) -> bool:
        """See Fault. It counts what it does."""
        return self.place.front.did[self.what] > self._before


class Reset(Front):
    """Connections are reset in the middle of an answer."""

    what = "reset"


class ResetRequest(Front):
    """Connections are reset in the middle of a request."""

    what = "reset request"


class Garbage(Front):
    """Answers are garbage, from somewhere on."""

    what = "garbage"


class BadGateway(Front):
    """A proxy gives up after the work was done, and does not say until when."""

    what = "502"


class BadGatewayLater(Front):
    """The same, and it says so."""

    what = "502 later"


class Drip(Front):
    """An answer comes a few bytes at a time."""

    what = "drip"


class Switched(Fault):
    """Something is wrong with the online Moodle itself."""

    switch, value, status = "", "", 0

    def strike(self) -> None:
        """See Fault."""
        self._count = self._met()
        self.place.here.switch(self.switch, self.value)

    def end(self) -> None:
        """See Fault."""
        self.place.here.switch(self.switch, None)

    def has_struck(self) -> bool:
        """See Fault. It noted so."""
        return self._met() > self._count

    def _met(self) -> int:
        sql = "SELECT count(*) FROM sandbox_request WHERE status = ?"
        return int(self.place.here.on_online(sql, self.status)[0][0])


class Busy(Switched):
    """It is busy, and says for how long."""

    switch, value, status = "status", "503 2", 503


class Failing(Switched):
    """It fails when its work is done."""

    switch, value, status = "status_after", "500 1", 500


class HardFailing(Switched):
    """It fails before it does anything."""

    switch, value, status = "status", "500 1", 500


class FullDisk(Fault):
    """The disk with our state is full."""

    least_seconds = 1.5

    def strike(self) -> None:
        """See Fault."""
        self.place.is_disk_full = True
        self.place.here.in_state("PRAGMA wal_checkpoint(TRUNCATE)")  # no room left in the log
        # Whoever reads keeps SQLite's log from starting over in place: each commit takes room.
        self._reader = sqlite3.connect(self.place.here.state, isolation_level=None)
        self._reader.execute("BEGIN")
        self._reader.execute("SELECT count(*) FROM run")
        self._filler = fill(self.place.here.state.parent)

    def end(self) -> None:
        """See Fault. Who ended meanwhile is started again."""
        daemon = self.place.daemon
        self._ended = daemon is not None and daemon.poll() is not None
        self._reader.close()
        self._filler.unlink()
        self.place.is_disk_full = False
        self.place.disk_freed_at = time.monotonic()

    def has_struck(self) -> bool:
        """See Fault. The daemon could not write, and ended."""
        return self._ended


class BoxGone(Fault):
    """The file of the box's database is not there."""

    comes_first = True
    codes: tuple[str, ...] = ("device_missing", "device_unreadable", "device_table_missing")

    def strike(self) -> None:
        """See Fault."""
        self._runs = self._met()
        box = self.place.here.box
        self._kept = box.with_name("kept.sqlite")
        self.place.here.on_box("PRAGMA wal_checkpoint(TRUNCATE)")
        self.place.is_box_away = True
        box.rename(self._kept)

    def end(self) -> None:
        """See Fault."""
        self._kept.rename(self.place.here.box)
        self.place.is_box_away = False

    def has_struck(self) -> bool:
        """See Fault. A sync ended for it."""
        return self._met() > self._runs

    def _met(self) -> int:
        marks = ", ".join("?" * len(self.codes))
        sql = f"SELECT count(*) FROM run WHERE code IN ({marks})"
        return int(self.place.here.in_state(sql, *self.codes)[0][0])


class BoxSpoilt(BoxGone):
    """Another file stands in its place, which is no database."""

    def strike(self) -> None:
        """See Fault."""
        super().strike()
        self.place.here.box.write_bytes(_NOT_A_DATABASE)


class WrongClock(Fault):
    """The box's clock is set to another time, and back."""

    def strike(self) -> None:
        """See Fault."""
        self.place.clock.step(self.chance.choice(_WRONG_SECONDS))
        said = self.place.ask("GET", "/v1/status")
        self._seen = said is not None and said.status == 200
        self._seen = self._seen and said.data["clock"]["trust"] == "untrusted"  # type: ignore[union-attr]

    def end(self) -> None:
        """See Fault."""
        self.place.clock.step(0)

    def has_struck(self) -> bool:
        """See Fault. The daemon does not trust it any more."""
        return self._seen


class Kill(Fault):
    """SIGKILL, in the middle of a sync; mostly while a request that writes is on its way."""

    def moment(self) -> Hold:
        """See Fault. The request may be done, or come late, or never."""
        hold = super().moment()
        hold.of_answer = self.chance.random() < 0.4
        hold.loses = self.chance.random() < 0.6
        return hold

    def strike(self) -> None:
        """See Fault."""
        self._running = self.place.is_running()
        self.place.kill()
        self._leave_behind()
        self.place.note_left_open()

    def _leave_behind(self) -> None:
        """Have the disk be as whoever starts next finds it."""

    def end(self) -> None:
        """See Fault."""
        self.place.start()

    def has_struck(self) -> bool:
        """See Fault. A sync was under way."""
        return self._running


class PowerCut(Kill):
    """The power goes: of what was not flushed, some is on the disk and some is not."""

    def _leave_behind(self) -> None:
        self._laid_out = self.place.is_recorded
        if self._laid_out:
            disk.lay_out_after_a_cut(self.place, self.chance)

    def has_struck(self) -> bool:
        """See Fault. The files were laid out anew from what was recorded."""
        return super().has_struck() and self._laid_out


FAULTS: dict[str, type[Fault]] = {
    "link cut": Cut,
    "silence": Silence,
    "rain": Rain,
    "reset": Reset,
    "reset request": ResetRequest,
    "garbage": Garbage,
    "502": BadGateway,
    "502, Retry-After": BadGatewayLater,
    "503, Retry-After": Busy,
    "500": HardFailing,
    "500 when done": Failing,
    "slow drip": Drip,
    "disk full": FullDisk,
    "box database gone": BoxGone,
    "box database spoilt": BoxSpoilt,
    "clock step": WrongClock,
    "SIGKILL": Kill,
    "power cut": PowerCut,
}

_MORE = {"SIGKILL": 3, "power cut": 2, "500": 3}
"""Those that meet most when they meet a request that writes."""


def draw(chance: random.Random, count: int) -> list[str]:
    """Draw so many of them."""
    return chance.choices(list(FAULTS), [_MORE.get(name, 1) for name in FAULTS], k=count)
