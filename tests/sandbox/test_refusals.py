"""Who is let in: tokens, services, accounts, capabilities, as production sites refuse."""

import sqlite3
from collections.abc import Callable

import pytest

from .client import Caller

Sql = Callable[..., list[sqlite3.Row]]

OVERRIDE = "core_completion_override_activity_completion_status"


def take_away(sql: Sql, capability: str) -> None:
    """Takes a capability from the service's role."""
    sql(
        "DELETE FROM mdl_role_capabilities WHERE capability = ? AND roleid = "
        "(SELECT id FROM mdl_role WHERE shortname = 'beekeesync')",
        capability,
    )


async def test_production_says_accessexception_and_no_reason(call: Caller, sql: Sql) -> None:
    """Expired token and disabled service are one and the same message on a production site."""
    sql("UPDATE mdl_external_services SET enabled = 0")
    disabled = await call("core_webservice_get_site_info")
    sql("UPDATE mdl_external_services SET enabled = 1")
    sql("UPDATE mdl_external_tokens SET validuntil = 1")
    expired = await call("core_webservice_get_site_info")
    assert disabled.body == expired.body
    assert disabled.body == {
        "exception": "webservice_access_exception",
        "errorcode": "accessexception",
        "message": "Access control exception",
    }


async def test_an_expired_token_is_deleted_by_the_call(call: Caller, sql: Sql) -> None:
    """The second call with an expired token finds no token at all."""
    sql("UPDATE mdl_external_tokens SET validuntil = 1")
    first = await call("core_webservice_get_site_info")
    second = await call("core_webservice_get_site_info")
    assert (first.errorcode, second.errorcode) == ("accessexception", "invalidtoken")


async def test_a_token_for_this_network_is_let_in(call: Caller, sql: Sql) -> None:
    """An address restriction takes networks, lists and beginnings of addresses."""
    for allowed in ("127.0.0.0/8", "10.0.0.1, 127.0.0.1", "127."):
        sql("UPDATE mdl_external_tokens SET iprestriction = ?", allowed)
        assert (await call("core_webservice_get_site_info")).errorcode is None
    sql("UPDATE mdl_external_tokens SET iprestriction = '10.0.0.0/8'")
    assert (await call("core_webservice_get_site_info")).errorcode == "accessexception"


async def test_an_authorised_users_end_date_is_read_the_wrong_way_round(
    call: Caller, sql: Sql
) -> None:
    """Moodle lets in an authorised user whose time is over and keeps out one whose is not."""
    sql("UPDATE mdl_external_services_users SET validuntil = 1")
    assert (await call("core_webservice_get_site_info")).errorcode is None
    sql("UPDATE mdl_external_services_users SET validuntil = 4000000000")
    assert (await call("core_webservice_get_site_info")).errorcode == "accessexception"


@pytest.mark.parametrize(
    ("change", "errorcode"),
    [
        ("deleted = 1", "wsaccessuserdeleted"),
        ("confirmed = 0", "wsaccessuserunconfirmed"),
        ("suspended = 1", "wsaccessusersuspended"),
        ("auth = 'nologin'", "wsaccessusernologin"),
    ],
)
async def test_an_account_out_of_use_is_refused(
    call: Caller, sql: Sql, change: str, errorcode: str
) -> None:
    """Each state of the account has an errorcode of its own."""
    sql(f"UPDATE mdl_user SET {change} WHERE username = 'beekeesync'")
    assert (await call("core_webservice_get_site_info")).errorcode == errorcode


async def test_without_the_protocols_capability_nothing_is_allowed(call: Caller, sql: Sql) -> None:
    """The role must allow webservice/rest:use."""
    take_away(sql, "webservice/rest:use")
    assert (await call("core_webservice_get_site_info")).errorcode == "accessexception"


@pytest.mark.parametrize(
    ("function", "parameters", "capability", "title"),
    [
        ("core_user_create_users", {"users": []}, "moodle/user:create", "Create users"),
        (
            "enrol_manual_enrol_users",
            {"enrolments": [{"roleid": 5, "userid": 6, "courseid": 2}]},
            "enrol/manual:enrol",
            "Enrol users",
        ),
        (
            "enrol_manual_unenrol_users",
            {"enrolments": [{"userid": 6, "courseid": 2}]},
            "enrol/manual:unenrol",
            "Unenrol users from the course",
        ),
        (
            "core_completion_get_activities_completion_status",
            {"courseid": 2, "userid": 6},
            "report/progress:view",
            "View activity completion reports",
        ),
    ],
)
async def test_a_missing_capability_is_nopermissions_with_its_name(
    call: Caller,
    sql: Sql,
    function: str,
    parameters: dict[str, object],
    capability: str,
    title: str,
) -> None:
    """All but the override name the capability in English."""
    take_away(sql, capability)
    if function == "core_user_create_users":
        parameters = {"users": [{"username": "x", "firstname": "X", "lastname": "Y",
                                 "email": "x@x.org", "password": "Xx9!aaaa"}]}  # fmt: skip
    reply = await call(function, **parameters)
    assert reply.body == {
        "exception": "core\\exception\\required_capability_exception",
        "errorcode": "nopermissions",
        "message": f"Sorry, but you do not currently have permissions to do that ({title}).",
    }


async def test_a_prohibition_anywhere_wins(call: Caller, sql: Sql) -> None:
    """A role that is prohibited something in one course may not do it there, only there."""
    sql(
        "INSERT INTO mdl_role_capabilities (contextid, roleid, capability, permission) "
        "SELECT con.id, r.id, 'moodle/course:overridecompletion', -1000 "
        "FROM mdl_context con, mdl_role r WHERE con.contextlevel = 50 AND con.instanceid = 2 "
        "AND r.shortname = 'beekeesync'"
    )
    tracked = sql(
        "SELECT min(id) FROM mdl_course_modules WHERE completion = 2 "
        "GROUP BY course ORDER BY course"
    )
    here, elsewhere = tracked[0][0], tracked[1][0]
    refused = await call(OVERRIDE, userid=6, cmid=here, newstate=1)
    allowed = await call(OVERRIDE, userid=6, cmid=elsewhere, newstate=1)
    assert (refused.errorcode, allowed.errorcode) == ("nopermission", None)


async def test_a_prohibition_above_wins_over_what_is_allowed_below(call: Caller, sql: Sql) -> None:
    """Other than a mere prevention, which a course can allow again."""
    role = "(SELECT id FROM mdl_role WHERE shortname = 'beekeesync')"
    course = "(SELECT id FROM mdl_context WHERE contextlevel = 50 AND instanceid = 2)"
    capability = "'moodle/course:overridecompletion'"
    sql(
        "INSERT INTO mdl_role_capabilities (contextid, roleid, capability, permission) "
        f"VALUES ({course}, {role}, {capability}, 1)"
    )
    cmid = sql("SELECT min(id) FROM mdl_course_modules WHERE completion = 2")[0][0]
    for permission, errorcode in ((-1, None), (-1000, "nopermission")):
        sql(
            f"UPDATE mdl_role_capabilities SET permission = ? WHERE contextid = 1 "
            f"AND roleid = {role} AND capability = {capability}",
            permission,
        )
        reply = await call(OVERRIDE, userid=6, cmid=cmid, newstate=1)
        assert reply.errorcode == errorcode


async def test_who_may_not_enter_a_course_may_do_nothing_in_it(call: Caller, sql: Sql) -> None:
    """Without moodle/course:view and without an enrolment, courses are closed."""
    take_away(sql, "moodle/course:view")
    contents = await call("core_course_get_contents", courseid=2)
    enrolment = {"roleid": 5, "userid": 6, "courseid": 2}
    enrolling = await call("enrol_manual_enrol_users", enrolments=[enrolment])
    assert contents.errorcode == "errorcoursecontextnotvalid"
    assert enrolling.errorcode == "requireloginerror"


async def test_a_hidden_course_is_closed_to_who_may_not_see_it(call: Caller, sql: Sql) -> None:
    """It is not in the list either, unless the account may update courses."""
    sql("UPDATE mdl_course SET visible = 0 WHERE id = 2")
    take_away(sql, "moodle/course:viewhiddencourses")
    assert (await call("core_course_get_contents", courseid=2)).errorcode is not None
    take_away(sql, "moodle/course:update")
    reply = await call("core_course_get_courses_by_field", field="shortname", value="BK-MATH")
    assert reply.body["courses"] == []


async def test_times_and_idnumber_of_a_course_need_course_update(call: Caller, sql: Sql) -> None:
    """README, Courses: without moodle/course:update neither comes back."""
    take_away(sql, "moodle/course:update")
    reply = await call("core_course_get_courses_by_field", field="shortname", value="BK-MATH")
    course = reply.body["courses"][0]
    assert course["shortname"] == "BK-MATH"
    assert not {"timemodified", "timecreated", "idnumber"} & course.keys()


async def test_a_function_that_is_not_built_is_no_moodle_answer(call: Caller) -> None:
    """The service has it, the sandbox has not: HTTP 501, also inside a batch."""
    alone = await call("core_notes_create_notes")
    batch = await call.batch(("core_notes_create_notes", "{}"))
    assert (alone.status, batch.status) == (501, 501)
