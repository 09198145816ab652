"""Trouble that passes is waited out; who asks to be left alone is."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from beekeed.core import retry
from beekeed.errors import Code, LinkDown, OutcomeUnknown
from beekeed.moodle import functions
from beekeed.moodle.patience import Patience
from beekeed.moodle.requests import Requests
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call
from tests.adapters.online import adapter
from tests.adapters.test_transport import server
from tests.clock import FakeClock
from tests.line import paid_line

CALL = Call("core_webservice_get_site_info", {})


@asynccontextmanager
async def requests(
    *answers: Callable[[], web.Response], clock: FakeClock
) -> AsyncIterator[tuple[Requests, list[float]]]:
    """Requests to a server that gives these answers in turn, and the moments they were made."""
    asked: list[float] = []

    async def answer(_: web.Request) -> web.Response:
        asked.append(clock.monotonic())
        return answers[min(len(asked), len(answers)) - 1]()

    async with server(answer) as address:
        way = Transport(address=address, token="t", timeout_seconds=5, line=paid_line())
        patience = Patience(clock=clock)
        patience.begin()
        try:
            yield Requests(transport=way, patience=patience, batch_calls=10), asked
        finally:
            await way.close()


def good() -> web.Response:
    """What Moodle answers."""
    return web.json_response({"sitename": "x"})


def busy(status: int = 503, **headers: str) -> Callable[[], web.Response]:
    """What a server on the way answers that cannot."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: web.Response(status=status, text="<html>", headers=named)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_what_passes_is_waited_out(status: int) -> None:
    """Twice busy, then well: the answer comes, after waits of at most one and two seconds."""
    clock = FakeClock()
    async with requests(busy(status), busy(status), good, clock=clock) as (asks, asked):
        assert await asks.read_one(CALL) == {"sitename": "x"}
    assert len(asked) == 3
    assert 0 < asked[1] - asked[0] <= 1
    assert 0 < asked[2] - asked[1] <= 2


async def test_what_does_not_pass_is_not_asked_again() -> None:
    """Whoever must mend something is told at once."""
    clock = FakeClock()
    async with requests(busy(500), clock=clock) as (asks, asked):
        with pytest.raises(OutcomeUnknown):
            await asks.read_one(CALL)
    assert len(asked) == 1


async def test_after_three_tries_somebody_is_told() -> None:
    """Until the site answered in this run; after that a run has more to lose."""
    clock = FakeClock()
    async with requests(busy(), busy(), busy(), good, busy(), clock=clock) as (asks, asked):
        with pytest.raises(OutcomeUnknown):
            await asks.read_one(CALL)
        assert len(asked) == 3
        await asks.read_one(CALL)
        with pytest.raises(OutcomeUnknown):
            await asks.read_one(CALL)
        assert len(asked) == 4 + 8


async def test_boxes_that_failed_together_do_not_come_back_together() -> None:
    """The wait is drawn, from nothing on."""
    waits = set()
    for _ in range(20):
        clock = FakeClock()
        async with requests(busy(), busy(), good, clock=clock) as (asks, asked):
            await asks.read_one(CALL)
        waits.add(round(asked[2] - asked[0], 1))
    assert len(waits) > 5


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "90"},
        {"Retry_After": "Sun, 01 Nov 2026 12:01:30 GMT", "Date": "Sun, 01 Nov 2026 12:00:00 GMT"},
    ],
)
async def test_retry_after_is_obeyed(headers: dict[str, str]) -> None:
    """In seconds, or as a date beside the server's own: the box's clock may be wrong."""
    clock = FakeClock()
    async with requests(busy(503, **headers), good, clock=clock) as (asks, asked):
        await asks.read_one(CALL)
    assert 90 <= asked[1] - asked[0] <= 135


async def test_boxes_that_were_told_the_same_do_not_come_back_together() -> None:
    """Each a little later than it was asked to: a share of that, which is drawn."""
    waits = set()
    for _ in range(20):
        clock = FakeClock()
        async with requests(busy(Retry_After="60"), good, clock=clock) as (asks, asked):
            await asks.read_one(CALL)
        waits.add(int(asked[1] - asked[0]))
    assert min(waits) >= 60
    assert max(waits) <= 90
    assert len(waits) > 8


async def test_a_site_that_says_when_to_come_again_is_asked_more_often() -> None:
    """As often as one that has answered: it serves whom it can, and the box has its turn."""
    clock = FakeClock()
    async with requests(busy(Retry_After="60"), clock=clock) as (asks, asked):
        with pytest.raises(OutcomeUnknown):
            await asks.read_one(CALL)
    assert len(asked) == 8


async def test_a_long_wait_makes_nobody_much_later() -> None:
    """A minute at the most: whoever begins after an hour does not wait half of one more."""
    clock = FakeClock()
    async with requests(busy(Retry_After="3600"), good, clock=clock) as (asks, asked):
        with pytest.raises(LinkDown):
            await asks.read_one(CALL)
        clock.time += timedelta(seconds=3600)
        await asks.read_one(CALL)
    assert asked[1] - asked[0] <= 3600 + 60


@pytest.mark.parametrize(
    "asked_for", ["-5", "soon", "", "1.5", "Sun, 01 Nov 99999999999999999999 12:00:00 GMT"]
)
async def test_a_retry_after_that_says_nothing_is_none(asked_for: str) -> None:
    """The usual wait then."""
    clock = FakeClock()
    async with requests(busy(Retry_After=asked_for), good, clock=clock) as (asks, asked):
        await asks.read_one(CALL)
    assert asked[1] - asked[0] <= 1


async def test_who_asks_for_longer_than_a_run_waits_is_left_alone() -> None:
    """No request goes out before; a new run changes nothing of that, and the time does."""
    clock = FakeClock()
    async with requests(busy(Retry_After="3600"), good, clock=clock) as (asks, asked):
        for _ in range(2):
            with pytest.raises(LinkDown) as caught:
                await asks.read_one(CALL)
            assert caught.value.code is Code.ASKED_TO_WAIT
            assert caught.value.params["minutes"] == 60
        assert len(asked) == 1
        clock.time += timedelta(seconds=3600 - retry.LONGEST_WAIT_SECONDS)
        await asks.read_one(CALL)
        assert asked[1] - asked[0] >= 3600


@pytest.mark.parametrize("digits", [12, 400, 5000])
async def test_years_are_a_mistake(digits: int) -> None:
    """A day is the most that a box leaves a site alone, however long the number is."""
    clock = FakeClock()
    async with requests(busy(Retry_After="9" * digits), good, clock=clock) as (asks, _):
        with pytest.raises(LinkDown):
            await asks.read_one(CALL)
        clock.time += timedelta(days=1)
        await asks.read_one(CALL)


async def test_a_failure_shortens_no_wait() -> None:
    """A site that may still be at work is left alone, whatever else fails meanwhile."""
    clock = FakeClock()
    patience = Patience(clock=clock)
    patience.hold(20)
    patience.failed(LinkDown(Code.NOT_REACHED, detail="refused"))
    began = clock.monotonic()
    await patience.wait()
    assert clock.monotonic() - began >= 20


class Laborious(Transport):
    """A site that takes longer for more than ten calls at once than anybody waits."""

    def __init__(self, *, clock: FakeClock) -> None:
        super().__init__(
            address="http://127.0.0.1:9", token="t", timeout_seconds=1, line=paid_line()
        )
        self._clock = clock
        self.sizes: list[int] = []

    async def ask(self, call: Call) -> Any:
        """See Transport."""
        size = len(call.arguments["requests"]) if call.function == functions.BATCH else 1
        self.sizes.append(size)
        if size > 10:
            await self._clock.sleep(120)
            raise OutcomeUnknown(Code.NO_ANSWER, detail="timeout")
        return {"responses": [{"error": False, "data": "1"}] * size}


async def test_reading_asks_for_less_at_once_after_a_lost_answer() -> None:
    """And does not begin again with as much; the next run dares twice that."""
    clock = FakeClock()
    way = Laborious(clock=clock)
    patience = Patience(clock=clock)
    patience.succeeded()
    asks = Requests(transport=way, patience=patience, batch_calls=331)
    asks.batches = True
    calls = [Call(functions.GRADES, {"courseid": 1, "userid": n}) for n in range(40)]
    assert len(await asks.read_all(calls, at_once=30)) == 40
    assert way.sizes == [30, 15, 7, 7, 7, 7, 7, 5]
    way.sizes.clear()
    await asks.read_all(calls[:9], at_once=30)
    assert way.sizes == [7, 2]
    way.sizes.clear()
    asks.begin()
    await asks.read_all(calls[:9], at_once=30)
    assert way.sizes == [9]


async def test_who_asked_to_be_left_alone_is_by_everybody() -> None:
    """A check has a line of its own to the site, and the same patience as a sync."""
    clock, asked = FakeClock(), []
    patience = Patience(clock=clock)

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return busy(Retry_After="3600")()

    async with server(answer) as address:
        for _ in ("sync", "check"):
            online = adapter(address, clock=clock, patience=patience)
            with pytest.raises(LinkDown) as caught:
                await online.probe()
            assert caught.value.code is Code.ASKED_TO_WAIT
            await online.close()
    assert len(asked) == 1
