"""Moodle's REST protocol as bytes, held to the recorded exchanges."""

import contextlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core.step import Scope
from beekeed.errors import BeekeedError, Code, OutcomeUnknown, RemoteGarbled, RemoteRefused
from beekeed.moodle import refusals, wire

RECORD = Path(__file__).parent.parent / "data" / "moodle-4.5.6" / "exchanges.jsonl"
TOKEN = "0123456789abcdef"


def exchanges() -> list[dict[str, Any]]:
    """The recorded exchanges."""
    return [json.loads(line) for line in RECORD.read_text().splitlines()]


def noted(note: str) -> dict[str, Any]:
    """The recorded exchange of that note."""
    return next(each for each in exchanges() if each["note"] == note)


def body(exchange: dict[str, Any]) -> bytes:
    """The body that came back, as bytes."""
    response = exchange["response"]
    if "json" not in exchange["content_type"]:
        return str(response or "").encode()
    return json.dumps(response).encode()


def read(exchange: dict[str, Any]) -> Any:
    """What we make of a recorded answer."""
    return wire.read(exchange["status"], {}, body(exchange))


def sent(call: wire.Call) -> list[tuple[str, str]]:
    """The form fields of a call, as PHP reads them."""
    return parse_qsl(wire.encode(call, TOKEN).decode(), keep_blank_values=True, strict_parsing=True)


def test_arguments_become_phps_brackets() -> None:
    """Nested lists and objects, numbers and truth as Moodle's parameters want them."""
    call = wire.Call("f", {"users": [{"id": 1, "name": "A & B", "ok": True}], "field": "ids"})
    assert sent(call) == [
        ("wstoken", TOKEN),
        ("moodlewsrestformat", "json"),
        ("users[0][id]", "1"),
        ("users[0][name]", "A & B"),
        ("users[0][ok]", "1"),
        ("field", "ids"),
        ("wsfunction", "f"),
    ]


@given(st.text())
def test_every_text_arrives_as_it_was(text: str) -> None:
    """Minimal escaping loses nothing, whatever a learner's name is made of."""
    text = text.encode("utf-8", "replace").decode()
    assert sent(wire.Call("f", {"x": text}))[2] == ("x", text)


def test_escaping_is_minimal() -> None:
    """Raw brackets, quotes, braces and UTF-8 save a quarter of the bytes."""
    encoded = wire.encode(wire.Call("f", {"a": '{"é":[1]} +&=%#;\n'}), TOKEN).decode()
    assert '&a={"é":[1]}+%2B%26%3D%25%23%3B%0A&' in encoded


def test_what_php_cuts_off_is_no_call_any_more() -> None:
    """Of a call whose end is lost, nothing is left to do; a batch tells by its answer."""
    call = wire.Call("f", {"grades": [{"studentid": n} for n in range(5)]})
    assert sent(call)[-1] == ("wsfunction", "f")
    batch = sent(wire.batch([call, call]))
    assert ("wsfunction", "tool_mobile_call_external_functions") in batch[:3]


def test_contents_are_asked_for_raw() -> None:
    """Names must come as they are in the database: "A & B" and not "A &amp; B"."""
    call = wire.Call("core_course_get_contents", {"courseid": 4})
    assert ("moodlewssettingraw", "1") in sent(call)


def test_successes_of_every_shape_are_read() -> None:
    """Success may be null, 0, [], an object or a list."""
    assert read(noted("enrol three")) is None
    assert read(noted("users by email")) == []
    assert read(noted("grade: quiz")) == 0
    assert read(noted("course that does not exist"))["courses"] == []


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("wrong token", Code.TOKEN_REFUSED),
        ("token expired", Code.ACCESS_REFUSED),
        ("service disabled", Code.ACCESS_REFUSED),
        ("token restricted to another address", Code.ACCESS_REFUSED),
        ("service account suspended", Code.ACCOUNT_SUSPENDED),
        ("site in maintenance mode", Code.MAINTENANCE),
        ("web services switched off", Code.WEB_SERVICES_OFF),
        ("REST protocol switched off", Code.WEB_SERVICES_OFF),
        ("function that does not exist", Code.FUNCTION_MISSING),
        ("capability taken away", Code.CAPABILITY_MISSING),
        ("completion tracking off for the site", Code.COMPLETION_OFF),
        ("completion: module was deleted online", Code.ACTIVITY_GONE_ONLINE),
        ("enrol with a role that may not be assigned", Code.ROLE_NOT_ASSIGNABLE),
        ("create, duplicate username", Code.REFUSED_BY_MOODLE),
    ],
)
def test_recorded_refusals_are_understood(note: str, code: Code) -> None:
    """Each error code means one thing, said once."""
    with pytest.raises(RemoteRefused) as caught:
        read(noted(note))
    assert caught.value.code is code


def test_an_access_exception_is_told_apart_by_its_message() -> None:
    """Expired, other network or a function outside the service: only the message tells."""
    details = {}
    for note in ("token expired", "token restricted to another address", "service disabled"):
        with pytest.raises(RemoteRefused) as caught:
            read(noted(note))
        details[note] = caught.value.params["detail"]
    assert len(set(details.values())) == len(details)


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [
        (200, b"<!doctype html><title>Log in to the network</title>", Code.NOT_A_MOODLE),
        (404, b"<html>", Code.NOT_A_MOODLE),
        (200, b"", Code.NOT_A_MOODLE),
        (404, b'{"detail": "not found"}', Code.NOT_A_MOODLE),
        (200, b'{"responses": [', Code.ANSWER_UNREADABLE),
        (200, b"\xff\xfe", Code.ANSWER_UNREADABLE),
        (200, b"[" * 100_000, Code.ANSWER_UNREADABLE),
        (200, b'{"sitename": "\\ud800"}', Code.ANSWER_UNREADABLE),
        (200, b"[NaN]", Code.ANSWER_UNREADABLE),
    ],
)
def test_what_is_not_moodle_is_said_to_be_garbled(status: int, content: bytes, code: Code) -> None:
    """A captive portal or a cut answer is never taken for a refusal or a success."""
    with pytest.raises(RemoteGarbled) as caught:
        wire.read(status, {}, content)
    assert caught.value.code is code


def test_a_redirect_names_where_it_points() -> None:
    """It is not followed: the token would go with it."""
    with pytest.raises(RemoteGarbled) as caught:
        wire.read(302, {"Location": "https://portal.example.org/login?x=1"}, b"")
    assert caught.value.params["where"] == "portal.example.org"


@pytest.mark.parametrize("where", ["http://[", "https:/caf\udce9/", "http://[fe80::%zz"])
def test_a_redirect_to_what_is_no_address_is_one_all_the_same(where: str) -> None:
    """A login page's network may say anything; what is told of it can be kept."""
    with pytest.raises(RemoteGarbled) as caught:
        wire.read(302, {"Location": where}, b"")
    assert caught.value.code is Code.REDIRECTED
    str(caught.value.params["where"]).encode()


@pytest.mark.parametrize(
    "date", ["1 Jan 99999999999999999999 0:0", "31 Dec 9999 23:59:00 -2359", "soon"]
)
def test_a_date_of_no_year_that_there_is_tells_nothing(date: str) -> None:
    """Neither the time nor how long to wait."""
    assert wire.date_of({"Date": date}) is None
    with pytest.raises(OutcomeUnknown) as caught:
        wire.read(429, {"Date": date, "Retry-After": date}, b"")
    assert "wait_seconds" not in caught.value.params


@pytest.mark.parametrize(
    ("answer", "shape"),
    [(2**63, wire.Number), (-(2**63) - 1, wire.Number), ("nan", wire.Points)],
)
def test_a_number_that_nothing_can_keep_is_garbled(answer: Any, shape: Any) -> None:
    """Our database has as many bits for one as PHP."""
    with pytest.raises(RemoteGarbled):
        wire.shaped(answer, shape)


def test_a_batch_whose_answers_are_too_deep_is_garbled() -> None:
    """They are JSON inside JSON, each read by itself."""
    with pytest.raises(RemoteGarbled):
        wire.read_batch({"responses": [{"error": False, "data": "[" * 100_000}]})


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_gives_up_leaves_the_outcome_unknown(status: int) -> None:
    """A 504 may come after the work was done."""
    with pytest.raises(OutcomeUnknown):
        wire.read(status, {}, b"")


def test_maintenance_by_the_command_line_is_no_overload() -> None:
    """Moodle says it in the status line alone, and surely did nothing (seen on 4.5.6)."""
    with pytest.raises(RemoteRefused) as caught:
        wire.read(503, {}, b"<!DOCTYPE html>", "Moodle under maintenance")
    assert caught.value.code is Code.MAINTENANCE
    with pytest.raises(OutcomeUnknown):
        wire.read(503, {}, b"<!DOCTYPE html>", "Service Unavailable")


def test_a_batch_is_read_up_to_its_first_error() -> None:
    """Calls after the error have no answer at all (recorded)."""
    replies = wire.read_batch(
        read(noted("batch: stops at the first error, later ones are not tried"))
    )
    assert [type(reply) for reply in replies] == [dict, wire.Refusal]
    assert replies[1] == wire.Refusal("invalidcoursemodule")


def test_a_mixed_batch_gives_each_functions_own_answer() -> None:
    """The answers are JSON inside JSON."""
    first: Any
    first, second, third = wire.read_batch(read(noted("batch: mixed functions")))
    assert first["state"] == 1
    assert second == 0
    assert third == {"warnings": []}


def test_a_batch_answers_null_with_null() -> None:
    """An enrolment in a batch is a success, and nothing that got lost (recorded)."""
    answers = {"responses": [{"error": False, "data": None}, {"error": False, "data": "[]"}]}
    assert wire.read_batch(answers) == [None, []]


def test_an_errors_reach_spares_requests() -> None:
    """What a refusal says of an activity or a course is not asked again for each learner."""
    complete = "core_completion_override_activity_completion_status"
    assert refusals.reason(complete, "invalidcoursemodule")[1] is Scope.ACTIVITY
    assert refusals.reason(complete, "completionnotenabled")[1] is Scope.COURSE
    assert refusals.reason(complete, "something_new")[1] is Scope.CHANGE
    reason, scope = refusals.reason(complete, "nopermission")
    assert scope is Scope.RIGHT
    assert reason.params["capability"] == "moodle/course:overridecompletion"
    assert refusals.reason("core_user_create_users", "nopermission")[1] is Scope.RIGHT


def test_a_missing_record_is_no_missing_function() -> None:
    """Moodle has one error code for both; only the message tells (recorded)."""
    function = noted("function that does not exist")["response"]
    assert refusals.errorcode_of(function) == "invalidrecord:external_functions"
    course = {"errorcode": "invalidrecord", "message": "Can't find data record in table course."}
    assert refusals.refused(refusals.errorcode_of(course), "").code is Code.REFUSED_BY_MOODLE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.integers(100, 599), st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_answer_is_read_or_one_of_our_errors(status: int, content: bytes) -> None:
    """Whatever a network sends back, nothing else ever comes out."""
    with contextlib.suppress(BeekeedError):
        wire.read(status, {"Location": "x"}, content)


@given(JSON)
def test_any_batch_answer_is_read_or_garbled(value: Any) -> None:
    """Also where the outside is Moodle's and the inside is not."""
    for answer in (value, {"responses": value}, {"responses": [{"error": False, "data": value}]}):
        with contextlib.suppress(RemoteGarbled):
            wire.read_batch(answer)
