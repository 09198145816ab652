"""The hypothesis state machine: draws what happens, when, and what goes wrong meanwhile."""

import asyncio
import shutil
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from beekeed.core.request import VERIFY, Period, Request
from beekeed.engine import Rules
from tests.engine.histories import ending
from tests.engine.histories.elsewhere import ONLINE
from tests.engine.histories.line import Fault, Trouble, Weather
from tests.engine.histories.lives import SECOND_THOUGHTS, TROUBLES, WORK, Life
from tests.engine.histories.report import Report
from tests.engine.histories.world import PUPILS, Plan, World, memory
from tests.engine.school import School

Happening = tuple[str, str, int]
"""What, who, and a number that chooses the rest."""
Works = list[Happening]

WHO = st.sampled_from(PUPILS)
NUMBERS = st.integers(0, 999)
WORKS = st.lists(st.tuples(st.sampled_from(WORK), WHO, NUMBERS), min_size=1, max_size=4)
HAPPENINGS = st.tuples(st.sampled_from(TROUBLES), WHO, NUMBERS)
_VALUES = {
    Fault.BUSY: st.sampled_from(("500", "502", "503 120", "429 5")),
    Fault.CUT_REQUEST: st.sampled_from(("12", "30")),
    Fault.HALF_DONE: st.sampled_from("123456789"),
    Fault.HALF_ANSWERED: st.sampled_from("123456789"),
    Fault.REDIRECTED: st.just("http://elsewhere.example/"),
}
TROUBLE = st.sampled_from(Fault).flatmap(
    lambda fault: st.builds(Trouble, st.just(fault), _VALUES.get(fault, st.just("*")))
)
_REQUEST = st.one_of(st.integers(1, 6), st.integers(4, 14), st.integers(10, 30))
_WAIT = st.one_of(st.integers(1, 60), st.integers(40, 160), st.integers(100, 350))
_SOME = st.dictionaries(_REQUEST, TROUBLE, max_size=2)
_FOR_GOOD = st.one_of(st.none(), TROUBLE)
BAD_LINE = st.one_of(
    st.builds(
        Weather, _SOME, st.dictionaries(st.integers(1, 7), TROUBLE, min_size=1, max_size=3)
    ),
    st.builds(Weather, st.dictionaries(_REQUEST, TROUBLE, min_size=1, max_size=2),
              for_good=_FOR_GOOD),
).map(Plan)  # fmt: skip
_WRITE = st.integers(1, 8)
POWER_CUT = st.one_of(
    st.builds(Plan, st.builds(Weather, _SOME), cut=_WAIT),
    st.builds(Plan, since=_WRITE, cut=st.integers(1, 9)),
)
STOP = st.one_of(st.builds(Plan, stop=_WAIT), st.builds(Plan, since=_WRITE, stop=st.integers(1, 3)))
DROPPED = st.builds(
    Weather,
    writes=st.dictionaries(
        st.integers(1, 6),
        st.builds(Trouble, st.sampled_from((Fault.LOST_ANSWER, Fault.CUT_ANSWER))),
        min_size=1, max_size=1,
    ),
    for_good=st.builds(Trouble, st.sampled_from((Fault.REFUSED, Fault.MAINTENANCE, Fault.PORTAL))),
).map(Plan)  # fmt: skip
"""A request is done and its answer lost; then nobody answers any more."""
SURE = st.one_of(
    DROPPED,
    st.builds(Weather, _SOME, st.dictionaries(st.integers(1, 3), TROUBLE, min_size=1)).map(Plan),
    st.builds(Plan, st.builds(Weather, _SOME), cut=st.integers(1, 150)),
)
"""What the first run of all meets in any case: it has much to do."""
PLANS = st.one_of(BAD_LINE, POWER_CUT, BAD_LINE, POWER_CUT, DROPPED, STOP, st.just(Plan()))
THEN = st.lists(st.tuples(st.sampled_from(SECOND_THOUGHTS), WHO, NUMBERS), max_size=2)
"""What comes right after a run that may have gone wrong: other values for the same facts."""
MEANWHILE = st.tuples(_WAIT, st.tuples(st.sampled_from((*ONLINE, *WORK)), WHO, NUMBERS))


def _request(today: date, number: int) -> Request:
    """What a sync is asked for: mostly nothing special."""
    match number % 8:
        case 7:
            return Request(VERIFY)
        case 6:
            return Request(force=True)
        case 5:
            return Request(period=Period(today - timedelta(days=number % 60), today))
        case _:
            return Request()


class Lives(RuleBasedStateMachine):
    """One history."""

    templates: Path
    runner: asyncio.Runner
    report: Report

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="beekeed-history-", dir=memory()))
        self.world = World(self.templates, self.folder)
        self.life = Life(self.world)
        self.settings = lambda here: None
        self.runner.run(self.world.start())

    @initialize(
        batch_calls=st.sampled_from((100, 5, 1)),
        slice_changes=st.sampled_from((100, 3)),
        audit_bytes=st.sampled_from((0, 5000)),
        first=WORKS,
        plan=SURE,
        then=THEN,
        taken=st.sampled_from(("", "", "username", "email")),
    )
    def begin(
        self, batch_calls: int, slice_changes: int, audit_bytes: int,
        first: Works, plan: Plan, then: Works, taken: str,
    ) -> None:  # fmt: skip
        """Set beekeed up, have the first work done, and the first run."""

        def settings(here: School) -> None:
            here.batch_calls, here.audit_bytes = batch_calls, audit_bytes
            here.rules = Rules(slice_changes=slice_changes)

        self.settings = settings
        if taken:
            self.world.take(taken)
        self.work(first)
        self.sync(0, plan, None, then)

    @rule(works=WORKS)
    def work(self, works: Works) -> None:
        """Learners and their teachers work on the box."""
        for each in works:
            self.life.happen(*each)

    @rule(happening=HAPPENINGS)
    def trouble(self, happening: Happening) -> None:
        """Something else happens, on the box, to its clock, or online."""
        self.life.happen(*happening)

    @rule(number=NUMBERS, plan=PLANS, meanwhile=st.one_of(st.none(), MEANWHILE), then=THEN)
    def sync(
        self, number: int, plan: Plan, meanwhile: tuple[int, Happening] | None, then: Works
    ) -> None:
        """A run, with what goes wrong, what else happens during it, and what right after."""
        if meanwhile is not None:
            at, happening = meanwhile
            plan = replace(plan, meanwhile=(at, lambda: self.life.happen(*happening)))
        request = _request(self.world.clock.now().date(), number)
        self.runner.run(self.world.sync(request, plan, self.settings))
        self.work(then)

    def teardown(self) -> None:
        """Let all calm down, and look."""
        try:
            self.runner.run(self._calm_down())
        finally:
            self.report.note(self.world)
            self.runner.run(self.world.end())
            shutil.rmtree(self.folder)

    async def _calm_down(self) -> None:
        last = await self.world.calm_down()
        await ending.check(self.world, last)
