"""Whether the clock is believed, by real files and real answers; what our database keeps of it."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from beekeed.clock import SystemBoot
from beekeed.core.calendar import Span
from beekeed.core.clocktrust import Moment, Trust
from beekeed.core.model import Bytes, Charge, RunStatus
from beekeed.errors import Code
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call
from beekeed.ports.stores import Ending
from beekeed.sqlite.days import SqliteDays
from beekeed.sqlite.history import SqliteHistory
from beekeed.sqlite.store import Store
from tests.boxclock import Box
from tests.clock import START, FakeTrust
from tests.line import paid_line

HOUR = timedelta(hours=1)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box that was just started, whose clock is right."""
    return Box(tmp_path)


def test_a_time_server_that_answers_late_is_believed(box: Box) -> None:
    """The clock is set, and timesyncd says so."""
    box.clock.set(datetime(1970, 1, 1, tzinfo=UTC))
    assert box.why() is Code.CLOCK_BEHIND
    box.clock.time += HOUR
    box.clock.set(START)
    assert box.why() is Code.CLOCK_UNCONFIRMED
    box.synchronize()
    assert (box.state(), box.why()) == (Trust.SYNCED, None)


def test_a_clock_that_is_set_after_a_time_server_answered(box: Box) -> None:
    """It is not trusted until one answers again; forth and back is no harm."""
    box.synchronize()
    assert box.state() is Trust.SYNCED
    for by in (HOUR, -HOUR):
        box.clock.set(box.clock.now() + by)
        assert box.state() is Trust.UNTRUSTED
        box.clock.set(box.clock.now() - by)
        assert box.state() is Trust.SYNCED
    box.clock.set(box.clock.now() + HOUR)
    box.clock.time += HOUR
    box.synchronize()
    assert box.state() is Trust.SYNCED


def test_a_time_server_that_told_the_future_is_not_believed(box: Box) -> None:
    """The clock was set back before beekeed started: the file tells that."""
    box.touch(box.told, START + HOUR)
    assert box.state() is Trust.UNTRUSTED


def test_the_online_moodle_agrees_until_the_clock_is_set(box: Box) -> None:
    """It is asked once; then only where the clock was set since."""
    assert box.trust.wants_date()
    box.trust.hear(START + timedelta(minutes=4))
    assert box.state() is Trust.PLAUSIBLE
    assert not box.trust.wants_date()
    box.clock.time += 50 * HOUR
    assert box.state() is Trust.PLAUSIBLE
    box.clock.set(START)
    assert box.why() is Code.CLOCK_BEHIND
    assert box.trust.wants_date()


def test_a_date_that_disagrees_ends_trust_and_is_not_asked_for_again(box: Box) -> None:
    """Until the clock is set: then the online Moodle may agree."""
    box.trust.hear(START)
    box.clock.time += HOUR
    box.trust.hear(START - HOUR)
    assert box.why() is Code.CLOCK_DISAGREES
    assert not box.trust.wants_date()
    box.clock.set(START - HOUR + timedelta(days=1))
    assert box.trust.wants_date()


def test_a_start_of_beekeed_keeps_what_was_agreed_a_start_of_the_box_does_not(box: Box) -> None:
    """The clock of a box that was off went on by nobody knows how much."""
    box.trust.hear(START)
    known = box.trust.moment()
    box.clock.time += HOUR
    box.trust = box.started(known)
    assert box.state() is Trust.PLAUSIBLE
    box.trust = box.started(known, "another")
    assert box.why() is Code.CLOCK_UNCONFIRMED
    box.clock.set(START - HOUR)
    assert box.why() is Code.CLOCK_BEHIND


def test_what_timesyncd_kept_is_a_floor_and_no_more(box: Box) -> None:
    """It sets the clock to that at a start: nobody knows how long the box was off."""
    box.touch(box.kept)
    assert box.why() is Code.CLOCK_UNCONFIRMED
    box.touch(box.kept, START + HOUR)
    assert box.why() is Code.CLOCK_BEHIND
    box.trust.hear(START)
    assert box.why() is Code.CLOCK_BEHIND


def test_where_no_date_counts_none_is_asked_for(box: Box) -> None:
    """Over plain HTTP."""
    assert not box.started(counts_date=False).wants_date()


def test_this_machine_knows_its_boot() -> None:
    """The same for every program until the next start."""
    one, two = SystemBoot(), SystemBoot()
    assert one.id == two.id != ""
    assert 0 < one.seconds() <= two.seconds() + 1


class Listener(FakeTrust):
    """What takes the Dates."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[datetime] = []

    def hear(self, date: datetime) -> None:
        """See ClockTrust."""
        self.heard.append(date)


async def ask(host: str, date: str) -> list[datetime]:
    """Have a server at a host of this machine answer with a Date; gives what was heard."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"sitename": "x"}, headers={"Date": date})

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()
    trust = Listener()
    address = f"http://{host}:{runner.addresses[0][1]}"
    line = paid_line()
    way = Transport(address=address, token="x", timeout_seconds=5, line=line, trust=trust)
    try:
        await way.ask(Call("core_webservice_get_site_info", {}))
    finally:
        await way.close()
        await runner.cleanup()
    return trust.heard


async def test_the_date_of_an_answer_is_heard_on_loopback_and_not_over_http() -> None:
    """A captive portal writes what it likes; nobody is between this machine and itself."""
    date = "Mon, 30 Nov 2026 21:00:00 GMT"
    assert await ask("127.0.0.1", date) == [datetime(2026, 11, 30, 21, tzinfo=UTC)]
    assert await ask(socket.gethostname(), date) == []


@pytest.mark.parametrize("date", ["", "soon", "Mon, 99 Nov 2026 21:00:00 GMT", "0"])
async def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    """And the answer counts all the same."""
    assert await ask("127.0.0.1", date) == []


async def test_the_newest_trusted_moment_is_kept(store: Store) -> None:
    """It may be before the one that it replaces: a time server set right what was wrong."""
    days = SqliteDays(store=store)
    assert await days.known() is None
    for at in (START + HOUR, START):
        now = Moment(at, "this", 5, Trust.SYNCED)
        await days.note_known(now)
        assert await days.known() == now


async def test_a_doubt_is_known_in_its_boot_until_it_is_over(store: Store) -> None:
    """Whether its clock was right turns out in that boot or never."""
    days = SqliteDays(store=store)
    began = Moment(START, "this", 5)
    await days.note_doubt(Span(START, START + HOUR), began)
    assert await days.open_doubt("this") == began
    assert await days.open_doubt("another") is None
    await days.note_doubt(Span(START, START + 2 * HOUR))
    assert await days.open_doubt("this") is None
    assert await days.doubts() == [Span(START, START + 2 * HOUR)]
    await days.note_doubt(Span(START, START + HOUR), Moment(START, "another", 5))
    assert await days.doubts() == [Span(START, START + 2 * HOUR)]
    assert await days.open_doubt("another") is not None


async def test_runs_of_this_boot_are_put_right_and_no_others(store: Store) -> None:
    """By how long ago they were; what a trusted clock told stays."""
    history = SqliteHistory(store=store)
    wrong = datetime(1970, 1, 1, tzinfo=UTC)
    ending = Ending(RunStatus.COMPLETED, None, Bytes(), Bytes(), Charge.SYNC, 3600, 0, 0)
    for boot_id, at, trust in (
        ("another", wrong, Trust.UNTRUSTED),
        ("this", wrong, Trust.UNTRUSTED),
        ("this", START, Trust.SYNCED),
    ):
        run_id, _ = await history.begin("test", Moment(at, boot_id, 100, trust))
        await history.end(run_id, 1, ending, Moment(at + HOUR, boot_id, 3700, trust))
    await history.put_right(Moment(START, "this", 7300, Trust.SYNCED))
    known, mended, other = await history.recent(3)
    assert (known.started_at, known.ended_at) == (START, START + HOUR)
    assert (mended.started_at, mended.ended_at) == (START - 2 * HOUR, START - HOUR)
    assert (other.started_at, other.ended_at) == (wrong, wrong + HOUR)
    assert [run.clock_trusted for run in (known, mended, other)] == [True, True, False]
