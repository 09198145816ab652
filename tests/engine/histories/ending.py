"""What must be true when all is quiet: everything is online, or listed with its reason."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from beekeed.core.step import Verdict
from beekeed.errors import Code
from beekeed.ports.stores import RunDetails
from beekeed.sqlite.store import PART_NAME, part_joins
from tests.engine.histories.children import Child, one_line
from tests.engine.histories.facts import Fact, Held
from tests.engine.histories.world import World

_ASIDE = (
    "SELECT username, kind.name, coalesce(course.shortname, ''),"
    f" coalesce({PART_NAME}, '') FROM change JOIN kind ON kind.id = kind"
    " JOIN learner ON learner.id = learner_id LEFT JOIN course ON course.id = change.course_id"
    f" {part_joins('change')} WHERE aside_code IS NOT NULL"
)

_REFUSED = (
    "SELECT username FROM change JOIN kind ON kind.id = kind"
    " JOIN learner ON learner.id = learner_id"
    " WHERE kind.name = 'account' AND aside_code = ?"
)

_GUARDED = (
    "SELECT kind.name, shortname FROM guard JOIN kind ON kind.id = guard.kind"
    " JOIN course ON course.id = guard.course_id"
)


@dataclass(frozen=True)
class Listed:
    """What beekeed says that is not online.

    What is set aside, the courses left out, and the areas in which it asks first.
    """

    aside: frozenset[tuple[str, str, str, str]]
    courses: frozenset[str]
    guarded: frozenset[tuple[str, str]]

    def has(self, username: str, kind: str, course: str, part: str) -> bool:
        """Whether somebody finds a fact there, or what holds it back."""
        return (
            course in self.courses
            or (kind, course) in self.guarded
            or (username, kind, course, part) in self.aside
            or (username, "account", "", "") in self.aside
            or (username, "enrolment", course, "") in self.aside
            or (kind == "profile" and self._is_in_no_course(username))
        )

    def _is_in_no_course(self, username: str) -> bool:
        """Whether somebody's profile waits for an enrolment, or a course, that is listed."""
        kinds = ((each, kind) for each, kind, _, _ in self.aside)
        return bool(self.courses) or (username, "enrolment") in kinds


async def check(world: World, last: RunDetails) -> None:
    """Hold the box against the online Moodle and the lists; `last` is the last run."""
    rows = await world.here.store.rows(_ASIDE)
    courses = frozenset(c.shortname for c in last.courses if c.left_out is not None)
    guarded = await world.here.store.rows(_GUARDED)
    listed = Listed(
        frozenset((r[0], r[1], r[2], r[3]) for r in rows),
        courses,
        frozenset((r[0], r[1]) for r in guarded),
    )
    await _check_refused(world)
    not_enrolled: Counter[str] = Counter()
    lost = []
    known = {row[0] for row in await world.here.store.rows("SELECT username FROM learner")}
    for child, fact, held in world.box_work():
        course = world.course_of(fact)
        # Who was in no course whenever the box was read is no learner to beekeed.
        if child.username not in known or _is_online(world, child, fact, held):
            continue
        if listed.has(child.username, fact.kind, course, fact.part if course != fact.part else ""):
            continue
        if not world.is_enrolled(fact.user, course):
            not_enrolled[fact.kind] += 1
        else:
            lost.append((child.username, fact.kind, course, fact.part, held))
    assert not lost, lost
    counted = dict(_not_enrolled(last))
    for kind in ("completion", "grade"):
        assert not_enrolled[kind] <= counted.get(kind, 0), (kind, not_enrolled, counted)
    assert not await world.here.store.rows("SELECT 1 FROM intent"), "a request was left open"


async def _check_refused(world: World) -> None:
    """See that of whom Moodle makes no account, it is they whose address somebody has there."""
    refused = [row[0] for row in await world.here.store.rows(_REFUSED, Code.ACCOUNT_REFUSED)]
    blameless = [username for username in refused if not world.is_address_taken(username)]
    assert not blameless, f"refused for another: {blameless}"


def _not_enrolled(last: RunDetails) -> Iterator[tuple[str, int]]:
    """Give how many results the last run counted whose learners are not enrolled on the box."""
    for action in last.actions:
        code = action.reason.code if action.reason else None
        if action.verdict == Verdict.UNSENT and code is Code.NOT_ENROLLED_ON_BOX:
            yield str(action.kind), action.count


def _is_online(world: World, child: Child, fact: Fact, held: Held) -> bool:
    """Whether online has a fact of the box, or what a person made of it there."""
    account = world.watch.account_of(child)
    if fact.kind == "completion" and held.value not in ("1", "2"):
        return held.value != "0" or not _is_left_done(world, child, account, fact)
    if account is None:
        return fact.kind == "profile" or child in world.watch.erased
    if fact.kind == "profile" and account not in world.watch.made:
        return True
    if fact.kind == "account":
        return True
    there = Fact(fact.kind, account, fact.part)
    if there in world.watch.touched:
        return True
    online = world.watch.facts.get(there)
    return online is not None and _same(child, fact, held, online)


def _is_left_done(world: World, child: Child, account: int | None, fact: Fact) -> bool:
    """Whether online keeps as done what we completed there and the box took back."""
    if account is None or not child.values("completion", fact.part) & {"1", "2"}:
        return False
    there = Fact(fact.kind, account, fact.part)
    online = world.watch.facts.get(there)
    is_ours = bool(world.watch.ours.get(there)) and there not in world.watch.touched
    return is_ours and online is not None and online.value == "1"


def _same(child: Child, fact: Fact, box: Held, online: Held) -> bool:
    """Whether online says what the box says; a teacher's comment there is kept, and counted."""
    match fact.kind:
        case "completion":
            return online.value in ("1", "2")
        case "profile":
            return online.value == box.value
        case "grade":
            words, there = one_line(box.words), one_line(online.words)
            is_teachers = bool(there) and there not in child.words(fact.part)
            return online.value == box.value and (words in ("", there) or is_teachers)
        case _:
            return True
