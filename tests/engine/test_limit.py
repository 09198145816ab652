"""What a run does at the data limit (features.md, rows 6 and 19), by real sizes of requests."""

from dataclasses import replace
from datetime import timedelta

import pytest

from beekeed.core.budget import Terms
from beekeed.core.model import RunStatus
from beekeed.core.request import VERIFY, Request
from beekeed.engine import Stop
from beekeed.errors import Code
from beekeed.ports.stores import RunDetails
from tests.engine.school import School, counts
from tests.engine.test_groups import put
from tests.engine.test_stopping import GRADE, switch

CLASS = [f"l{number:02}" for number in range(1, 11)]
PLENTY = 10**7


@pytest.fixture
async def classroom(here: School) -> School:
    """Ten learners on both sides, whose first work has arrived, with a limit."""
    for username in CLASS:
        here.online.learner(username, "Amina", username, "MATHS")
        here.box.learner(username, "Amina", username, "MATHS")
        here.box.complete(username, "Numbers")
    here.terms = Terms(PLENTY)
    here.rules = replace(here.rules, slice_changes=5)
    await here.completed()
    return here


def a_day(here: School) -> None:
    """Everybody works: a completion, a grade, a group and a new name."""
    for username in CLASS:
        here.box.complete(username, "Fractions")
        here.box.grade(username, "Test", 7.0)
    put(here.box, "Lions", *CLASS)


def charged(here: School) -> int:
    """What the ledger has."""
    return sum(entry.whole for entry in here.ledger.entries.values())


def allow(here: School, more: int) -> None:
    """Set the limit to what is charged and so much more."""
    here.terms = replace(here.terms, limit_bytes=charged(here) + more)


def requests(here: School) -> int:
    """How many requests the online Moodle got so far."""
    return int(here.online.one("SELECT count(*) FROM sandbox_request"))


def arrived(here: School) -> dict[str, int]:
    """How much of the day is online."""
    return {
        "grade": sum(bool(here.online.grades(username, "Test")) for username in CLASS),
        "completion": sum(here.online.state(username, "Fractions") == 1 for username in CLASS),
        "membership": int(here.online.one("SELECT count(*) FROM mdl_groups_members")),
    }


def reason(details: RunDetails) -> Code | None:
    """Why it ended as it did."""
    return details.run.reason.code if details.run.reason else None


@pytest.mark.parametrize("more", [0, 1000])
async def test_a_run_that_cannot_pay_its_first_request_is_skipped(
    classroom: School, more: int
) -> None:
    """Not a byte goes out, and it says how much waits and until when."""
    a_day(classroom)
    allow(classroom, more)
    before, asked = charged(classroom), requests(classroom)
    details = await classroom.sync()
    assert details.run.status is RunStatus.SKIPPED
    assert details.run.reason is not None
    assert details.run.reason.params == {"renews": "2026-12-01"}
    assert reason(details) is Code.LIMIT_REACHED
    assert (charged(classroom), requests(classroom)) == (before, asked)
    assert counts(details) == {
        ("grade", "unsent"): 10, ("completion", "unsent"): 10, ("membership", "unsent"): 10,
    }  # fmt: skip
    assert details.run.waiting == 30


async def test_under_a_tight_limit_the_most_valuable_goes_first(classroom: School) -> None:
    """With any limit: grades, then completions, then groups; never a byte more than allowed."""
    a_day(classroom)
    statuses, sums = [], []
    for more in (18_000, 23_000, 27_000, PLENTY):
        allow(classroom, more)
        details = await classroom.sync()
        assert charged(classroom) <= (classroom.terms.limit_bytes or 0)
        here = arrived(classroom)
        assert here["completion"] == 0 or here["grade"] == 10
        assert here["membership"] == 0 or here["completion"] == 10
        unsent = sum(n for (_, verdict), n in counts(details).items() if verdict == "unsent")
        unknown = len(await classroom.stores.journal.intents(1))
        assert unsent == details.run.waiting == 30 - sum(here.values()) + unknown
        statuses.append(details.run.status)
        sums.append(sum(here.values()))
    assert statuses == [
        RunStatus.SKIPPED,  # the site was asked what it holds, and no more
        RunStatus.PARTIAL,
        RunStatus.PARTIAL,
        RunStatus.COMPLETED,
    ]
    nothing, grades, completions, everything = sums
    assert nothing == 0 < grades < 10 < completions <= 20 < everything == 30


async def test_an_answer_that_cannot_be_paid_is_settled_first_next_time(
    classroom: School,
) -> None:
    """The intents stay; when there is room again it is read back, and not sent twice."""
    a_day(classroom)
    switch(classroom, "endless", GRADE)
    allow(classroom, 100_000)
    details = await classroom.sync()
    assert (details.run.status, reason(details)) == (RunStatus.PARTIAL, Code.LIMIT_REACHED)
    assert charged(classroom) <= (classroom.terms.limit_bytes or 0)
    intents = await classroom.stores.journal.intents(1)
    assert len(intents) == arrived(classroom)["grade"] == 5
    switch(classroom, "endless", None)
    allow(classroom, 100)
    details = await classroom.sync()
    assert details.run.status is RunStatus.SKIPPED
    assert len(await classroom.stores.journal.intents(1)) == len(intents)
    allow(classroom, PLENTY)
    await classroom.completed()
    assert arrived(classroom) == {"grade": 10, "completion": 10, "membership": 10}
    assert await classroom.stores.journal.intents(1) == []


async def test_groups_and_profiles_leave_the_last_part_alone(classroom: School) -> None:
    """They wait with a count; grades and completions go on into it."""
    a_day(classroom)
    classroom.terms = Terms(PLENTY, reserve_percent=90)
    classroom.terms = replace(classroom.terms, limit_bytes=charged(classroom) * 8)
    details = await classroom.sync()
    assert (details.run.status, reason(details)) == (RunStatus.PARTIAL, Code.LIMIT_RESERVED)
    assert arrived(classroom) == {"grade": 10, "completion": 10, "membership": 0}
    assert counts(details)["membership", "unsent"] == 10
    asked = requests(classroom)
    details = await classroom.sync()
    assert (details.run.status, reason(details)) == (RunStatus.SKIPPED, Code.LIMIT_RESERVED)
    assert counts(details) == {("membership", "unsent"): 10}
    assert requests(classroom) == asked
    classroom.terms = replace(classroom.terms, reserve_percent=10)
    await classroom.completed()
    assert arrived(classroom)["membership"] == 10


async def test_reading_back_leaves_the_last_part_alone(classroom: School) -> None:
    """An audit that is due waits, and so does whoever asks for all to be verified."""
    classroom.audit_bytes = 100_000
    classroom.terms = Terms(charged(classroom) * 8, reserve_percent=90)
    classroom.box.complete("l01", "Fractions")
    await classroom.completed()
    assert await classroom.targets.audited_at(1) is None
    asked = requests(classroom)
    await classroom.completed()
    details = await classroom.sync(Request(VERIFY))
    assert (details.run.status, reason(details)) == (RunStatus.SKIPPED, Code.LIMIT_RESERVED)
    assert requests(classroom) == asked
    classroom.terms = replace(classroom.terms, reserve_percent=10)
    await classroom.completed()
    assert requests(classroom) > asked


async def test_a_course_with_nothing_valuable_is_not_met_from_the_last_part(here: School) -> None:
    """Its contents and people are read when there is room for what may wait."""
    here.online.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    here.terms = Terms(PLENTY)
    await here.completed()
    here.box.enrol("amina", "SCIENCE")
    here.box.sql("DELETE FROM mdl_user_enrolments WHERE enrolid IN (SELECT id FROM mdl_enrol"
                 " WHERE courseid = ?)", here.box.course("SCIENCE"))  # fmt: skip
    here.box.complete("amina", "Fractions")
    put(here.box, "Lions", "amina")
    here.terms = Terms(charged(here) * 8, reserve_percent=90)
    details = await here.sync()
    assert here.online.state("amina", "Fractions") == 1
    assert counts(details)["membership", "unsent"] == 1


async def test_paced_a_run_waits_for_tomorrow(classroom: School) -> None:
    """With what was sent today kept, and the rest going on the days after."""
    a_day(classroom)
    allow(classroom, 30 * 24_000)
    classroom.terms = replace(classroom.terms, pacing=True)
    classroom.clock.time += timedelta(days=1)
    statuses = []
    for _ in range(6):
        details = await classroom.sync()
        statuses.append(details.run.status)
        if details.run.status is RunStatus.COMPLETED:
            break
        assert reason(details) is Code.LIMIT_PACED
        assert details.run.reason is not None
        tomorrow = classroom.clock.now().date() + timedelta(days=1)
        assert details.run.reason.params == {"when": str(tomorrow)}
        again = await classroom.sync()
        assert (again.run.status, reason(again)) == (RunStatus.SKIPPED, Code.LIMIT_PACED)
        classroom.clock.time += timedelta(days=1)
    assert statuses[0] is RunStatus.PARTIAL
    assert statuses[-1] is RunStatus.COMPLETED
    assert sum(arrived(classroom).values()) == 30


async def test_a_preview_within_what_is_left_says_what_would_wait(classroom: School) -> None:
    """As the sync then shows: what is most valuable goes."""
    a_day(classroom)
    engine = classroom.engine()
    left = await classroom.ledger.left()
    found = await engine.preview(Request(), left, Stop())
    assert sum(share.left for share in found.shares) == 0
    allow(classroom, 3000)
    found = await engine.preview(Request(), await classroom.ledger.left(), Stop())
    assert sum(share.left for share in found.shares) > 10


async def test_the_history_has_one_skipped_run_a_day_and_reason(classroom: School) -> None:
    """And it is not the latest sync: that is the one before, which did something."""
    before = await classroom.history.latest()
    assert before is not None
    a_day(classroom)
    allow(classroom, 0)
    await classroom.sync()
    await classroom.sync()
    classroom.clock.time += timedelta(days=1)
    await classroom.sync()
    statuses = [run.status for run in await classroom.history.recent(9)]
    assert statuses == [RunStatus.SKIPPED, RunStatus.SKIPPED, RunStatus.COMPLETED]
    assert await classroom.history.latest() == before
