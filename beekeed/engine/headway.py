"""How far one run has come. It may be read at any time, and costs nothing to keep."""


class Headway:
    """What is done of what a run is for: changes that it sends, or learners that it reads back."""

    def __init__(self) -> None:
        self.done = 0
        self.total: int | None = None
        """None before that is known."""

    def expect(self, left: int) -> None:
        """Note how many are left, as was just counted."""
        self.total = self.done + left

    def finish(self, count: int) -> None:
        """Note that so many more are done."""
        self.done += count
        if self.total is not None:  # some came along that nobody counted before
            self.total = max(self.total, self.done)
