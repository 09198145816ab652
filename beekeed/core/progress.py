"""How far a run is: a view that holds all, so that one that was missed does not matter."""

from collections.abc import Iterable
from dataclasses import dataclass

from beekeed.core.model import Bytes, Change, Kind, Reason, RunStatus
from beekeed.core.step import Outcome, Verdict

_OPEN = frozenset({Verdict.NOT_TRIED, Verdict.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Progress:
    """A run that is under way, or the latest that ended, with its status.

    `done` of `total`: changes that have an outcome, of those that it is to send; of a run
    that reads back: learners. `total` is None before that is known.
    """

    event_id: str
    cause: str
    status: RunStatus
    reason: Reason | None
    done: int
    total: int | None
    spent: Bytes

    @property
    def left(self) -> int | None:
        """How many are not done; None before that is known."""
        return None if self.total is None else self.total - self.done


def finished(outcomes: Iterable[tuple[Change, Outcome]]) -> int:
    """Count the changes that need nothing more in a run, of those that it was to send.

    Accounts, and enrolments of who left, are no work of their own: others bring them.
    """
    return sum(
        outcome.verdict not in _OPEN and not _is_brought(change) for change, outcome in outcomes
    )


def _is_brought(change: Change) -> bool:
    kind = change.key.kind
    return kind is Kind.ACCOUNT or (kind is Kind.ENROLMENT and change.value == "left")
