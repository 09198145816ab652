"""Enrolments: made once, and never against what is there online (features.md, row 17)."""

import pytest

from beekeed.core.model import RunStatus
from beekeed.engine import FactRules
from tests.engine.school import School, counts


def enrolments(here: School) -> list[tuple[object, ...]]:
    """Every enrolment online, whole."""
    return here.online.sql("SELECT * FROM mdl_user_enrolments ORDER BY id")


def amina(here: School, *courses: str) -> None:
    """The same person on both sides, enrolled on the box."""
    here.online.person("amina", "Amina", "Diallo")
    here.box.learner("amina", "Amina", "Diallo", *courses)


async def test_a_learner_is_enrolled_as_a_student(here: School) -> None:
    """Manually, in the courses that the box has them in and no others."""
    amina(here, "MATHS")
    await here.completed()
    assert here.online.sql(
        "SELECT c.shortname, e.enrol, ue.status, ue.timestart, ue.timeend"
        " FROM mdl_user_enrolments ue"
        " JOIN mdl_enrol e ON e.id = ue.enrolid JOIN mdl_course c ON c.id = e.courseid"
    ) == [("MATHS", "manual", 0, 0, 0)]
    assert here.online.sql(
        "SELECT r.shortname FROM mdl_role_assignments ra JOIN mdl_role r ON r.id = ra.roleid"
        " WHERE ra.userid = ?",
        here.online.user("amina"),
    ) == [("student",)]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"status": 1},
        {"timeend": 1_700_000_000},
        {"timestart": 1_900_000_000},
        {"method": "self"},
        {"method": "self", "status": 1},
    ],
)
async def test_whoever_is_enrolled_online_is_not_enrolled_again(
    here: School, how: dict[str, str | int]
) -> None:
    """Moodle would lift a suspension and an end date, or enrol a second time."""
    amina(here, "MATHS")
    here.online.enrol("amina", "MATHS", **how)
    here.box.complete("amina", "Numbers")
    before = enrolments(here)
    details = await here.completed()
    assert counts(details)[("enrolment", "already")] == 1
    assert enrolments(here) == before
    assert here.online.state("amina", "Numbers") == 1


async def test_an_enrolment_that_is_gone_or_suspended_on_the_box_does_nothing(
    here: School,
) -> None:
    """And what was done last before it is not lost."""
    amina(here, "MATHS", "SCIENCE")
    await here.completed()
    before = enrolments(here)
    here.box.complete("amina", "Numbers")
    user = here.box.user("amina")
    here.box.sql("DELETE FROM mdl_role_assignments WHERE userid = ?", user)
    here.box.sql("DELETE FROM mdl_user_enrolments WHERE userid = ?", user)
    assert counts(await here.completed()) == {("completion", "done"): 1}
    assert enrolments(here) == before
    assert here.online.state("amina", "Numbers") == 1


async def test_one_that_is_suspended_on_the_box_is_made_suspended(here: School) -> None:
    """Results arrive, and the learner has no more access online than on the box."""
    amina(here)
    here.box.enrol("amina", "MATHS", status=1)
    here.box.complete("amina", "Numbers")
    await here.completed()
    assert here.online.one("SELECT status FROM mdl_user_enrolments") == 1
    assert here.online.state("amina", "Numbers") == 1


async def test_an_end_on_the_box_is_the_end_online(here: School) -> None:
    """Past or to come: the online Moodle's own clock decides, and not the box's."""
    amina(here)
    here.box.enrol("amina", "MATHS", timeend=1_700_000_000)
    here.box.enrol("amina", "SCIENCE", timeend=1_900_000_000)
    await here.completed()
    rows = here.online.sql(
        "SELECT c.shortname, ue.status, ue.timeend FROM mdl_user_enrolments ue"
        " JOIN mdl_enrol e ON e.id = ue.enrolid JOIN mdl_course c ON c.id = e.courseid"
    )
    assert sorted(rows) == [("MATHS", 0, 1_700_000_000), ("SCIENCE", 0, 1_900_000_000)]


async def test_of_two_enrolments_an_active_one_counts(here: School) -> None:
    """Suspended by hand, active by self-enrolment: a learner."""
    amina(here)
    here.box.sql("UPDATE mdl_enrol SET status = 0 WHERE enrol = 'self'")
    here.box.enrol("amina", "MATHS", status=1)
    here.box.enrol("amina", "MATHS", method="self")
    await here.completed()
    assert here.online.one("SELECT status FROM mdl_user_enrolments") == 0


async def test_whoever_was_unenrolled_online_is_not_brought_back(here: School) -> None:
    """The administrator's decision stays, and the work that waits for it is listed."""
    amina(here, "MATHS")
    await here.completed()
    here.online.sql("DELETE FROM mdl_user_enrolments")
    here.box.complete("amina", "Numbers")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert await here.aside() == [("amina", "completion", "not_enrolled_online")]
    assert enrolments(here) == []
    assert here.online.state("amina", "Numbers") is None
    here.online.enrol("amina", "MATHS")
    assert await here.changes.retry() == 1
    await here.completed()
    assert here.online.state("amina", "Numbers") == 1


async def test_a_course_without_manual_enrolment_says_so_once(here: School) -> None:
    """One request finds it out for the whole course, and the other course goes on."""
    here.online.sql(
        "UPDATE mdl_enrol SET status = 1 WHERE courseid = ?", here.online.course("MATHS")
    )
    for number in range(5):
        here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS", "SCIENCE")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert {code for _, _, code in await here.aside()} == {"no_manual_enrolment"}
    assert len(enrolments(here)) == 5
    refused = here.online.one(
        "SELECT count(*) FROM sandbox_request WHERE function LIKE '%call_external%'"
    )
    assert refused <= 4


async def test_work_of_people_who_left_before_any_sync_is_counted(here: School) -> None:
    """It is not sent, since nobody says that they are learners there; it is not hidden either."""
    amina(here, "MATHS")
    for activity in ("Water", "Air", "Numbers"):
        here.box.complete("amina", activity)
    details = await here.completed()
    (unsent,) = [action for action in details.actions if action.verdict == "unsent"]
    assert unsent.reason is not None
    assert (unsent.kind, unsent.reason.code, unsent.count) == (
        "completion",
        "not_enrolled_on_box",
        2,
    )
    assert here.online.state("amina", "Water") is None


# What is gone from the box: by the setting, an enrolment that we made is suspended.


def state(here: School, username: str = "amina") -> list[tuple[int]]:
    """Whether somebody's enrolments online are suspended (1)."""
    return here.online.sql(
        "SELECT status FROM mdl_user_enrolments WHERE userid = ? ORDER BY id",
        here.online.user(username),
    )


def remove(here: School, username: str = "amina") -> None:
    """Unenrol somebody on the box, as Moodle does it."""
    user = here.box.user(username)
    for table in ("user_enrolments", "role_assignments"):
        here.box.sql(f"DELETE FROM mdl_{table} WHERE userid = ?", user)


@pytest.fixture
async def removing(here: School) -> School:
    """A learner who was enrolled online by us, on a box whose removals count."""
    here.fact_rules = FactRules(removals=True)
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    return here


async def test_a_removed_enrolment_does_nothing_by_default(here: School) -> None:
    """The learner stays where they are online."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    remove(here)
    assert counts(await here.completed()) == {}
    assert state(here) == [(0,)]


async def test_a_removed_enrolment_is_suspended_where_the_settings_say_so(
    removing: School,
) -> None:
    """Also of who did nothing and has no course left; and it is active again when it is back."""
    remove(removing)
    assert counts(await removing.completed()) == {("enrolment", "done"): 1}
    assert state(removing) == [(1,)]
    assert counts(await removing.completed()) == {}
    removing.box.enrol("amina", "MATHS")
    assert counts(await removing.completed()) == {("enrolment", "done"): 1}
    assert state(removing) == [(0,)]
    assert counts(await removing.completed()) == {}


async def test_an_enrolment_that_we_did_not_make_is_never_suspended(here: School) -> None:
    """An administrator's own enrolment is theirs."""
    here.fact_rules = FactRules(removals=True)
    here.online.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    remove(here)
    assert counts(await here.completed()) == {}
    assert state(here) == [(0,)]


async def test_who_was_made_active_online_since_stays_so(removing: School) -> None:
    """Three-way: what somebody changed there is theirs."""
    remove(removing)
    await removing.completed()
    removing.online.sql("UPDATE mdl_user_enrolments SET status = 0")
    removing.box.enrol("amina", "MATHS")
    assert counts(await removing.completed()) == {("enrolment", "already"): 1}
    assert state(removing) == [(0,)]


async def test_who_is_suspended_keeps_the_end_that_the_enrolment_had(here: School) -> None:
    """Moodle takes what is sent, and nothing sent would lift it."""
    here.fact_rules = FactRules(removals=True)
    here.box.person("amina", "Amina", "Diallo")
    here.box.enrol("amina", "MATHS", timeend=1_900_000_000)
    await here.completed()
    remove(here)
    await here.completed()
    assert state(here) == [(1,)]
    assert here.online.one("SELECT timeend FROM mdl_user_enrolments") == 1_900_000_000


async def test_who_was_unenrolled_online_is_not_enrolled_to_be_suspended(
    removing: School,
) -> None:
    """There is nothing left to suspend."""
    removing.online.sql("DELETE FROM mdl_user_enrolments")
    remove(removing)
    await removing.sync()
    assert state(removing) == []


async def test_a_learner_who_was_deleted_on_the_box_is_left_alone(removing: School) -> None:
    """Row 17: deletions never cross, whatever the setting."""
    remove(removing)
    removing.box.sql("UPDATE mdl_user SET deleted = 1 WHERE username = 'amina'")
    assert counts(await removing.completed()) == {}
    assert state(removing) == [(0,)]


async def test_what_an_administrator_suspended_stays_so(removing: School) -> None:
    """It was suspended before we would have; it is not ours to lift."""
    removing.online.sql("UPDATE mdl_user_enrolments SET status = 1")
    remove(removing)
    await removing.completed()
    removing.box.enrol("amina", "MATHS")
    await removing.completed()
    assert state(removing) == [(1,)]


async def test_another_role_on_the_box_is_no_removal(removing: School) -> None:
    """The enrolment is still there."""
    removing.box.sql(
        "UPDATE mdl_role_assignments SET roleid = 3 WHERE userid = ?", removing.box.user("amina")
    )
    assert counts(await removing.completed()) == {}
    assert state(removing) == [(0,)]


async def test_a_course_that_left_the_box_removes_nobody(removing: School) -> None:
    """What the box has no more, it says nothing of."""
    removing.box.complete("amina", "Numbers")
    await removing.completed()
    removing.box.sql("UPDATE mdl_course SET shortname = 'OTHER' WHERE shortname = 'MATHS'")
    await removing.sync()
    assert state(removing) == [(0,)]


async def test_a_removal_waits_for_its_turn_and_is_not_forgotten(removing: School) -> None:
    """Whatever else waits, and however often the box is read before."""
    removing.box.complete("amina", "Numbers")
    remove(removing)
    address, removing.address = removing.address, "http://127.0.0.1:9"
    for _ in range(3):
        assert (await removing.sync()).run.status is RunStatus.ERROR
    removing.address = address
    removing.online.one("SELECT 1")
    await removing.store.rows("SELECT 1")
    target = await removing.targets.open(address, removing.token, removing.clock.now())
    await removing.completed()
    assert target == 1
    assert state(removing) == [(1,)]


async def test_without_the_right_to_see_who_is_suspended_the_others_go_on(
    removing: School,
) -> None:
    """The removal waits; nobody is set aside, and no work is held up."""
    removing.online.sql(
        "DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/course:enrolreview'"
    )
    remove(removing)
    removing.box.learner("binta", "Binta", "Sow", "MATHS")
    removing.box.complete("binta", "Numbers")
    details = await removing.sync()
    assert details.run.status is RunStatus.PARTIAL
    assert details.run.reason is not None
    assert "moodle/course:enrolreview" in str(details.run.reason.params["capability"])
    assert removing.online.state("binta", "Numbers") == 1
    assert await removing.aside() == []
    assert state(removing) == [(0,)]


async def test_who_left_first_and_comes_back_is_active_again(here: School) -> None:
    """Their results brought a suspended enrolment; it was we who suspended it."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    address, here.address = here.address, "http://127.0.0.1:9"
    await here.sync()  # the box is read; nothing leaves
    remove(here)
    await here.sync()
    here.address = address
    here.box.enrol("amina", "MATHS")
    await here.completed()
    assert state(here) == [(0,)]


async def test_grades_that_went_with_an_enrolment_go_again(here: School) -> None:
    """Moodle deletes them when somebody is unenrolled (seen on 4.5.6)."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.grade("amina", "Test", 7)
    await here.completed()
    for table in ("user_enrolments", "grade_grades"):
        here.online.sql(f"DELETE FROM mdl_{table}")
    here.box.complete("amina", "Numbers")
    await here.sync()
    assert ("amina", "completion", "not_enrolled_online") in await here.aside()
    here.online.enrol("amina", "MATHS")
    for _ in range(2):
        await here.sync()
    assert here.online.grades("amina", "Test") == [(0, 7.0)]
