"""What is pending: the box's facts held against the receipts.

Works on one slice at a time (some learners with all that they did), so that memory
does not grow with the box. A hash of the slice's receipts serves better here than
merging sorted rows: it does not depend on how three databases order text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from beekeed.core.model import DONE, Change, Completion, Fact, Key, Kind, Reason, Receipt
from beekeed.core.step import Complete, JoinGroup, Outcome, Step, Verdict
from beekeed.errors import Code


@dataclass(frozen=True, slots=True)
class Differences:
    """What reading a slice of the box changes in what we have noted."""

    pending: tuple[Change, ...] = ()
    """New, or pending with another value than was noted."""
    settled: tuple[Key, ...] = ()
    """Noted as pending, and no longer a difference."""
    lost: tuple[Key, ...] = ()
    """Noted as pending, and no longer on the box at all."""
    gone: tuple[Key, ...] = ()
    """Acknowledged, and no longer on the box: sends nothing (features.md, row 18)."""
    back: tuple[Key, ...] = ()
    """Was gone, and is on the box again."""

    def __bool__(self) -> bool:
        return bool(self.pending or self.settled or self.lost or self.gone or self.back)

    def touched(self) -> list[Key]:
        """Name everything that differs from what was noted."""
        return [*(each.key for each in self.pending), *self.settled, *self.lost, *self.gone,
                *self.back]  # fmt: skip


def comparison_due(
    compared_at: datetime | None, now: datetime, trouble: Code | None, *, quiet: bool
) -> bool:
    """Tell whether every row of the box is to be compared, whatever its digests say.

    Once a day, rather while the box is quiet; and after any sign of trouble:
    `trouble` is why the last run ended in error, and a clock that went back
    tells nothing.
    """
    if compared_at is None or not compared_at <= now:
        return True
    if trouble is not None and (trouble in _SIGNS or trouble.startswith(_SIGNS_BEGIN)):
        return True
    return now - compared_at >= (_ALL_WHEN_QUIET if quiet else _ALL_AT_LATEST)


_ALL_WHEN_QUIET = timedelta(hours=18)
_ALL_AT_LATEST = timedelta(hours=24)
_SIGNS = frozenset({Code.INTERRUPTED, Code.INTERNAL})
_SIGNS_BEGIN = ("device_", "store_")


def compare(
    facts: Iterable[Fact], receipts: Mapping[Key, Receipt], noted: Mapping[Key, Change]
) -> Differences:
    """Hold a slice's facts against its receipts and the changes noted before."""
    pending: list[Change] = []
    settled: list[Key] = []
    back: list[Key] = []
    lost = dict.fromkeys(noted)
    gone = dict.fromkeys(key for key, receipt in receipts.items() if not receipt.gone)
    for fact in facts:
        receipt, before = receipts.get(fact.key), noted.get(fact.key)
        gone.pop(fact.key, None)
        lost.pop(fact.key, None)
        if receipt is not None and receipt.gone:
            back.append(fact.key)
        if not acknowledged(fact, receipt):
            if before is None or before.value != fact.value:
                pending.append(Change(fact.key, fact.value, fact.happened_at, base=receipt))
        elif before is not None and not _stays_noted(before, receipt):
            settled.append(fact.key)
    return Differences(tuple(pending), tuple(settled), tuple(lost), tuple(gone), tuple(back))


def _stays_noted(before: Change, receipt: Receipt | None) -> bool:
    """Tell whether what is acknowledged was set aside when it was read again later.

    Online changed since: the box has nothing to send, and a person should know all the same;
    or somebody wants it to be tried again, and the next sync looks. The box may hold another
    value by now which the same receipt confirms: a pass for what was complete.
    """
    if receipt is None or before.key.kind is Kind.ACCOUNT:
        return False
    return before.value == receipt.value


def acknowledged(fact: Fact, receipt: Receipt | None) -> bool:
    """Tell whether there is nothing to send for a fact.

    A completion of 1 or 2 is confirmed by a receipt of either. One that failed
    (3, 4) sends no completion, ever, and one that never was sends no 0. An
    enrolment is made once; of what happens to it later on the box, only that it was
    removed may cross, and that it is there again.
    """
    match fact.key.kind:
        case Kind.GRADE | Kind.PROFILE:
            return receipt is not None and receipt.value == fact.value
        case Kind.ENROLMENT:
            return receipt is not None and _enrolment_acknowledged(fact.value, receipt)
        case Kind.COMPLETION:
            return _completion_acknowledged(Completion(int(fact.value)), receipt)
        case _:
            return receipt is not None


def is_removed(enrolment: str) -> bool:
    """Tell whether an enrolment's value says that the box has it no more."""
    return enrolment in ("removed", "left")


def _enrolment_acknowledged(value: str, receipt: Receipt) -> bool:
    """What we suspended becomes active again with the box's; whatever else is online stays."""
    if is_removed(value):
        return is_removed(receipt.value)
    return receipt.online_value != "suspended" or value == "suspended"


def _completion_acknowledged(state: Completion, receipt: Receipt | None) -> bool:
    if state in DONE:
        return receipt is not None and Completion(int(receipt.value)) in DONE
    if state is Completion.INCOMPLETE:
        return receipt is None or Completion(int(receipt.value)) is Completion.INCOMPLETE
    return True


def reads_first(change: Change) -> bool:
    """Tell whether the online state must be read before this completion may be sent.

    Before one is lowered, before one is sent again, and for a pass, which Moodle may
    have decided itself. A plain completion needs no reading: Moodle leaves any result
    alone (recorded: "complete sent to one that already has passed or failed changes
    nothing").
    """
    is_plain = change.value == str(Completion.COMPLETE.value) and not is_again(change)
    return change.key.kind is Kind.COMPLETION and not is_plain


def is_repeatable(step: Step) -> bool:
    """Tell whether a step whose answer was lost may be done again without reading.

    Moodle makes it harmless (recorded: completing, and joining a group), and reading would
    cost more. In the same run only: later the box may have taken it back.
    """
    if isinstance(step, Complete):
        return not reads_first(step.change)
    return isinstance(step, JoinGroup)


def is_again(change: Change) -> bool:
    """Tell whether the very same was acknowledged before: only what is missing online is sent."""
    return change.base is not None and change.base.value == change.value


def decide(change: Change, theirs: Completion) -> Outcome | None:
    """Decide what becomes of a completion when online holds `theirs`; None: send it.

    Three-way: the receipt is the base, the change ours. What is neither stays
    online and is listed, and so does a pass, which Moodle decided by a grade.
    """
    ours = Completion(int(change.value))
    if ours in DONE:
        if theirs is Completion.INCOMPLETE:
            return None
        return confirmed(theirs)
    if theirs is Completion.INCOMPLETE:
        return Outcome(Verdict.ALREADY, str(theirs.value))
    is_base = change.base is not None and change.base.online_value == str(theirs.value)
    if is_base and theirs is Completion.COMPLETE:
        return None
    return Outcome(
        Verdict.KEPT, str(theirs.value), Reason(Code.ONLINE_DIFFERS, {"online": theirs.value})
    )


def confirmed(theirs: Completion) -> Outcome:
    """Tell what it means for a completion of ours that online already has a result."""
    if theirs in DONE:
        return Outcome(Verdict.ALREADY, str(theirs.value))
    return Outcome(Verdict.KEPT, str(theirs.value), Reason(Code.ONLINE_FAILED))


def wanted(change: Change) -> Completion:
    """Tell the only two states that Moodle takes: complete or incomplete (2 and 3 are refused)."""
    done = Completion(int(change.value)) in DONE
    return Completion.COMPLETE if done else Completion.INCOMPLETE
