"""Whether everything is safe online."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beekeed.core.model import RunStatus
from beekeed.core.safety import NEWS_LASTS, LatestRun, Level, Standing, safety
from beekeed.errors import Code
from beekeed.say import language_of

NOW = datetime(2026, 11, 28, 14, 5, tzinfo=UTC)
READ = NOW - timedelta(hours=12)
ALL_ONLINE = Standing(asked_at=NOW, read_at=READ, waiting=0)
SOME = replace(ALL_ONLINE, waiting=12)
FAILED = LatestRun(RunStatus.ERROR, Code.TOKEN_REFUSED)
OFFLINE = LatestRun(RunStatus.ERROR, Code.NOT_REACHED)
COURSE_LEFT_OUT = LatestRun(RunStatus.PARTIAL)
OLD = NOW - timedelta(days=3, hours=1)

CASES = [
    ("nothing waits", ALL_ONLINE, Level.SAFE, Code.SAFE_ONLINE),
    ("a sync goes on", replace(ALL_ONLINE, running=True), Level.SAFE, Code.SAFE_ONLINE),
    ("switched off since", replace(ALL_ONLINE, enabled=False), Level.SAFE, Code.SAFE_ONLINE),
    ("no schedule", replace(ALL_ONLINE, scheduled=False), Level.SAFE, Code.SAFE_ONLINE),
    ("no clock", replace(ALL_ONLINE, clock_trusted=False), Level.SAFE, Code.SAFE_ONLINE),
    ("offline since", replace(ALL_ONLINE, latest=OFFLINE), Level.SAFE, Code.SAFE_ONLINE),
    ("failed since", replace(ALL_ONLINE, latest=FAILED), Level.LOOK, Code.SAFE_BUT_FAILED),
    ("a course differs", replace(ALL_ONLINE, latest=COURSE_LEFT_OUT), Level.SAFE, Code.SAFE_ONLINE),
    ("read long ago", replace(ALL_ONLINE, read_at=OLD), Level.WAITING, Code.NOT_READ_LATELY),
    ("and switched off", replace(ALL_ONLINE, read_at=OLD, enabled=False),
     Level.LOOK, Code.NOT_READ_LATELY),
    ("and no schedule", replace(ALL_ONLINE, read_at=OLD, scheduled=False),
     Level.LOOK, Code.NOT_READ_LATELY),
    ("and one goes on", replace(ALL_ONLINE, read_at=OLD, scheduled=False, running=True),
     Level.WAITING, Code.NOT_READ_LATELY),
    ("who knows when", replace(ALL_ONLINE, read_at=OLD, clock_trusted=False),
     Level.SAFE, Code.SAFE_ONLINE),
    ("never read", Standing(asked_at=NOW, read_at=None, waiting=None),
     Level.UNKNOWN, Code.SAFETY_UNKNOWN),
    ("new token", replace(ALL_ONLINE, waiting=None), Level.UNKNOWN, Code.SAFETY_UNKNOWN),
    ("some waits", SOME, Level.WAITING, Code.WAITS_FOR_SYNC),
    ("since long", replace(SOME, read_at=OLD), Level.WAITING, Code.WAITS_FOR_SYNC),
    ("while offline", replace(SOME, latest=OFFLINE), Level.WAITING, Code.WAITS_FOR_SYNC),
    ("after a stop", replace(SOME, latest=LatestRun(RunStatus.STOPPED)),
     Level.WAITING, Code.WAITS_FOR_SYNC),
    ("at the limit", replace(SOME, latest=LatestRun(RunStatus.PARTIAL, Code.LIMIT_REACHED)),
     Level.WAITING, Code.WAITS_FOR_SYNC),
    ("after a retry", replace(SOME, latest=LatestRun(RunStatus.PARTIAL, None, aside=3)),
     Level.WAITING, Code.WAITS_FOR_SYNC),
    ("after an answer", replace(SOME, latest=LatestRun(RunStatus.PARTIAL, Code.GRADES_FELL)),
     Level.WAITING, Code.WAITS_FOR_SYNC),
    ("missed online", replace(SOME, latest=LatestRun(RunStatus.PARTIAL, Code.VERIFY_MISSING)),
     Level.WAITING, Code.WAITS_FOR_SYNC),
    ("a function lacks", replace(SOME, latest=LatestRun(RunStatus.PARTIAL, Code.FUNCTION_MISSING)),
     Level.LOOK, Code.WAITS_FOR_MENDING),
    ("in a course that differs", replace(SOME, latest=COURSE_LEFT_OUT),
     Level.LOOK, Code.WAITS_FOR_MENDING),
    ("and the token is refused", replace(SOME, latest=FAILED), Level.LOOK, Code.WAITS_FOR_MENDING),
    ("which is tried again now", replace(SOME, latest=FAILED, running=True),
     Level.WAITING, Code.WAITS_FOR_SYNC),
    ("and sync is off", replace(SOME, enabled=False), Level.LOOK, Code.WAITS_SWITCHED_OFF),
    ("and none is scheduled", replace(SOME, scheduled=False),
     Level.LOOK, Code.WAITS_UNSCHEDULED),
    ("but one goes on", replace(SOME, scheduled=False, running=True),
     Level.WAITING, Code.WAITS_FOR_SYNC),
    ("late", replace(SOME, late=2, running=True), Level.LOOK, Code.WAITS_LATE),
    ("set aside", replace(SOME, aside=3, late=2), Level.LOOK, Code.WAITS_ASIDE),
    ("a question", replace(SOME, guards=1, aside=3), Level.LOOK, Code.WAITS_FOR_ANSWER),
    ("a question alone", replace(ALL_ONLINE, guards=1), Level.LOOK, Code.WAITS_FOR_ANSWER),
]  # fmt: skip


@pytest.mark.parametrize(
    ("here", "level", "code"), [pytest.param(*rest, id=name) for name, *rest in CASES]
)
def test_each_case_has_its_word_and_sentence(here: Standing, level: Level, code: Code) -> None:
    """What waits for a person comes before what goes by itself."""
    found = safety(here)
    assert (found.level, found.reason.code) == (level, code)


def said(here: Standing) -> str:
    """The sentence for a standing."""
    reason = safety(here).reason
    return language_of("en").say(reason.code, reason.params).what


def test_the_sentence_says_as_of_when_and_what_else_is_to_be_known() -> None:
    """A further sentence only where it is true."""
    safe = "Everything that learners did until 28 November 2026, 02:05 UTC is safe online."
    assert said(ALL_ONLINE) == safe
    assert said(replace(ALL_ONLINE, enabled=False)).startswith(f"{safe} Sync is switched off:")
    assert said(replace(ALL_ONLINE, scheduled=False)).startswith(f"{safe} No sync is scheduled:")
    unsure = f"{safe} The box's clock was not trusted then: that time may be wrong."
    assert said(replace(ALL_ONLINE, clock_trusted=False)) == unsure
    ahead = replace(ALL_ONLINE, asked_at=READ - timedelta(minutes=1))
    assert "not trusted" in said(ahead)
    assert "That is 3 days ago" in said(replace(ALL_ONLINE, read_at=OLD))


def test_the_sentence_counts_what_waits_and_why() -> None:
    """Each change once."""
    assert "changes that wait: 12." in said(SOME)
    assert "28 November 2026, 02:05 UTC" in said(SOME)
    aside = said(replace(SOME, aside=3, late=2))
    assert "could not be sent: 3. Late, until somebody asks for their day: 2." in aside
    assert aside.endswith("Others wait for the next sync: 7.")
    late = said(replace(SOME, late=12, enabled=False))
    assert late.endswith("asks for their day: 12. Sync is switched off.")
    assert "Others" not in said(replace(SOME, aside=12))
    assert "not online: 12." in said(replace(SOME, guards=1))
    assert "not online" not in said(replace(ALL_ONLINE, guards=1))


def test_good_news_lasts_two_days() -> None:
    """A missed night is no trouble; a box that nobody brought online since is."""
    just = replace(ALL_ONLINE, read_at=NOW - NEWS_LASTS + timedelta(minutes=1))
    assert safety(just).level is Level.SAFE
    assert safety(replace(just, asked_at=NOW + timedelta(minutes=1))).level is Level.WAITING


some = st.integers(0, 3)
standings = st.builds(
    Standing,
    asked_at=st.just(NOW),
    read_at=st.none() | st.integers(-100, 100).map(lambda hours: NOW - timedelta(hours=hours)),
    waiting=st.none() | some,
    late=some,
    aside=some,
    guards=some,
    clock_trusted=st.booleans(),
    enabled=st.booleans(),
    scheduled=st.booleans(),
    running=st.booleans(),
    latest=st.none()
    | st.builds(LatestRun, st.sampled_from(RunStatus), st.none() | st.sampled_from(Code), some),
)


@given(here=standings)
def test_it_is_never_called_safe_while_anything_is_not(here: Standing) -> None:
    """Whatever else is so: nothing waits, late, aside or asked, and the box was read."""
    found = safety(here)
    anything = here.waiting != 0 or here.late or here.aside or here.guards
    if anything or here.read_at is None:
        assert found.level is not Level.SAFE
        assert found.reason.code is not Code.SAFE_ONLINE
    if here.read_at is not None and here.clock_trusted and here.read_at <= NOW - NEWS_LASTS:
        assert found.level is not Level.SAFE


@given(here=standings)
def test_nobody_is_told_to_wait_for_what_does_not_come_by_itself(here: Standing) -> None:
    """With sync off, or none scheduled, a person has to act; so has one for each of the rest."""
    found = safety(here)
    if found.level is Level.WAITING:
        assert here.running or (here.enabled and here.scheduled)
        assert max(here.late, here.aside, here.guards) == 0


@given(here=standings)
def test_every_sentence_is_whole(here: Standing) -> None:
    """No number is missing in it, and who has to act is told what to do."""
    found = safety(here)
    sentence = language_of("en").say(found.reason.code, found.reason.params)
    assert "…" not in sentence.what + sentence.remedy
    assert (found.level is not Level.LOOK) or sentence.who
