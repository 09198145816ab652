"""Groups: made all or none, joined by who is enrolled, shown as far as they are not hidden."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from .client import Caller, Reply
from .test_refusals import take_away

Sql = Callable[..., list[sqlite3.Row]]

KOFI, NOOR, JUN = 6, 7, 8
COURSE, OTHER_COURSE = 2, 3


def group(name: str, course: int = COURSE, **fields: object) -> dict[str, object]:
    """A group as the sync would create one."""
    return {"courseid": course, "name": name, "description": "", **fields}


async def create(call: Caller, *groups: dict[str, object]) -> Reply:
    """Creates groups in one call."""
    return await call("core_group_create_groups", groups=list(groups))


async def made(call: Caller, name: str = "Class A", **fields: Any) -> int:
    """Creates a group and answers its id."""
    reply = await create(call, group(name, **fields))
    return int(reply.body[0]["id"])


async def add(call: Caller, *members: tuple[int, int]) -> Reply:
    """Adds (group, user) pairs in one call."""
    lines = [{"groupid": group_id, "userid": user} for group_id, user in members]
    return await call("core_group_add_group_members", members=lines)


async def members(call: Caller, group_id: int) -> list[int]:
    """Who is in a group, as the site says."""
    reply = await call("core_group_get_group_members", groupids=[group_id])
    found: list[int] = reply.body[0]["userids"]
    return found


async def names(call: Caller, course: int = COURSE) -> list[str]:
    """The names of a course's groups, as the site says."""
    reply = await call("core_group_get_course_groups", courseid=course)
    return [group["name"] for group in reply.body]


async def test_creating_is_one_transaction(call: Caller, sql: Sql) -> None:
    """One name that is taken and no group of the call is made; so it is with one course closed."""
    await made(call)
    reply = await create(call, group("Class B"), group("Class A"))
    assert reply.errorcode == "invalidparameter"
    reply = await create(call, group("Class B"), group("Class B", 999))
    assert reply.errorcode == "errorcoursecontextnotvalid"
    assert await names(call) == ["Class A"]


async def test_production_does_not_say_which_name_is_taken(call: Caller) -> None:
    """The reason stands in the debuginfo; an answer without it could be any wrong parameter."""
    await made(call)
    assert (await create(call, group("Class A"))).body == {
        "exception": "core\\exception\\invalid_parameter_exception",
        "errorcode": "invalidparameter",
        "message": "Invalid parameter value detected",
    }


@pytest.mark.parametrize(
    ("there", "name", "taken"),
    [
        ("Class École", "CLASS ÉCOLE", True),
        ("Class École", "Class Ecole", True),
        ("Class École", "Class École ", True),
        ("Class École", " Class École", False),
        ("Class École", "Class  École", False),
        ("Team 😀", "Team 😁", True),
        ("Team 1", "Team ١", True),
        ("Team ß", "Team ss", True),
        ("Team ø", "Team o", False),
        ("Team æ", "Team ae", False),
        ("A & B", "A &amp; B", False),
    ],
)
async def test_a_name_is_taken_as_the_database_compares(
    call: Caller, there: str, name: str, taken: bool
) -> None:
    """Case, accents, which emoji and blanks at the end do not count; a blank before it does."""
    await made(call, there)
    reply = await create(call, group(name))
    assert (reply.errorcode == "invalidparameter") is taken


async def test_a_blank_before_makes_a_second_group_of_the_same_name(call: Caller) -> None:
    """The name is compared first and trimmed then, also in what comes back."""
    await made(call)
    reply = await create(call, group("  Class A"))
    assert reply.body[0]["name"] == "Class A"
    assert await names(call) == ["Class A", "Class A"]


async def test_another_course_may_have_a_group_of_that_name(call: Caller) -> None:
    """A name is unique in its course only."""
    await made(call)
    reply = await create(call, group("Class A", OTHER_COURSE))
    assert reply.errorcode is None


@pytest.mark.parametrize(
    ("fields", "errorcode"),
    [
        ({"name": "  "}, "invalidparameter"),
        ({"name": "<b>A</b>"}, "invalidparameter"),
        ({"name": "x" * 255}, "dmlwriteexception"),
        ({"courseid": 999}, "errorcoursecontextnotvalid"),
        ({"visibility": 4}, "invalidparameter"),
        ({"descriptionformat": 3}, "formatnotsupported"),
        ({"idnumber": "007"}, "idnumbertaken"),
        ({"idnumber": "0"}, None),
    ],
    ids=str,
)
async def test_a_bad_group_is_refused(
    call: Caller, fields: dict[str, object], errorcode: str | None
) -> None:
    """Each with its errorcode; ID numbers that are numbers are compared as numbers."""
    await made(call, "Class B", idnumber="7")
    reply = await create(call, {**group("Class A"), **fields})
    assert reply.errorcode == errorcode


@pytest.mark.parametrize("capability", ["moodle/course:managegroups", "moodle/course:view"])
async def test_groups_need_their_capability(call: Caller, sql: Sql, capability: str) -> None:
    """To be made and joined, and to be read as well."""
    group_id = await made(call)
    take_away(sql, capability)
    refusal = {
        "moodle/course:managegroups": "nopermissions",
        "moodle/course:view": "errorcoursecontextnotvalid",
    }[capability]
    replies = (
        await create(call, group("Class B")),
        await add(call, (group_id, KOFI)),
        await call("core_group_get_course_groups", courseid=COURSE),
        await call("core_group_get_group_members", groupids=[group_id]),
    )
    assert [reply.errorcode for reply in replies] == [refusal] * 4


async def test_adding_again_is_harmless(call: Caller, sql: Sql) -> None:
    """It answers null and changes neither the membership nor the group."""
    group_id = await made(call)
    assert (await add(call, (group_id, KOFI))).body is None
    sql("UPDATE mdl_groups SET timemodified = 5")
    assert (await add(call, (group_id, KOFI))).body is None
    assert await members(call, group_id) == [KOFI]
    assert sql("SELECT timemodified FROM mdl_groups")[0][0] == 5


async def test_joining_is_written_with_its_time(call: Caller, sql: Sql) -> None:
    """As Moodle writes it, and the group has changed."""
    group_id = await made(call)
    sql("UPDATE mdl_groups SET timemodified = 5")
    await add(call, (group_id, KOFI))
    row = sql("SELECT * FROM mdl_groups_members")[0]
    assert (row["component"], row["itemid"]) == ("", 0)
    assert row["timeadded"] == sql("SELECT timemodified FROM mdl_groups")[0][0] > 5


async def test_only_enrolled_users_can_join(call: Caller, sql: Sql) -> None:
    """One who is not enrolled and nobody of the call joins."""
    group_id = await made(call)
    sql("DELETE FROM mdl_user_enrolments WHERE userid = ?", NOOR)
    reply = await add(call, (group_id, KOFI), (group_id, NOOR))
    assert reply.errorcode == "invalidparameter"
    assert await members(call, group_id) == []


async def test_a_suspended_or_ended_enrolment_is_enough_to_join(call: Caller, sql: Sql) -> None:
    """Any enrolment of the course counts, also through a way that is closed."""
    group_id = await made(call)
    sql("UPDATE mdl_user_enrolments SET status = 1 WHERE userid = ?", KOFI)
    sql("UPDATE mdl_user_enrolments SET timeend = 1000 WHERE userid = ?", NOOR)
    sql("UPDATE mdl_enrol SET status = 1")
    assert (await add(call, (group_id, KOFI), (group_id, NOOR))).body is None
    assert sorted(await members(call, group_id)) == [KOFI, NOOR]


@pytest.mark.parametrize(
    ("which", "errorcode"), [("group", "invalidrecord"), ("user", "invaliduser")]
)
async def test_who_or_what_is_missing_is_named_by_its_table(
    call: Caller, which: str, errorcode: str
) -> None:
    """A group or a user that does not exist undoes the whole call."""
    group_id = await made(call)
    bad = (999, KOFI) if which == "group" else (group_id, 999)
    assert (await add(call, (group_id, NOOR), bad)).errorcode == errorcode
    assert await members(call, group_id) == []


async def test_a_deleted_user_is_as_one_who_never_was(call: Caller, sql: Sql) -> None:
    """Otherwise than in enrolling, there is no word of their deletion."""
    group_id = await made(call)
    sql("UPDATE mdl_user SET deleted = 1 WHERE id = ?", KOFI)
    assert (await add(call, (group_id, KOFI))).errorcode == "invaliduser"


async def test_members_come_by_last_and_first_name(call: Caller, sql: Sql) -> None:
    """Not by id, nor as they joined; accents and case do not count."""
    group_id = await made(call)
    for user, last, first in ((KOFI, "eto'o", "B"), (NOOR, "Éto'o", "a"), (JUN, "Fa", "A")):
        sql("UPDATE mdl_user SET lastname = ?, firstname = ? WHERE id = ?", last, first, user)
    await add(call, (group_id, JUN), (group_id, KOFI), (group_id, NOOR))
    assert await members(call, group_id) == [NOOR, KOFI, JUN]


async def test_asking_for_one_group_that_is_gone_fails_for_all(call: Caller) -> None:
    """There is no answer for the others."""
    group_id = await made(call)
    reply = await call("core_group_get_group_members", groupids=[group_id, 999])
    assert reply.errorcode == "invalidrecord"


async def test_groups_come_by_name(call: Caller) -> None:
    """As the database sorts them: ł is no l, and stands behind every l."""
    for name in ("b", "łz", "É", "A", "lz", "f", "m"):
        await made(call, name)
    assert await names(call) == ["A", "b", "É", "f", "lz", "łz", "m"]


async def test_a_hidden_group_is_not_listed_but_its_name_is_taken(call: Caller, sql: Sql) -> None:
    """The account has not moodle/course:viewhiddengroups: it cannot learn the group's id."""
    await made(call)
    for visibility in (1, 2, 3):
        sql("UPDATE mdl_groups SET visibility = ?", visibility)
        assert await names(call) == []
        assert (await create(call, group("Class A"))).errorcode == "invalidparameter"


async def test_members_of_a_hidden_group_do_not_show(call: Caller, sql: Sql) -> None:
    """Adding works and reading back finds nobody; whose members show takes part in activities."""
    for visibility in (1, 2, 3):
        group_id = await made(call, f"Class {visibility}", visibility=visibility)
        assert (await add(call, (group_id, KOFI))).body is None
        assert await members(call, group_id) == []
    assert sql("SELECT count(*) FROM mdl_groups_members")[0][0] == 3
    shown = sql("SELECT visibility FROM mdl_groups WHERE participation = 1")
    assert [row["visibility"] for row in shown] == [1]


async def test_who_may_view_hidden_groups_sees_them(call: Caller, sql: Sql) -> None:
    """With the capability both are as in other groups."""
    group_id = await made(call, visibility=3)
    await add(call, (group_id, KOFI))
    sql(
        "INSERT INTO mdl_role_capabilities (contextid, roleid, capability, permission) "
        "SELECT 1, id, 'moodle/course:viewhiddengroups', 1 FROM mdl_role "
        "WHERE shortname = 'beekeesync'"
    )
    assert await names(call) == ["Class A"]
    assert await members(call, group_id) == [KOFI]


async def test_names_come_for_html_unless_raw_is_asked_for(call: Caller) -> None:
    """`&` and `<` are escaped, quotes are not; a batch may ask for raw names call by call."""
    await made(call, 'Q & "A" < 3')
    assert await names(call) == ['Q &amp; "A" &lt; 3']
    requests = [
        {
            "function": "core_group_get_course_groups",
            "arguments": json.dumps({"courseid": COURSE}),
            "settingraw": "1",
        }
    ]
    reply = await call("tool_mobile_call_external_functions", requests=requests)
    assert json.loads(reply.body["responses"][0]["data"])[0]["name"] == 'Q & "A" < 3'


async def test_leaving_the_course_ends_membership(call: Caller) -> None:
    """With the last enrolment in the course goes the group."""
    group_id = await made(call)
    await add(call, (group_id, KOFI))
    await call("enrol_manual_unenrol_users", enrolments=[{"userid": KOFI, "courseid": COURSE}])
    assert await members(call, group_id) == []
