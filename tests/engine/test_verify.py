"""Receipts are checked: by `verify` all of them, by an audit a few in turn."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from beekeed.core.model import Bytes, Charge, RunStatus
from beekeed.core.request import VERIFY, Request
from beekeed.moodle.calls import Manner
from beekeed.ports.stores import RunDetails
from tests.engine.school import School, counts

WRITES = (
    "core_user_create_users", "core_user_update_users", "enrol_manual_enrol_users",
    "core_completion_override_activity_completion_status", "core_grades_update_grades",
    "mod_assign_save_grades", "core_group_create_groups", "core_group_add_group_members",
)  # fmt: skip


def join(here: School, username: str, group: str) -> None:
    """Put somebody into a new group on the box."""
    course = here.box.course("MATHS")
    here.box.sql(
        "INSERT INTO mdl_groups (courseid, name, timecreated) VALUES (?, ?, 1)", course, group
    )
    here.box.sql(
        "INSERT INTO mdl_groups_members (groupid, userid, timeadded)"
        " SELECT id, ?, 1 FROM mdl_groups WHERE name = ?",
        here.box.user(username),
        group,
    )


@pytest.fixture
async def sent(here: School) -> School:
    """A learner of the first week, who was there before, and all of theirs acknowledged."""
    here.manner = Manner(tells_learners=False)
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.box.complete("amina", "Numbers")
    here.box.grade("amina", "Test", 6)
    await here.completed()
    return here


async def verify(here: School) -> RunDetails:
    """Read everything back."""
    return await here.sync(Request(VERIFY))


def found(details: RunDetails, finding: str) -> dict[str, int]:
    """How many of each kind had one finding."""
    return {kind: n for (kind, verdict), n in counts(details).items() if verdict == finding}


async def test_all_is_found_and_nothing_is_written(sent: School) -> None:
    """A run of its own kind; the next sync has nothing to do."""
    join(sent, "amina", "Group A")
    sent.box.sql("UPDATE mdl_user SET city = 'Thiès' WHERE username = 'amina'")
    await sent.completed()
    sent.online.sql("DELETE FROM sandbox_request")
    details = await verify(sent)
    assert details.run.status is RunStatus.COMPLETED
    assert details.run.cause == "verify"
    assert found(details, "found").keys() == {
        "account", "enrolment", "completion", "grade", "membership", "profile",
    }  # fmt: skip
    assert {verdict for _, verdict in counts(details)} == {"found"}
    asked = {row[0] for row in sent.online.sql("SELECT DISTINCT function FROM sandbox_request")}
    assert not asked & set(WRITES)
    assert "core_course_get_contents" in asked
    assert await sent.waiting() == 0


async def test_an_online_database_that_was_put_back_is_found_and_mended(
    sent: School, tmp_path: Path
) -> None:
    """By a week: an account, work and a group of since are gone; nothing is doubled after."""
    backup = tmp_path / "backup.sqlite"
    sent.online.db.execute("VACUUM INTO ?", (str(backup),))
    sent.box.learner("new", "New", "One", "MATHS")
    sent.box.complete("new", "Fractions")
    sent.box.complete("amina", "Fractions")
    sent.box.complete("amina", "Water")
    join(sent, "amina", "Group A")
    await sent.completed()
    sent.online.close()
    for name in ("", "-wal", "-shm"):
        Path(f"{sent.online.path}{name}").unlink(missing_ok=True)
    shutil.copy(backup, sent.online.path)
    assert (await sent.completed()).actions == []  # a sync with nothing to send sees nothing
    details = await verify(sent)
    assert details.run.status is RunStatus.PARTIAL
    assert details.run.reason is not None
    assert details.run.reason.code == "verify_missing"
    assert found(details, "missing") == {
        "account": 1, "enrolment": 1, "completion": 3, "membership": 1
    }  # fmt: skip
    assert found(details, "found")["grade"] == 1
    missing = await sent.store.rows("SELECT DISTINCT missing FROM change")
    assert [row[0] for row in missing] == [1]
    await sent.completed()
    assert sent.online.state("new", "Fractions") == 1
    assert sent.online.state("amina", "Fractions") == 1
    assert sent.online.state("amina", "Water") == 1
    details = await verify(sent)
    assert details.run.status is RunStatus.COMPLETED
    assert {verdict for _, verdict in counts(details)} == {"found"}
    for table in ("user_enrolments", "course_modules_completion", "groups_members", "groups"):
        rows = sent.online.sql(f"SELECT * FROM mdl_{table}")
        assert len({row[1:4] for row in rows}) == len(rows), table


async def test_what_is_tracked_no_more_when_it_is_read_is_not_missing(sent: School) -> None:
    """It is not shown then; its receipt stays, so that it can be taken back."""
    with sent.untracked_when_read("Numbers"):
        details = await verify(sent)
    assert found(details, "unseen") == {"completion": 1}
    assert found(details, "missing") == {}
    sent.box.complete("amina", "Numbers", 0)
    await sent.completed()
    assert sent.online.state("amina", "Numbers") == 0


async def test_a_learner_who_was_deleted_online_is_pending_again(sent: School) -> None:
    """With all that was acknowledged, to whoever has that username there next."""
    sent.online.sql(
        "UPDATE mdl_user SET deleted = 1, username = 'x', email = 'x' WHERE username = 'amina'"
    )  # as Moodle deletes somebody
    details = await verify(sent)
    assert found(details, "missing") == {
        "account": 1, "enrolment": 2, "completion": 1, "grade": 1
    }  # fmt: skip
    await sent.completed()
    assert sent.online.state("amina", "Numbers") == 1
    assert sent.online.grades("amina", "Test") == [(0, 6.0)]


async def test_what_somebody_decided_online_stays(sent: School) -> None:
    """A grade that a teacher changed, a completion taken back."""
    sent.online.sql("UPDATE mdl_grade_grades SET rawgrade = 3, finalgrade = 3")
    sent.online.complete("amina", "Numbers", 0)
    details = await verify(sent)
    assert details.run.status is RunStatus.COMPLETED
    assert found(details, "differs") == {"grade": 1, "completion": 1}
    assert await sent.waiting() == 0
    reasons = {a.reason.code: a.reason.params for a in details.actions if a.reason}
    assert reasons == {"changed_online": {"course": "MATHS"}}


async def test_who_was_unenrolled_online_is_not_enrolled_again(sent: School) -> None:
    """The work that is left shows that nobody put the site back."""
    sent.online.sql("DELETE FROM mdl_user_enrolments")
    sent.online.sql("DELETE FROM mdl_grade_grades")  # Moodle takes them with the enrolment
    details = await verify(sent)
    assert found(details, "differs") == {"enrolment": 1, "grade": 1}
    assert found(details, "missing") == {"enrolment": 1}  # in the course where nothing was done


async def test_a_course_that_differs_cannot_be_checked(sent: School) -> None:
    """It is named; nothing of it is taken for missing."""
    sent.online.sql("UPDATE mdl_course SET timemodified = 5 WHERE shortname = 'MATHS'")
    details = await verify(sent)
    assert details.run.status is RunStatus.PARTIAL
    assert found(details, "unseen").keys() == {"completion", "grade", "enrolment"}
    assert found(details, "missing") == {}
    assert await sent.waiting() == 0


async def test_verifying_at_the_very_first_finds_nothing_to_check(here: School) -> None:
    """Before any sync there is no receipt."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    details = await verify(here)
    assert details.run.status is RunStatus.COMPLETED
    assert details.actions == []


class Line:
    """A meter on which each question about a learner costs 2,000 bytes."""

    def __init__(self, here: School) -> None:
        self._here = here
        self._from = 0
        self.charged_by = Charge.SYNC

    def begin(self, run_id: int) -> "Line":
        """See Meter."""
        made = Line(self._here)
        made._from = self._asked()
        return made

    def _asked(self) -> int:
        return int(self._here.online.one("SELECT count(*) FROM sandbox_request"))

    def of_line(self) -> Bytes:
        """See Measurement."""
        return self.so_far()

    def so_far(self) -> Bytes:
        """See Measurement."""
        return Bytes(0, 1000 * (self._asked() - self._from))


async def audited(here: School) -> list[str]:
    """Who was read back, the latest last."""
    rows = await here.store.rows(
        "SELECT username FROM account WHERE verified_at IS NOT NULL"
        " ORDER BY verified_at, learner_id"
    )
    return [row[0] for row in rows]


@pytest.fixture
async def many(here: School) -> School:
    """Six learners, synchronized; the next syncs audit."""
    for number in range(6):
        here.box.learner(f"p{number}", "P", str(number), "MATHS")
        here.box.complete(f"p{number}", "Numbers")
    await here.completed()
    here.meter = Line(here)
    here.audit_bytes = 5000
    here.box.complete("p0", "Fractions")
    return here


async def test_a_sync_reads_a_few_learners_back_in_turn(many: School) -> None:
    """As many as the bytes allow; the next sync goes on behind them."""
    await many.completed()
    first = await audited(many)
    assert 0 < len(first) < 6
    many.box.complete("p0", "By hand")
    await many.completed()
    assert len(await audited(many)) > len(first)


async def test_what_an_audit_finds_missing_is_sent_by_the_next_sync(many: School) -> None:
    """The sync itself says so, and ends with something waiting."""
    many.online.sql(
        "DELETE FROM mdl_course_modules_completion WHERE userid = ?", many.online.user("p1")
    )
    many.audit_bytes = 50_000
    details = await many.sync()
    assert found(details, "missing") == {"completion": 1}
    assert details.run.waiting == 1
    await many.completed()
    assert many.online.state("p1", "Numbers") == 1


async def test_an_audit_alone_happens_once_a_week(many: School) -> None:
    """A sync with nothing to send makes no request in between; with 0 bytes never."""
    await many.completed()
    many.online.sql("DELETE FROM sandbox_request")
    await many.completed()
    assert many.online.sql("SELECT 1 FROM sandbox_request") == []
    many.clock.time += timedelta(days=7)
    many.audit_bytes = 0
    await many.completed()
    assert many.online.sql("SELECT 1 FROM sandbox_request") == []
    many.audit_bytes = 5000
    before = await audited(many)
    await many.completed()
    assert len(await audited(many)) > len(before)
