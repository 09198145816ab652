"""The account of bytes held against the line: never under the truth, never over the limit."""

from tests.endurance.chaos.buttons import Buttons
from tests.endurance.chaos.place import Place


class Books:
    """Looks at both, at any time. A month is one of this world's, by the true time."""

    def __init__(self, place: Place, buttons: Buttons) -> None:
        self._place = place
        self._buttons = buttons
        self._month = self._now()
        self._before_month = 0

    def check(self) -> None:
        """See that they agree; the line is read first, so that nothing is on it unwritten."""
        truth, charged = self._place.on_line(), self._place.in_ledger()
        names = self._place.on_line_for_names()
        assert charged >= truth, (
            f"the ledger has {charged} bytes, and the line {truth}, {names} of them for names"
        )
        spent, most = truth - self._before_month, self._buttons.most_allowed_bytes
        assert spent <= most, f"{spent} bytes in {self._month}, when at most {most} were allowed"

    def turn_page(self) -> None:
        """Note that another month may have begun. Nothing is on the line."""
        self.check()
        if self._now() != self._month:
            self._month, self._before_month = self._now(), self._place.on_line()
            self._buttons.begin_month()

    def close(self) -> None:
        """Count what it comes to."""
        self.check()
        truth = self._place.on_line()
        self._place.tally.bytes_on_line = truth
        self._place.tally.over_bytes = self._place.in_ledger() - truth

    def _now(self) -> tuple[int, int]:
        today = self._place.clock.today()
        return today.year, today.month
