"""The account of bytes as people see it, and what they allow beyond the limit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from beekeed.clock import Clock
from beekeed.core import budget
from beekeed.core.budget import DayCharge, MonthUsage, Terms, Usage
from beekeed.core.model import Bytes, Category
from beekeed.sqlite.days import day_of_number, number
from beekeed.sqlite.ledger import SqliteLedger
from beekeed.sqlite.store import Row, Store, seconds, slots

_DAY = timedelta(days=1)


class SqliteUsage:
    """See ports.UsageBook."""

    def __init__(
        self,
        *,
        store: Store,
        ledger: SqliteLedger,
        clock: Clock,
        terms: Callable[[], Terms],
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._terms = terms

    async def usage(self) -> Usage:
        """See ports.UsageBook."""
        stand = await self._ledger.stand()
        current = await self.month(stand.day)
        ahead = "SELECT sum(sent + received + held) FROM charge WHERE day > ?"
        carried = current.carried + await self._sum(ahead, number(current.last))
        last = await self.month(current.first - _DAY)
        return Usage(
            self._terms(),
            stand,
            replace(current, carried=carried),
            last,
            await self._live(),
            await self._since(),
        )

    async def month(self, day: date) -> MonthUsage:
        """See ports.UsageBook."""
        first = budget.month_of(day, self._terms().billing_day)
        last = budget.month_after(first) - _DAY
        bounds = number(first), number(last)
        charges = await self._store.rows(
            "SELECT day, category, sum(sent) AS sent, sum(received) AS received,"
            " sum(held) AS held FROM charge WHERE day BETWEEN ? AND ?"
            " GROUP BY day, category ORDER BY day, category",
            *bounds,
        )
        warned = await self._store.rows(
            "SELECT DISTINCT percent FROM limit_warning WHERE day BETWEEN ? AND ? ORDER BY 1",
            *bounds,
        )
        top_up = "SELECT sum(bytes) FROM top_up WHERE day BETWEEN ? AND ?"
        return MonthUsage(
            first,
            last,
            tuple(_charge(row) for row in charges),
            await self._sum("SELECT sum(held) FROM charge WHERE day = ?", bounds[0] - 1),
            await self._sum(top_up, *bounds),
            tuple(row["percent"] for row in warned),
        )

    async def top_up(self, allowed_bytes: int) -> None:
        """See ports.UsageBook."""
        stand = await self._ledger.stand()
        async with self._store.write() as db:
            await db.execute(
                "INSERT INTO top_up (day, bytes, made_at) VALUES (?, ?, ?)",
                (number(stand.day), allowed_bytes, seconds(self._clock.now())),
            )

    async def _live(self) -> int:
        live = self._ledger.live
        return await self._sum(
            f"SELECT sum(held) FROM ledger_entry WHERE id IN ({slots(live)})", *live
        )

    async def _since(self) -> date | None:
        row = await self._store.row("SELECT min(day) FROM charge")
        return day_of_number(row[0]) if row is not None and row[0] is not None else None

    async def _sum(self, sql: str, *values: int) -> int:
        row = await self._store.row(sql, *values)
        return int(row[0] or 0) if row is not None else 0


def _charge(row: Row) -> DayCharge:
    return DayCharge(
        day_of_number(row["day"]),
        Category(row["category"]),
        Bytes(row["sent"], row["received"]),
        row["held"],
    )
