"""Faults that no setting of Moodle makes, flipped by SQL while the site runs."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from beekeed.sandbox.online import SandboxOnline

from .client import Caller, Reply
from .conftest import TOKEN
from .test_batch import complete, stored_states
from .test_completions import KOFI, OVERRIDE, module

Sql = Callable[..., list[sqlite3.Row]]


def switch(sql: Sql, name: str, value: str = "*") -> None:
    """Switches a fault on."""
    sql("INSERT OR REPLACE INTO sandbox_switch VALUES (?, ?)", name, value)


async def act(call: Caller, sql: Sql) -> Reply:
    """Completes an activity that Kofi has not done."""
    return await call(OVERRIDE, userid=KOFI, cmid=untouched(sql), newstate=1)


def untouched(sql: Sql) -> int:
    """An activity; nobody has done any from here on, unless they did in this test."""
    if not sql("SELECT 1 FROM sandbox_request"):
        sql("DELETE FROM mdl_course_modules_completion")
    return module(sql, "page", "Fractions")


@asynccontextmanager
async def held(call: Caller, sql: Sql) -> AsyncIterator[asyncio.Task[Reply]]:
    """A request that hangs on a switch; the site has received it when the block begins."""
    untouched(sql)
    task = asyncio.create_task(act(call, sql))
    while not sql("SELECT 1 FROM sandbox_request"):
        await asyncio.sleep(0.005)
    yield task


async def test_held_before_nothing_is_done(call: Caller, sql: Sql) -> None:
    """The request waits undone until the switch is gone, then it is done."""
    switch(sql, "hold_before", OVERRIDE)
    async with held(call, sql) as task:
        other = await call("core_webservice_get_site_info")
        assert other.status == 200
        assert not task.done()
        assert stored_states(sql, untouched(sql)) == []
        sql("DELETE FROM sandbox_switch")
        assert (await task).body["state"] == 1


async def test_held_after_it_is_done_already(call: Caller, sql: Sql) -> None:
    """The work is committed while its answer still waits."""
    switch(sql, "hold_after", OVERRIDE)
    async with held(call, sql) as task:
        cmid = untouched(sql)
        while not stored_states(sql, cmid):
            await asyncio.sleep(0.005)
        assert not task.done()
        assert sql("SELECT status FROM sandbox_request")[0]["status"] is None
        sql("DELETE FROM sandbox_switch")
        assert (await task).status == 200


async def test_stopping_lets_go_of_what_is_held(
    school: Path, session: aiohttp.ClientSession, sql: Sql
) -> None:
    """A site that is stopped waits for no switch; the client sees its connection end."""
    online = SandboxOnline(school)
    call = Caller(session, await online.start(), TOKEN)
    switch(sql, "hold_after")
    async with held(call, sql) as task:
        await online.stop()
        with pytest.raises(aiohttp.ClientError):
            await task


@pytest.mark.parametrize(("name", "done"), [("cut_before", []), ("cut_after", [1])])
async def test_a_cut_connection_leaves_the_client_without_an_answer(
    call: Caller, sql: Sql, name: str, done: list[int]
) -> None:
    """Before: nothing done. After: done and committed. The client cannot tell which."""
    cmid = untouched(sql)
    switch(sql, name, f"{OVERRIDE}:1")
    with pytest.raises(aiohttp.ClientError):
        await act(call, sql)
    assert stored_states(sql, cmid) == done
    row = sql("SELECT * FROM sandbox_request")[0]
    assert (row["status"], row["bytes_down"]) == (None, 0)
    assert sql("SELECT * FROM sandbox_switch") == []
    assert (await act(call, sql)).body["state"] == 1


async def test_a_count_is_used_up_one_by_one(call: Caller, sql: Sql) -> None:
    """After so many requests the fault is over."""
    switch(sql, "cut_before", "*:2")
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await call("core_webservice_get_site_info")
    assert (await call("core_webservice_get_site_info")).status == 200


async def test_a_fault_of_a_function_meets_the_batch_with_it(call: Caller, sql: Sql) -> None:
    """And no other request."""
    cmid = untouched(sql)
    switch(sql, "cut_after", OVERRIDE)
    assert (await call("core_webservice_get_site_info")).status == 200
    with pytest.raises(aiohttp.ClientError):
        await call.batch(("core_webservice_get_site_info", "{}"), complete(cmid))
    assert stored_states(sql, cmid) == [1]


async def test_a_status_with_retry_after(call: Caller, sql: Sql) -> None:
    """A server that is too busy does nothing and says when to come back."""
    cmid = untouched(sql)
    switch(sql, "status", "503 120")
    reply = await act(call, sql)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "120")
    assert stored_states(sql, cmid) == []
    assert sql("SELECT status FROM sandbox_request")[0]["status"] == 503


async def test_a_status_in_the_place_of_the_answer(call: Caller, sql: Sql) -> None:
    """What was asked is done and committed, and the answer says that it failed."""
    cmid = untouched(sql)
    switch(sql, "status_after", "500")
    assert (await act(call, sql)).status == 500
    assert stored_states(sql, cmid) == [1]
    assert sql("SELECT status FROM sandbox_request")[0]["status"] == 500


async def test_a_captive_portal_answers_200_and_html(call: Caller, sql: Sql) -> None:
    """In the site's place, nothing done."""
    cmid = untouched(sql)
    switch(sql, "html")
    reply = await act(call, sql)
    assert (reply.status, reply.content_type) == (200, "text/html")
    assert stored_states(sql, cmid) == []


async def test_a_redirect(call: Caller, sql: Sql) -> None:
    """302 to wherever the switch says."""
    switch(sql, "redirect", "http://portal.example:80/login?next=1")
    reply = await call("core_webservice_get_site_info")
    assert (reply.status, reply.headers["Location"]) == (
        302,
        "http://portal.example:80/login?next=1",
    )


async def test_garbage_breaks_off_in_the_middle(call: Caller, sql: Sql) -> None:
    """The work is done, but its answer cannot be read."""
    cmid = untouched(sql)
    switch(sql, "garbage")
    with pytest.raises(ValueError):
        await act(call, sql)
    assert stored_states(sql, cmid) == [1]


async def test_an_answer_without_an_end(call: Caller, sql: Sql) -> None:
    """It begins as JSON and goes on as long as somebody reads."""
    switch(sql, "endless")
    fields = {"wstoken": call.token, "wsfunction": "core_webservice_get_site_info",
              "moodlewsrestformat": "json"}  # fmt: skip
    address = f"{call.address}/webservice/rest/server.php"
    async with call.session.post(address, data=fields) as response:
        assert response.content_type == "application/json"
        await response.content.readexactly(20_000)
