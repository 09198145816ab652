"""Who is not safe yet, of the changes that are pending."""

import asyncio
from collections.abc import Sequence

from beekeed.core.person import name_order
from beekeed.ports.waiting import WaitingLearner, WaitingPage
from beekeed.sqlite.store import Row, Store, time_of

_LEARNERS = """
    SELECT username, first_name, last_name, waits.* FROM (
        SELECT learner_id, count(*) AS waiting, sum(late) AS late,
            sum(aside_code IS NOT NULL) AS aside, group_concat(DISTINCT course_id) AS courses,
            min(iif(happened_trusted AND happened_at <= first_seen_at,
                    happened_at, first_seen_at)) AS since
        FROM change WHERE target_id = ? AND NOT (again AND aside_code IS NULL)
        GROUP BY learner_id
    ) AS waits JOIN learner ON learner.id = learner_id
"""

_Order = tuple[str, str, str]


class SqliteWaitingLearners:
    """See ports.WaitingLearners. All are read for each page: they are some thousand at most."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def page(self, target_id: int, after: str | None, limit: int) -> WaitingPage | None:
        """See ports.WaitingLearners."""
        passed = None
        if after is not None:
            row = await self._store.row("SELECT * FROM learner WHERE username = ?", after)
            if row is None:
                return None
            passed = _order(row)
        rows = await self._store.rows(_LEARNERS, target_id)
        names = await self._store.rows("SELECT id, shortname FROM course ORDER BY shortname")
        following = await asyncio.to_thread(_following, rows, passed)
        learners = [_learner(row, names) for row in following[:limit]]
        return WaitingPage(len(rows), learners, len(following) > limit)


def _following(rows: Sequence[Row], passed: _Order | None) -> list[Row]:
    """Put rows in order, without those up to the one that was passed."""
    ordered = sorted(((_order(row), row) for row in rows), key=lambda each: each[0])
    return [row for order, row in ordered if passed is None or order > passed]


def _order(row: Row) -> _Order:
    return *name_order(row["last_name"], row["first_name"]), row["username"]


def _learner(row: Row, courses: Sequence[Row]) -> WaitingLearner:
    own = {int(each) for each in row["courses"].split(",")}
    return WaitingLearner(
        username=row["username"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        waiting=row["waiting"],
        late=row["late"],
        aside=row["aside"],
        courses=[course["shortname"] for course in courses if course["id"] in own],
        since=time_of(row["since"]),
    )
