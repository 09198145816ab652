"""The adapter of the online Moodle: whatever a site answers, its port's promises hold.

The first line names what is asked; then come the site's answers, each after a line `====`, the
last again and again. Where many calls go in one, each has an answer of its own.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from beekeed.core.model import OnlineCourse
from beekeed.core.step import Step, Verdict
from beekeed.errors import LinkDown, OutcomeUnknown, RemoteGarbled, RemoteRefused
from beekeed.moodle import wire
from beekeed.moodle.calls import Manner
from beekeed.moodle.functions import BATCH
from beekeed.moodle.online import MoodleWebServices
from tests.clock import FakeClock
from tests.endurance.fuzz.answering import WORDS, read
from tests.endurance.fuzz.steps import STEPS
from tests.endurance.fuzz.target import Target, check_kept, check_told

_BETWEEN = b"\n====\n"
_MOST_ASKED = 60

Ask = Callable[[MoodleWebServices], Awaitable[Any]]

_COURSE = OnlineCourse("MATHS", 2, None, None, None)
_READ: Mapping[str, Ask] = {
    "probe": lambda online: online.probe(),
    "rights": lambda online: online.rights({"quiz"}, ["MATHS"]),
    "courses": lambda online: online.courses(["MATHS", "ART"]),
    "contents": lambda online: online.contents(_COURSE),
    "people": lambda online: online.people(["sara", "Š"]),
    "people_by_id": lambda online: online.people_by_id([7, 8]),
    "sees_people": lambda online: online.sees_people(),
    "enrolled": lambda online: online.enrolled(2),
    "completions": lambda online: online.completions([(2, 7), (2, 8)]),
    "grades": lambda online: online.grades([(2, 7), (2, 8)]),
    "assignments": lambda online: online.assignments(2, {5}),
    "groups": lambda online: online.groups(2),
    "memberships": lambda online: online.memberships(2),
    "make_group": lambda online: online.make_group(2, "Lions"),
    "profiles": lambda online: online.profiles(2),
    "suspended": lambda online: online.suspended(2),
}


class Site:
    """Stands where the transport does: gives answers in order."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self._answers = answers
        self._asked = 0

    async def ask(self, call: wire.Call) -> wire.Json:
        """See Transport."""
        if call.function != BATCH:
            return read(self._next())
        requests = call.arguments["requests"]
        responses = [{"error": False, "data": self._next().decode("utf-8", "replace")}]
        responses += [
            {"error": False, "data": self._next().decode("utf-8", "replace")} for _ in requests[1:]
        ]
        return read(json.dumps({"responses": responses}).encode())

    def payable_bytes(self) -> int | None:
        """See Transport."""
        return None

    async def close(self) -> None:
        """See Transport."""

    def _next(self) -> bytes:
        """Give the next answer. A site that is asked without end is one too many."""
        self._asked += 1
        assert self._asked < _MOST_ASKED, "it asks again and again"
        return self._answers[min(self._asked, len(self._answers)) - 1]


def target() -> Target:
    """Give the target."""
    asked = (*_READ, *(f"apply {name}" for name in STEPS))
    words = (*(f"{name}\n====\n" for name in asked), _BETWEEN.decode(), *WORDS)
    running = asyncio.new_event_loop()

    def taste(data: bytes) -> None:
        running.run_until_complete(_taste(data))

    return Target(taste, words)


async def _taste(data: bytes) -> None:
    name, _, rest = data.partition(_BETWEEN)
    asked = name.decode("latin-1")
    site: Any = Site(rest.split(_BETWEEN))
    online = MoodleWebServices(
        transport=site,
        clock=FakeClock(),
        max_input_vars=1000,
        learner_role="student",
        learner_role_id=5,
        manner=Manner,
    )
    try:
        if steps := STEPS.get(asked.removeprefix("apply ")):
            await _apply(online, steps)
        elif ask := _READ.get(asked):
            check_kept(await ask(online))
    except (LinkDown, OutcomeUnknown, RemoteGarbled, RemoteRefused) as error:
        check_told(error)


async def _apply(online: MoodleWebServices, steps: Sequence[Step]) -> None:
    """Do steps and read back what is unknown: as many outcomes, and none is unknown then."""
    try:
        outcomes = await online.apply(steps)
    except (OutcomeUnknown, RemoteGarbled) as error:
        raise AssertionError("a lost answer is an outcome") from error
    check_kept(outcomes)
    pairs = zip(steps, outcomes, strict=True)
    unknown = [step for step, outcome in pairs if outcome.verdict is Verdict.UNKNOWN]
    if unknown:
        settled = await online.settle(unknown)
        check_kept(settled)
        assert len(settled) == len(unknown)
        assert all(each.verdict is not Verdict.UNKNOWN for each in settled)
