"""A course as it is described once and then made on two sites: online, and on the box.

The one rule: what a Moodle backup carries from one site to the other, and nothing of anybody's
work: shortname, times, sections, the order, kinds and names of activities, how they are tracked
and graded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

ASSIGN_SETTINGS: Mapping[str, int | str] = MappingProxyType(
    {
        "sendstudentnotifications": 1,
        "markingworkflow": 0,
        "blindmarking": 0,
        "teamsubmission": 0,
        "maxattempts": 1,
        "attemptreopenmethod": "untilpass",
    }
)
"""What decides how an assignment is graded, and what a new one has (mod/assign/settings.php)."""


@dataclass(frozen=True)
class Activity:
    """An activity: `completion` is 0 not tracked, 1 by hand, 2 by its conditions.

    Conditions: `view`; `submit` (a submission, a choice, one post); `receive_grade`, and with
    `must_pass` a passing one. `grade` is the highest grade, 0 for none; for a forum it is the
    grade of the whole forum, which Moodle keeps as item number 1 (README of device-variety).
    `settings` are columns of the activity's own row that are not as a new activity has them.
    """

    kind: str
    name: str
    section: int = 1
    completion: int = 0
    view: bool = False
    submit: bool = False
    receive_grade: bool = False
    must_pass: bool = False
    grade: float = 0.0
    grade_pass: float = 0.0
    settings: tuple[tuple[str, int | str], ...] = ()

    @property
    def item_number(self) -> int:
        """The number of its grade item."""
        return 1 if self.kind == "forum" else 0


@dataclass(frozen=True)
class Course:
    """A course; times in Unix seconds; `required` names activities that complete the course."""

    shortname: str
    fullname: str
    created_at: int
    modified_at: int
    sections: tuple[str, ...]
    activities: tuple[Activity, ...]
    required: tuple[str, ...] = ()


def page(name: str, section: int) -> Activity:
    """A page that is done when it was looked at."""
    return Activity("page", name, section, completion=2, view=True)


def _common(topic: str) -> tuple[Activity, ...]:
    """What every course has (the kinds of provision/target_courses.php)."""
    return (
        Activity("forum", "Announcements", 0),
        page(f"Welcome to {topic}", 1),
        Activity("page", "Class rules", 1, completion=1),
        Activity(
            "assign", "Essay", 2, completion=2, submit=True, grade=100.0,
            settings=(("sendstudentnotifications", 0),),
        ),
        Activity("choice", "Poll", 4, completion=2, submit=True),
        Activity("forum", "Discussion", 4, completion=2, submit=True),
        Activity("page", "Further reading", 4),
    )  # fmt: skip


def _mathematics() -> Course:
    own = (
        page("Whole numbers", 1),
        page("Fractions", 2),
        page("Équations du 1er degré", 3),
        Activity(
            "quiz", "Quiz 1", 3, completion=2,
            receive_grade=True, must_pass=True, grade=10.0, grade_pass=5.0,
        ),
        Activity("forum", "Graded talk", 4, completion=2, submit=True, grade=20.0),
        page("Geometry: \"circle & line\"", 4),
    )  # fmt: skip
    return Course(
        "BK-MATH", "Mathematics 1", 0, 0,
        ("", "Numbers", "Parts", "Unknowns", "Shapes"),
        (*_common("mathematics"), *own),
        required=("Whole numbers", "Fractions"),
    )  # fmt: skip


def _french() -> Course:
    own = (
        page("L'alphabet", 1),
        page("Exercice", 2),
        page("Exercice", 2),
        page("Le passé composé", 3),
        Activity("quiz", "Quiz 1", 3, completion=2, receive_grade=True, grade=10.0),
    )
    sections = ("", "Débuts", "Les sons", "Les temps", "Ensemble")
    return Course(
        "BK-FR", "French for beginners", 0, 0, sections, (*_common("French"), *own)
    )  # fmt: skip


def _science() -> Course:
    own = (
        page("Water", 1),
        page("Plants and animals", 2),
        Activity(
            "quiz", "Quiz: the seasons", 3, completion=2,
            receive_grade=True, must_pass=True, grade=20.0, grade_pass=10.0,
        ),
        page("الماء والحياة", 3),
        Activity("page", "Notebook kept", 3, completion=1),
    )  # fmt: skip
    sections = ("", "Earth", "Life", "Sky", "Together")
    return Course("BK-SCI", "Science", 0, 0, sections, (*_common("science"), *own))


def standard_courses(created_at: int, modified_at: int) -> tuple[Course, ...]:
    """The three courses of the sandbox, 12 or 13 activities each, made and changed when told."""
    return tuple(
        replace(course, created_at=created_at, modified_at=modified_at + 3600 * number)
        for number, course in enumerate((_mathematics(), _french(), _science()))
    )
