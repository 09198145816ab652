"""The time of this world, which nights move on, and the box's clock, which may be wrong."""

import time
from datetime import UTC, date, datetime
from email.utils import formatdate

from tests.system.wallclock import set_clock
from tests.system.world import World

DAY_SECONDS = 86_400


class WorldClock:
    """`ahead_seconds`: nights since it began; `wrong_seconds`: how far the box is off that."""

    def __init__(self, here: World) -> None:
        self._here = here
        self.ahead_seconds = 0
        self.wrong_seconds = 0
        self._first_day = self.today()

    @property
    def months(self) -> int:
        """How many months this world has seen, the first and the present one among them."""
        now, first = self.today(), self._first_day
        return 12 * (now.year - first.year) + now.month - first.month + 1

    def now(self) -> int:
        """The true time of this world, in Unix seconds."""
        return int(time.time()) + self.ahead_seconds

    def today(self) -> date:
        """The true day, in UTC."""
        return datetime.fromtimestamp(self.now(), UTC).date()

    def tell(self) -> None:
        """Set the box's clock, and that of the online Moodle's server, which is right."""
        set_clock(self._here, f"{self.ahead_seconds + self.wrong_seconds:+d}")
        self._here.switch("date", formatdate(self.now(), usegmt=True))

    def sleep_until_morning(self, nights: int) -> None:
        """Let nights go by."""
        self.ahead_seconds += nights * DAY_SECONDS
        self.tell()

    def step(self, seconds: int) -> None:
        """Have the box's clock be wrong by so much; 0: it is right."""
        self.wrong_seconds = seconds
        self.tell()
