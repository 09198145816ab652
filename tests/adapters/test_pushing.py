"""Many steps by one call of one request, on the sandbox online Moodle."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from beekeed.core import pace
from beekeed.core.model import Comment, Kind
from beekeed.core.step import Enrol, JoinGroup, Outcome, Scope, SetGrade, Step, Verdict
from beekeed.errors import Code, LinkDown, RemoteRefused
from beekeed.moodle.online import MoodleWebServices
from beekeed.moodle.transport import Transport
from beekeed.moodle.wire import Call, encode
from beekeed.sandbox.course import Activity
from tests.adapters.online import adapter, change, complete, create
from tests.clock import FakeClock
from tests.engine.school import TOKEN, Side
from tests.ledger import Purse
from tests.line import paid_line

NAMES = ("a", "b", "c")
LOSES_BATCHES = "DELETE FROM mdl_external_services_functions WHERE functionname LIKE 'tool_mobile%'"


def verdicts(outcomes: Sequence[Outcome]) -> list[Verdict]:
    """What became of steps."""
    return [outcome.verdict for outcome in outcomes]


def calls_of_last_request(side: Side) -> int:
    """How many calls the last request was."""
    calls: int = side.one("SELECT calls FROM sandbox_request ORDER BY id DESC")
    return calls


def enrolment(side: Side, online_id: int) -> Enrol:
    """A step that enrols somebody in MATHS."""
    return Enrol(
        change(Kind.ENROLMENT, online_id),
        online_id,
        side.course("MATHS"),
        suspended=False,
        ends_at=0,
    )


def graded(side: Side, username: str, activity: str, points: str, **more: Any) -> SetGrade:
    """A step that grades somebody."""
    user = side.user(username)
    given = replace(change(Kind.GRADE, user), value=points)
    modname = "assign" if more else "quiz"
    module = side.module(activity)
    return SetGrade(given, user, side.course("MATHS"), module, modname, 0, **more)


@pytest.fixture
def three(side: Side) -> Side:
    """Three learners, enrolled."""
    for name in NAMES:
        side.learner(name, name.upper(), "Sow", "MATHS")
    return side


async def test_accounts_are_all_made_or_none(online: MoodleWebServices, side: Side) -> None:
    """One bad record undoes the others (recorded); apart, each shows what it is."""
    side.person("taken", "T", "K")
    steps = [create("x"), create("taken"), create("y")]
    outcomes = await online.apply(steps)
    assert verdicts(outcomes) == [Verdict.NOT_TRIED] * 3
    assert {outcome.scope for outcome in outcomes} == {Scope.TOGETHER}
    assert side.one("SELECT count(*) FROM mdl_user WHERE username IN ('x', 'y')") == 0
    good = [create("x"), create("y")]
    made = await online.apply(good)
    assert [outcome.online_value for outcome in made] == [
        str(side.user(name)) for name in ("x", "y")
    ]


async def test_enrolments_are_all_made_or_none(online: MoodleWebServices, three: Side) -> None:
    """As accounts."""
    people = [three.person(f"new{number}", "N", str(number)) for number in range(3)]
    gone = three.one("SELECT max(id) + 1000 FROM mdl_user")
    steps = [enrolment(three, each) for each in (*people, gone)]
    outcomes = await online.apply(steps)
    assert {outcome.scope for outcome in outcomes} == {Scope.TOGETHER}
    assert verdicts(outcomes) == [Verdict.NOT_TRIED] * 4
    assert not set(people) & set(await online.enrolled(three.course("MATHS")))
    assert verdicts(await online.apply(steps[:3])) == [Verdict.DONE] * 3
    enrolled = await online.enrolled(three.course("MATHS"))
    assert set(people) <= set(enrolled)


async def test_a_group_gets_all_its_members(online: MoodleWebServices, three: Side) -> None:
    """Several groups of a course by one call."""
    course = three.course("MATHS")
    groups = [await online.make_group(course, name) for name in ("Lions", "Owls")]
    steps: list[Step] = [
        JoinGroup(replace(change(Kind.MEMBERSHIP), value="member"), three.user(name), course, group)
        for name in NAMES
        for group in groups
        if isinstance(group, int)
    ]
    assert verdicts(await online.apply(steps)) == [Verdict.DONE] * 6
    assert calls_of_last_request(three) == 1
    joined = await online.memberships(course)
    assert all(set(joined[three.user(name)]) == set(groups) for name in NAMES)


async def test_a_locked_grade_among_others_is_read_back(
    online: MoodleWebServices, three: Side
) -> None:
    """Answer 1 tells nothing of the others, which are done (seen on 4.5.6)."""
    three.grade("b", "Test", 4.0)
    three.sql("UPDATE mdl_grade_grades SET locked = 1 WHERE userid = ?", three.user("b"))
    steps = [graded(three, name, "Test", "7.5") for name in NAMES]
    outcomes = await online.apply(steps)
    assert verdicts(outcomes) == [Verdict.UNKNOWN] * 3
    assert {outcome.scope for outcome in outcomes} == {Scope.TOGETHER}
    assert verdicts(await online.settle(steps)) == [Verdict.DONE, Verdict.KEPT, Verdict.DONE]
    assert [three.grades(name, "Test") for name in NAMES] == [[(0, 7.5)], [(0, 4.0)], [(0, 7.5)]]


async def test_what_an_assignment_refused_in_the_middle_is_read_back(
    online: MoodleWebServices, three: Side
) -> None:
    """It is no transaction: what stands before is done (seen on 4.5.6)."""
    three.add("MATHS", Activity("assign", "Essay", 2, completion=0, grade=10.0))
    instance = three.one("SELECT id FROM mdl_assign WHERE name = 'Essay'")
    steps = [
        graded(three, name, "Essay", "7", assignment=instance, comment=Comment("Well done", 1))
        for name in NAMES
    ]
    three.sql(
        "CREATE TRIGGER broken BEFORE INSERT ON mdl_assign_grades"
        f" WHEN NEW.userid = {three.user('b')} BEGIN SELECT raise(ABORT, 'broken'); END"
    )
    outcomes = await online.apply(steps)
    assert verdicts(outcomes) == [Verdict.UNKNOWN] * 3
    three.sql("DROP TRIGGER broken")
    settled = verdicts(await online.settle(steps))
    stored = {row[0] for row in three.sql("SELECT userid FROM mdl_assign_grades WHERE grade >= 0")}
    assert settled == [
        Verdict.DONE if three.user(name) in stored else Verdict.NOT_TRIED for name in NAMES
    ]


async def test_grades_of_two_activities_keep_their_places(
    online: MoodleWebServices, three: Side
) -> None:
    """Each outcome stands where its step stood, whatever went together."""
    three.add("MATHS", Activity("quiz", "Second", 2, receive_grade=True, grade=10.0))
    steps = [
        graded(three, name, activity, points)
        for name in NAMES
        for activity, points in (("Test", "3"), ("Second", "9"))
    ]
    if not await in_batches(online):
        steps = [step for step in steps if step.cmid == three.module("Test")]
    outcomes = await online.apply(steps)
    assert [outcome.online_value for outcome in outcomes] == [step.change.value for step in steps]
    assert calls_of_last_request(three) == len({step.cmid for step in steps})


async def in_batches(online: MoodleWebServices) -> bool:
    """Whether its service has the batch function: two activities fit into one request then."""
    site = await online.probe()
    return "tool_mobile_call_external_functions" not in site.wanted


async def test_a_request_carries_what_php_reads_of_it(address: str, three: Side) -> None:
    """Below max_input_vars, which PHP cuts at without an error; and one step in any case."""
    steps = [complete(three, "Numbers", username="a")] * 400
    for most, fits in ((300, 98), (100, 31), (10, 1)):
        online = adapter(address, max_input_vars=most)
        await online.probe()
        assert online.fits(steps) == fits
        await online.close()


async def test_without_batches_a_request_is_one_call(address: str, three: Side) -> None:
    """Of grades, as many as its fields allow; of completions, one."""
    three.sql(LOSES_BATCHES)
    online = adapter(address, max_input_vars=100)
    await online.probe()
    assert online.fits([complete(three, "Numbers", username="a")] * 400) == 1
    grades = [graded(three, name, "Test", "3") for name in NAMES] * 100
    count = online.fits(grades)
    assert 40 <= count <= 48
    assert verdicts(await online.apply(grades[:count])) == [Verdict.DONE] * count
    await online.close()


async def test_a_request_carries_so_many_bytes(address: str, three: Side) -> None:
    """Long comments make it shorter; one that is longer than everything still goes alone."""
    online = adapter(address, max_input_vars=1000)
    await online.probe()
    long = [
        graded(three, name, "Test", "3", assignment=1, comment=Comment("é" * 2_000, 1))
        for name in NAMES * 20
    ]
    count = online.fits(long)
    assert 1 < count < len(long)
    assert count * 4_000 <= pace.FIRST_BYTES < (count + 1) * 4_300
    huge = replace(long[0], comment=Comment("é" * 100_000, 1))
    assert online.fits([huge, huge]) == 1
    await online.close()


async def test_a_service_that_lost_its_batch_function_gets_single_calls(
    address: str, three: Side
) -> None:
    """Taken away after it was asked what it has; nothing is doubled, and reading goes on."""
    online = adapter(address, max_input_vars=1000)
    await online.probe()
    three.sql(LOSES_BATCHES)
    steps = [complete(three, "Numbers", username=name) for name in NAMES]
    assert online.fits(steps) == 3
    assert verdicts(await online.apply(steps)) == [Verdict.NOT_TRIED] * 3
    assert online.fits(steps) == 1
    for step in steps:
        assert verdicts(await online.apply([step])) == [Verdict.DONE]
    places = [(three.course("MATHS"), three.user(name)) for name in NAMES]
    assert len(await online.completions(places)) == 3
    await online.close()


@pytest.mark.parametrize("kind", ["quiz", "assignment"])
async def test_a_batch_that_is_refused_never_goes_as_a_form_that_php_cuts(
    address: str, side: Side, kind: str
) -> None:
    """What one request carried as JSON has too many fields as a form: nothing is tried then.

    PHP would cut it between two records, and Moodle answer that all is well.
    """
    for number in range(60):
        side.learner(f"l{number}", "L", str(number), "MATHS")
    activity, more = "Test", {}
    if kind == "assignment":
        activity = "Essay"
        side.add("MATHS", Activity("assign", "Essay", 2, completion=0, grade=10.0))
        more["assignment"] = side.one("SELECT id FROM mdl_assign WHERE name = 'Essay'")
    side.sql("INSERT INTO sandbox_switch (name, value) VALUES ('max_input_vars', '100')")
    online = adapter(address, max_input_vars=100)
    await online.probe()
    left = [graded(side, f"l{n}", activity, "7.5", **more) for n in range(60)]
    side.sql(LOSES_BATCHES)
    assert (count := online.fits(left)) == 60
    assert verdicts(await online.apply(left)) == [Verdict.NOT_TRIED] * count
    while left:
        count = online.fits(left)
        assert verdicts(await online.apply(left[:count])) == [Verdict.DONE] * count
        left = left[count:]
    there = side.one(
        "SELECT count(*) FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid"
        " WHERE g.finalgrade = 7.5 AND i.itemtype = 'mod'"
    )
    assert there == 60
    await online.close()


async def test_a_form_with_too_many_fields_does_nothing(address: str, three: Side) -> None:
    """Whatever the settings say of the site's limit: its end has the function's name."""
    three.sql(LOSES_BATCHES)
    three.sql("INSERT INTO sandbox_switch (name, value) VALUES ('max_input_vars', '50')")
    online = adapter(address, max_input_vars=1000)
    await online.probe()
    steps = [graded(three, name, "Test", "7.5") for name in NAMES] * 20
    assert set(verdicts(await online.apply(steps))) == {Verdict.UNKNOWN}
    assert three.grades("a", "Test") == []
    await online.close()


async def test_what_refuses_us_after_the_first_call_leaves_the_outcome_unknown(
    address: str, three: Side
) -> None:
    """The grade is stored, and the call that silences it meets a site that lets nobody in."""
    three.add("MATHS", Activity("assign", "Essay", 2, completion=0, grade=10.0))
    instance = three.one("SELECT id FROM mdl_assign WHERE name = 'Essay'")
    three.sql(LOSES_BATCHES)
    online = adapter(address)
    await online.probe()
    flags = "DELETE FROM mdl_external_services_functions WHERE functionname LIKE '%user_flags'"
    three.sql(flags)
    (outcome,) = await online.apply([graded(three, "a", "Essay", "7.5", assignment=instance)])
    assert three.grades("a", "Essay") == [(0, 7.5)]
    assert outcome.verdict is Verdict.UNKNOWN
    await online.close()


async def test_how_much_a_site_reads_is_learned(address: str, three: Side) -> None:
    """Where its limit of fields is lower than the settings say, a batch is cut without a word."""
    three.sql("INSERT INTO sandbox_switch (name, value) VALUES ('max_input_vars', '50')")
    online = adapter(address, max_input_vars=1000)
    await online.probe()
    left = [complete(three, "Numbers", username=name) for name in NAMES * 30]
    fits = []
    while left:
        fits.append(online.fits(left))
        outcomes = verdicts(await online.apply(left[: fits[-1]]))
        assert set(outcomes) <= {Verdict.DONE, Verdict.NOT_TRIED}
        left = left[outcomes.count(Verdict.DONE) :]
    carried = fits[2]
    assert fits[:3] == [90, 90 - carried, carried]
    assert 10 < carried < 25
    await online.probe()
    assert online.fits([complete(three, "Numbers", username="a")] * 100) == carried
    await online.close()


async def test_wrong_arguments_in_the_middle_teach_nothing(address: str, three: Side) -> None:
    """They look as if PHP had cut there."""
    three.person("taken", "T", "K")
    online = adapter(address, max_input_vars=1000)
    await online.probe()
    steps = [create(name) for name in ("x", "y", "taken", "z")]
    assert verdicts(await online.apply(steps, apart=True))[2:] == [Verdict.NOT_TRIED] * 2
    assert online.fits([complete(three, "Numbers", username="a")] * 100) == 100
    await online.close()


@pytest.mark.parametrize("in_batches", [True, False])
async def test_what_can_be_silenced_no_more_is_let_go(
    address: str, three: Side, in_batches: bool
) -> None:
    """The function was taken away after it was asked for; a site that is shut is told."""
    instances = []
    for name in ("Essay", "Report"):
        three.add("MATHS", Activity("assign", name, 2, completion=0, grade=10.0))
        instances.append(three.one("SELECT id FROM mdl_assign WHERE name = ?", name))
    if not in_batches:
        three.sql(LOSES_BATCHES)
    online = adapter(address)
    await online.probe()
    steps = [
        graded(three, "a", name, "7.5", assignment=instance)
        for name, instance in zip(("Essay", "Report"), instances, strict=True)
    ]
    assert not online.is_silenced(steps)
    three.sql("DELETE FROM mdl_external_services_functions WHERE functionname LIKE '%user_flags'")
    await online.silence(steps)
    three.sql("INSERT INTO sandbox_switch (name, value) VALUES ('maintenance', 'on')")
    with pytest.raises(RemoteRefused):
        await online.silence(steps)
    await online.close()


class SlowTransport(Transport):
    """A line that takes its time for each byte, by the test's clock."""

    def __init__(self, *, clock: FakeClock, bytes_per_second: int, **options: Any) -> None:
        super().__init__(**options)
        self._clock = clock
        self._speed = bytes_per_second

    async def ask(self, call: Call) -> Any:
        """See Transport."""
        await self._clock.sleep(0.5 + len(encode(call, TOKEN)) / self._speed)
        return await super().ask(call)


@pytest.mark.parametrize(
    ("speed", "seconds"),
    [
        pytest.param(120, 20, marks=pytest.mark.full),
        (500, 20),
        pytest.param(100_000, 1, marks=pytest.mark.full),
    ],
)
async def test_a_request_takes_about_twenty_seconds(
    address: str, three: Side, speed: int, seconds: float
) -> None:
    """After the first ones told how slow the line is; where it is fast, much less."""
    clock = FakeClock()
    way = SlowTransport(
        clock=clock,
        bytes_per_second=speed,
        address=address,
        token=TOKEN,
        timeout_seconds=5,
        line=paid_line(),
    )
    online = adapter(address, transport=way, clock=clock, max_input_vars=1000)
    await online.probe()
    left = [complete(three, "Numbers", username=name) for name in NAMES * 300]
    took = []
    while left:
        count, began = online.fits(left), clock.monotonic()
        await online.apply(left[:count])
        took.append(clock.monotonic() - began)
        left = left[count:]
    assert all(seconds * 0.7 <= each <= seconds * 1.1 for each in took[3:-1]), took
    await online.close()


async def test_near_the_limit_requests_are_smaller(address: str, three: Side) -> None:
    """They shrink with what is left instead of failing; in the end none can be paid."""
    ledger = Purse(60_000)
    line = paid_line(ledger)
    way = Transport(address=address, token=TOKEN, timeout_seconds=5, line=line)
    online = adapter(address, transport=way, max_input_vars=10_000)
    await online.probe()
    steps = [complete(three, "Numbers", username=name) for name in NAMES * 100]
    at_once = []
    with pytest.raises(LinkDown) as caught:
        while True:
            at_once.append(online.fits(steps))
            await online.apply(steps[: at_once[-1]])
    assert caught.value.code is Code.LIMIT_REACHED
    assert at_once == sorted(at_once, reverse=True)
    assert at_once[0] > 5 * at_once[-1]
    await online.close()
    assert 30_000 < ledger.charged() <= ledger.most_charged <= 60_000


async def test_after_a_lost_answer_the_site_is_left_alone_until_it_must_be_done(
    address: str, three: Side
) -> None:
    """Asked at once, it would do the same twice at the same time (seen on 4.5.6: ten grades)."""
    clock = FakeClock()
    online = adapter(address, clock=clock, max_input_vars=1000)
    await online.probe()
    steps = [graded(three, name, "Test", "7.5") for name in NAMES] * 40
    three.sql("INSERT INTO sandbox_switch (name, value) VALUES ('cut_after', '*:1')")
    outcomes = await online.apply(steps)
    assert {outcome.verdict for outcome in outcomes} == {Verdict.UNKNOWN}
    lost_at = clock.monotonic()
    assert verdicts(await online.settle(steps[:3])) == [Verdict.DONE] * 3
    assert 5 < clock.monotonic() - lost_at < 10
    await online.close()


async def test_a_lost_answer_makes_the_next_request_smaller(address: str, three: Side) -> None:
    """Half of it is at stake then."""
    online = adapter(address, max_input_vars=1000)
    await online.probe()
    steps = [complete(three, "Numbers", username=name) for name in NAMES * 100]
    before = online.fits(steps)
    three.sql("INSERT INTO sandbox_switch (name, value) VALUES ('cut_after', '*:1')")
    (outcome,) = await online.apply(steps[:1])
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.reason is not None
    assert outcome.reason.code is Code.NO_ANSWER
    assert before * 0.4 <= online.fits(steps) <= before * 0.6
    await online.close()
