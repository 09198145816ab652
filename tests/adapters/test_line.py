"""The line of the histories is held to what the real Transport does with the same faults.

Both reach the same sandbox: the Transport by a socket, with the sandbox's switch on; the line
without. What the Transport itself is held to is in test_transport.py.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from beekeed.errors import BeekeedError
from beekeed.moodle import functions, wire
from beekeed.moodle.transport import Transport
from beekeed.sandbox import database
from beekeed.sandbox.online import SandboxOnline
from beekeed.sandbox.parameters import read_contract
from beekeed.sandbox.service import add_service
from beekeed.sandbox.site import set_config
from tests.engine.histories.line import HOST, Fault, Line, Trouble, Weather
from tests.engine.school import MADE, MATHS, TOKEN, Side
from tests.line import paid_line

Asked = tuple[str, Any, list[tuple[Any, ...]]]
"""What was raised or answered, its code or value, and what was done."""
Asking = Callable[[Trouble | None, wire.Call], Awaitable[Asked]]

HALVES = (Fault.HALF_DONE, Fault.HALF_ANSWERED)
SWITCHED = [
    Trouble(fault)
    for fault in Fault
    if fault
    not in (*HALVES, Fault.LATE, Fault.REFUSED, Fault.REDIRECTED, Fault.BUSY, Fault.CUT_REQUEST)
] + [
    Trouble(Fault.REDIRECTED, "http://elsewhere.example/"),
    Trouble(Fault.BUSY, "500"),
    Trouble(Fault.BUSY, "503 120"),
    Trouble(Fault.BUSY, "429 5"),
    Trouble(Fault.CUT_REQUEST, "6"),
]


def completion(side: Side, name: str) -> wire.Call:
    """A call that completes an activity."""
    arguments = {"userid": side.user("amina"), "cmid": side.module(name), "newstate": 1}
    return wire.Call(functions.COMPLETE, arguments)


async def asked(side: Side, way: Transport, call: wire.Call) -> Asked:
    """Make a call and tell what came of it."""
    try:
        answer = await way.ask(call)
        found: tuple[str, Any] = ("answer", _without_times(answer))
    except BeekeedError as error:
        found = (type(error).__name__, error.code)
    rows = side.sql("SELECT coursemoduleid, completionstate FROM mdl_course_modules_completion")
    return (*found, rows)


def _without_times(answer: wire.Json) -> wire.Json:
    if isinstance(answer, dict):
        return {key: value for key, value in answer.items() if key != "timecompleted"}
    return answer


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    """The online site's database, with one learner."""
    made = Side(tmp_path / "online.sqlite", (MATHS,))
    made.learner("amina", "Amina", "Diallo", "MATHS")
    add_service(made.db, token=TOKEN, now=MADE)
    yield made
    made.close()


@pytest.fixture
async def by_socket(side: Side) -> AsyncIterator[Asking]:
    """The real Transport, to the sandbox's real server."""
    moodle = SandboxOnline(side.path)
    address = await moodle.start()
    way = Transport(address=address, token=TOKEN, timeout_seconds=5, line=paid_line())

    async def ask(trouble: Trouble | None, call: wire.Call) -> Asked:
        if trouble is not None and trouble.fault is Fault.REFUSED:
            await moodle.stop()
        elif trouble is not None:
            put = "INSERT INTO sandbox_switch (name, value) VALUES (?, ?)"
            side.sql(put, trouble.fault.value, trouble.value)
        return await asked(side, way, call)

    yield ask
    await way.close()
    await moodle.stop()


async def on_line(side: Side, trouble: Trouble | None, call: wire.Call) -> Asked:
    """The line, on the same site as it was before."""
    side.sql("DELETE FROM mdl_course_modules_completion")
    side.sql("DELETE FROM sandbox_switch")
    set_config(side.db, "wwwroot", f"http://{HOST}")
    with closing(database.connect(side.path)) as db:
        line = Line(db, read_contract(), TOKEN)
        line.change(Weather({} if trouble is None else {1: trouble}))
        return await asked(side, line, call)


@pytest.mark.parametrize("trouble", [None, Trouble(Fault.REFUSED), *SWITCHED], ids=str)
async def test_the_line_does_what_the_transport_does(
    side: Side, by_socket: Asking, trouble: Trouble | None
) -> None:
    """The same is raised or answered, and the same is done, whatever goes wrong."""
    call = completion(side, "Numbers")
    real = await by_socket(trouble, call)
    assert await on_line(side, trouble, call) == real


async def test_a_batch_is_answered_alike(side: Side, by_socket: Asking) -> None:
    """Each call's answer, in the batch's own form."""
    batch = wire.batch([completion(side, "Numbers"), completion(side, "By hand")])
    real = await by_socket(None, batch)
    assert real[0] == "answer"
    assert (await on_line(side, None, batch))[2] == real[2]


async def test_a_late_request_is_done_when_nobody_waits_for_it_any_more(side: Side) -> None:
    """The Transport gives up after its timeout, and the site does it all the same."""
    call = completion(side, "Numbers")
    moodle = SandboxOnline(side.path)
    address = await moodle.start()
    way = Transport(address=address, token=TOKEN, timeout_seconds=0.3, line=paid_line())
    side.sql("INSERT INTO sandbox_switch (name, value) VALUES ('hold_before', '*')")
    assert await asked(side, way, call) == ("OutcomeUnknown", "no_answer", [])
    await way.close()
    side.sql("DELETE FROM sandbox_switch")
    while not side.sql("SELECT 1 FROM mdl_course_modules_completion"):
        await asyncio.sleep(0.01)
    await moodle.stop()
    assert await on_line(side, Trouble(Fault.LATE), call) == ("OutcomeUnknown", "no_answer", [])


async def test_what_is_late_on_the_line_arrives_after_the_next_request(side: Side) -> None:
    """Or when the next run begins."""
    with closing(database.connect(side.path)) as db:
        set_config(db, "wwwroot", f"http://{HOST}")
        line = Line(db, read_contract(), TOKEN)
        line.change(Weather({1: Trouble(Fault.LATE), 3: Trouble(Fault.LATE)}))
        await asked(side, line, completion(side, "Numbers"))
        site = wire.Call(functions.SITE_INFO, {})
        assert len((await asked(side, line, site))[2]) == 1
        assert len((await asked(side, line, completion(side, "By hand")))[2]) == 1
        line.change(Weather())
        assert len(side.sql("SELECT 1 FROM mdl_course_modules_completion")) == 2


@pytest.mark.parametrize("fault", HALVES)
async def test_half_a_batch_is_done(side: Side, fault: Fault) -> None:
    """Where Moodle fails it says so after what was done; where the connection goes, nothing."""
    batch = wire.batch([completion(side, "Numbers"), completion(side, "By hand")])
    kind, value, rows = await on_line(side, Trouble(fault, "1"), batch)
    assert rows == [(side.module("Numbers"), 1)]
    if fault is Fault.HALF_DONE:
        assert (kind, value) == ("OutcomeUnknown", "no_answer")
    else:
        done, failed = wire.read_batch(value)
        assert not isinstance(done, wire.Refusal)
        assert done["state"] == 1
        assert failed == wire.Refusal("dmlwriteexception")
