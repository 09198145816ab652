"""Enrolling: what is repeated is edited."""

import sqlite3
from collections.abc import Callable

import pytest

from .client import Caller

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
