"""The site is gone, broken or shut in the middle of sending: what is waited out, what is said."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from beekeed.core.model import Kind, RunStatus, Uncarried
from beekeed.core.request import Request
from beekeed.errors import (
    BeekeedError,
    Code,
    LinkDown,
    OutcomeUnknown,
    RemoteGarbled,
    RemoteRefused,
)
from beekeed.moodle import functions
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call
from beekeed.sandbox.course import Activity
from tests.engine.school import School, counts, forbid
from tests.engine.test_interrupted import cut_off
from tests.engine.test_stopping import switch, until
from tests.line import paid_line

NO_BATCHES = "DELETE FROM mdl_external_services_functions WHERE functionname LIKE 'tool_mobile%'"
NO_FLAGS = "DELETE FROM mdl_external_services_functions WHERE functionname LIKE '%user_flags'"


def asked(call: Call) -> list[str]:
    """The functions of a request."""
    if call.function == functions.BATCH:
        return [each["function"] for each in call.arguments["requests"]]
    return [call.function]


class Breaking(Transport):
    """A line that ends with an error from the first call of a function on."""

    def __init__(self, *, function: str, error: BeekeedError, **options: Any) -> None:
        super().__init__(**options)
        self._function = function
        self._error = error
        self.broken: list[str] = []

    async def ask(self, call: Call) -> Any:
        """See Transport."""
        if self.broken or self._function in asked(call):
            self.broken += asked(call)
            raise self._error
        return await super().ask(call)


def breaks(here: School, function: str, error: BeekeedError) -> Callable[[], list[str]]:
    """Have the line break, and give what tells which functions it broke at."""
    lines: list[Breaking] = []

    def line() -> Breaking:
        made = Breaking(
            function=function,
            error=error,
            address=here.address,
            token=here.token,
            timeout_seconds=10,
            line=paid_line(here.ledger),
        )
        lines.append(made)
        return made

    here.transport = line  # type: ignore[method-assign]
    return lambda: lines[-1].broken


@pytest.fixture
async def amina(here: School) -> School:
    """One learner whom both sides know, and who did more since; an assignment in MATHS."""
    for side in (here.box, here.online):
        side.add("MATHS", Activity("assign", "Essay", 2, completion=0, grade=10.0))
        side.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.completed()
    here.box.complete("amina", "Fractions")
    return here


@pytest.mark.parametrize("function", [functions.COMPLETE, functions.ENROLLED])
@pytest.mark.parametrize(
    "error", [LinkDown(Code.NOT_REACHED, detail="gone"), RemoteRefused(Code.MAINTENANCE)]
)
async def test_a_line_that_is_gone_is_waited_for_as_long_while_writing_as_while_reading(
    amina: School, function: str, error: BeekeedError
) -> None:
    """Two minutes or so: surely nothing was done, so there is no reason to give up sooner."""
    broken = breaks(amina, function, error)
    details = await amina.sync()
    assert details.run.status is RunStatus.ERROR
    assert details.run.reason is not None
    assert details.run.reason.code is error.code
    assert broken() == [function] * 8
    assert await amina.store.rows("SELECT 1 FROM intent") == []


@pytest.mark.parametrize(
    "error",
    [
        RemoteGarbled(Code.NOT_A_MOODLE, status=200),
        RemoteGarbled(Code.REDIRECTED, where="portal.example"),
        OutcomeUnknown(Code.SERVER_BUSY, status=500),
    ],
)
async def test_what_does_not_pass_is_not_told_a_completion_twice(
    amina: School, error: BeekeedError
) -> None:
    """It is read back, now or by the next run; nothing is said again to whoever answered."""
    broken = breaks(amina, functions.COMPLETE, error)
    details = await amina.sync()
    assert details.run.status is RunStatus.ERROR
    assert details.run.reason is not None
    assert details.run.reason.code is error.code
    assert broken() == [functions.COMPLETE, functions.COMPLETIONS]
    assert len(await amina.store.rows("SELECT 1 FROM intent")) == 1
    del amina.transport
    await amina.completed()
    assert amina.online.state("amina", "Fractions") == 1


async def grade_and_die(here: School, fault: str, value: str) -> None:
    """Send an assignment's grade, and end the process when it is stored or about to be."""
    here.box.grade("amina", "Essay", 7.0)
    switch(here, fault, value)
    run = asyncio.create_task(here.engine().run(Request("test"), lambda _: None, lambda _: None))
    if fault == "hold_after":
        await until(lambda: here.online.grades("amina", "Essay"))
    else:
        await until(lambda: here.online.sql("SELECT 1 FROM sandbox_request WHERE calls > 1"))
    await until_intended(here)
    run.cancel()
    await asyncio.wait({run})
    switch(here, fault, None)


async def until_intended(here: School) -> None:
    """Wait until a grade is on the wire."""
    async with asyncio.timeout(30):
        while not await here.store.rows("SELECT 1 FROM intent WHERE kind = 4"):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("how", ["function", "capability"])
async def test_a_grade_that_cannot_be_silenced_any_more_holds_nothing_up(
    amina: School, how: str
) -> None:
    """It arrived before the power went; meanwhile somebody took away what silences it."""
    await grade_and_die(amina, "hold_after", functions.GRADE_ASSIGNMENT)
    if how == "function":
        amina.online.sql(NO_FLAGS)
    else:
        forbid(amina, "mod/assign:grade", "MATHS")
    amina.box.complete("amina", "By hand")
    await amina.sync()
    assert amina.online.state("amina", "By hand") == 1
    assert await amina.store.rows("SELECT 1 FROM intent") == []


async def test_what_shuts_between_a_grade_and_its_silence_leaves_it_open(amina: School) -> None:
    """Without batches it is two requests: the first is done, and settled when the site is back."""
    amina.online.sql(NO_BATCHES)
    amina.box.grade("amina", "Essay", 7.0)
    broken = breaks(amina, functions.ASSIGNMENT_FLAGS, RemoteRefused(Code.MAINTENANCE))
    details = await amina.sync()
    assert details.run.status is RunStatus.ERROR
    assert details.run.reason is not None
    assert details.run.reason.code is Code.MAINTENANCE
    assert broken()
    assert amina.online.grades("amina", "Essay") == [(0, 7.0)]
    assert len(await amina.store.rows("SELECT 1 FROM intent")) == 1
    del amina.transport
    await amina.completed()
    assert [row[0] for row in amina.online.sql("SELECT mailed FROM mdl_assign_user_flags")] == [1]
    assert await amina.store.rows("SELECT 1 FROM intent") == []


@pytest.mark.parametrize(("hours", "waits"), [(0, True), (1, False), (-1, True)])
async def test_after_a_restart_the_site_is_left_alone_until_it_must_be_done(
    amina: School, hours: int, waits: bool
) -> None:
    """By when the request was sent; a clock that went back since tells nothing."""
    await grade_and_die(amina, "hold_after", functions.GRADE_ASSIGNMENT)
    amina.clock.set(amina.clock.now() + timedelta(hours=hours))
    began = amina.clock.monotonic()
    await amina.engine().run(Request("test"), lambda _: None, lambda _: None)
    waited = amina.clock.monotonic() - began
    assert (waited >= 1) is waits


async def test_what_a_run_settles_counts_as_what_it_did(amina: School) -> None:
    """A completion that arrived before the power went, and one that is sent."""
    await cut_off(amina, Kind.COMPLETION)
    amina.box.complete("amina", "By hand")
    details = await amina.completed()
    assert counts(details)[("completion", "done")] == 2
    assert details.uncarried[Uncarried.TIME] == 2


async def test_what_one_refusal_reaches_is_set_aside_at_once(here: School) -> None:
    """Forty learners of a deleted activity: not a transaction for each."""
    names = [f"l{number}" for number in range(40)]
    for name in names:
        for side in (here.box, here.online):
            side.learner(name, "L", name, "MATHS")
    await here.completed()
    for name in names:
        here.box.complete(name, "Numbers")
    record, recorded = here.stores.journal.record, []

    async def counting(*what: Any) -> None:
        recorded.append(len(what[2]))
        await record(*what)

    here.stores.journal.record = counting  # type: ignore[method-assign, assignment]
    here.online.sql("DELETE FROM mdl_course_modules WHERE id = ?", here.online.module("Numbers"))
    await here.sync()
    assert len(recorded) <= 3
