"""Enrolling: what is repeated is edited."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from beekeed.sandbox.content import add_empty_course
from beekeed.sandbox.database import connect

from .client import Caller
from .conftest import NOW
from .test_refusals import take_away

Sql = Callable[..., list[sqlite3.Row]]

KOFI = 6
COURSE = 2


async def enrol(call: Caller, user: int = KOFI, **fields: object) -> str | None:
    """Enrols somebody as a student in the course; answers the errorcode, if any."""
    line = {"roleid": 5, "userid": user, "courseid": COURSE, **fields}
    reply = await call("enrol_manual_enrol_users", enrolments=[line])
    assert reply.body is None or reply.errorcode
    return reply.errorcode


async def listed(call: Caller, *flags: str) -> list[str]:
    """The usernames of the course's participants, under the given options."""
    options = [{"name": "userfields", "value": "id,username"}]
    options += [{"name": flag, "value": "1"} for flag in flags]
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE, options=options)
    return [user["username"] for user in reply.body]


def enrolment(sql: Sql, method: str = "manual") -> sqlite3.Row:
    """Kofi's enrolment in the course."""
    rows = sql(
        "SELECT ue.* FROM mdl_user_enrolments ue JOIN mdl_enrol e ON e.id = ue.enrolid "
        "WHERE ue.userid = ? AND e.courseid = ? AND e.enrol = ?",
        KOFI,
        COURSE,
        method,
    )
    assert len(rows) == 1
    return rows[0]


async def test_enrolling_again_lifts_a_suspension_and_an_end(call: Caller, sql: Sql) -> None:
    """What a teacher set online is undone without a word."""
    for change in ("status = 1", "timeend = 1000", "timestart = 4000000000"):
        sql(f"UPDATE mdl_user_enrolments SET {change} WHERE userid = ?", KOFI)
        assert "pupil.kofi" in await listed(call, "onlysuspended")
        assert await enrol(call) is None
        assert "pupil.kofi" in await listed(call, "onlyactive")
    row = enrolment(sql)
    assert (row["status"], row["timestart"], row["timeend"]) == (0, 0, 0)


async def test_suspend_suspends_who_is_enrolled_already(call: Caller, sql: Sql) -> None:
    """Without suspend, or with 0, the next call lifts it again; roles stay."""
    for lifted in ({}, {"suspend": 0}):
        assert await enrol(call, suspend=1) is None
        assert enrolment(sql)["status"] == 1
        assert "pupil.kofi" in await listed(call, "onlysuspended")
        assert "pupil.kofi" not in await listed(call, "onlyactive")
        assert "pupil.kofi" in await listed(call)
        assert await enrol(call, **lifted) is None
        assert enrolment(sql)["status"] == 0
        assert "pupil.kofi" in await listed(call, "onlyactive")


async def test_active_or_suspended_not_both(call: Caller, sql: Sql) -> None:
    """Both together are a fault of the caller's; each needs moodle/course:enrolreview."""
    options = [{"name": name, "value": "1"} for name in ("onlyactive", "onlysuspended")]
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE, options=options)
    assert reply.errorcode == "codingerror"
    take_away(sql, "moodle/course:enrolreview")
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE, options=options[:1])
    assert reply.errorcode == "nopermissions"
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE)
    assert reply.errorcode is None


def mails(sql: Sql) -> list[tuple[int, str]]:
    """To whom what was mailed; each welcome is a notification too."""
    sent = [(row["userid"], row["kind"]) for row in sql("SELECT * FROM sandbox_mail ORDER BY id")]
    welcomed = [user for user, kind in sent if kind == "welcome"]
    rows = sql("SELECT useridto FROM mdl_notifications ORDER BY id")
    assert [row["useridto"] for row in rows] == welcomed
    return sent


def welcome_by(sql: Sql, setting: int | None) -> None:
    """Sets whether and from whom manual enrolment welcomes people."""
    sql("UPDATE mdl_enrol SET customint1 = ? WHERE enrol = 'manual'", setting)


async def test_every_enrolment_mails_a_welcome(call: Caller, sql: Sql) -> None:
    """Again where nothing changes, and also to who is just being suspended."""
    welcome_by(sql, 1)
    for change in ({}, {"suspend": 1}, {}):
        assert await enrol(call, **change) is None
    assert mails(sql) == [(KOFI, "welcome")] * 3
    row = sql("SELECT * FROM mdl_notifications")[0]
    assert (row["useridfrom"], row["eventtype"]) == (4, "enrolcoursewelcomemessage")
    assert row["subject"] == "Welcome to Mathematics 1"


async def test_an_enrolment_that_is_undone_mails_nobody(call: Caller, sql: Sql) -> None:
    """One bad line, and the good ones before it are not welcomed."""
    welcome_by(sql, 1)
    lines = [{"roleid": role, "userid": KOFI, "courseid": COURSE} for role in (5, 3)]
    reply = await call("enrol_manual_enrol_users", enrolments=lines)
    assert reply.errorcode == "wsusercannotassign"
    assert mails(sql) == []


@pytest.mark.parametrize(("setting", "sender"), [(None, None), (0, None), (1, 4), (3, -10)])
async def test_the_course_says_whether_it_welcomes(
    call: Caller, sql: Sql, setting: int | None, sender: int | None
) -> None:
    """From its first teacher, or from nobody; a setting of a site restored from old is empty."""
    welcome_by(sql, setting)
    await enrol(call)
    found = [row["useridfrom"] for row in sql("SELECT useridfrom FROM mdl_notifications")]
    assert found == ([] if sender is None else [sender])


async def test_a_course_without_a_contact_welcomes_nobody(call: Caller, sql: Sql) -> None:
    """Nor does one where the site counts no role as a contact; one of the whole site is one."""
    welcome_by(sql, 1)
    sql("UPDATE mdl_config SET value = '' WHERE name = 'coursecontact'")
    await enrol(call)
    sql("UPDATE mdl_config SET value = '4,1' WHERE name = 'coursecontact'")
    await enrol(call)
    assert mails(sql) == []
    sql("INSERT INTO mdl_role_assignments (roleid, contextid, userid) VALUES (1, 1, 5)")
    await enrol(call)
    assert mails(sql) == [(KOFI, "welcome")]


@pytest.mark.parametrize("change", ["suspended = 1", "emailstop = 1", "auth = 'nologin'"])
async def test_who_gets_no_mail_gets_the_notification(call: Caller, sql: Sql, change: str) -> None:
    """A suspended account, and one that wants no mail."""
    welcome_by(sql, 1)
    sql(f"UPDATE mdl_user SET {change} WHERE id = ?", KOFI)
    await enrol(call)
    assert sql("SELECT * FROM sandbox_mail") == []
    assert len(sql("SELECT * FROM mdl_notifications")) == 1


async def test_a_new_course_welcomes_people_by_itself(school: Path, sql: Sql) -> None:
    """Moodle's default; the school of the sandbox has it switched off."""
    assert {row[0] for row in sql("SELECT customint1 FROM mdl_enrol WHERE enrol = 'manual'")} == {0}
    with closing(connect(school)) as db:
        course = add_empty_course(db, shortname="n", fullname="New", now=NOW)
    new = sql("SELECT customint1 FROM mdl_enrol WHERE enrol = 'manual' AND courseid = ?", course)
    assert new[0][0] == 1


async def test_a_password_that_moodle_makes_is_mailed(call: Caller, sql: Sql) -> None:
    """To each account of the call, and to none where one is refused."""
    common = {"firstname": "A", "lastname": "B", "createpassword": 1}
    users = [{**common, "username": name, "email": f"{name}@b.org"} for name in ("a", "b")]
    bad = {**common, "username": "pupil.kofi", "email": "c@b.org"}
    await call("core_user_create_users", users=[*users, bad])
    assert mails(sql) == []
    reply = await call("core_user_create_users", users=users)
    assert mails(sql) == [(user["id"], "password") for user in reply.body]


async def test_enrolling_again_as_before_writes_nothing(call: Caller, sql: Sql) -> None:
    """The times of an enrolment that is as wanted stay."""
    before = tuple(enrolment(sql))
    assert await enrol(call) is None
    assert tuple(enrolment(sql)) == before


async def test_who_enrolled_herself_gets_a_second_enrolment(call: Caller, sql: Sql) -> None:
    """Manual and self enrolment stand beside each other; the list has her once."""
    sql(
        "UPDATE mdl_user_enrolments SET enrolid = "
        "(SELECT id FROM mdl_enrol WHERE courseid = ? AND enrol = 'self') WHERE userid = ? "
        "AND enrolid = (SELECT id FROM mdl_enrol WHERE courseid = ? AND enrol = 'manual')",
        COURSE,
        KOFI,
        COURSE,
    )
    sql("UPDATE mdl_enrol SET status = 0 WHERE courseid = ? AND enrol = 'self'", COURSE)
    assert await enrol(call) is None
    assert enrolment(sql, "self")["userid"] == enrolment(sql, "manual")["userid"] == KOFI
    assert (await listed(call)).count("pupil.kofi") == 1


async def test_a_closed_way_of_enrolment_makes_who_came_by_it_suspended(
    call: Caller, sql: Sql
) -> None:
    """Disabling the course's manual enrolment suspends all of it and refuses new ones."""
    sql("UPDATE mdl_enrol SET status = 1 WHERE courseid = ? AND enrol = 'manual'", COURSE)
    assert "pupil.kofi" in await listed(call, "onlysuspended")
    assert await enrol(call) == "wsnoinstance"


async def test_one_bad_line_and_nobody_is_enrolled(call: Caller, sql: Sql) -> None:
    """The whole call is one transaction."""
    made = await call(
        "core_user_create_users",
        users=[{"username": "a", "firstname": "A", "lastname": "B", "email": "a@b.org",
                "password": "Secret-123"}],
    )  # fmt: skip
    user = made.body[0]["id"]
    lines = [
        {"roleid": 5, "userid": user, "courseid": COURSE},
        {"roleid": 3, "userid": user, "courseid": COURSE},
    ]
    reply = await call("enrol_manual_enrol_users", enrolments=lines)
    assert reply.errorcode == "wsusercannotassign"
    assert sql("SELECT * FROM mdl_user_enrolments WHERE userid = ?", user) == []
    assert sql("SELECT * FROM mdl_role_assignments WHERE userid = ?", user) == []


@pytest.mark.parametrize(
    ("change", "errorcode"),
    [
        ("deleted = 1", "userdeleted"),
        ("confirmed = 0", "usernotconfirmed"),
        ("suspended = 1", None),
    ],
)
async def test_only_deleted_and_unconfirmed_accounts_are_refused(
    call: Caller, sql: Sql, change: str, errorcode: str | None
) -> None:
    """A suspended account can be enrolled."""
    sql(f"UPDATE mdl_user SET {change} WHERE id = ?", KOFI)
    assert await enrol(call) == errorcode


async def test_unenrolling_keeps_completions_and_drops_roles(call: Caller, sql: Sql) -> None:
    """The work stays in the database, and the learner is no longer tracked."""
    done = "SELECT count(*) FROM mdl_course_modules_completion WHERE userid = ?"
    before = sql(done, KOFI)[0][0]
    line = {"userid": KOFI, "courseid": COURSE}
    for _ in range(2):
        reply = await call("enrol_manual_unenrol_users", enrolments=[line])
        assert reply.body is None
    assert sql(done, KOFI)[0][0] == before > 0
    assert "pupil.kofi" not in await listed(call)
    roles = sql(
        "SELECT 1 FROM mdl_role_assignments ra JOIN mdl_context con ON con.id = ra.contextid "
        "WHERE con.contextlevel = 50 AND con.instanceid = ? AND ra.userid = ?",
        COURSE,
        KOFI,
    )
    assert roles == []


async def test_teachers_are_participants_with_their_role(call: Caller) -> None:
    """Roles tell a teacher from a learner; they come with all fields or when asked for."""
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE)
    roles = {user["username"]: [role["shortname"] for role in user["roles"]] for user in reply.body}
    assert roles["aisha.bello"] == ["editingteacher"]
    assert roles["pupil.noor"] == ["student"]


async def test_pages_of_participants(call: Caller) -> None:
    """limitfrom and limitnumber cut the list that sortby and sortdirection order."""
    options = [
        {"name": name, "value": value}
        for name, value in (
            ("userfields", "username"), ("sortby", "id"), ("sortdirection", "DESC"),
            ("limitfrom", "1"), ("limitnumber", "2"),
        )
    ]  # fmt: skip
    reply = await call("core_enrol_get_enrolled_users", courseid=COURSE, options=options)
    assert [user["username"] for user in reply.body] == ["pupil.noor", "pupil.kofi"]
