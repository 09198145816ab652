"""The power goes, the answer is lost, somebody stops it: and the box goes on changing meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import pytest
from aiohttp import ClientSession, web

from beekeed.core.clocktrust import Moment
from beekeed.core.model import Change, Kind, Reason, RunStatus
from beekeed.core.request import Period, Request
from beekeed.core.step import Outcome, Step
from beekeed.errors import Code, LinkDown, OutcomeUnknown, StoreBroken
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call
from beekeed.ports.device import DeviceMoodle, DeviceSnapshot
from tests.adapters.test_transport import server
from tests.engine.looping import loop_of
from tests.engine.school import School, counts
from tests.line import paid_line

COMPLETE = "core_completion_override_activity_completion_status"


@contextmanager
def power_cut(here: School, kind: Kind) -> Iterator[None]:
    """The power goes when the answers for a kind of change are in, and not written down."""
    journal = here.stores.journal
    record = journal.record

    async def cut(
        run_id: int,
        target_id: int,
        outcomes: Sequence[tuple[Step | Change, Outcome]],
        now: datetime,
    ) -> None:
        changes = [what if isinstance(what, Change) else what.change for what, _ in outcomes]
        if any(change.key.kind is kind for change in changes):
            raise asyncio.CancelledError
        await record(run_id, target_id, outcomes, now)

    journal.record = cut  # type: ignore[method-assign]
    try:
        yield
    finally:
        journal.record = record  # type: ignore[method-assign]


@contextmanager
def disk_full(here: School) -> Iterator[None]:
    """There is no room for what a run has to write down, and there is when it ends."""
    journal, store = here.stores.journal, here.store
    intend = journal.intend

    async def fill(*_: object) -> None:
        async with store.write() as db:
            await db.execute("PRAGMA max_page_count = 1")
            try:
                await db.execute("CREATE TABLE large AS SELECT zeroblob(1000000)")
            finally:
                await db.execute("PRAGMA max_page_count = 4294967294")

    journal.intend = fill  # type: ignore[assignment]
    try:
        yield
    finally:
        journal.intend = intend  # type: ignore[method-assign]


async def cut_off(here: School, kind: Kind) -> None:
    """A run that the power cut ends between the answer and its receipt."""
    with power_cut(here, kind), pytest.raises(asyncio.CancelledError):
        await here.sync()
    assert await here.store.rows("SELECT 1 FROM intent")


@pytest.fixture
def amina(here: School) -> School:
    """One learner, the same on both sides."""
    here.online.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    return here


async def test_taken_back_while_nobody_knew_that_it_had_arrived(amina: School) -> None:
    """Online must not keep what the box has taken back."""
    amina.box.complete("amina", "Numbers")
    await cut_off(amina, Kind.COMPLETION)
    assert amina.online.state("amina", "Numbers") == 1
    amina.box.complete("amina", "Numbers", 0)
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 0


async def test_a_run_that_a_full_disk_ended_says_so_once_there_is_room(amina: School) -> None:
    """Not that beekeed made a mistake; the next one finds what it left."""
    amina.box.complete("amina", "Numbers")
    with disk_full(amina), pytest.raises(StoreBroken):
        await amina.sync()
    (latest,) = await amina.stores.history.recent(1)
    assert (latest.status, latest.reason) == (RunStatus.ERROR, Reason(Code.STORE_FULL))
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 1


class StoppedAtSecondReading:
    """The box's Moodle; when a run reads it again, somebody asks for a stop."""

    def __init__(self, device: DeviceMoodle, stop: Callable[[], None]) -> None:
        self._device = device
        self._stop = stop
        self._readings = 0

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[DeviceSnapshot]:
        """See DeviceMoodle."""
        self._readings += 1
        if self._readings == 2:
            self._stop()
        async with self._device.snapshot() as snapshot:
            yield snapshot


async def stopped_once_settled(here: School) -> None:
    """A run that settles what was open, and is stopped before it has read the box again."""
    device = here.device
    here.device = StoppedAtSecondReading(device, lambda: engine.stop())
    engine = here.engine()
    status, _ = await engine.run(Request("test"), lambda _: None, lambda _: None)
    here.device = device
    assert status is RunStatus.STOPPED
    assert not await here.store.rows("SELECT 1 FROM intent")


async def test_taken_back_and_the_run_that_learned_it_had_arrived_is_stopped(
    amina: School,
) -> None:
    """The next run finds the difference, though the box is as the stopped one read it."""
    amina.box.complete("amina", "Numbers")
    await cut_off(amina, Kind.COMPLETION)
    amina.box.complete("amina", "Numbers", 0)
    await stopped_once_settled(amina)
    assert amina.online.state("amina", "Numbers") == 1
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 0


async def test_moved_and_the_run_that_learned_of_the_account_is_stopped(here: School) -> None:
    """A profile that changed before we knew that the account is ours is sent by the next run."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await cut_off(here, Kind.ACCOUNT)
    here.box.sql("UPDATE mdl_user SET city = 'Bamako' WHERE username = 'amina'")
    await stopped_once_settled(here)
    await here.completed()
    assert here.online.one("SELECT city FROM mdl_user WHERE username = 'amina'") == "Bamako"


async def test_an_enrolment_that_was_left_before_it_was_sent_counts_as_gone(amina: School) -> None:
    """The next reading says so, though nothing changed on the box since the one before."""
    amina.box.complete("amina", "Numbers")
    with power_cut(amina, Kind.ENROLMENT), pytest.raises(asyncio.CancelledError):
        await amina.sync()
    for table in ("user_enrolments", "role_assignments"):
        user = amina.box.user("amina")
        amina.box.sql(f"DELETE FROM mdl_{table} WHERE userid = ?", user)
    await amina.sync()
    await amina.sync()
    gone = await amina.store.rows("SELECT value FROM receipt WHERE gone_at IS NOT NULL")
    assert [row[0] for row in gone] == ["left"]


async def test_taken_back_after_a_lost_answer_that_was_not_repeated(amina: School) -> None:
    """A completion may be said again without reading, but only as long as the run lasts."""
    amina.box.complete("amina", "Numbers")
    amina.online.sql(
        "CREATE TRIGGER overloaded AFTER INSERT ON mdl_course_modules_completion"
        " BEGIN INSERT INTO sandbox_switch VALUES ('status', '503 7200'); END"
    )
    amina.online.sql("INSERT INTO sandbox_switch VALUES ('cut_after', ?)", f"{COMPLETE}:1")
    assert (await amina.sync()).run.status is RunStatus.ERROR
    amina.online.sql("DELETE FROM sandbox_switch")
    amina.box.complete("amina", "Numbers", 0)
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 0


class Dying(Transport):
    """A line that breaks for good when the first completion is done."""

    is_dead = False

    async def ask(self, call: Call) -> Any:
        """See Transport."""
        if self.is_dead:
            raise LinkDown(Code.NOT_REACHED, detail="Network is unreachable")
        answer = await super().ask(call)
        if COMPLETE in str(call):
            self.is_dead = True
            raise OutcomeUnknown(Code.NO_ANSWER, detail="Connection reset")
        return answer


async def test_taken_back_after_a_lost_answer_that_could_not_be_repeated(amina: School) -> None:
    """Surely nothing was sent the second time: that says nothing of the first."""
    amina.box.complete("amina", "Numbers")
    amina.transport = lambda: Dying(  # type: ignore[method-assign]
        address=amina.address, token=amina.token, timeout_seconds=5, line=paid_line(amina.ledger)
    )
    assert (await amina.sync()).run.status is RunStatus.ERROR
    del amina.transport
    amina.box.complete("amina", "Numbers", 0)
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 0


class Slow(Transport):
    """A site that does a request only when another one was read meanwhile; then the line breaks."""

    late: Call | None = None
    asked = 0

    async def ask(self, call: Call) -> Any:
        """See Transport."""
        if self.asked == 2:
            late, self.late = self.late, None
            if late is None:
                raise LinkDown(Code.NOT_REACHED, detail="Network is unreachable")
            answer = await super().ask(call)
            await super().ask(late)
            return answer
        if COMPLETE not in str(call):
            return await super().ask(call)
        self.asked += 1
        self.late = call
        raise OutcomeUnknown(Code.NO_ANSWER, detail="Connection reset")


async def test_taken_back_after_what_arrived_later_than_it_was_looked_for(amina: School) -> None:
    """What was not there when it was read may have been on its way still."""
    amina.box.complete("amina", "Numbers")
    amina.transport = lambda: Slow(  # type: ignore[method-assign]
        address=amina.address, token=amina.token, timeout_seconds=5, line=paid_line(amina.ledger)
    )
    assert (await amina.sync()).run.status is RunStatus.ERROR
    assert amina.online.state("amina", "Numbers") == 1
    del amina.transport
    amina.box.complete("amina", "Numbers", 0)
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 0


async def test_a_lost_completion_is_said_again_and_not_read_back(amina: School) -> None:
    """That costs less, and Moodle makes it harmless (recorded)."""
    amina.box.complete("amina", "Numbers")
    amina.online.sql("INSERT INTO sandbox_switch VALUES ('cut_after', ?)", f"{COMPLETE}:1")
    with amina.counting() as asked:
        await amina.completed()
    assert asked[COMPLETE] == 2
    assert asked["core_completion_get_activities_completion_status"] == 0
    times = amina.online.sql("SELECT timemodified FROM mdl_course_modules_completion")
    assert len(times) == 1


async def test_done_again_while_nobody_knew_that_it_was_taken_back(amina: School) -> None:
    """One run mends it, not two."""
    amina.box.complete("amina", "Numbers")
    await amina.completed()
    amina.box.complete("amina", "Numbers", 0)
    await cut_off(amina, Kind.COMPLETION)
    assert amina.online.state("amina", "Numbers") == 0
    amina.box.complete("amina", "Numbers", 1)
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 1


async def test_a_username_given_away_before_its_account_was_known_to_be_made(here: School) -> None:
    """The next child of that username gets nothing of the first one's account, nor into it."""
    here.box.learner("student1", "Amina", "Diallo", "MATHS")
    here.box.complete("student1", "Numbers")
    await cut_off(here, Kind.ACCOUNT)
    assert here.online.user("student1")
    here.box.sql("UPDATE mdl_user SET deleted = 1, username = 'x' WHERE username = 'student1'")
    here.box.learner("student1", "Yusuf", "Traoré", "MATHS")
    here.box.complete("student1", "Fractions")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert await here.aside() == [("student1", "account", "username_reused")]
    assert here.online.state("student1", "Fractions") is None


async def test_a_course_that_was_deleted_meanwhile_holds_nothing_else_up(here: School) -> None:
    """What cannot be read back any more is let go."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    await here.completed()
    here.box.learner("new", "New", "One", "MATHS")
    await cut_off(here, Kind.ENROLMENT)
    here.box.complete("amina", "Water")
    course = here.online.course("MATHS")
    here.online.sql("DELETE FROM mdl_course WHERE id = ?", course)
    here.online.sql("DELETE FROM mdl_context WHERE contextlevel = 50 AND instanceid = ?", course)
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert here.online.state("amina", "Water") == 1
    assert await here.store.rows("SELECT 1 FROM intent") == []


async def test_an_account_that_was_deleted_meanwhile_holds_nobody_else_up(amina: School) -> None:
    """Its completions cannot be read any more; the others' can."""
    amina.online.learner("other", "Other", "One", "MATHS")
    amina.box.learner("other", "Other", "One", "MATHS")
    for username in ("other", "amina"):
        amina.box.complete(username, "Numbers")
    await amina.completed()
    for username in ("other", "amina"):
        amina.box.complete(username, "Numbers", 0)
    await cut_off(amina, Kind.COMPLETION)
    amina.box.complete("amina", "Water")
    other = amina.online.user("other")
    amina.online.sql("UPDATE mdl_user SET deleted = 1, username = 'x' WHERE id = ?", other)
    amina.online.sql("DELETE FROM mdl_user_enrolments WHERE userid = ?", other)
    await amina.sync()
    assert amina.online.state("amina", "Water") == 1
    assert amina.online.state("amina", "Numbers") == 0
    assert await amina.store.rows("SELECT 1 FROM intent") == []


async def test_what_changed_online_meanwhile_is_not_lowered_after_all(amina: School) -> None:
    """The lowering was lost on the way, and then a teacher decided otherwise."""
    amina.box.complete("amina", "Test")
    await amina.completed()
    amina.box.complete("amina", "Test", 0)
    await cut_off(amina, Kind.COMPLETION)
    amina.online.complete("amina", "Test", 2)
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert amina.online.state("amina", "Test") == 2
    assert await amina.aside() == [("amina", "completion", "online_differs")]


async def test_a_value_that_came_while_it_was_on_the_wire_stays_pending(amina: School) -> None:
    """The receipt says what was sent, and no more."""
    amina.box.complete("amina", "Numbers")
    await amina.completed()
    amina.box.complete("amina", "Numbers", 0)
    record = amina.stores.journal.record

    async def meanwhile(
        run_id: int,
        target_id: int,
        outcomes: Sequence[tuple[Step | Change, Outcome]],
        now: datetime,
    ) -> None:
        await amina.store.rows("SELECT 1")
        async with amina.store.write() as db:
            await db.execute("UPDATE change SET value = '1'")
        await record(run_id, target_id, outcomes, now)

    amina.stores.journal.record = meanwhile  # type: ignore[method-assign]
    await amina.sync()
    amina.stores.journal.record = record  # type: ignore[method-assign]
    assert amina.online.state("amina", "Numbers") == 0
    assert await amina.waiting() == 1


async def test_a_server_that_gives_up_on_large_batches_is_served_all_the_same(
    here: School,
) -> None:
    """A proxy answers 504 while Moodle goes on working: what was done is read back and kept.

    Once it is said again, which is harmless and mostly cheaper.
    """
    for number in range(20):
        here.online.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
        here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
    await here.completed()
    moodle, sent = here.address, 0

    async def proxy(request: web.Request) -> web.Response:
        nonlocal sent
        body = await request.read()
        headers = {"Content-Type": request.content_type, "Host": moodle.removeprefix("http://")}
        async with (
            ClientSession() as session,
            session.post(moodle + request.path, data=body, headers=headers) as answer,
        ):
            text = await answer.read()
        calls = body.count(COMPLETE.encode())
        sent += calls
        if calls > 10:
            return web.Response(status=504, text="<html>")
        return web.Response(body=text, content_type="application/json")

    for number in range(20):
        here.box.complete(f"l{number}", "Numbers")
    async with server(proxy) as address:
        async with here.store.write() as db:
            await db.execute("UPDATE target SET address = ?", (address,))
        here.address = address
        await here.completed()
    assert sent == 40


async def test_a_request_that_never_does_anything_is_given_up(amina: School) -> None:
    """After three times, with the reason of the last; the changes wait."""
    amina.box.complete("amina", "Numbers")
    amina.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('cut_before', ?)", COMPLETE)
    details = await amina.sync()
    assert details.run.status is RunStatus.ERROR
    assert details.run.reason is not None
    assert details.run.reason.code == "no_answer"
    tried = amina.online.one("SELECT count(*) FROM sandbox_request WHERE function = ?", COMPLETE)
    assert tried == 3
    amina.online.sql("DELETE FROM sandbox_switch")
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 1


async def test_a_stop_while_a_run_begins_is_heard(amina: School) -> None:
    """SIGTERM in the first moment of a run: nothing is read and nothing sent."""
    amina.box.complete("amina", "Numbers")
    loop = loop_of(amina)
    running = asyncio.create_task(loop.run())
    begin = amina.history.begin

    async def begin_slowly(
        cause: str, now: Moment, period: Period | None = None
    ) -> tuple[int, str]:
        loop.stop()
        return await begin(cause, now, period)

    amina.history.begin = begin_slowly  # type: ignore[method-assign]
    await loop.request(Request())
    await running
    (run,) = await amina.history.recent(1)
    assert run.status is RunStatus.STOPPED
    assert amina.online.sql("SELECT * FROM sandbox_request") == []


async def test_a_stop_does_not_wait_for_what_only_reads(amina: School) -> None:
    """The site hangs on its first answer: nothing is at stake, so the run ends at once."""
    amina.box.complete("amina", "Numbers")
    hold = "INSERT INTO sandbox_switch (name, value) VALUES ('hold_before', '*')"
    amina.online.sql(hold)
    engine = amina.engine()
    run = asyncio.create_task(engine.run(Request("test"), lambda _: None, lambda _: None))
    while not amina.online.sql("SELECT 1 FROM sandbox_request"):
        await asyncio.sleep(0.01)
    engine.stop()
    assert (await asyncio.wait_for(run, 5))[0] is RunStatus.STOPPED


@pytest.mark.parametrize("in_batches", [True, False])
async def test_a_stop_is_heard_between_two_requests(here: School, in_batches: bool) -> None:
    """The request in flight is recorded, and nothing more goes out."""
    here.batch_calls = 1
    if not in_batches:
        here.online.sql(
            "DELETE FROM mdl_external_services_functions"
            " WHERE functionname = 'tool_mobile_call_external_functions'"
        )
    for number in range(5):
        here.online.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
        here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
    await here.completed()
    for number in range(5):
        here.box.complete(f"l{number}", "Numbers")
    here.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('hold_after', ?)", COMPLETE)
    engine = here.engine()
    run = asyncio.create_task(engine.run(Request("test"), lambda _: None, lambda _: None))
    while not here.online.sql("SELECT 1 FROM mdl_course_modules_completion"):
        await asyncio.sleep(0.01)
    engine.stop()
    here.online.sql("DELETE FROM sandbox_switch")
    assert (await run)[0] is RunStatus.STOPPED
    assert len(here.online.sql("SELECT 1 FROM mdl_course_modules_completion")) == 1
    assert len(await here.store.rows("SELECT 1 FROM receipt WHERE kind = 3")) == 1
    assert counts(await here.completed())[("completion", "done")] == 4


async def corrected_before_it_was_looked_for(here: School, by_teacher: float) -> None:
    """The box's 8 arrived, its answer was lost with the power, and a teacher made it another."""
    here.box.grade("amina", "Test", 8)
    await cut_off(here, Kind.GRADE)
    here.online.sql("UPDATE mdl_grade_grades SET finalgrade = ?1, rawgrade = ?1", by_teacher)
    await here.sync()
    assert await here.aside() == [("amina", "grade", "grade_differs_online")]


@pytest.mark.parametrize("value", [8, 9])
@pytest.mark.parametrize("by_teacher", [3.25, 8.5])
async def test_what_a_teacher_made_of_a_grade_that_nobody_knew_to_be_there_stays(
    amina: School, by_teacher: float, value: float
) -> None:
    """For good: whether the box says the same again, or a higher grade later."""
    await corrected_before_it_was_looked_for(amina, by_teacher)
    amina.box.grade("amina", "Test", value)
    await amina.stores.changes.retry()
    await amina.sync()
    assert amina.online.grades("amina", "Test") == [(0, by_teacher)]
    assert await amina.aside() == [("amina", "grade", "grade_differs_online")]


async def test_what_a_teacher_locked_meanwhile_is_met_no_first_time_either(amina: School) -> None:
    """Once it is unlocked, what they wrote still stays."""
    amina.box.grade("amina", "Test", 8)
    await cut_off(amina, Kind.GRADE)
    amina.online.sql("UPDATE mdl_grade_grades SET finalgrade = 3.25, overridden = 1")
    await amina.sync()
    assert await amina.aside() == [("amina", "grade", "grade_fixed_online")]
    amina.online.sql("UPDATE mdl_grade_grades SET overridden = 0")
    await amina.stores.changes.retry()
    await amina.sync()
    assert amina.online.grades("amina", "Test") == [(0, 3.25)]
    assert await amina.aside() == [("amina", "grade", "grade_differs_online")]


async def test_what_a_teacher_takes_away_again_is_sent_again(amina: School) -> None:
    """Online is then as it was before the grade was sent."""
    await corrected_before_it_was_looked_for(amina, 3.25)
    amina.online.sql("UPDATE mdl_grade_grades SET finalgrade = NULL, rawgrade = NULL")
    await amina.stores.changes.retry()
    await amina.completed()
    assert amina.online.grades("amina", "Test") == [(0, 8.0)]
