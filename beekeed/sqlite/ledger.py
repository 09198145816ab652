"""The account of bytes on disk: what may go out is written down before it does.

Rule: one transaction for each hold and each settlement, and no other writes. What a
process that died had held stays held; nothing has to be done for that at a start.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import aiosqlite

from beekeed.clock import Boot, Clock
from beekeed.core import budget
from beekeed.core.budget import Stand, Terms
from beekeed.core.model import Bytes, Category
from beekeed.errors import LinkDown
from beekeed.ports.clocktrust import ClockTrust
from beekeed.sqlite.days import day_of_number, number
from beekeed.sqlite.store import Row, Store, seconds, slots

_KEPT_DAYS = 400
"""Before the current billing month: thirteen months can always be shown."""

_UNSURE = "SELECT * FROM ledger_entry WHERE trusted = 0 AND boot_id = ?"


@dataclass(frozen=True, slots=True)
class _Now:
    """The clocks, read once for all that one operation writes. `day`: the one that is charged."""

    at: datetime
    trusted: bool
    boot_seconds: int
    day: date


class SqliteLedger:
    """See ports.Ledger. `terms`: what the owner allows now."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        trust: ClockTrust,
        boot: Boot,
        terms: Callable[[], Terms],
    ) -> None:
        self._store = store
        self._clock = clock
        self._trust = trust
        self._boot = boot
        self._terms = terms
        self._live: set[int] = set()

    @property
    def live(self) -> Set[int]:
        """The entries that are not settled and whose connections this process has."""
        return self._live

    async def left(self, *, extra: bool = False) -> int | None:
        """See ports.Ledger."""
        if self._terms().limit_bytes is None:
            return None
        return budget.left(self._terms(), await self.stand(), extra=extra)

    async def stand(self) -> Stand:
        """Tell how the billing month stands, as `budget` reckons with it."""
        await self.put_right()
        return await self._stand(await self._now())

    async def hold(
        self, entry: int | None, category: Category, run_id: int | None, spent: Bytes, most: int
    ) -> int:
        """See ports.Ledger."""
        begun, still_held, goes_on = entry, 0, False
        async with self._store.write() as db:
            now = await self._open(db)
            if begun is not None:
                goes_on, still_held = await self._write(db, begun, spent, now)
            refusal = budget.refusal(self._terms(), await self._stand(now), most)
            if not goes_on and (refusal is None or (begun is None and spent != Bytes())):
                since = spent if begun is None else Bytes()
                entry = await self._begin(db, now, category, run_id, since)
            await self._warn(db, now)
            held = most if refusal is None else still_held
            await db.execute("UPDATE ledger_entry SET held = ? WHERE id = ?", (held, entry))
        if refusal is not None:
            raise LinkDown(refusal.code, **refusal.params)
        await self._note_floor(now)
        assert entry is not None  # noqa: S101 - given, or begun above
        self._live = self._live - {begun} | {entry}
        return entry

    async def _note_floor(self, now: _Now) -> None:
        """Note beside the database what may be used by now, before it goes out."""
        stand = await self._stand(now)
        await self._store.floor.raise_to(self._month(now.day), now.day, stand.before + stand.of_day)

    async def settle(self, entry: int, spent: Bytes) -> None:
        """See ports.Ledger."""
        async with self._store.write() as db:
            now = await self._open(db)
            await self._close(db, await self._row(entry), spent, now)
            await self._warn(db, now)
        self._live = self._live - {entry}

    async def put_right(self) -> None:
        """Date what this run of the machine wrote before its clock was trusted, once it is.

        `hold`, `settle`, `left` and `stand` see to it. Writes only where there is any.
        """
        if self._trust.is_trusted() and await self._store.row(_UNSURE, self._boot.id):
            async with self._store.write() as db:
                now = await self._now()
                if now.trusted:
                    await self._put_right(db, now)

    async def _now(self) -> _Now:
        trusted = self._trust.is_trusted()  # first: the clock may be set right in between
        at, boot_seconds = self._clock.now(), self._boot.seconds()
        row = await self._store.row(
            "SELECT max(day) FROM (SELECT max(day) AS day FROM ledger_entry"
            " UNION ALL SELECT max(day) FROM ledger_day)"
        )
        newest = day_of_number(row[0]) if row is not None and row[0] is not None else None
        day = budget.charged_day(at.date(), newest, trusted=trusted)
        return _Now(at, trusted, boot_seconds, day)

    async def _open(self, db: aiosqlite.Connection) -> _Now:
        """Read the clocks, and do first what is due by them."""
        now = await self._now()
        if now.trusted:
            await self._put_right(db, now)
        await self._fold(db, self._month(now.day))
        return now

    async def _put_right(self, db: aiosqlite.Connection, now: _Now) -> None:
        """Give what was written before the clock was trusted its day.

        What went on into another month counts in both.
        """
        for row in await self._store.rows(_UNSURE, self._boot.id):
            charged = day_of_number(row["day"])
            began_at, until = (
                now.at - timedelta(seconds=now.boot_seconds - row[name])
                for name in ("boot_seconds", "until_seconds")
            )
            day = budget.right_day(charged, began_at.date(), now.at.date())
            await db.execute(
                "UPDATE ledger_entry SET day = ?, wall_at = ?, trusted = 1 WHERE id = ?",
                (number(day), seconds(began_at), row["id"]),
            )
            last_day = budget.right_day(charged, until.date(), now.at.date())
            if self._month(day) < self._month(last_day):
                spent = Bytes(row["sent"], row["received"])
                again = replace(now, day=last_day)
                await self._begin(db, again, row["category"], row["run_id"], spent)

    def _month(self, day: date) -> date:
        return budget.month_of(day, self._terms().billing_day)

    async def _fold(self, db: aiosqlite.Connection, first: date) -> None:
        """Sum up what was written before a billing month, once, and forget what is too old."""
        older = f"day < ? AND id NOT IN ({slots(self._live)})"
        values = (number(first), *self._live)
        if (
            await self._store.row(f"SELECT 1 FROM ledger_entry WHERE {older} LIMIT 1", *values)
            is None
        ):
            return
        await db.execute(
            "INSERT INTO ledger_day SELECT day, category, sum(sent), sum(received), sum(held)"
            f" FROM ledger_entry WHERE {older} GROUP BY day, category"
            " ON CONFLICT DO UPDATE SET sent = sent + excluded.sent,"
            " received = received + excluded.received, held = held + excluded.held",
            values,
        )
        await db.execute(f"DELETE FROM ledger_entry WHERE {older}", values)
        for table in ("ledger_day", "top_up", "limit_warning"):
            await db.execute(f"DELETE FROM {table} WHERE day < ?", (number(first) - _KEPT_DAYS,))

    async def _begin(
        self, db: aiosqlite.Connection, now: _Now, category: str, run_id: int | None, spent: Bytes
    ) -> int:
        cursor = await db.execute(
            "INSERT INTO ledger_entry (day, category, run_id, sent, received, held, boot_id,"
            " boot_seconds, until_seconds, wall_at, trusted)"
            " VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
            (
                number(now.day),
                str(category),
                run_id,
                spent.sent,
                spent.received,
                self._boot.id,
                now.boot_seconds,
                now.boot_seconds,
                seconds(now.at),
                int(now.trusted),
            ),
        )
        return int(cursor.lastrowid or 0)

    async def _row(self, entry: int) -> Row:
        row = await self._store.row("SELECT * FROM ledger_entry WHERE id = ?", entry)
        if row is None:
            raise ValueError(f"the ledger has no entry {entry}")
        return row

    async def _write(
        self, db: aiosqlite.Connection, entry: int, spent: Bytes, now: _Now
    ) -> tuple[bool, int]:
        """Write what an entry cost by now; tells whether it may go on, and what it held yet.

        It may not on another day, nor where the clock that it was begun by is not trusted now.
        """
        row = await self._row(entry)
        since = _less(spent, row)
        await self._close(db, row, spent, now)
        goes_on = day_of_number(row["day"]) == now.day and bool(row["trusted"]) == now.trusted
        return goes_on, max(0, row["held"] - since.sent - since.received)

    async def _close(self, db: aiosqlite.Connection, row: Row, spent: Bytes, now: _Now) -> None:
        """Write what an entry cost; what may have gone out in a new month is charged to it too."""
        await db.execute(
            "UPDATE ledger_entry SET sent = ?, received = ?, held = 0, until_seconds = ?"
            " WHERE id = ?",
            (spent.sent, spent.received, now.boot_seconds, row["id"]),
        )
        since = _less(spent, row)
        if self._month(day_of_number(row["day"])) < self._month(now.day) and since != Bytes():
            await self._begin(db, now, row["category"], row["run_id"], since)

    async def _stand(self, now: _Now) -> Stand:
        row = await self._store.row(
            "SELECT coalesce(sum(iif(day = ?1, 0, whole)), 0) AS before,"
            " coalesce(sum(iif(day = ?1, whole, 0)), 0) AS today,"
            " coalesce(sum(iif(day >= ?1 - 1, held, 0)), 0) AS held,"
            " (SELECT coalesce(sum(bytes), 0) FROM top_up WHERE day >= ?2) AS top_up FROM"
            " (SELECT day, held, iif(day < ?2, 0, sent + received) + held AS whole"
            "  FROM charge WHERE day >= ?2 - 1)",
            number(now.day),
            number(self._month(now.day)),
        )
        assert row is not None  # noqa: S101 - a sum is one row
        sums = (row["before"], row["today"], row["held"], row["top_up"])
        return Stand(now.day, *sums, trusted=now.trusted)

    async def _warn(self, db: aiosqlite.Connection, now: _Now) -> None:
        """Note the warnings that are due and were not given yet in this month."""
        if self._terms().limit_bytes is None:
            return
        stand = await self._stand(now)
        first = self._month(now.day)
        rows = await self._store.rows(
            "SELECT percent FROM limit_warning WHERE day >= ?", number(first)
        )
        due = budget.warnings_due(self._terms(), stand, [row["percent"] for row in rows])
        await db.executemany(
            "INSERT OR IGNORE INTO limit_warning VALUES (?, ?, ?)",
            [(number(now.day), percent, seconds(now.at)) for percent in due],
        )


def _less(spent: Bytes, row: Row) -> Bytes:
    """Give what an entry cost since it was last written."""
    return Bytes(max(0, spent.sent - row["sent"]), max(0, spent.received - row["received"]))
