"""Draws how far a run is, from the views of `GET /v1/events`, in a line of 80 columns."""

from collections.abc import Mapping
from typing import Any, TextIO

from beekeed.ctl.language import listed, ways
from beekeed.ctl.terminal import Terminal

_BAR = 20
_WIDTH = 79  # the last column stays free: some terminals begin a new line there
_UNDER_WAY = ("running", "stopping")


class LiveLine:
    """A line of a terminal that is drawn over and over; where there is no terminal, nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.is_live = stream.isatty()

    def draw(self, text: str) -> None:
        """Show this instead of what was shown."""
        if self.is_live:
            self._stream.write(f"\r\x1b[K{text[:_WIDTH]}")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        self.draw("")


def is_under_way(run: Mapping[str, Any] | None) -> bool:
    """Tell whether a view's run has not ended."""
    return run is not None and run["status"] in _UNDER_WAY


def said(terminal: Terminal, view: Mapping[str, Any]) -> str:
    """Say one view: what is done and left of the run under way, or how the latest ended."""
    run = view["run"]
    if run is None:
        return terminal.word(view["phase"])
    if not is_under_way(run):
        return said_of_ended(terminal, run)
    reads_back = run["cause"] == "verify" and run["steps_total"] is not None
    doing = "verify" if reads_back else view["phase"]
    return listed([f"{terminal.word(doing)}{_steps(run)}", ways(run)])


def said_of_ended(terminal: Terminal, run: Mapping[str, Any]) -> str:
    """Say how a run ended, by what a view or the history has of it."""
    total = run.get("steps_total")
    done = [] if total is None else [f"{run['steps_done']}/{total}"]
    said = listed([terminal.word(run["status"]), *done, ways(run)])
    return terminal.pair(run["event_id"], said)


def _steps(run: Mapping[str, Any]) -> str:
    done, total = run["steps_done"], run["steps_total"]
    if not total:
        return ""
    filled = done * _BAR // total
    return f" [{'#' * filled}{'.' * (_BAR - filled)}] {done}/{total}"
