"""The adapter of the online Moodle for a test, and steps for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from beekeed.clock import SystemClock
from beekeed.core.model import Change, Completion, Key, Kind, Learner
from beekeed.core.step import Complete, CreateAccount, Outcome, Step, Verdict
from beekeed.moodle.calls import Manner
from beekeed.moodle.online import MoodleWebServices
from beekeed.moodle.transport import Transport
from tests.engine.school import TOKEN, Side
from tests.line import paid_line

LEARNER = Learner("sara", "سارة", "Keïta & Co", "sara@example.org", "S-1", "Gao", "ML", 7, None)


def change(kind: Kind, learner: int = 1) -> Change:
    """A pending change."""
    return Change(Key(kind, 1, 1, learner), "1", None)


def create(username: str) -> CreateAccount:
    """A step that makes an account."""
    learner = replace(LEARNER, username=username, email=f"{username}@example.org")
    return CreateAccount(change(Kind.ACCOUNT), learner, username)


def adapter(address: str, **options: Any) -> MoodleWebServices:
    """The adapter on an address."""
    settings: dict[str, Any] = {
        "clock": SystemClock(),
        "max_input_vars": 35,  # ten calls in a batch
        "learner_role": "student",
        "learner_role_id": 5,
        "manner": Manner,
        "transport": Transport(address=address, token=TOKEN, timeout_seconds=5, line=paid_line()),
    }
    return MoodleWebServices(**settings | options)


async def applied(
    online: MoodleWebServices, steps: Sequence[Step], *, apart: bool = False
) -> list[Outcome]:
    """Do steps, and read back what the answer does not tell for sure."""
    outcomes = list(await online.apply(steps, apart=apart))
    unknown = [place for place, each in enumerate(outcomes) if each.verdict is Verdict.UNKNOWN]
    for place in unknown:
        (outcomes[place],) = await online.settle([steps[place]])
    return outcomes


def complete(
    side: Side, activity: str, state: Completion = Completion.COMPLETE, username: str = "amina"
) -> Complete:
    """A step that completes an activity for somebody."""
    user, course = side.user(username), side.course("MATHS")
    return Complete(change(Kind.COMPLETION, user), user, course, side.module(activity), state)
