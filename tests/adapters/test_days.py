"""Days in our own database: the column that is computed, and what older databases become."""

import itertools
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

from beekeed.core import calendar
from beekeed.core.calendar import DayWork
from beekeed.core.request import Period
from beekeed.sqlite.days import SqliteDays, day_of_number, number
from beekeed.sqlite.history import SqliteHistory
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.store import Store

SEEN = datetime(2026, 11, 10, tzinfo=UTC)
HOUR = 3600


async def test_the_database_dates_a_change_as_the_rule_says(store: Store) -> None:
    """core.calendar.day_of, for every side of every midnight."""
    seen = int(SEEN.timestamp())
    moments = [None, *(seen + n for n in (-25 * HOUR, -24 * HOUR, -1, 0, 1, 24 * HOUR, 90 * HOUR))]
    cases = list(itertools.product(moments, (0, HOUR, 24 * HOUR - 1), (0, 1)))
    async with store.write() as db:
        for table, more in (("change", ""), ("receipt", ", online_value, acknowledged_at, run_id")):
            for id_, (happened, later, trusted) in enumerate(cases):
                await db.execute(
                    f"INSERT INTO {table} (target_id, kind, course_id, part_id, learner_id, value,"
                    f" happened_at, first_seen_at, happened_trusted{more})"
                    f" VALUES (1, 3, 1, 1, ?, '1', ?, ?, ?{', 1, 1, 1' if more else ''})",
                    (id_, happened, seen + later, trusted),
                )
    for table in ("change", "receipt"):
        for row in await store.rows(f"SELECT * FROM {table}"):
            happened = row["happened_at"]
            expected = calendar.day_of(
                None if happened is None else datetime.fromtimestamp(happened, UTC),
                datetime.fromtimestamp(row["first_seen_at"], UTC),
                trusted=bool(row["happened_trusted"]),
            )
            assert day_of_number(row["day"]) == expected


async def test_an_older_database_knows_its_days(database: Path) -> None:
    """What was acknowledged counts on its day, and what the last good run covered is closed."""
    scripts = sorted((resources.files("beekeed.sqlite") / "schema").iterdir(), key=lambda f: f.name)
    database.parent.mkdir()
    seen = int(SEEN.timestamp())
    with closing(sqlite3.connect(database)) as db:
        for script in scripts[:4]:
            db.executescript(script.read_text())
        db.executescript(
            f"""PRAGMA user_version = 4;
            INSERT INTO target (id, address, token_digest, first_used_at) VALUES (1, 'x', 'y', 1);
            INSERT INTO run (id, event_id, target_id, cause, status, started_at)
                VALUES (1, 'a', 1, 'manual', 'completed', {seen + HOUR}),
                       (2, 'b', 1, 'manual', 'error', {seen + 48 * HOUR});
            INSERT INTO learner VALUES (1, 'a', 'A', 'A', '', '', '', '', 1, {seen - HOUR}, '{{}}');
            INSERT INTO account VALUES (1, 1, 'a', 1, 1, 'A', 'A', '', 1, '', {seen}, 1);
            INSERT INTO receipt
                VALUES (1, 3, 1, 1, 1, '1', '1', {seen - HOUR}, {seen}, {seen}, 1, NULL);
            INSERT INTO change (target_id, kind, course_id, part_id, learner_id, value,
                happened_at, first_seen_at) VALUES (1, 3, 1, 2, 1, '1', {seen + HOUR}, {seen});
            """
        )
        db.commit()
    store = await open_store(database)
    try:
        days = SqliteDays(store=store)
        (closed,) = await days.closed(1)
        assert closed == Period(date.min, date(2026, 11, 9))
        assert await days.work(1, Period(date.min, date(2026, 12, 1))) == {
            date(2026, 11, 9): DayWork(saved=2),
            date(2026, 11, 10): DayWork(waiting=1),
        }
        _, run = await SqliteHistory(store=store).recent(2)
        assert (run.saved_days, run.saved_events, run.period) == (1, 2, None)
    finally:
        await store.close()


def test_days_and_their_numbers() -> None:
    """Both ends of the calendar fit."""
    for day in (date.min, date(1970, 1, 1), date(2026, 11, 10), date.max):
        assert day_of_number(number(day)) == day
    assert number(date(1970, 1, 1)) == 0
