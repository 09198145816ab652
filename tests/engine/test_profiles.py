"""Profiles: what changed on the box reaches the accounts that we made, and no other (row 17)."""

from dataclasses import replace

import pytest

from beekeed.core.model import RunStatus
from beekeed.sandbox import database, site
from beekeed.sandbox.standard import SYSTEM
from tests.engine.school import MADE, School, Side, counts


def field(side: Side, shortname: str) -> None:
    """Make a custom profile field of text."""
    db = side.db
    category = side.one("SELECT id FROM mdl_user_info_category") or database.insert(
        db, "user_info_category", name="Other"
    )
    database.insert(
        db, "user_info_field", shortname=shortname, name=shortname, datatype="text",
        categoryid=category, visible=2,
    )  # fmt: skip


def fill(side: Side, username: str, shortname: str, value: str) -> None:
    """Fill in somebody's custom field."""
    number = side.one("SELECT id FROM mdl_user_info_field WHERE shortname = ?", shortname)
    user = side.user(username)
    side.sql("DELETE FROM mdl_user_info_data WHERE userid = ? AND fieldid = ?", user, number)
    database.insert(side.db, "user_info_data", userid=user, fieldid=number, data=value)


def edit(side: Side, username: str, **columns: str) -> None:
    """Change somebody's profile."""
    for column, value in columns.items():
        side.sql(f"UPDATE mdl_user SET {column} = ? WHERE username = ?", value, username)


def online(here: School, column: str) -> str:
    """One column of Amina's profile online."""
    return str(here.online.one(f"SELECT {column} FROM mdl_user WHERE username = 'amina'"))


def village(here: School) -> str | None:
    """Amina's village online."""
    found: str | None = here.online.one(
        "SELECT d.data FROM mdl_user_info_data d JOIN mdl_user u ON u.id = d.userid"
        " WHERE u.username = 'amina'"
    )
    return found


@pytest.fixture
async def amina(here: School) -> School:
    """A learner for whom we made an account."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    return here


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("lastname", "Diallo-Sow"),
        ("email", "amina@village.example.org"),
        ("idnumber", "S-17"),
        ("city", "Ségou & Kayes"),
        ("country", "ML"),
        ("institution", "École 3"),
        ("department", "6e"),
        ("address", "Rue 12"),
    ],
)
async def test_an_edit_arrives(amina: School, column: str, value: str) -> None:
    """One field, and no other; a second sync sends nothing."""
    edit(amina.box, "amina", **{column: value})
    assert counts(await amina.completed()) == {("profile", "done"): 1}
    assert online(amina, column) == value
    assert counts(await amina.completed()) == {}


async def test_what_was_emptied_on_the_box_is_emptied_online(amina: School) -> None:
    """The row is there with another value: an edit (row 18)."""
    edit(amina.box, "amina", city="Gao")
    await amina.completed()
    edit(amina.box, "amina", city="")
    await amina.completed()
    assert online(amina, "city") == ""


async def test_what_somebody_changed_online_stays(amina: School) -> None:
    """A conflict, listed with the field's name; the other fields go on."""
    edit(amina.box, "amina", city="Gao")
    await amina.completed()
    edit(amina.online, "amina", city="Mopti")
    edit(amina.box, "amina", city="Kidal", institution="École 3")
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert (online(amina, "city"), online(amina, "institution")) == ("Mopti", "École 3")
    (row,) = await amina.changes.set_aside_list(1)
    assert (row.part, row.reason.code) == ("city", "profile_differs_online")


async def test_an_account_that_we_did_not_make_is_never_edited(here: School) -> None:
    """Row 17: not one field, whatever changes on the box."""
    here.online.person("amina", "Amina", "Diallo", city="Paris")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    edit(here.box, "amina", city="Gao", email="other@example.org")
    assert counts(await here.completed()) == {}
    assert (online(here, "city"), online(here, "email")) == ("Paris", "amina@example.org")


async def test_who_got_another_role_online_is_never_edited(amina: School) -> None:
    """The e-mail of a teacher's account would open it to whoever reads the box's mail."""
    amina.online.enrol("amina", "SCIENCE", role="editingteacher")
    amina.box.complete("amina", "Numbers")
    amina.box.enrol("amina", "SCIENCE")
    edit(amina.box, "amina", email="thief@example.org")
    for _ in range(2):  # that SCIENCE is synchronized shows in the first
        await amina.sync()
    assert online(amina, "email") == "amina@example.org"
    assert ("amina", "profile", "other_role_online") in await amina.aside()


async def test_an_address_that_is_taken_is_set_aside_alone(amina: School) -> None:
    """Moodle says so in a warning, not in an error (recorded)."""
    amina.online.person("taken", "Taken", "Already")
    edit(amina.box, "amina", email="taken@example.org", city="Gao")
    await amina.sync()
    assert (online(amina, "email"), online(amina, "city")) == ("amina@example.org", "Gao")
    assert await amina.aside() == [("amina", "profile", "profile_refused")]


async def test_custom_fields_go_with_a_new_account(here: School) -> None:
    """And are read back, for Moodle drops those that it does not know without a word."""
    for side in (here.box, here.online):
        field(side, "village")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    fill(here.box, "amina", "village", "Koulikoro")
    assert counts(await here.completed()) == {
        ("account", "done"): 1,
        ("enrolment", "done"): 1,
        ("profile", "already"): 1,
    }
    assert village(here) == "Koulikoro"
    fill(here.box, "amina", "village", "Kati")
    assert counts(await here.completed()) == {("profile", "done"): 1}
    assert village(here) == "Kati"
    assert counts(await here.completed()) == {}


async def test_a_custom_field_that_is_missing_online_is_said(here: School) -> None:
    """It never counts as sent."""
    field(here.box, "village")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    fill(here.box, "amina", "village", "Koulikoro")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert await here.aside() == [("amina", "profile", "profile_field_missing")]


async def test_without_the_right_edits_wait_and_nothing_else(amina: School) -> None:
    """Nobody is set aside for what our account may not do."""
    amina.online.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/user:update'")
    edit(amina.box, "amina", city="Gao")
    amina.box.complete("amina", "Numbers")
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert amina.online.state("amina", "Numbers") == 1
    assert await amina.aside() == []
    assert await amina.waiting() == 1


async def test_who_was_unenrolled_everywhere_waits_to_be_seen(amina: School) -> None:
    """A profile is read in a course; it goes by itself when there is one again."""
    amina.online.sql("DELETE FROM mdl_user_enrolments")
    edit(amina.box, "amina", city="Gao")
    await amina.sync()
    assert await amina.aside() == [("amina", "profile", "not_enrolled_online")]
    amina.online.enrol("amina", "MATHS")
    await amina.completed()
    assert online(amina, "city") == "Gao"


async def test_a_suspended_account_and_a_password_never_cross(amina: School) -> None:
    """A stolen box must not harm (row 17)."""
    before = online(amina, "password")
    amina.box.sql("UPDATE mdl_user SET suspended = 1, password = 'x', auth = 'nologin'")
    assert counts(await amina.completed()) == {}
    assert (online(amina, "suspended"), online(amina, "password")) == ("0", before)


async def test_one_odd_field_costs_nobody_the_account(here: School) -> None:
    """Moodle refuses the whole account for markup in a department (recorded)."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    edit(here.box, "amina", department="6e <b>A</b>", city="Gao")
    here.box.complete("amina", "Numbers")
    await here.sync()
    assert here.online.state("amina", "Numbers") == 1
    assert online(here, "city") == "Gao"
    assert await here.aside() == [("amina", "profile", "profile_refused")]


async def test_any_word_may_stand_in_a_profile(amina: School) -> None:
    """ "left" is also the word for who left a course, "removed" for an enrolment."""
    edit(amina.box, "amina", city="left", institution="removed")
    await amina.completed()
    assert (online(amina, "city"), online(amina, "institution")) == ("left", "removed")


async def test_a_course_that_is_left_out_makes_nobody_unenrolled(amina: School) -> None:
    """The edit waits until the course is the same again."""
    amina.online.sql("UPDATE mdl_course SET timemodified = 5 WHERE shortname = 'MATHS'")
    amina.box.complete("amina", "Numbers")
    edit(amina.box, "amina", city="Gao")
    await amina.sync()
    assert await amina.aside() == []
    changed = amina.box.one("SELECT timemodified FROM mdl_course WHERE shortname = 'MATHS'")
    amina.online.sql("UPDATE mdl_course SET timemodified = ? WHERE shortname = 'MATHS'", changed)
    await amina.completed()
    assert online(amina, "city") == "Gao"


async def test_what_went_with_the_account_is_ours(here: School) -> None:
    """A line that fails before it is read back makes no conflict of it."""
    for side in (here.box, here.online):
        field(side, "village")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    fill(here.box, "amina", "village", "Kati")
    here.online.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/user:update'")
    here.online.sql("UPDATE mdl_external_services_functions SET functionname = 'x' ||"
                    " functionname WHERE functionname = 'core_user_update_users'")  # fmt: skip
    await here.sync()
    fill(here.box, "amina", "village", "Gao")
    here.online.sql(
        "UPDATE mdl_external_services_functions SET functionname ="
        " 'core_user_update_users' WHERE functionname = 'xcore_user_update_users'"
    )
    db = here.online.db
    role = site.role_id(db, "beekeesync")
    system = site.context_id(db, SYSTEM, 0)
    site.allow(db, role, "moodle/user:update", context=system, now=MADE)
    await here.completed()
    assert village(here) == "Gao"


async def test_a_class_is_read_once_for_all_its_edits(here: School) -> None:
    """Not once a learner, nor once before and after."""
    for number in range(6):
        here.box.learner(f"pupil{number}", "Pupil", f"N{number}", "MATHS")
    await here.completed()
    here.box.sql("UPDATE mdl_user SET city = 'Gao' WHERE username LIKE 'pupil%'")
    here.rules = replace(here.rules, slice_changes=2)
    with here.counting() as asked:
        await here.completed()
    assert asked["core_enrol_get_enrolled_users"] == 2  # who is there, and their profiles


async def test_who_came_into_the_class_in_this_run_is_read_before_an_edit(here: School) -> None:
    """Somebody deleted her account; the new one has her city already, and it is not sent twice."""
    for username in ("amina", "boris"):
        here.box.learner(username, username.title(), "Diallo", "MATHS")
    await here.completed()
    here.online.sql(
        "UPDATE mdl_user SET deleted = 1, username = 'erased', email = 'erased'"
        " WHERE username = 'amina'"
    )
    here.online.sql("DELETE FROM mdl_user_enrolments WHERE userid ="
                    " (SELECT id FROM mdl_user WHERE username = 'erased')")  # fmt: skip
    here.box.sql("UPDATE mdl_user SET city = 'Gao' WHERE username IN ('amina', 'boris')")
    here.box.complete("boris", "Numbers")
    with here.counting() as asked:
        await here.sync()
        await here.completed()
    assert here.online.one("SELECT count(*) FROM mdl_user WHERE city = 'Gao'") == 2
    assert asked["core_user_update_users"] == 1, "of boris alone"
