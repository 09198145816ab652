"""The mails that wait, and which runs were judged for one, on disk.

Rule: what is told of a run is written in one transaction with the note that it was judged, so
that a run that ended is mailed once, whenever we are killed.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime

import aiosqlite

from beekeed.core.mail import MOST_WAITING, Bout, MailState, Series, Told
from beekeed.core.model import Reason
from beekeed.ports.mail import Mail, Trouble
from beekeed.sqlite.store import (
    Row,
    Store,
    moment,
    reason_of,
    reason_values,
    seconds,
    time_of,
)

_MAIL = "SELECT mail.*, run.event_id FROM mail JOIN run ON run.id = mail.run_id"
_TOKEN_BYTES = 6


class SqliteMailBook:
    """See ports.MailBook."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def unseen(self) -> Sequence[tuple[int, str]]:
        """See ports.MailBook."""
        rows = await self._store.rows(
            "SELECT id, event_id FROM run WHERE ended_at IS NOT NULL"
            " AND id > (SELECT seen_run_id FROM mail_book) ORDER BY id"
        )
        return [(row["id"], row["event_id"]) for row in rows]

    async def series(self) -> Series | None:
        """See ports.MailBook."""
        row = await self._store.row("SELECT series FROM mail_book")
        return _series(row["series"] if row is not None else None)

    async def judge(self, run_id: int, told: Told, now: datetime) -> None:
        """See ports.MailBook."""
        async with self._store.write() as db:
            if told.is_mailed:
                await db.execute(
                    "INSERT INTO mail (run_id, token, state, over) VALUES (?, ?, ?, ?)",
                    (
                        run_id,
                        secrets.token_hex(_TOKEN_BYTES),
                        str(MailState.WAITING),
                        _written(told.over),
                    ),
                )
                await _drop_oldest(db, now)
            await db.execute(
                "UPDATE mail_book SET seen_run_id = ?, series = ?", (run_id, _written(told.series))
            )

    async def clear(self) -> None:
        """See ports.MailBook. Writes only where there is anything to forget."""
        idle = (
            "NOT EXISTS (SELECT 1 FROM mail WHERE state = 'waiting') AND series IS NULL"
            " AND code IS NULL AND NOT EXISTS (SELECT 1 FROM run"
            " WHERE ended_at IS NOT NULL AND id > seen_run_id)"
        )
        if await self._store.row(f"SELECT 1 FROM mail_book WHERE {idle}") is not None:
            return
        async with self._store.write() as db:
            await db.execute("DELETE FROM mail WHERE state = ?", (str(MailState.WAITING),))
            await db.execute(
                "UPDATE mail_book SET series = NULL, code = NULL, params = NULL, trouble_at = NULL,"
                " seen_run_id = max(seen_run_id,"
                "  (SELECT coalesce(max(id), 0) FROM run WHERE ended_at IS NOT NULL))"
            )

    async def waiting(self) -> Sequence[Mail]:
        """See ports.MailBook."""
        rows = await self._store.rows(f"{_MAIL} WHERE state = 'waiting' ORDER BY run_id")
        return [_mail(row) for row in rows]

    async def untold(self) -> int:
        """See ports.MailBook."""
        row = await self._store.row(
            "SELECT count(*) FROM mail WHERE state = 'dropped' AND told = 0"
        )
        return int(row[0]) if row is not None else 0

    async def sent(self, run_id: int, now: datetime) -> None:
        """See ports.MailBook. Nothing is wrong with sending any more."""
        async with self._store.write() as db:
            await _end(db, run_id, MailState.SENT, None, now)
            await db.execute("UPDATE mail SET told = 1 WHERE state = 'dropped' AND told = 0")
            await _note_trouble(db, None, now)

    async def given_up(self, run_id: int, reason: Reason, now: datetime) -> None:
        """See ports.MailBook. That is what is wrong with sending."""
        async with self._store.write() as db:
            await _end(db, run_id, MailState.GIVEN_UP, reason, now)
            await _note_trouble(db, reason, now)

    async def trouble(self) -> Trouble | None:
        """See ports.MailBook."""
        row = await self._store.row(
            "SELECT code, params, trouble_at FROM mail_book WHERE code IS NOT NULL"
        )
        if row is None:
            return None
        reason = reason_of(row["code"], row["params"])
        assert reason is not None  # noqa: S101 - it has a code
        return Trouble(reason, time_of(row["trouble_at"]))

    async def note_trouble(self, reason: Reason | None, now: datetime) -> None:
        """See ports.MailBook."""
        if reason is None and await self.trouble() is None:
            return
        async with self._store.write() as db:
            await _note_trouble(db, reason, now)

    async def state(self, event_id: str) -> MailState | None:
        """See ports.MailBook."""
        row = await self._store.row(f"{_MAIL} WHERE event_id = ?", event_id)
        return None if row is None else MailState(row["state"])

    async def recent(self, limit: int) -> Sequence[Mail]:
        """See ports.MailBook."""
        rows = await self._store.rows(f"{_MAIL} ORDER BY run_id DESC LIMIT ?", limit)
        return [_mail(row) for row in rows]


async def _drop_oldest(db: aiosqlite.Connection, now: datetime) -> None:
    await db.execute(
        "UPDATE mail SET state = ?, ended_at = ? WHERE state = 'waiting' AND run_id NOT IN"
        " (SELECT run_id FROM mail WHERE state = 'waiting' ORDER BY run_id DESC LIMIT ?)",
        (str(MailState.DROPPED), seconds(now), MOST_WAITING),
    )


async def _end(
    db: aiosqlite.Connection, run_id: int, state: MailState, reason: Reason | None, now: datetime
) -> None:
    await db.execute(
        "UPDATE mail SET state = ?, ended_at = ?, code = ?, params = ? WHERE run_id = ?",
        (str(state), seconds(now), *reason_values(reason), run_id),
    )


async def _note_trouble(db: aiosqlite.Connection, reason: Reason | None, now: datetime) -> None:
    at = None if reason is None else seconds(now)
    await db.execute(
        "UPDATE mail_book SET code = ?, params = ?, trouble_at = ?", (*reason_values(reason), at)
    )


def _mail(row: Row) -> Mail:
    return Mail(
        run_id=row["run_id"],
        event_id=row["event_id"],
        token=row["token"],
        state=MailState(row["state"]),
        over=_series(row["over"]),
        ended_at=moment(row["ended_at"]),
        reason=reason_of(row["code"], row["params"]),
    )


def _written(series: Series | None) -> str | None:
    if series is None:
        return None
    held = {
        "bout": series.bout,
        "since": seconds(series.since),
        "codes": sorted(series.codes),
        "set_aside": series.set_aside,
        "count": series.count,
    }
    return json.dumps(held)


def _series(written: str | None) -> Series | None:
    if written is None:
        return None
    held = json.loads(written)
    return Series(
        bout=Bout(held["bout"]),
        since=time_of(held["since"]),
        codes=frozenset(held["codes"]),
        set_aside=held["set_aside"],
        count=held["count"],
    )
