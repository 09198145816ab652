"""What reading the online Moodle costs, for the figures of `beekeed.core.cost`.

    python -m tests.benchmarks.measure_bytes

synchronizes a course of more and more activities and learners over a real socket with the
sandbox for the first time, then a day on which ten learners get grades, join a group and
take a completion back, and prints each request: the function, calls in it, and bytes up and
down. A figure is what one request costs, and what each account, activity or item more adds
to it.
"""

import asyncio
import random
import tempfile
from pathlib import Path

from beekeed.sandbox.content import add_course
from beekeed.sandbox.course import Activity, Course, page
from tests.engine.school import MADE, School, school
from tests.engine.test_groups import put

SIZES = ((10, 2, 15), (50, 10, 15), (100, 20, 15), (100, 20, 60), (200, 50, 60))
"""Pages, quizzes and learners."""

_WORDS = [
    "Water",
    "Air",
    "Fire",
    "Numbers",
    "Fractions",
    "Letters",
    "Poems",
    "Music",
    "Rivers",
    "Cells",
    "Verbs",
    "Maps",
]
_FIRST = ("Amina", "Fatou", "José", "Mariam", "Kofi")
_LAST = ("Diallo", "Traoré", "Mbaye", "Ouédraogo", "Koné")
_AT_WORK = 10


def course(pages: int, quizzes: int) -> Course:
    """A course with names as people give them."""
    rng = random.Random(1)
    texts = [f"{' '.join(rng.sample(_WORDS, 3))} {number}" for number in range(pages + quizzes)]
    activities = [page(name, 1 + number % 5) for number, name in enumerate(texts[:pages])]
    activities += [
        Activity("quiz", name, 1 + number % 5, completion=2, receive_grade=True, grade=10.0)
        for number, name in enumerate(texts[pages:])
    ]
    activities += [
        Activity("assign", f"Essay {name}", 1, completion=2, submit=True, grade=20.0)
        for name in texts[: quizzes // 2]
    ]
    return Course(
        shortname="BIG", fullname="Big", created_at=MADE, modified_at=MADE,
        sections=("",) * 6, activities=tuple(activities),
    )  # fmt: skip


async def measure(here: School, pages: int, quizzes: int, learners: int) -> None:
    """Synchronize a course, then a day, and print the requests of both."""
    made, rng = course(pages, quizzes), random.Random(2)
    for side in (here.box, here.online):
        add_course(side.db, made)
    names = [each.name for each in made.activities]
    for number in range(learners):
        username = f"learner{number:03}"
        here.box.learner(username, rng.choice(_FIRST), f"{rng.choice(_LAST)} {number}", "BIG")
        for name in rng.sample(names[:-1], min(len(names) - 1, 20)):
            here.box.complete(username, name)
    print(f"{len(names)} activities, {quizzes} quizzes, {learners} learners: the first sync")
    await show(here)
    for number in range(_AT_WORK):
        username = f"learner{number:03}"
        here.box.grade(username, names[pages], number)
        here.box.grade(username, names[-1], number)
        put(here.box, "Class 6 A", username, course="BIG")
        here.box.sql(
            "UPDATE mdl_course_modules_completion SET completionstate = 0 WHERE id ="
            " (SELECT max(id) FROM mdl_course_modules_completion WHERE userid = ?)",
            here.box.user(username),
        )
    print("a day")
    await show(here)


async def show(here: School) -> None:
    """Synchronize, and print the requests."""
    last = here.online.one("SELECT coalesce(max(id), 0) FROM sandbox_request")
    await here.completed()
    for row in here.online.sql(
        "SELECT function, calls, bytes_up, bytes_down FROM sandbox_request WHERE id > ?", last
    ):
        print(f"  {row[0]:<45} {row[1]:>4} {row[2]:>7} {row[3]:>7}")


async def main() -> None:
    """Measure every size."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            async with school(Path(folder)) as here:
                await measure(here, *size)


if __name__ == "__main__":
    asyncio.run(main())
