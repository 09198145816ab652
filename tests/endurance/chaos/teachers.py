"""What teachers do online: they grade, they tick, and they edit courses. In the end they put
courses right again.
"""

import random
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from beekeed.sandbox import database, people
from beekeed.sandbox.content import add_activity, delete_activity
from beekeed.sandbox.course import Activity, page
from beekeed.sandbox.editing import move_activity, rename_activity, track_activity
from tests.endurance.chaos import audit
from tests.endurance.chaos.place import Place

_PAGES = (
    "SELECT cm.id, cm.course, p.name, s.section, s.sequence, cm.completion"
    " FROM mdl_course_modules cm JOIN mdl_modules m ON m.id = cm.module AND m.name = 'page'"
    " JOIN mdl_page p ON p.id = cm.instance JOIN mdl_course_sections s ON s.id = cm.section"
    " WHERE cm.completion = 2"
)
_GRADED = (
    "SELECT g.id FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid"
    " JOIN mdl_user u ON u.id = g.userid"
    " WHERE i.itemmodule = 'quiz' AND g.finalgrade IS NOT NULL"
)
_TICKED = (
    "SELECT c.coursemoduleid, c.userid FROM mdl_course_modules_completion c"
    " JOIN mdl_course_modules cm ON cm.id = c.coursemoduleid AND cm.completion = 1"
)

_REMOVE = 0.25


@dataclass(frozen=True)
class _Page:
    """A page as it was before somebody edited it."""

    module: int
    course: int
    name: str
    section: int
    place: int


class Teachers:
    """Whoever teaches online."""

    def __init__(self, place: Place, chance: random.Random) -> None:
        self._place = place
        self._chance = chance
        self._removes = chance.random() < _REMOVE
        """Whether activities are taken away in this round, and what was online with them."""
        self._unticks = False
        """Whether anything was ticked off, or shows no completions any more for a while."""
        self._renamed: list[_Page] = []
        self._moved: list[_Page] = []
        self._untracked: list[_Page] = []
        self._removed: list[_Page] = []
        self._how = {
            "teacher's grade": self._grade,
            "teacher's tick": self._tick,
            "activity added": self._add,
            "activity renamed": self._rename,
            "activity moved": self._move,
            "activity untracked": self._untrack,
            "activity removed": self._remove,
        }

    def act(self) -> None:
        """Do one thing."""
        what = self._chance.choices(list(self._how), (4, 2, 1, 1, 1, 1, 1))[0]
        if self._how[what]():
            self._place.tally.worked[what] += 1

    def put_right(self) -> None:
        """Have all courses again as the box has them."""
        now = self._place.clock.now()
        with self._open() as db:
            for each in self._removed:
                again = add_activity(db, each.course, page(each.name, each.section), now=now)
                move_activity(db, again, each.section, each.place)
            for each in reversed(self._renamed):
                rename_activity(db, each.module, each.name, now=now)
            for each in self._untracked:
                track_activity(db, each.module, 2)
            for each in reversed(self._moved):
                move_activity(db, each.module, each.section, each.place)
        for listed in (self._removed, self._renamed, self._untracked, self._moved):
            listed.clear()

    def took_away(self) -> Collection[str]:
        """Give the kinds of what they took away that was online, and beekeed may find missing."""
        if self._removes:
            return ("completion", "grade")
        return ("completion",) if self._unticks else ()

    def sometimes_put_right(self) -> None:
        """Put courses right now and then, so that they are not left out for ever."""
        if self._chance.random() < 0.4:
            self.put_right()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        online = self._place.here.online
        with (
            closing(database.connect(online)) as db,
            database.transaction(db),
            audit.by_a_teacher(db),
        ):
            yield db

    def _grade(self) -> bool:
        """Somebody gets another grade, at times for good."""
        points = self._chance.randrange(10) + 0.25
        fixed = self._place.clock.now() if self._chance.random() < 0.3 else 0
        with self._open() as db:
            found = db.execute(_GRADED).fetchall()
            if found:
                db.execute(
                    "UPDATE mdl_grade_grades SET rawgrade = iif(?2, rawgrade, ?1),"
                    " finalgrade = ?1, overridden = ?2 WHERE id = ?3",
                    (points, fixed, self._chance.choice(found)[0]),
                )
        return bool(found)

    def _tick(self) -> bool:
        """What a learner ticks by hand is ticked, or ticked off, online."""
        with self._open() as db:
            found = db.execute(_TICKED).fetchall()
            if found:
                module, user = self._chance.choice(found)
                state = self._chance.choice((0, 1, 1))
                people.set_completion(db, module, user, state, now=self._place.clock.now())
                self._unticks |= not state
        return bool(found)

    def _add(self) -> bool:
        name = f"Extra {self._chance.randrange(10**6)}"
        with self._open() as db:
            course = self._page(db).course
            add_activity(db, course, Activity("page", name, 1), now=self._place.clock.now())
        return True

    def _rename(self) -> bool:
        with self._open() as db:
            before = self._page(db)
            self._renamed.append(before)
            name = f"{before.name} (new)"
            rename_activity(db, before.module, name, now=self._place.clock.now())
        return True

    def _move(self) -> bool:
        with self._open() as db:
            before = self._page(db)
            self._moved.append(before)
            move_activity(db, before.module, (before.section + 1) % 5, 0)
        return True

    def _untrack(self) -> bool:
        with self._open() as db:
            before = self._page(db)
            self._untracked.append(before)
            self._unticks = True
            track_activity(db, before.module, 0)
        return True

    def _remove(self) -> bool:
        """One that nothing else was done to, so that it can be made again as it was."""
        if not self._removes or self._renamed or self._moved or self._untracked or self._removed:
            return False
        with self._open() as db:
            before = self._page(db)
            self._removed.append(before)
            delete_activity(db, before.module)
        return True

    def _page(self, db: sqlite3.Connection) -> _Page:
        module, course, name, section, sequence, _ = self._chance.choice(
            db.execute(_PAGES).fetchall()
        )
        return _Page(module, course, name, section, sequence.split(",").index(str(module)))
