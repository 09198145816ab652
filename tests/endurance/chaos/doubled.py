"""Nothing doubled, and nothing of a teacher's replaced: by what the online database noted."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

_ONCE = ("mdl_user_enrolments", "mdl_role_assignments", "mdl_groups_members", "mdl_user_info_data")
"""Rows that nobody takes away here, so that they are made once."""

_NAME = "lower(firstname || ' ' || lastname)"


class Written(NamedTuple):
    """A row that somebody wrote."""

    who: str
    what: str
    how: str
    user: int
    part: int
    old: str | None
    new: str
    fixed: int
    run: int


def broken(online: Path, box: Path) -> list[str]:
    """Tell what was doubled or replaced that should not have been."""
    with closing(sqlite3.connect(online, timeout=20)) as db:
        db.execute("ATTACH ? AS box", (str(box),))
        rows = db.execute(
            "SELECT who, what, how, user, part, old, new, fixed, run FROM chaos_written ORDER BY id"
        ).fetchall()
        return [*_of_rows([Written(*row) for row in rows]), *_of_accounts(db), *_of_mail(db)]


def _of_rows(rows: Sequence[Written]) -> Iterator[str]:
    made = Counter((r.what, r.user, r.part) for r in rows if r.how == "INSERT" and r.what in _ONCE)
    yield from (f"made {count} times: {key}" for key, count in made.items() if count > 1)
    before: dict[tuple[str, int, int], list[Written]] = defaultdict(list)
    for row in rows:
        earlier = before[row.what, row.user, row.part]
        if row.who == "beekeed" and row.how == "UPDATE":
            yield from _of_update(row, earlier)
        earlier.append(row)


def _of_update(row: Written, earlier: Sequence[Written]) -> Iterator[str]:
    """What a teacher put back as it was before ours is as if ours had never come."""
    if row.old == row.new:
        yield f"written again: {row}"
    last = earlier[-1] if earlier else None
    if last is not None and last.who == "teacher" and last.run < row.run:
        ours = next((each for each in reversed(earlier) if each.who == "beekeed"), None)
        is_replaced = ours is not None and last.new != ours.old and row.old != row.new
        if last.fixed or (is_replaced and row.what == "mdl_grade_grades"):
            yield f"a teacher's replaced: {last} by {row}"


def _of_accounts(db: sqlite3.Connection) -> Iterator[str]:
    """Give who has more accounts than the box has people of that name, and groups likewise."""
    for table, name in (("user", _NAME), ("groups", "courseid || lower(name)")):
        counts = f"SELECT {name}, count(*) FROM {{0}}mdl_{table} GROUP BY 1"
        found = dict(db.execute(counts.format("")).fetchall())
        known = dict(db.execute(counts.format("box.")).fetchall()) if table == "user" else {}
        for each, count in found.items():
            if count > max(1, known.get(each, 0)):
                yield f"{count} of {each} in {table}"


def _of_mail(db: sqlite3.Connection) -> Iterator[str]:
    enrolled = "SELECT count(*) FROM mdl_user_enrolments WHERE userid = m.userid"
    sql = f"SELECT userid, kind, count(*), ({enrolled}) FROM sandbox_mail m GROUP BY 1, 2"
    for user, kind, count, courses in db.execute(sql):
        if kind != "welcome" or count > courses:
            yield f"{count} mails ({kind}) to {user}, who is in {courses} courses"
