"""Where we send: the online sites, our learners' accounts there, and the courses there."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import aiosqlite

from beekeed.core.course import MODULE_REFUSALS
from beekeed.core.model import Account, Key, Kind, Learner, Site
from beekeed.errors import Code
from beekeed.ports.stores import CourseMatch, KeptContents
from beekeed.sqlite import contents, receipts
from beekeed.sqlite.days import add_saved
from beekeed.sqlite.store import KIND_NUMBER, Row, Store, moment, reason_values, seconds, slots


class SqliteTargets:
    """See ports.Targets."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def find(self, address: str, token_digest: str) -> int | None:
        """See ports.Targets."""
        row = await self._store.row(
            "SELECT id FROM target WHERE address = ? AND token_digest = ?", address, token_digest
        )
        return int(row["id"]) if row else None

    async def open(self, address: str, token_digest: str, now: datetime) -> int:
        """See ports.Targets."""
        known = await self.find(address, token_digest)
        if known is not None:
            return known
        async with self._store.write() as db:
            await db.execute(
                "INSERT INTO target (address, token_digest, first_used_at) SELECT ?, ?, ?"
                " WHERE NOT EXISTS (SELECT 1 FROM target WHERE address = ? AND token_digest = ?)",
                (address, token_digest, seconds(now), address, token_digest),
            )
        return await self.open(address, token_digest, now)

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

    async def accounts(self, target_id: int, learner_ids: Collection[int]) -> Mapping[int, Account]:
        """See ports.Targets."""
        rows = await self._store.rows(
            f"SELECT * FROM account WHERE target_id = ? AND learner_id IN ({slots(learner_ids)})",
            target_id,
            *learner_ids,
        )
        return {row["learner_id"]: _account(row) for row in rows}

    async def known(self, target_id: int, after: int, limit: int) -> Sequence[int]:
        """See ports.Targets."""
        rows = await self._store.rows(
            "SELECT learner_id FROM account WHERE target_id = ? AND learner_id > ?"
            " ORDER BY learner_id LIMIT ?",
            target_id,
            after,
            limit,
        )
        return [row["learner_id"] for row in rows]

    async def known_count(self, target_id: int) -> int:
        """See ports.Targets."""
        row = await self._store.row("SELECT count(*) FROM account WHERE target_id = ?", target_id)
        return int(row[0]) if row else 0

    async def longest_unverified(self, target_id: int, limit: int) -> Sequence[int]:
        """See ports.Targets."""
        rows = await self._store.rows(
            "SELECT learner_id FROM account WHERE target_id = ?"
            " ORDER BY coalesce(verified_at, acknowledged_at), learner_id LIMIT ?",
            target_id,
            limit,
        )
        return [row["learner_id"] for row in rows]

    async def verified(self, target_id: int, learner_ids: Collection[int], now: datetime) -> None:
        """See ports.Targets."""
        async with self._store.write() as db:
            await db.execute(
                "UPDATE account SET verified_at = ? WHERE target_id = ?"
                f" AND learner_id IN ({slots(learner_ids)})",
                (seconds(now), target_id, *learner_ids),
            )

    async def audited_at(self, target_id: int) -> datetime | None:
        """See ports.Targets."""
        row = await self._store.row("SELECT audited_at FROM target WHERE id = ?", target_id)
        return moment(row["audited_at"]) if row else None

    async def audited(self, target_id: int, now: datetime) -> None:
        """See ports.Targets."""
        async with self._store.write() as db:
            await db.execute(
                "UPDATE target SET audited_at = ? WHERE id = ?", (seconds(now), target_id)
            )

    async def renew_account(self, target_id: int, learner_id: int, learner: Learner) -> None:
        """See ports.Targets."""
        async with self._store.write() as db:
            await db.execute(
                "UPDATE account SET (first_name, last_name, idnumber, device_id) = (?, ?, ?, ?)"
                " WHERE target_id = ? AND learner_id = ?",
                (
                    learner.first_name,
                    learner.last_name,
                    learner.idnumber,
                    learner.device_id,
                    target_id,
                    learner_id,
                ),
            )

    async def name_accounts(self, target_id: int, names: Mapping[int, str]) -> None:
        """See ports.Targets."""
        async with self._store.write() as db:
            await db.executemany(
                "UPDATE account SET online_name = ? WHERE target_id = ? AND learner_id = ?",
                [(name, target_id, learner_id) for learner_id, name in names.items()],
            )

    async def rename_account(self, target_id: int, learner_id: int, username: str) -> None:
        """See ports.Targets."""
        async with self._store.write() as db:
            await db.execute(
                "UPDATE account SET username = ? WHERE target_id = ? AND learner_id = ?",
                (username, target_id, learner_id),
            )

    async def confirmed(self, target_id: int, learner_id: int, learner: Learner) -> int | None:
        """See ports.Targets."""
        row = await self._store.row(
            "SELECT * FROM confirmed WHERE target_id = ? AND learner_id = ?", target_id, learner_id
        )
        if row is None or _names(row) != (learner.first_name, learner.last_name, learner.idnumber):
            return None
        return int(row["online_id"])

    async def confirm(self, target_id: int, usernames: Collection[str], now: datetime) -> list[str]:
        """See ports.Targets."""
        rows = await self._store.rows(
            "SELECT learner.*, aside_code, aside_online FROM change"
            " JOIN learner ON learner.id = change.learner_id WHERE target_id = ?"
            f" AND kind = {KIND_NUMBER[Kind.ACCOUNT]} AND aside_code IN (?, ?)"
            f" AND username IN ({slots(usernames)})",
            target_id,
            str(Code.OTHER_PERSON_ONLINE),
            str(Code.USERNAME_REUSED),
            *usernames,
        )
        async with self._store.write() as db:
            for row in rows:
                await _confirm(db, target_id, row, seconds(now))
        return [row["username"] for row in rows]

    async def wrong_role(self, target_id: int) -> int | None:
        """See ports.Targets."""
        row = await self._store.row("SELECT wrong_role_id FROM target WHERE id = ?", target_id)
        return row["wrong_role_id"] if row else None

    async def note_wrong_role(self, target_id: int, role_id: int) -> None:
        """See ports.Targets."""
        async with self._store.write() as db:
            await db.execute(
                "UPDATE target SET wrong_role_id = ? WHERE id = ?", (role_id, target_id)
            )

    async def forget_results(self, target_id: int, keys: Collection[Key]) -> None:
        """See ports.Targets."""
        lost = f"kind IN ({KIND_NUMBER[Kind.GRADE]}, {KIND_NUMBER[Kind.MEMBERSHIP]})"
        async with self._store.write() as db:
            for key in keys:
                await receipts.forget(
                    db,
                    target_id,
                    f"course_id = ? AND learner_id = ? AND {lost}",
                    key.course_id,
                    key.learner_id,
                )

    async def forget_account(self, target_id: int, learner_id: int, now: datetime) -> None:
        """See ports.Targets."""
        async with self._store.write() as db:
            await db.execute(
                "INSERT OR IGNORE INTO change (target_id, kind, learner_id, course_id,"
                " part_id, value, first_seen_at, missing) VALUES (?, ?, ?, 0, 0, 'exists', ?, 1)",
                (target_id, KIND_NUMBER[Kind.ACCOUNT], learner_id, seconds(now)),
            )
            account = "SELECT day FROM account WHERE target_id = ? AND learner_id = ?"
            for (day,) in await db.execute_fetchall(account, (target_id, learner_id)):
                if day is not None:
                    await add_saved(db, target_id, day, -1)
            await _forget_receipts(db, target_id, "learner_id", learner_id)
            await db.execute(
                "DELETE FROM account WHERE target_id = ? AND learner_id = ?",
                (target_id, learner_id),
            )

    async def synchronized(self, target_id: int) -> Mapping[int, int]:
        """See ports.Targets."""
        rows = await self._store.rows(
            "SELECT course_id, online_id FROM course_match"
            " WHERE target_id = ? AND left_out IS NULL AND online_id IS NOT NULL",
            target_id,
        )
        return {row["course_id"]: row["online_id"] for row in rows}

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
                await _forget_receipts(db, target_id, "course_id", match.course_id)
            await _try_again(db, target_id, match.course_id)
            await db.execute(
                "INSERT OR REPLACE INTO course_match VALUES (?, ?, ?, ?, ?, ?, ?)",
                (target_id, match.course_id, *values),
            )

    async def kept_contents(self, target_id: int, course_id: int) -> KeptContents | None:
        """See ports.Targets."""
        return await contents.kept(self._store, target_id, course_id)

    async def keep_contents(self, target_id: int, course_id: int, new: KeptContents) -> None:
        """See ports.Targets."""
        before = await contents.kept(self._store, target_id, course_id, doubted=True)
        async with self._store.write() as db:
            await contents.keep(db, target_id, course_id, new)
            if before is not None and contents.differ(before, new):
                await _try_again(db, target_id, course_id, MODULE_REFUSALS)


def _match_values(match: CourseMatch, before: Row | None) -> tuple[object, ...]:
    """Give a course's columns; what is not found or shown now stays as it was."""
    online = match.online
    old: tuple[object, ...] = (None, None, None)
    if before is not None:
        old = (before["online_id"], before["online_created_at"], before["online_modified_at"])
    new = (online.online_id, online.created_at, online.modified_at) if online else old
    if online is not None and old[0] == online.online_id:
        new = (new[0], new[1] if new[1] is not None else old[1], new[2])
    return *new, *reason_values(match.reason)


def _another_course(before: Row, match: CourseMatch) -> bool:
    """Tell whether the shortname now belongs to another course than the one we knew.

    A creation time that we may not see tells nothing.
    """
    online = match.online
    if online is None or before["online_id"] is None:
        return False
    if online.online_id != before["online_id"]:
        return True
    known = before["online_created_at"]
    return None not in (known, online.created_at) and known != online.created_at


async def _forget_target(db: aiosqlite.Connection, target_id: int) -> None:
    """Drop a target that never answered: it has no receipts, only what was noted for it."""
    await db.execute("DELETE FROM change WHERE target_id = ?", (target_id,))
    for table in ("reading", "contents", "activity_match"):
        await db.execute(f"DELETE FROM {table} WHERE target_id = ?", (target_id,))
    await db.execute("UPDATE run SET target_id = NULL WHERE target_id = ?", (target_id,))
    await db.execute("DELETE FROM target WHERE id = ?", (target_id,))


async def _forget_receipts(
    db: aiosqlite.Connection, target_id: int, column: str, number: int
) -> None:
    """Make the receipts of a course or a learner pending again."""
    await db.execute("DELETE FROM reading WHERE target_id = ?", (target_id,))
    await receipts.forget(db, target_id, f"{column} = ?", number)


async def _try_again(
    db: aiosqlite.Connection, target_id: int, course_id: int, codes: Collection[Code] = tuple(Code)
) -> None:
    await db.execute(
        "UPDATE change SET aside_code = NULL, aside_params = NULL, aside_at = NULL"
        f" WHERE target_id = ? AND course_id = ? AND aside_code IN ({slots(codes)})",
        (target_id, course_id, *map(str, codes)),
    )


def _names(row: Row) -> tuple[str, str, str]:
    return row["first_name"], row["last_name"], row["idnumber"]


async def _confirm(db: aiosqlite.Connection, target_id: int, learner: Row, now: int | None) -> None:
    """Note one pair: the account that was found online, or that the learner is the same here."""
    where = (target_id, learner["id"])
    if learner["aside_code"] == str(Code.USERNAME_REUSED):
        await db.execute(
            "UPDATE account SET (first_name, last_name, idnumber, device_id) = (?, ?, ?, ?)"
            " WHERE target_id = ? AND learner_id = ?",
            (*_names(learner), learner["device_id"], *where),
        )
    else:
        await db.execute(
            "INSERT OR REPLACE INTO confirmed VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*where, json.loads(learner["aside_online"])["id"], *_names(learner), now),
        )
    await db.execute(
        "UPDATE change SET aside_code = NULL, aside_params = NULL, aside_at = NULL"
        f" WHERE target_id = ? AND learner_id = ? AND kind = {KIND_NUMBER[Kind.ACCOUNT]}",
        where,
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
        online_name=row["online_name"],
    )
