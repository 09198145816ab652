"""Whether the box's clock may be believed: it has no battery (features.md, row 22)."""

from typing import Protocol


class ClockTrust(Protocol):
    """What knows whether the wall clock tells the true time."""

    def is_trusted(self) -> bool:
        """Tell whether it does now, as far as anybody knows."""
        ...
