"""Many calls in one request: in order, until one fails, and no transaction around them."""

import json
import sqlite3
from collections.abc import Callable

from .client import Caller
from .test_completions import KOFI, OVERRIDE, module

Sql = Callable[..., list[sqlite3.Row]]


def complete(cmid: int, user: int = KOFI) -> tuple[str, str]:
    """A call inside a batch that completes an activity."""
    return OVERRIDE, json.dumps({"userid": user, "cmid": cmid, "newstate": 1})


def stored_states(sql: Sql, cmid: int) -> list[int]:
    """Kofi's stored states of an activity."""
    rows = sql(
        "SELECT completionstate FROM mdl_course_modules_completion "
        "WHERE coursemoduleid = ? AND userid = ?",
        cmid,
        KOFI,
    )
    return [row["completionstate"] for row in rows]


async def test_what_was_done_before_the_first_error_stays(call: Caller, sql: Sql) -> None:
    """Later calls are not tried and have no answer; the failed one is undone whole."""
    sql("DELETE FROM mdl_course_modules_completion")
    first, last = module(sql, "page", "Fractions"), module(sql, "page", "Whole numbers")
    learner = {"firstname": "A", "lastname": "B", "password": "Secret-123"}
    users = [
        {**learner, "username": "new", "email": "new@b.org"},
        {**learner, "username": "pupil.kofi", "email": "other@b.org"},
    ]
    reply = await call.batch(
        complete(first),
        ("core_user_create_users", json.dumps({"users": users})),
        complete(last),
    )
    assert [answer["error"] for answer in reply.body["responses"]] == [False, True]
    assert json.loads(reply.body["responses"][1]["exception"])["errorcode"] == "invalidparameter"
    assert stored_states(sql, first) == [1]
    assert stored_states(sql, last) == []
    assert sql("SELECT 1 FROM mdl_user WHERE username = 'new'") == []


async def test_a_null_answer_is_null_and_not_text(call: Caller) -> None:
    """Enrolling inside a batch answers data null."""
    line = {"roleid": 5, "userid": KOFI, "courseid": 2}
    reply = await call.batch(("enrol_manual_enrol_users", json.dumps({"enrolments": [line]})))
    assert reply.body == {"responses": [{"error": False, "data": None}]}


async def test_an_empty_batch_is_an_error(call: Caller) -> None:
    """A form cannot say "an empty list"."""
    assert (await call.batch()).errorcode == "invalidparameter"


async def test_fields_beyond_max_input_vars_are_cut_without_a_word(call: Caller, sql: Sql) -> None:
    """Of 600 calls of two fields each PHP reads 498 and a function's name without arguments."""
    cmid = module(sql, "page", "Fractions")
    reply = await call.batch(*(complete(cmid, user=1000 + n) for n in range(600)))
    answers = reply.body["responses"]
    assert len(answers) == 499
    assert [n for n, answer in enumerate(answers) if answer["error"]] == [498]
    sql("INSERT INTO sandbox_switch VALUES ('max_input_vars', '5000')")
    reply = await call.batch(*(complete(cmid, user=1000 + n) for n in range(600)))
    assert len(reply.body["responses"]) == 600


async def test_the_cut_is_exact(call: Caller, sql: Sql) -> None:
    """As many fields as the limit are read, one more is not."""
    names = [f"nobody{number}" for number in range(50)]
    for limit, found in ((4 + 51, 1), (4 + 50, 0)):
        sql("INSERT OR REPLACE INTO sandbox_switch VALUES ('max_input_vars', ?)", str(limit))
        values = [*names, "pupil.kofi"]
        reply = await call("core_user_get_users_by_field", field="username", values=values)
        assert len(reply.body) == found


async def test_a_batch_is_counted_with_its_calls(call: Caller, sql: Sql) -> None:
    """One row a request, which says how many calls were in it, and of which functions."""
    cmid = module(sql, "page", "Fractions")
    await call.batch(complete(cmid), complete(cmid))
    row = sql("SELECT * FROM sandbox_request")[-1]
    batch = "tool_mobile_call_external_functions"
    assert (row["function"], row["calls"]) == (batch, 2)
    assert row["functions"].split() == [
        "core_completion_override_activity_completion_status",
        batch,
    ]
