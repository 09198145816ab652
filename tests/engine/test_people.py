"""Who is who, and what is never touched (features.md, rows 16 and 17)."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from beekeed.core.model import RunStatus
from tests.engine.school import School, counts


def account(here: School, username: str) -> tuple[Any, ...]:
    """Everything that an online account's row holds."""
    (row,) = here.online.sql("SELECT * FROM mdl_user WHERE username = ?", username)
    return row


async def test_a_new_learner_gets_an_account_with_their_data(here: School) -> None:
    """Names in any script, and the profile fields that the box has."""
    here.box.person("sara", "سارة", "O'Brien & Söhne", idnumber="S-1", city="Gao", country="ML")
    here.box.enrol("sara", "MATHS")
    here.box.complete("sara", "Numbers")
    assert counts(await here.completed()) == {
        ("account", "done"): 1,
        ("enrolment", "done"): 1,
        ("completion", "done"): 1,
    }
    columns = "firstname, lastname, email, idnumber, city, country, auth, suspended"
    assert here.online.sql(f"SELECT {columns} FROM mdl_user WHERE username = 'sara'") == [
        ("سارة", "O'Brien & Söhne", "sara@example.org", "S-1", "Gao", "ML", "manual", 0)
    ]
    assert here.online.state("sara", "Numbers") == 1


async def test_the_same_person_online_is_adopted_and_not_changed(here: School) -> None:
    """An account that beekeed did not make keeps every field."""
    here.online.person("amina", "AMINA", "Diallo", email="real@example.org", city="Bamako")
    before = account(here, "amina")
    here.box.person("amina", "Amina", "Diallo", city="Gao")
    here.box.enrol("amina", "MATHS")
    here.box.complete("amina", "Numbers")
    details = await here.completed()
    assert counts(details)[("account", "already")] == 1
    assert account(here, "amina") == before
    assert here.online.state("amina", "Numbers") == 1
    made = await here.store.rows("SELECT made_by_us FROM account")
    assert [row[0] for row in made] == [0]


async def test_another_person_of_that_username_is_set_aside_with_all_their_work(
    here: School,
) -> None:
    """Nothing of theirs is mixed; the others go on; it is listed, and tried again when mended."""
    here.online.learner("student1", "Yusuf", "Traoré", "MATHS")
    before = account(here, "student1")
    here.box.learner("student1", "Amina", "Diallo", "MATHS")
    here.box.complete("student1", "Numbers")
    here.box.learner("student2", "Fatou", "Keita", "MATHS")
    here.box.complete("student2", "Numbers")
    details = await here.sync()
    assert details.run.status is RunStatus.PARTIAL
    assert await here.aside() == [("student1", "account", "other_person_online")]
    assert account(here, "student1") == before
    assert here.online.state("student1", "Numbers") is None
    assert here.online.state("student2", "Numbers") == 1
    (row,) = await here.changes.set_aside_list(1)
    assert (row.username, row.holds) == ("student1", 2)

    assert counts(await here.sync()) == {}  # not asked about again
    here.box.sql(
        "UPDATE mdl_user SET firstname = 'Yusuf', lastname = 'TRAORE' WHERE username = 'student1'"
    )
    await here.completed()
    assert here.online.state("student1", "Numbers") == 1


async def test_an_equal_idnumber_is_the_same_person(here: School) -> None:
    """Whatever the names."""
    here.online.person("amina", "A.", "D.", idnumber="S-1")
    here.box.person("amina", "Amina", "Diallo", idnumber="S-1")
    here.box.enrol("amina", "MATHS")
    await here.completed()


async def test_a_username_used_again_is_a_new_person(here: School) -> None:
    """The second child of that username is set aside; the first one's results stay."""
    here.box.learner("student1", "Amina", "Diallo", "MATHS")
    here.box.complete("student1", "Numbers")
    await here.completed()
    here.box.sql(
        "UPDATE mdl_user SET firstname = 'Yusuf', lastname = 'Traoré' WHERE username = 'student1'"
    )
    here.box.complete("student1", "Fractions")
    here.box.complete("student1", "Numbers", 0)
    details = await here.sync()
    assert details.run.status is RunStatus.PARTIAL
    assert await here.aside() == [("student1", "account", "username_reused")]
    assert here.online.state("student1", "Numbers") == 1
    assert here.online.state("student1", "Fractions") is None
    assert await here.store.rows("SELECT 1 FROM receipt WHERE gone_at IS NOT NULL") == []
    here.box.sql(
        "UPDATE mdl_user SET firstname = 'Amina', lastname = 'Diallo' WHERE username = 'student1'"
    )
    await here.completed()
    assert here.online.state("student1", "Fractions") == 1


async def test_a_restored_box_is_the_same_people(here: School) -> None:
    """Other ids, same names: nothing is made twice."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.completed()
    old = here.box.user("amina")
    for table, column in (
        ("user", "id"),
        ("user_enrolments", "userid"),
        ("role_assignments", "userid"),
        ("course_modules_completion", "userid"),
    ):
        here.box.sql(f"UPDATE mdl_{table} SET {column} = 5000 WHERE {column} = ?", old)
    assert counts(await here.completed()) == {}


@pytest.mark.parametrize("role", ["teacher", "editingteacher", "manager"])
@pytest.mark.parametrize("where", ["MATHS", "SCIENCE"])
async def test_whoever_has_another_role_online_is_left_alone(
    here: School, role: str, where: str
) -> None:
    """A role in any synchronized course is enough, also beside the student role."""
    here.online.learner("amina", "Amina", "Diallo", "MATHS")
    here.online.enrol("amina", where, role=role)
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.box.complete("amina", "Numbers")
    here.box.learner("other", "Other", "Learner", "MATHS", "SCIENCE")
    theirs = "SELECT * FROM mdl_user_enrolments WHERE userid = ?"
    before = here.online.sql(theirs, here.online.user("amina"))
    details = await here.sync()
    assert details.run.status is RunStatus.PARTIAL
    assert {code for _, _, code in await here.aside()} == {"other_role_online"}
    assert here.online.state("amina", "Numbers") is None
    assert here.online.sql(theirs, here.online.user("amina")) == before


async def test_never_touch_is_never_touched(here: School) -> None:
    """Neither made, nor enrolled, nor completed."""
    here.rules = replace(here.rules, never_touch=frozenset({"amina", "new"}))
    here.online.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.box.complete("amina", "Numbers")
    here.box.learner("new", "New", "Learner", "MATHS")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert {code for _, _, code in await here.aside()} == {"never_touch"}
    assert here.online.state("amina", "Numbers") is None
    assert here.online.one("SELECT 1 FROM mdl_user WHERE username = 'new'") is None


async def test_the_prefix_keeps_generic_names_apart(here: School) -> None:
    """Two boxes' student1 are two accounts."""
    here.online.person("student1", "Yusuf", "Traoré", email="yusuf@example.org")
    here.rules = replace(here.rules, username_prefix="gao-")
    here.box.learner("student1", "Amina", "Diallo", "MATHS")
    here.box.complete("student1", "Numbers")
    await here.completed()
    assert here.online.state("gao-student1", "Numbers") == 1
    assert here.online.state("student1", "Numbers") is None


async def test_guests_administrators_teachers_and_deleted_people_are_not_learners(
    here: School,
) -> None:
    """Only holders of a learner's role, in a course that is not the site's own."""
    here.box.enrol("guest", "MATHS")
    here.box.enrol("admin", "MATHS")
    here.box.complete("admin", "Numbers")
    here.box.person("teacher", "The", "Teacher")
    here.box.enrol("teacher", "MATHS", role="editingteacher")
    here.box.complete("teacher", "Numbers")
    here.box.learner("gone", "Gone", "Away", "MATHS")
    here.box.complete("gone", "Numbers")
    here.box.sql(
        "UPDATE mdl_user SET deleted = 1, username = 'gone@example.org.1793'"
        " WHERE username = 'gone'"
    )
    users = here.online.sql("SELECT * FROM mdl_user")
    await here.completed()
    assert await here.waiting() == 0
    assert here.online.sql("SELECT * FROM mdl_user") == users


async def test_one_bad_record_stops_nobody_else(here: School) -> None:
    """What Moodle would refuse is set aside before it is sent, or after; both can be mended."""
    here.online.person("other", "Other", "Person", email="taken@example.org")
    here.box.person("noemail", "No", "Email", email="none")
    here.box.person("taken", "Taken", "Email", email="taken@example.org")
    here.box.person("fine", "Fine", "Person")
    for username in ("noemail", "taken", "fine"):
        here.box.enrol(username, "MATHS")
        here.box.complete(username, "Numbers")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert await here.aside() == [
        ("noemail", "account", "account_not_creatable"),
        ("taken", "account", "account_refused"),
    ]
    assert here.online.state("fine", "Numbers") == 1
    for username in ("noemail", "taken"):
        here.box.sql(
            "UPDATE mdl_user SET email = ? WHERE username = ?",
            f"{username}@box.example.org",
            username,
        )
    await here.completed()
    assert here.online.state("noemail", "Numbers") == 1
    assert here.online.state("taken", "Numbers") == 1


async def test_suspension_and_deletion_on_the_box_do_not_cross(here: School) -> None:
    """A stolen box must not harm."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.learner("yusuf", "Yusuf", "Traoré", "MATHS")
    await here.completed()
    before = [account(here, name) for name in ("amina", "yusuf")]
    here.box.sql("UPDATE mdl_user SET suspended = 1 WHERE username = 'amina'")
    here.box.sql("UPDATE mdl_user SET deleted = 1, username = 'x' WHERE username = 'yusuf'")
    assert counts(await here.completed()) == {}
    assert [account(here, name) for name in ("amina", "yusuf")] == before


async def test_a_suspended_account_online_stays_suspended(here: School) -> None:
    """Its results arrive, and nobody can log in with it."""
    here.online.person("amina", "Amina", "Diallo", suspended=1)
    before = account(here, "amina")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.completed()
    assert account(here, "amina") == before
    assert here.online.state("amina", "Numbers") == 1


async def test_a_number_that_belongs_to_somebody_else_now_gets_nothing(here: School) -> None:
    """The site was put back, and the next account made there got our learner's number."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Fractions")
    await here.completed()
    await here.completed()
    number = here.online.user("amina")
    tables = {"user": "id", "user_enrolments": "userid", "role_assignments": "userid"}
    for table, column in tables.items():
        here.online.sql(f"DELETE FROM mdl_{table} WHERE {column} = ?", number)
    here.online.sql("DELETE FROM mdl_course_modules_completion")
    here.online.person("yusuf", "Yusuf", "Traoré")
    here.online.sql("UPDATE mdl_user SET id = ? WHERE username = 'yusuf'", number)
    here.online.enrol("yusuf", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.completed()
    assert here.online.state("yusuf", "Numbers") is None
    assert here.online.state("amina", "Numbers") == 1
    assert here.online.state("amina", "Fractions") == 1  # acknowledged by an account that is gone


async def test_an_account_that_was_made_again_online_is_met_again(here: School) -> None:
    """Deleted and made anew by the administrator: the same person, with nothing of the old."""
    here.online.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.completed()
    old = here.online.user("amina")
    here.online.sql("UPDATE mdl_user SET deleted = 1, username = 'x' WHERE id = ?", old)
    for table in ("user_enrolments", "role_assignments"):
        here.online.sql(f"DELETE FROM mdl_{table} WHERE userid = ?", old)
    here.online.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Fractions")
    await here.completed()
    assert here.online.state("amina", "Fractions") == 1
    assert here.online.state("amina", "Numbers") == 1


async def test_a_new_name_online_is_no_new_person(here: School) -> None:
    """An administrator corrected it there; the account is the same one."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    here.box.complete("amina", "Numbers")
    await here.completed()
    here.online.sql("UPDATE mdl_user SET lastname = 'Keita' WHERE username = 'amina'")
    here.box.complete("amina", "Fractions")
    assert counts(await here.completed()) == {("completion", "done"): 1}


async def test_names_may_change_one_after_the_other(here: School) -> None:
    """She married, and later a misspelling was mended."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    here.box.sql("UPDATE mdl_user SET lastname = 'Keita' WHERE username = 'amina'")
    await here.completed()
    here.box.sql("UPDATE mdl_user SET firstname = 'Aminata' WHERE username = 'amina'")
    here.box.complete("amina", "Numbers")
    await here.completed()
    assert here.online.state("amina", "Numbers") == 1


async def test_a_teacher_of_a_course_with_nothing_to_send_is_left_alone(here: School) -> None:
    """A role in any synchronized course counts, not only in those of this run."""
    here.box.learner("other", "Other", "Learner", "MATHS", "SCIENCE")
    await here.completed()
    here.online.person("amina", "Amina", "Diallo")
    here.online.enrol("amina", "SCIENCE", role="editingteacher")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.sync()
    assert here.online.state("amina", "Numbers") is None
    assert {code for _, _, code in await here.aside()} == {"other_role_online"}


async def test_people_whom_we_may_not_see_are_not_taken_for_nobody(here: School) -> None:
    """Moodle leaves them out without a word; enrolling them again would lift a suspension."""
    here.online.learner("amina", "Amina", "Diallo", "MATHS")
    here.online.enrol("amina", "SCIENCE", status=1)
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    before = here.online.sql("SELECT * FROM mdl_user_enrolments")
    here.online.sql(
        "DELETE FROM mdl_role_capabilities WHERE capability IN"
        " ('moodle/user:viewdetails', 'moodle/user:viewalldetails')"
    )
    details = await here.sync()
    assert details.run.status is RunStatus.ERROR
    assert details.run.reason is not None
    assert details.run.reason.params["capability"] == "moodle/user:viewdetails"
    assert here.online.sql("SELECT * FROM mdl_user_enrolments") == before
    assert here.online.one("SELECT count(*) FROM mdl_user WHERE username = 'amina'") == 1


async def test_a_wrong_number_of_the_learners_role_is_noticed_at_the_first_enrolment(
    here: School,
) -> None:
    """On a site where 5 is another role, nobody else gets it, and it is named."""
    five_is_teacher(here)
    for number in range(3):
        here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
    details = await here.sync()
    assert details.run.status is RunStatus.ERROR
    assert details.run.reason is not None
    assert details.run.reason.code == "learner_role_wrong"
    assert details.run.reason.params["roles"] == "teacher"
    assert len(here.online.sql("SELECT 1 FROM mdl_user_enrolments")) == 1


async def test_a_learner_named_like_our_service_account_is_set_aside(here: School) -> None:
    """Our own account must never become a learner."""
    here.box.learner("beekeesync", "Beekee", "Sync", "MATHS")
    here.box.complete("beekeesync", "Numbers")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert await here.aside() == [("beekeesync", "account", "own_account")]
    assert here.online.sql("SELECT 1 FROM mdl_user_enrolments") == []


@pytest.mark.parametrize("username", ["kofi mensah", "kofi ménsah", "Kofi.M", "kofi+m", "ko/fi"])
async def test_an_odd_username_stops_nobody_else(here: School, username: str) -> None:
    """Moodle refuses a whole look-up for one name that it does not allow."""
    here.box.learner("fine", "Fine", "Person", "MATHS")
    here.box.complete("fine", "Numbers")
    here.box.sql("UPDATE mdl_user SET username = ? WHERE username = 'spare0'", username)
    here.box.enrol(username, "MATHS")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert [(name, kind) for name, kind, _ in await here.aside()] == [(username, "account")]
    assert here.online.state("fine", "Numbers") == 1


async def test_a_role_on_the_front_page_makes_nobody_a_learner(here: School) -> None:
    """The site's own course is not synchronized, so nothing would ever be sent."""
    here.box.person("amina", "Amina", "Diallo")
    here.box.sql(
        "INSERT INTO mdl_role_assignments (roleid, contextid, userid)"
        " SELECT 5, id, ? FROM mdl_context WHERE contextlevel = 50 AND instanceid = 1",
        here.box.user("amina"),
    )
    await here.completed()
    assert await here.waiting() == 0


async def test_a_refusal_that_is_a_learners_own_is_not_repeated_for_them(here: School) -> None:
    """An account that is gone is found out once, not once for each course."""
    here.online.person("amina", "Amina", "Diallo")
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.online.sql("UPDATE mdl_user SET confirmed = 0 WHERE username = 'amina'")
    here.rules = replace(here.rules, slice_changes=1)
    await here.sync()
    tried = here.online.one(
        "SELECT count(*) FROM sandbox_request WHERE function = 'enrol_manual_enrol_users'"
    )
    assert tried <= 1


def roles_of_learners(here: School) -> list[tuple[object, ...]]:
    """Who got which role online, but for our own account."""
    return here.online.sql(
        "SELECT u.username, r.shortname FROM mdl_role_assignments ra"
        " JOIN mdl_role r ON r.id = ra.roleid JOIN mdl_user u ON u.id = ra.userid"
        " WHERE u.username LIKE 'l%' ORDER BY 1, 2"
    )


def five_is_teacher(here: School) -> None:
    """On this site the number that is the student's elsewhere is the teacher's."""
    for old, new in ((5, 99), (4, 5), (99, 4)):
        here.online.sql("UPDATE mdl_role SET id = ? WHERE id = ?", new, old)


async def test_a_wrong_number_of_the_learners_role_is_not_tried_twice(here: School) -> None:
    """Every further sync would make one more learner a teacher; one enrolled by hand shows it."""
    five_is_teacher(here)
    for number in range(3):
        here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
    assert (await here.sync()).run.status is RunStatus.ERROR
    for _ in range(2):
        details = await here.sync()
        assert details.run.reason is not None
        assert details.run.reason.code == "learner_role_known_wrong"
    assert roles_of_learners(here) == [("l0", "teacher")]
    here.online.sql("UPDATE mdl_role_assignments SET roleid = 4 WHERE roleid = 5")
    here.online.sql("UPDATE mdl_role_allow_assign SET allowassign = 4")
    await here.completed()
    assert {role for _, role in roles_of_learners(here)} == {"student"}


async def test_a_refused_first_enrolment_proves_nothing_of_the_role(here: School) -> None:
    """One alone goes first until somebody really got the role."""
    five_is_teacher(here)
    here.online.sql(
        "UPDATE mdl_enrol SET status = 1 WHERE enrol = 'manual' AND courseid = ?",
        here.online.course("MATHS"),
    )
    for number in range(3):
        here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS", "SCIENCE")
    details = await here.sync()
    assert details.run.reason is not None
    assert details.run.reason.code == "learner_role_wrong"
    assert len(roles_of_learners(here)) == 1


async def test_without_the_right_to_make_accounts_the_others_go_on(here: School) -> None:
    """Where accounts are made centrally; who has none waits, and the missing right is named."""
    here.online.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/user:create'")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.online.person("yusuf", "Yusuf", "Traoré")
    here.box.learner("yusuf", "Yusuf", "Traoré", "MATHS")
    for name in ("amina", "yusuf"):
        here.box.complete(name, "Numbers")
    details = await here.sync()
    assert details.run.status is RunStatus.PARTIAL
    assert details.run.reason is not None
    assert details.run.reason.params["capability"] == "moodle/user:create"
    assert here.online.state("yusuf", "Numbers") == 1
    assert await here.aside() == []
    assert details.run.waiting == 3  # amina's account, enrolment and completion


async def test_an_account_that_a_late_request_made_is_not_refused(here: School) -> None:
    """A slow server answered 504, and did it after we had looked: the name is taken, by us."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    switch = "INSERT INTO sandbox_switch (name, value) VALUES ('hold_before', ?)"
    here.online.sql(switch, "core_user_create_users")
    syncing = asyncio.create_task(here.completed())
    while not (await here.store.rows("SELECT 1 FROM intent")):
        await asyncio.sleep(0.01)
    here.online.person("amina", "Amina", "Diallo")
    here.online.sql("DELETE FROM sandbox_switch")
    details = await syncing
    assert here.online.state("amina", "Numbers") == 1
    assert here.online.one("SELECT count(*) FROM mdl_user WHERE username = 'amina'") == 1
    assert counts(details)[("account", "already")] == 1


async def test_a_learner_renamed_on_the_box_keeps_the_account(here: School) -> None:
    """Another username in the same row, with the same names: no second account online."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.completed()
    here.box.sql(
        "UPDATE mdl_user SET username = 'amina.d', email = 'new@example.org'"
        " WHERE username = 'amina'"
    )
    here.box.complete("amina.d", "Fractions")
    assert counts(await here.completed()) == {("completion", "done"): 1, ("profile", "done"): 1}
    assert here.online.state("amina", "Fractions") == 1
    assert here.online.one("SELECT count(*) FROM mdl_user WHERE username = 'amina.d'") == 0


async def test_a_freed_username_that_is_given_away_again_doubles_nobody(here: School) -> None:
    """Two Aminas: one is renamed, the other gets the username; each keeps her own results."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    await here.completed()
    here.box.sql(
        "UPDATE mdl_user SET username = 'amina.diallo', email = 'd@example.org'"
        " WHERE username = 'amina'"
    )
    here.box.complete("amina.diallo", "Fractions")
    here.box.learner("amina", "Amina", "Sow", "MATHS")
    here.box.complete("amina", "Numbers")
    for _ in range(2):
        assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert here.online.state("amina", "Fractions") == 1  # Diallo's, whose account it is
    assert here.online.sql("SELECT username FROM mdl_user WHERE firstname = 'Amina'") == [
        ("amina",)
    ]
    assert await here.aside() == [("amina", "account", "other_person_online")]


async def test_a_username_given_away_before_its_account_was_made_is_its_new_owners(
    here: School,
) -> None:
    """Also where the new owner left every course meanwhile: no other child's name gets the work."""
    here.box.learner("student1", "Amina", "Diallo", "MATHS")
    here.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('maintenance', '1')")
    assert (await here.sync()).run.status is RunStatus.ERROR
    here.box.sql("UPDATE mdl_user SET deleted = 1, username = 'x' WHERE username = 'student1'")
    yusuf = here.box.learner("student1", "Yusuf", "Traoré", "MATHS")
    here.box.complete("student1", "Numbers")
    for table in ("user_enrolments", "role_assignments"):
        here.box.sql(f"DELETE FROM mdl_{table} WHERE userid = ?", yusuf)
    here.online.sql("DELETE FROM sandbox_switch")
    await here.completed()
    assert here.online.one("SELECT firstname FROM mdl_user WHERE username = 'student1'") == "Yusuf"
    assert here.online.state("student1", "Numbers") == 1


async def test_an_account_renamed_online_is_found_again(here: School) -> None:
    """By its number, where the names or the ID number still are the same."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    here.box.complete("amina", "Numbers")
    await here.completed()
    here.online.sql(
        "UPDATE mdl_user SET username = 'a.diallo', lastname = 'DIALLO' WHERE username = 'amina'"
    )
    here.box.complete("amina", "Fractions")
    assert counts(await here.completed()) == {("completion", "done"): 1}
    assert here.online.state("a.diallo", "Fractions") == 1
    assert here.online.one("SELECT count(*) FROM mdl_user WHERE username = 'amina'") == 0


async def test_an_account_that_may_be_somebody_elses_by_now_gets_nothing(here: School) -> None:
    """Username and last name changed: neither doubled nor sent to; a person looks at it."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    here.box.complete("amina", "Numbers")
    await here.completed()
    here.online.sql(
        "UPDATE mdl_user SET username = 'a.keita', lastname = 'Keita' WHERE username = 'amina'"
    )
    here.box.complete("amina", "Fractions")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert await here.aside() == [("amina", "completion", "account_changed_online")]
    assert here.online.state("a.keita", "Fractions") is None
    assert here.online.one("SELECT count(*) FROM mdl_user WHERE username = 'amina'") == 0


async def test_two_id_numbers_are_two_people(here: School) -> None:
    """Whatever their names: common names are many."""
    here.online.person("amina", "Amina", "Diallo", idnumber="B-77")
    here.box.person("amina", "Amina", "Diallo", idnumber="A-12")
    here.box.enrol("amina", "MATHS")
    await here.sync()
    assert await here.aside() == [("amina", "account", "other_person_online")]


async def test_who_is_put_under_protection_later_is_left_alone_from_then_on(here: School) -> None:
    """never_touch holds for those too whom we know already."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    here.rules = replace(here.rules, never_touch=frozenset({"Amina"}))
    here.box.complete("amina", "Numbers")
    await here.sync()
    assert here.online.state("amina", "Numbers") is None
    assert await here.aside() == [("amina", "completion", "never_touch")]


async def test_who_is_enrolled_again_online_is_tried_again(here: School) -> None:
    """The list that is read anyway tells it; nobody has to ask for it."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    user = here.online.user("amina")
    kept = here.online.sql("SELECT * FROM mdl_user_enrolments WHERE userid = ?", user)
    here.online.sql("DELETE FROM mdl_user_enrolments WHERE userid = ?", user)
    here.box.complete("amina", "Numbers")
    await here.sync()
    assert await here.aside() == [("amina", "completion", "not_enrolled_online")]
    await here.sync()
    assert len(await here.aside()) == 1
    marks = ", ".join("?" for _ in kept[0])
    here.online.sql(f"INSERT INTO mdl_user_enrolments VALUES ({marks})", *kept[0])
    await here.completed()
    assert here.online.state("amina", "Numbers") == 1


async def test_only_what_a_request_carries_is_an_intent(here: School) -> None:
    """One by one, a hundred completions are a hundred intents, not five thousand."""
    here.online.sql(
        "DELETE FROM mdl_external_services_functions"
        " WHERE functionname = 'tool_mobile_call_external_functions'"
    )
    for number in range(10):
        here.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
        here.box.complete(f"l{number}", "Numbers")
    async with here.store.write() as db:
        await db.execute("CREATE TABLE counted (kind)")
        await db.execute(
            "CREATE TRIGGER counting AFTER INSERT ON intent BEGIN"
            " INSERT INTO counted VALUES (NEW.kind); END"
        )
    await here.completed()
    row = await here.store.row("SELECT count(*) FROM counted")
    assert row is not None
    assert row[0] == 30
