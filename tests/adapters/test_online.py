"""Moodle's web services as the port sees them, on the sandbox online Moodle."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from beekeed.core.model import Completion, Kind
from beekeed.core.step import Complete, Enrol, JoinGroup, Outcome, Scope, Step, Verdict
from beekeed.errors import Code, LinkDown, RemoteRefused
from beekeed.moodle import functions
from beekeed.moodle.calls import Manner
from beekeed.moodle.online import MoodleWebServices
from beekeed.sandbox.functions import FUNCTIONS as SANDBOX_FUNCTIONS
from beekeed.sandbox.people import view
from tests.adapters.online import adapter, applied, change, complete, create
from tests.adapters.test_transport import server
from tests.engine.school import MADE, MATHS, Side


async def test_probe_tells_who_it_is_and_what_is_missing(address: str, side: Side) -> None:
    """Required functions and those that only make it cheaper are told apart."""
    online = adapter(address)
    site = await online.probe()
    assert (site.account, site.missing, site.wanted) == ("beekeesync", (), ())
    assert site.release.startswith("4.5.6")
    side.sql(
        "DELETE FROM mdl_external_services_functions WHERE functionname IN"
        " ('core_user_create_users', 'tool_mobile_call_external_functions')"
    )
    site = await online.probe()
    assert site.missing == ("core_user_create_users",)
    assert site.wanted == ("tool_mobile_call_external_functions",)
    await online.close()


async def test_courses_are_found_by_shortname(online: MoodleWebServices) -> None:
    """Those that do not exist are left out, with the ones that do in one answer."""
    found = await online.courses(["SCIENCE", "NOPE", "MATHS"])
    assert list(found) == ["SCIENCE", "MATHS"]
    assert found["MATHS"].modified_at == MATHS.modified_at
    assert found["MATHS"].created_at == MATHS.created_at


async def test_the_date_is_none_where_it_may_not_be_seen(
    online: MoodleWebServices, side: Side
) -> None:
    """Without moodle/course:update it does not come; nothing is made of its absence."""
    side.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/course:update'")
    assert (await online.courses(["MATHS"]))["MATHS"].modified_at is None


async def test_contents_come_in_order(online: MoodleWebServices) -> None:
    """Sections and the modules in each, with what is tracked."""
    course = (await online.courses(["MATHS"]))["MATHS"]
    contents = await online.contents(course)
    assert [(a.section, a.modname, a.name, a.tracked) for a in contents] == [
        (0, "forum", "Announcements", False),
        (1, "page", "Numbers", True),
        (1, "page", "Fractions", True),
        (2, "quiz", "Test", True),
        (2, "page", "By hand", True),
    ]


async def test_people_are_found_by_username_whatever_their_number(
    online: MoodleWebServices, side: Side
) -> None:
    """In several calls; unknown ones are left out without a word."""
    for number in range(120):
        side.person(f"p{number}", "P", str(number), idnumber=f"N{number}")
    names = {f"p{number}" for number in range(120)} | {"nobody"}
    found = await online.people(names)
    assert found.keys() == names - {"nobody"}
    assert (found["p7"].last_name, found["p7"].idnumber) == ("7", "N7")


async def test_who_refuses_us_altogether_is_not_taken_for_nobody(
    online: MoodleWebServices, side: Side
) -> None:
    """A name that Moodle does not allow is nobody's; a token that it does not take is told."""
    assert await online.people({"Amina Diallo!"}) == {}
    side.sql("UPDATE mdl_external_tokens SET token = 'other'")
    with pytest.raises(RemoteRefused) as caught:
        await online.people({"Amina Diallo!"})
    assert caught.value.code is Code.TOKEN_REFUSED


async def test_whoever_is_enrolled_is_listed_with_roles(
    online: MoodleWebServices, side: Side
) -> None:
    """Suspended and ended ones too; site roles do not show (recorded)."""
    side.learner("active", "A", "B", "MATHS")
    side.person("suspended", "C", "D")
    side.enrol("suspended", "MATHS", status=1)
    side.person("teacher", "E", "F")
    side.enrol("teacher", "MATHS", role="teacher")
    course = (await online.courses(["MATHS"]))["MATHS"]
    found = await online.enrolled(course.online_id)
    assert {side.one("SELECT username FROM mdl_user WHERE id = ?", id_): each.roles
            for id_, each in found.items()} == {
        "active": ("student",), "suspended": ("student",), "teacher": ("teacher",),
    }  # fmt: skip


async def test_the_number_of_the_learners_role_is_learned(
    online: MoodleWebServices, side: Side
) -> None:
    """On a site where student is not role 5, the first list that names it tells."""
    side.sql("UPDATE mdl_role SET id = 77 WHERE id = 5")
    for table in ("role_assignments", "role_allow_assign", "role_context_levels"):
        column = "allowassign" if table == "role_allow_assign" else "roleid"
        side.sql(f"UPDATE mdl_{table} SET {column} = 77 WHERE {column} = 5")
    side.learner("known", "K", "N", "MATHS")
    user = side.person("new", "N", "W")
    course = (await online.courses(["MATHS"]))["MATHS"]
    await online.enrolled(course.online_id)
    (outcome,) = await online.apply(
        [Enrol(change(Kind.ENROLMENT), user, course.online_id, suspended=False, ends_at=0)]
    )
    assert outcome.verdict is Verdict.DONE
    assert len(await online.enrolled(course.online_id)) == 2


async def drive(
    online: MoodleWebServices, steps: Sequence[Step], *, apart: bool = False
) -> list[Outcome]:
    """Apply steps, request by request, up to the first that is not done."""
    outcomes = await applied(online, steps, apart=apart)
    done = [outcome for outcome in outcomes if outcome.verdict is Verdict.DONE]
    if len(done) == 1 and len(steps) > 1 and outcomes[1].verdict is Verdict.NOT_TRIED:
        return [*done, *await drive(online, steps[1:], apart=apart)]
    return outcomes


async def test_the_first_refusal_ends_a_request_and_what_was_done_before_counts(
    online: MoodleWebServices, side: Side
) -> None:
    """It is no transaction: done, refused, not tried."""
    amina = side.learner("amina", "Amina", "Diallo", "MATHS")
    first, gone, last = complete(side, "Numbers"), complete(side, "Test"), complete(side, "By hand")
    side.sql("DELETE FROM mdl_course_modules WHERE id = ?", gone.cmid)
    outcomes = await drive(online, [first, gone, last])
    assert [outcome.verdict for outcome in outcomes] == [
        Verdict.DONE, Verdict.REFUSED, Verdict.NOT_TRIED,
    ]  # fmt: skip
    assert outcomes[1].reason is not None
    assert outcomes[1].reason.code is Code.ACTIVITY_GONE_ONLINE
    assert outcomes[1].scope is Scope.ACTIVITY
    done = side.sql("SELECT coursemoduleid, userid FROM mdl_course_modules_completion")
    assert done == [(first.cmid, amina)]


async def test_wrong_arguments_are_believed_only_of_a_requests_first_call(
    online: MoodleWebServices, side: Side
) -> None:
    """Within a batch they may be right ones that PHP cut off; then they are tried again."""
    side.person("taken", "T", "K")
    steps = [create("a"), create("taken")]
    outcomes = await drive(online, steps, apart=True)
    assert outcomes[0].verdict is Verdict.DONE
    assert outcomes[0].online_value == str(side.user("a"))
    if outcomes[1].verdict is Verdict.NOT_TRIED:
        outcomes = [outcomes[0], *await applied(online, steps[1:], apart=True)]
    assert outcomes[1].verdict is Verdict.REFUSED
    assert outcomes[1].reason is not None
    assert outcomes[1].reason.code is Code.ACCOUNT_REFUSED


async def test_a_missing_capability_is_our_accounts_and_nobody_elses(
    online: MoodleWebServices, side: Side
) -> None:
    """It is named with its function, and nobody is set aside for it."""
    side.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/user:create'")
    (outcome,) = await online.apply([create("a")])
    assert outcome.scope is Scope.RIGHT
    assert outcome.reason is not None
    assert outcome.reason.params["capability"] == "moodle/user:create"
    side.sql(
        "DELETE FROM mdl_role_capabilities WHERE capability IN"
        " ('moodle/course:viewparticipants', 'moodle/course:enrolreview')"
    )
    with pytest.raises(RemoteRefused) as caught:
        await online.enrolled(side.course("MATHS"))
    assert "viewparticipants" in str(caught.value.params["capability"])


async def test_a_refusal_of_the_whole_request_is_raised(
    online: MoodleWebServices, side: Side
) -> None:
    """Surely nothing was done."""
    side.sql("UPDATE mdl_external_tokens SET token = 'other'")
    with pytest.raises(RemoteRefused) as caught:
        await online.apply([create("a"), create("b")])
    assert caught.value.code is Code.TOKEN_REFUSED


@pytest.mark.parametrize(
    ("before", "wanted", "verdict", "after"),
    [
        (None, Completion.COMPLETE, Verdict.DONE, 1),
        (1, Completion.COMPLETE, Verdict.DONE, 1),
        (2, Completion.COMPLETE, Verdict.ALREADY, 2),
        (3, Completion.COMPLETE, Verdict.KEPT, 3),
        (1, Completion.INCOMPLETE, Verdict.DONE, 0),
    ],
)
async def test_the_state_that_comes_back_decides(
    online: MoodleWebServices,
    side: Side,
    before: int | None,
    wanted: Completion,
    verdict: Verdict,
    after: int,
) -> None:
    """Newstate 1 answered with 2 or 3 means that there was a result already (recorded)."""
    side.learner("amina", "Amina", "Diallo", "MATHS")
    if before is not None:
        side.complete("amina", "Test", before)
    (outcome,) = await online.apply([complete(side, "Test", wanted)])
    assert outcome.verdict is verdict
    assert side.state("amina", "Test") == after
    place = (side.course("MATHS"), side.user("amina"))
    states = await online.completions([place])
    assert states[place][side.module("Test")] == after


async def test_an_activity_that_was_only_viewed_has_no_state(
    online: MoodleWebServices, side: Side
) -> None:
    """Moodle answers null then, for a number: that is incomplete, and no riddle.

    One that is not tracked is not told at all.
    """
    side.learner("amina", "Amina", "Diallo", "MATHS")
    view(side.db, side.module("Numbers"), side.user("amina"), now=MADE)
    place = (side.course("MATHS"), side.user("amina"))
    states = (await online.completions([place]))[place]
    assert states[side.module("Numbers")] is None
    side.sql("UPDATE mdl_course_modules SET completion = 0")
    assert (await online.completions([place]))[place] == {}
    (outcome,) = await online.apply([complete(side, "Numbers")])
    assert outcome.reason is not None
    assert outcome.reason.code is Code.TRACKING_OFF


@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "garbage", "html"])
async def test_a_lost_answer_is_unknown_and_settled_by_reading(
    online: MoodleWebServices, side: Side, fault: str
) -> None:
    """What was done is DONE, what was not is NOT_TRIED, and nothing is done again."""
    side.person("amina", "Amina", "Diallo")
    steps: list[Step] = [
        create("a"),
        Enrol(
            change(Kind.ENROLMENT),
            side.user("amina"),
            side.course("MATHS"),
            suspended=False,
            ends_at=0,
        ),
    ]
    for step in steps:
        side.sql("INSERT INTO sandbox_switch (name, value) VALUES (?, '*:1')", fault)
        (outcome,) = await online.apply([step])
        assert outcome.verdict is Verdict.UNKNOWN
        rows = side.sql("SELECT * FROM mdl_user"), side.sql("SELECT * FROM mdl_user_enrolments")
        (settled,) = await online.settle([step])
        done = fault in ("cut_after", "garbage")
        assert settled.verdict is (Verdict.DONE if done else Verdict.NOT_TRIED)
        assert rows == (
            side.sql("SELECT * FROM mdl_user"),
            side.sql("SELECT * FROM mdl_user_enrolments"),
        )


STATUS = {"cmid": 5, "state": 1, "timecompleted": 1, "tracking": 2}
MEMBER = {"id": 7, "fullname": "Amina", "groups": [{"id": 3, "name": "Lions"}]}
LATE: list[tuple[str, Any, Step, Step]] = [
    (
        functions.COMPLETIONS,
        {"statuses": [STATUS]},
        Complete(change(Kind.COMPLETION), 7, 2, 5, Completion.COMPLETE),
        Complete(change(Kind.COMPLETION), 7, 2, 6, Completion.COMPLETE),
    ),
    (
        functions.ENROLLED,
        [MEMBER],
        JoinGroup(change(Kind.MEMBERSHIP), 7, 2, 3),
        JoinGroup(change(Kind.MEMBERSHIP), 7, 2, 4),
    ),
]


@pytest.mark.parametrize(("reading", "held", "there", "missing"), LATE)
async def test_what_a_request_that_came_late_did_is_no_refusal(
    reading: str, held: Any, there: Step, missing: Step
) -> None:
    """Two requests with the same record at the same time: one meets the key of the other's.

    Seen on 4.5.6 where a request was given up and sent again while its first copy still ran.
    What is not there is tried once more: the site's database may only have had a bad moment.
    """

    async def answer(request: web.Request) -> web.Response:
        function = parse_qs(await request.text())["wsfunction"][0]
        refusal = {"exception": "dml_write_exception", "errorcode": "dmlwriteexception"}
        return web.json_response(held if function == reading else refusal)

    async with server(answer) as address:
        online = adapter(address)
        outcomes = [(await applied(online, [step]))[0] for step in (there, missing, missing)]
        await online.close()
    assert [outcome.verdict for outcome in outcomes] == [
        Verdict.ALREADY, Verdict.NOT_TRIED, Verdict.REFUSED,
    ]  # fmt: skip


async def test_a_stranger_of_the_same_username_does_not_settle_a_lost_creation(
    online: MoodleWebServices, side: Side
) -> None:
    """Somebody else may have made that account in between."""
    side.person("a", "Somebody", "Else")
    (outcome,) = await online.settle([create("a")])
    assert outcome.verdict is Verdict.NOT_TRIED


async def test_when_the_line_is_cut_before_anything_was_sent_it_says_so(
    address: str, side: Side
) -> None:
    """LinkDown means that no intent was fulfilled."""
    online = adapter("http://127.0.0.1:9")
    with pytest.raises(LinkDown):
        await online.apply([create("a")])
    await online.close()


async def test_answers_that_are_not_to_the_question_are_not_believed() -> None:
    """Another user, another module, an account without an id: unknown, to be read back."""
    answers: dict[str, Any] = {
        "core_completion_override_activity_completion_status": {
            "cmid": 1, "userid": 99, "state": 1, "timecompleted": 1, "overrideby": 2, "tracking": 2,
        },
        "core_user_create_users": [{"id": 5, "username": "other"}],
        "enrol_manual_enrol_users": {"warnings": []},
    }  # fmt: skip

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(answers[str((await request.post())["wsfunction"])])

    steps: list[Step] = [
        Complete(change(Kind.COMPLETION), 7, 4, 1, Completion.COMPLETE),
        create("a"),
        Enrol(change(Kind.ENROLMENT), 7, 4, suspended=False, ends_at=0),
    ]
    async with server(answer) as address:
        online = adapter(address)
        for step in steps:
            (outcome,) = await online.apply([step])
            assert outcome.verdict is Verdict.UNKNOWN
        await online.close()


async def sent_accounts(mailed: bool) -> list[dict[str, str]]:
    """The form fields of two account creations."""
    seen: list[dict[str, str]] = []

    async def note(request: web.Request) -> web.Response:
        fields = {name: values[0] for name, values in parse_qs(await request.text()).items()}
        seen.append(fields)
        return web.json_response([{"id": 5, "username": fields["users[0][username]"]}])

    async with server(note) as address:
        online = adapter(address, manner=lambda: Manner(mailed_passwords=mailed))
        for username in ("a", "b"):
            await online.apply([create(username)])
        await online.close()
    return seen


async def test_a_new_account_gets_a_password_that_nobody_knows() -> None:
    """Long, of every class of characters that a policy may ask for, and never twice the same."""
    passwords = [fields["users[0][password]"] for fields in await sent_accounts(mailed=False)]
    assert len(set(passwords)) == 2
    for password in passwords:
        assert len(password) >= 20
        assert any(c.islower() for c in password)
        assert any(c.isupper() for c in password)
        assert any(c.isdigit() for c in password)
        assert any(not c.isalnum() for c in password)


async def test_moodle_mails_the_password_where_the_setting_says_so() -> None:
    """createpassword, and none of ours."""
    for fields in await sent_accounts(mailed=True):
        assert fields["users[0][createpassword]"] == "1"
        assert "users[0][password]" not in fields


async def test_an_empty_field_is_not_sent() -> None:
    """It would cost bytes and say nothing."""
    for fields in await sent_accounts(mailed=False):
        assert "" not in fields.values()


def test_the_sandbox_speaks_all_that_is_called() -> None:
    """Else a function could be called that no test ever saw answered."""
    assert functions.FUNCTIONS.keys() <= {*SANDBOX_FUNCTIONS, functions.BATCH}
