"""What happens in a history: work on the box, accidents there, the clock; by name.

What people do online is in `elsewhere.py`.
"""

import sqlite3
from datetime import UTC, datetime, timedelta

from beekeed.sandbox import people
from tests.engine.histories.elsewhere import ONLINE, one_of, unenrol_from
from tests.engine.histories.facts import Fact
from tests.engine.histories.world import GROUPS, MORE_PAGES, World, name_of

PAGES = ("Numbers", "Fractions", "By hand", *MORE_PAGES, "Water", "Air")
ONE_MONTH = timedelta(days=31)


class Life:
    """What may happen, each by its name: `who` is a username, `number` chooses the rest."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._next = 10

    def happen(self, what: str, who: str, number: int) -> None:
        """Have something happen. Does nothing where it cannot."""
        world = self.world
        world.hear()
        if what in ONLINE:
            self._online(what, who, number)
        else:
            getattr(self, what)(who, number)
        world.hear()

    # On the box: work

    def complete(self, who: str, number: int) -> None:
        """Somebody does an activity, mostly; else it is passed, failed or taken back."""
        state = (1, 1, 1, 1, 2, 3, 0)[number // len(PAGES) % 7]
        page, box = PAGES[number % len(PAGES)], self.world.box
        if self._is_here(who):
            box.complete(who, page, state, at=self.world.clock.now())

    def grade(self, who: str, number: int) -> None:
        """Somebody is graded in the test."""
        if self._is_here(who):
            self.world.box.grade(who, "Test", float(number % 11), at=self.world.clock.now())

    def essay(self, who: str, number: int) -> None:
        """Somebody's essay is marked, with a comment or without."""
        words = (None, "Bien", "<p>Très  bien & juste</p>")[number % 3]
        if self._is_here(who):
            self.world.box.grade(
                who, "Essay", float(number % 101), words, at=self.world.clock.now()
            )

    def take_back(self, who: str, number: int) -> None:
        """One of the first completions is taken back, or given again."""
        rows = self.world.box.sql("SELECT id, completionstate FROM mdl_course_modules_completion")
        if rows:
            row, state = one_of(rows, number)
            sql = "UPDATE mdl_course_modules_completion SET completionstate = ? WHERE id = ?"
            self.world.box.sql(sql, 0 if state else 1, row)

    def think_again(self, who: str, number: int) -> None:
        """What went online last is taken back on the box, or graded otherwise."""
        watch = self.world.watch
        if watch.latest:
            fact = watch.latest[number % len(watch.latest)]
            account = watch.facts.get(Fact("account", fact.user))
            if account is None or not self._is_here(account.value):
                return
            box, at = self.world.box, self.world.clock.now()
            if fact.kind == "grade":
                box.grade(account.value, fact.part, number % 10 + 0.5, at=at)
            else:
                box.complete(account.value, fact.part, 0, at=at)

    def regrade(self, who: str, number: int) -> None:
        """One of the first grades is another one from now on, and has other words, if any."""
        rows = self.world.box.sql(
            "SELECT id, feedback FROM mdl_grade_grades WHERE finalgrade IS NOT NULL"
        )
        if rows:
            row, words = one_of(rows, number)
            points = number % 10 + 0.5
            self.world.box.sql(
                "UPDATE mdl_grade_grades SET rawgrade = ?, finalgrade = ?, feedback = ?"
                " WHERE id = ?",
                points, points, words and f"{words} {number}", row,
            )  # fmt: skip

    def join(self, who: str, number: int) -> None:
        """Somebody joins a group."""
        box, group = self.world.box, GROUPS[number % 2]
        found = box.one("SELECT id FROM mdl_groups WHERE name = ?", group)
        is_in = "SELECT 1 FROM mdl_groups_members WHERE groupid = ? AND userid = ?"
        if self._is_here(who) and not box.sql(is_in, found, box.user(who)):
            people.join(box.db, found, box.user(who), now=self.world.now())

    def move_house(self, who: str, number: int) -> None:
        """Somebody's profile changes."""
        city = f"City {number % 3}"
        self.world.box.sql("UPDATE mdl_user SET city = ? WHERE username = ?", city, who)

    def busy_day(self, who: str, number: int) -> None:
        """Everybody does everything in a course."""
        for each in self.world.children.now:
            for page in PAGES[:6]:
                if self._is_here(each):
                    self.world.box.complete(each, page, at=self.world.clock.now())

    # On the box: people and accidents

    def newcomer(self, who: str, number: int) -> None:
        """A new learner comes, and does something."""
        self._next += 1
        username = f"pupil{self._next}"
        self.world.children.add(username, *name_of(username))
        self.world.box.learner(username, *name_of(username), "MATHS", "SCIENCE")
        self.complete(username, number % len(PAGES))

    def unenrol(self, who: str, number: int) -> None:
        """Somebody leaves a course on the box."""
        box = self.world.box
        if self._is_here(who):
            unenrol_from(box.db, box.course(("MATHS", "SCIENCE")[number % 2]), box.user(who))

    def rename(self, who: str, number: int) -> None:
        """Somebody has another last name."""
        box, last = self.world.box, f"Of{who} {number}"
        first = box.one("SELECT firstname FROM mdl_user WHERE username = ? AND deleted = 0", who)
        if first is not None:
            box.sql("UPDATE mdl_user SET lastname = ? WHERE username = ?", last, who)
            self.world.children.rename(who, first, last)

    def delete(self, who: str, number: int) -> None:
        """Somebody's account on the box is deleted."""
        self._next += 1
        self.world.box.sql(
            "UPDATE mdl_user SET deleted = 1, username = ? WHERE username = ?",
            f"gone{self._next}", who,
        )  # fmt: skip

    def give_away(self, who: str, number: int) -> None:
        """Somebody's username comes to another child, who does something."""
        self.delete(who, number)
        first, last = f"Child{self._next}", f"Family{self._next}"
        self.world.children.add(who, first, last)
        self.world.box.learner(who, first, last, "MATHS", "SCIENCE")
        self.complete(who, number % len(PAGES))

    def reset(self, who: str, number: int) -> None:
        """A table of the box is emptied, as by a course reset."""
        self.world.box.sql(f"DELETE FROM mdl_{_OF_WORK[number % 3]}")

    def vanish(self, who: str, number: int) -> None:
        """One of the first results goes, as when somebody deletes an attempt."""
        table = _OF_WORK[number % 2]
        rows = self.world.box.sql(f"SELECT id FROM mdl_{table}")
        if rows:
            self.world.box.sql(f"DELETE FROM mdl_{table} WHERE id = ?", *one_of(rows, number // 2))

    def undo(self, who: str, number: int) -> None:
        """Nothing is done any more, says the box."""
        self.world.box.sql("UPDATE mdl_course_modules_completion SET completionstate = 0")

    def keep(self, who: str, number: int) -> None:
        """The box's database is copied."""
        if self.world.kept is not None:
            self.world.kept.close()
        self.world.kept = sqlite3.connect(":memory:")
        self.world.kept_children = dict(self.world.children.now)
        self.world.box.db.backup(self.world.kept)

    def put_back(self, who: str, number: int) -> None:
        """The copy is put back."""
        if self.world.kept is not None:
            self.world.kept.backup(self.world.box.db)
            self.world.children.now = dict(self.world.kept_children)

    # The clock

    def step(self, who: str, number: int) -> None:
        """The box's clock jumps."""
        clock = self.world.clock
        year_2000 = datetime(2000, 1, 1, tzinfo=UTC)
        clock.set((clock.now() + ONE_MONTH, clock.now() - ONE_MONTH, year_2000)[number % 3])
        self.world.faults["clock step"] += 1

    def distrust(self, who: str, number: int) -> None:
        """The clock is trusted no more, or again."""
        self.world.trust.trusted = not self.world.trust.trusted

    def night(self, who: str, number: int) -> None:
        """A day goes by."""
        self.world.clock.time += timedelta(days=1 + number % 3)

    # Online

    def _online(self, what: str, who: str, number: int) -> None:
        account = self.world.online.one(
            "SELECT id FROM mdl_user WHERE username = ? AND deleted = 0", who
        )
        if account is None and what not in _OF_COURSES:
            return
        self.world.touched_by_people[what] += 1
        ONLINE[what](self.world, account, number)
        self.world.watch.people_did(whole=account if what in _WHOLE else None)

    def _is_here(self, who: str) -> bool:
        found = "SELECT 1 FROM mdl_user WHERE username = ? AND deleted = 0"
        return bool(self.world.box.sql(found, who))


_OF_WORK = ("course_modules_completion", "grade_grades", "groups_members")
_OF_COURSES = frozenset({"edit_course"})
_WHOLE = frozenset({"dismiss", "erase"})
WORK = ("complete", "complete", "complete", "grade", "grade", "essay", "essay", "take_back",
        "take_back", "regrade", "join", "newcomer", "move_house", "busy_day")  # fmt: skip
TROUBLES = ("unenrol", "rename", "delete", "give_away", "reset", "vanish", "undo", "keep",
            "put_back", "step", "distrust", "night", *ONLINE)  # fmt: skip
SECOND_THOUGHTS = ("think_again", "think_again", "think_again", "think_again", "take_back",
                   "regrade", "regrade", "resettle", "teach", "tick", "comment", "move_house",
                   "move_house", "give_away", "vanish", "vanish")  # fmt: skip
