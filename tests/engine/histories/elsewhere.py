"""What people do online in a history, whatever beekeed is about."""

import sqlite3
from collections.abc import Callable
from typing import Any

from beekeed.sandbox import editing, people
from beekeed.sandbox.database import one
from tests.engine.histories.world import World


def unenrol_from(db: sqlite3.Connection, course: int, user: int) -> None:
    """Unenrol somebody from a course as Moodle does: the grades go, the completions stay."""
    instance = one(db, "SELECT * FROM mdl_enrol WHERE courseid = ? AND enrol = 'manual'", course)
    assert instance is not None
    if people.unenrol_user(db, instance, user):
        items = "SELECT id FROM mdl_grade_items WHERE courseid = ?"
        db.execute(
            f"DELETE FROM mdl_grade_grades WHERE userid = ? AND itemid IN ({items})", (user, course)
        )


def one_of(rows: list[tuple[Any, ...]], number: int) -> tuple[Any, ...]:
    """One of the first few: so that many things happen to the same fact."""
    return rows[number % min(len(rows), 3)]


def teach(world: World, account: int, number: int) -> None:
    """A teacher grades the test online, plainly, for good, or locked."""
    online = world.online
    graded = online.sql(
        "SELECT g.userid FROM mdl_grade_grades g JOIN mdl_grade_items i ON i.id = g.itemid"
        " WHERE i.itemmodule = 'quiz' AND g.finalgrade IS NOT NULL"
    )
    (account,) = one_of([*graded, (account,)], number)
    who = online.one("SELECT username FROM mdl_user WHERE id = ?", account)
    online.grade(who, "Test", number % 10 + 0.25)
    column = (None, None, "overridden", "locked")[number // 10 % 4]
    if column:
        online.sql(f"UPDATE mdl_grade_grades SET {column} = 1764000000 WHERE userid = ?", account)


def comment(world: World, account: int, number: int) -> None:
    """A teacher writes comments beside every grade of the essay online."""
    words = f"Mot {number % 3}"
    world.online.sql(
        "UPDATE mdl_grade_grades SET feedback = ?, feedbackformat = 1 WHERE finalgrade IS NOT NULL"
        " AND itemid IN (SELECT id FROM mdl_grade_items WHERE itemmodule = 'assign')",
        words,
    )
    world.online.sql("UPDATE mdl_assignfeedback_comments SET commenttext = ?", words)


def tick(world: World, account: int, number: int) -> None:
    """Somebody passes or fails something online, or a teacher takes it back."""
    rows = world.online.sql("SELECT userid, coursemoduleid FROM mdl_course_modules_completion")
    account, module = one_of([*rows, (account, world.modules["Numbers"])], number)
    state = (2, 3, 0, 1)[number // 3 % 4]
    people.set_completion(world.online.db, module, account, state, now=world.now())


def suspend(world: World, account: int, number: int) -> None:
    """A teacher suspends somebody's enrolments online."""
    world.online.sql("UPDATE mdl_user_enrolments SET status = 1 WHERE userid = ?", account)


def dismiss(world: World, account: int, number: int) -> None:
    """A teacher unenrols somebody online."""
    unenrol_from(world.online.db, world.online.course(("MATHS", "SCIENCE")[number % 2]), account)


def erase(world: World, account: int, number: int) -> None:
    """An administrator deletes an account online."""
    world.online.sql(
        "UPDATE mdl_user SET deleted = 1, username = ?, email = ? WHERE id = ?",
        f"erased{account}", f"erased{account}", account,
    )  # fmt: skip
    world.online.sql("DELETE FROM mdl_user_enrolments WHERE userid = ?", account)
    world.online.sql("DELETE FROM mdl_role_assignments WHERE userid = ?", account)


def resettle(world: World, account: int, number: int) -> None:
    """Somebody edits their profile online, sometimes to what it is on the box or will be."""
    city = f"{('Town', 'City')[number // 3 % 2]} {number % 3}"
    world.online.sql("UPDATE mdl_user SET city = ? WHERE id = ?", city, account)


def edit_course(world: World, account: int | None, number: int) -> None:
    """A teacher renames, moves, adds or untracks an activity online, or puts it right again."""
    db, page = world.online.db, ("Numbers", "Air")[number % 2]
    module = world.modules[page]
    match number // 2 % 6:
        case 0:
            editing.rename_activity(db, module, f"{page} 2", now=world.now())
        case 1:
            editing.track_activity(db, module, 0)
        case 2:
            editing.move_activity(db, module, 0, 0)
        case 3:
            world.online.add("MATHS", world.extra_page())
        case _:
            editing.rename_activity(db, module, page, now=world.now())
            editing.track_activity(db, module, 2)
            editing.move_activity(db, module, 1, 0 if page == "Numbers" else 1)


ONLINE: dict[str, Callable[[World, int, int], None]] = {
    each.__name__: each
    for each in (teach, comment, tick, suspend, dismiss, erase, resettle, edit_course)
}
