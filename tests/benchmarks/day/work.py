"""What happens on a school day, and on smaller and larger ones of the same kind: pure.

200 learners of one course of 60 lessons, 10 quizzes and 10 essays, who are all known online:
8 lessons done by each, out of the 12 that their classes are at, one quiz and one essay marked
each, 5 newcomers, 10 profiles edited. The same seed gives the same day.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from beekeed.sandbox.course import Activity, Course, page
from beekeed.sandbox.names import Name, learner_names

LEARNERS = 200
COMPLETIONS, GRADES, NEWCOMERS, EDITS = 1600, 400, 5, 10
CHANGES = COMPLETIONS + GRADES + NEWCOMERS + EDITS
"""Of the whole day."""

SHORTNAME = "DAY"
LESSONS = tuple(f"Lesson {number}" for number in range(60))
QUIZZES = tuple(f"Quiz {number}" for number in range(10))
ESSAYS = tuple(f"Essay {number}" for number in range(10))
HIGHEST = {**dict.fromkeys(QUIZZES, 10.0), **dict.fromkeys(ESSAYS, 20.0)}
BEFORE = ("First lesson", "First quiz", "First essay")
"""What everybody did before the day."""

_TOWNS = ("Ségou", "Mopti", "Kidal", "Sikasso", "Gao", "Tombouctou", "Koulikoro")
_BREADTH = 1.5
"""How many activities a class is at, to those that each of its learners does."""


@dataclass(frozen=True)
class Day:
    """Changes of a day. Learners are numbers from 0, newcomers people."""

    completions: Sequence[tuple[int, str]]
    """Who did which lesson."""
    grades: Sequence[tuple[int, str, float]]
    """Who got how many points for which quiz or essay."""
    newcomers: Sequence[Name]
    edits: Sequence[tuple[int, str]]
    """Who moved to which town."""

    @property
    def changes(self) -> int:
        """How many there are."""
        return sum(
            len(some) for some in (self.completions, self.grades, self.newcomers, self.edits)
        )


def course(made_at: int) -> Course:
    """Give the course, as it was made at a time in Unix seconds."""
    first_lesson, first_quiz, first_essay = BEFORE
    lessons = [page(name, 1 + place % 4) for place, name in enumerate((*LESSONS, first_lesson))]
    quizzes = [_graded("quiz", name, 5) for name in (*QUIZZES, first_quiz)]
    essays = [_graded("assign", name, 6) for name in (*ESSAYS, first_essay)]
    sections = ("", "Numbers", "Parts", "Unknowns", "Shapes", "Quizzes", "Essays")
    activities = (*lessons, *quizzes, *essays)
    return Course(SHORTNAME, "The whole year", made_at, made_at, sections, activities)


def _graded(kind: str, name: str, section: int) -> Activity:
    return Activity(kind, name, section, receive_grade=True, grade=HIGHEST.get(name, 10.0))


def people(count: int, seed: int) -> Sequence[Name]:
    """Give learners, of names in many scripts."""
    names = learner_names(random.Random(f"people {seed}"))
    return [next(names) for _ in range(count)]


def day(changes: int = CHANGES, *, learners: int = LEARNERS, seed: int = 1) -> Day:
    """Give a day of so many changes, of each kind its share of those of a whole day."""
    rng = random.Random(f"day {seed}")
    newcomers, edits, grades = (
        round(changes * share / CHANGES) for share in (NEWCOMERS, EDITS, GRADES)
    )
    completions = changes - newcomers - edits - grades
    marked = [
        *_some(rng, learners, grades - grades // 2, QUIZZES),
        *_some(rng, learners, grades // 2, ESSAYS),
    ]
    return Day(
        completions=list(_some(rng, learners, completions, LESSONS)),
        grades=[(who, what, _points(rng, HIGHEST[what])) for who, what in marked],
        newcomers=people(learners + newcomers, seed)[learners:],
        edits=[(who, rng.choice(_TOWNS)) for who in rng.sample(range(learners), edits)],
    )


def _some(
    rng: random.Random, learners: int, count: int, activities: Sequence[str]
) -> Iterator[tuple[int, str]]:
    """Have learners do so many of some activities, each about as many, no two the same."""
    each, more = divmod(count, learners)
    busy = set(rng.sample(range(learners), more))
    most = each + bool(more)
    at = activities[: min(len(activities), round(most * _BREADTH + 0.5))]
    for learner in range(learners):
        for activity in rng.sample(at, each + (learner in busy)):
            yield learner, activity


def _points(rng: random.Random, highest: float) -> float:
    """Give points in halves, mostly better than the middle."""
    share = min(1.0, max(0.0, rng.gauss(0.65, 0.2)))
    return round(share * highest * 2) / 2
