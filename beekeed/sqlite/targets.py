"""Where we send: the online sites, our learners' accounts there, and the courses there."""

from collections.abc import Collection, Mapping
from datetime import datetime

import aiosqlite

from beekeed.core.model import Account, Site
from beekeed.ports.stores import CourseMatch
from beekeed.sqlite.store import Row, Store, marks, reason_values, seconds


class SqliteTargets:
    """See ports.Targets."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def open(self, address: str, token_digest: str, now: datetime) -> int:
        """See ports.Targets."""
        row = await self._store.row(
            "SELECT id FROM target WHERE address = ? AND token_digest = ?", address, token_digest
        )
        if row is not None:
            return int(row["id"])
        async with self._store.write() as db:
            cursor = await db.execute(
                "INSERT INTO target (address, token_digest, first_used_at) VALUES (?, ?, ?)",
                (address, token_digest, seconds(now)),
            )
            return int(cursor.lastrowid or 0)

    async def met(self, target_id: int) -> bool:
        """See ports.Targets."""
        row = await self._store.row("SELECT account FROM target WHERE id = ?", target_id)
        return row is not None and row["account"] is not None

    async def meet(self, target_id: int, site: Site) -> int:
        """See ports.Targets."""
        opened = await self._store.row("SELECT * FROM target WHERE id = ?", target_id)
        assert opened is not None  # noqa: S101 - open() gave the number
        if (opened["account"], opened["site_name"]) == (site.account, site.name):
            return target_id
        known = await self._store.row(
            "SELECT id FROM target WHERE address = ? AND account = ?",
            opened["address"],
            site.account,
        )
        async with self._store.write() as db:
            if opened["account"] is not None and opened["account"] != site.account:
                # The token tells nothing of the account that it belonged to before.
                await db.execute("UPDATE target SET token_digest = '' WHERE id = ?", (target_id,))
            elif known is not None and known["id"] != target_id:
                await _forget_target(db, target_id)
            elif known is None:
                await db.execute(
                    "UPDATE target SET account = ? WHERE id = ?", (site.account, target_id)
                )
            cursor = await db.execute(
                "INSERT INTO target (address, account, token_digest, site_name, first_used_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (address, account) DO UPDATE SET"
                " token_digest = excluded.token_digest, site_name = excluded.site_name"
                " RETURNING id",
                (
                    opened["address"],
                    site.account,
                    opened["token_digest"],
                    site.name,
                    opened["first_used_at"],
                ),
            )
            row = await cursor.fetchone()
            assert row is not None  # noqa: S101 - RETURNING gives the row either way
            return int(row["id"])

    async def name(self, target_id: int) -> str:
        """Give the site's own name as it last told it; empty before the first contact."""
        row = await self._store.row("SELECT site_name FROM target WHERE id = ?", target_id)
        return str(row["site_name"]) if row else ""

    async def account_receipts(self, target_id: int) -> Mapping[int, Account]:
        """See ports.Targets."""
        rows = await self._store.rows("SELECT * FROM account WHERE target_id = ?", target_id)
        return {row["learner_id"]: _account(row) for row in rows}

    async def accounts(self, target_id: int, learner_ids: Collection[int]) -> Mapping[int, Account]:
        """See ports.Targets."""
        rows = await self._store.rows(
            f"SELECT * FROM account WHERE target_id = ? AND learner_id IN ({marks(learner_ids)})",
            target_id,
            *learner_ids,
        )
        return {row["learner_id"]: _account(row) for row in rows}

    async def found_course(self, target_id: int, match: CourseMatch) -> None:
        """See ports.Targets."""
        before = await self._store.row(
            "SELECT * FROM course_match WHERE target_id = ? AND course_id = ?",
            target_id,
            match.course_id,
        )
        values = _match_values(match, before)
        if before is not None and tuple(before)[2:] == values:
            return
        async with self._store.write() as db:
            if before is not None and _another_course(before, match):
                await _forget_receipts(db, target_id, match.course_id)
            await _try_again(db, target_id, match.course_id)
            await db.execute(
                "INSERT OR REPLACE INTO course_match VALUES (?, ?, ?, ?, ?, ?, ?)",
                (target_id, match.course_id, *values),
            )


def _match_values(match: CourseMatch, before: Row | None) -> tuple[object, ...]:
    """Give a course's columns; one that is not found now keeps the ids it had."""
    found: tuple[object, ...] = (None, None, None)
    if match.online is not None:
        found = (match.online.online_id, match.online.created_at, match.online.modified_at)
    elif before is not None:
        found = (before["online_id"], before["online_created_at"], before["online_modified_at"])
    return *found, *reason_values(match.reason)


def _another_course(before: Row, match: CourseMatch) -> bool:
    """Tell whether the shortname now belongs to another course than the one we knew."""
    if match.online is None or before["online_id"] is None:
        return False
    return (before["online_id"], before["online_created_at"]) != (
        match.online.online_id,
        match.online.created_at,
    )


async def _forget_target(db: aiosqlite.Connection, target_id: int) -> None:
    """Drop a target that never answered: it has no receipts, only what was noted for it."""
    await db.execute("DELETE FROM change WHERE target_id = ?", (target_id,))
    await db.execute("UPDATE run SET target_id = NULL WHERE target_id = ?", (target_id,))
    await db.execute("DELETE FROM target WHERE id = ?", (target_id,))


async def _forget_receipts(db: aiosqlite.Connection, target_id: int, course_id: int) -> None:
    await db.execute(
        "INSERT OR IGNORE INTO change (target_id, kind, course_id, activity_id, learner_id,"
        " value, happened_at, first_seen_at) SELECT target_id, kind, course_id, activity_id,"
        " learner_id, value, happened_at, first_seen_at FROM receipt"
        " WHERE target_id = ? AND course_id = ? AND gone_at IS NULL AND value <> '0'",
        (target_id, course_id),
    )
    await db.execute(
        "DELETE FROM receipt WHERE target_id = ? AND course_id = ?", (target_id, course_id)
    )


async def _try_again(db: aiosqlite.Connection, target_id: int, course_id: int) -> None:
    await db.execute(
        "UPDATE change SET aside_code = NULL, aside_params = NULL, aside_at = NULL"
        " WHERE target_id = ? AND course_id = ? AND aside_code IS NOT NULL",
        (target_id, course_id),
    )


def _account(row: Row) -> Account:
    return Account(
        learner_id=row["learner_id"],
        username=row["username"],
        online_id=row["online_id"],
        made_by_us=bool(row["made_by_us"]),
        first_name=row["first_name"],
        last_name=row["last_name"],
        idnumber=row["idnumber"],
        device_id=row["device_id"],
    )
