"""What is on the wire: intents before it, receipts after it.

Rule: a request goes out only after its intents are committed, and its intents
go only in the transaction that records what came of it. Whenever the power
fails, the next start finds either a receipt or an intent to settle.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import aiosqlite
import msgspec

from beekeed.core import profile
from beekeed.core.change import is_removed
from beekeed.core.course import MODULE_REFUSALS
from beekeed.core.model import Change, Kind, Learner
from beekeed.core.step import (
    Complete,
    CreateAccount,
    EditProfile,
    Enrol,
    JoinGroup,
    Outcome,
    SetGrade,
    Step,
    Verdict,
)
from beekeed.ports.stores import Adopted
from beekeed.sqlite import contents
from beekeed.sqlite.days import count_saved
from beekeed.sqlite.store import (
    KIND_NUMBER,
    KIND_OF_NUMBER,
    Store,
    key_values,
    moment,
    reason_values,
    seconds,
)

_KEY = "target_id = ? AND kind = ? AND course_id = ? AND part_id = ? AND learner_id = ?"
_STEP_OF_KIND: Mapping[Kind, type[Step]] = {
    Kind.ACCOUNT: CreateAccount,
    Kind.ENROLMENT: Enrol,
    Kind.COMPLETION: Complete,
    Kind.GRADE: SetGrade,
    Kind.MEMBERSHIP: JoinGroup,
    Kind.PROFILE: EditProfile,
}


class SqliteJournal:
    """See ports.Journal."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def intend(
        self, run_id: int, target_id: int, steps: Sequence[Step], now: datetime
    ) -> None:
        """See ports.Journal."""
        async with self._store.write() as db:
            await db.executemany(
                "INSERT OR REPLACE INTO intent (target_id, kind, course_id, part_id,"
                " learner_id, run_id, step, intended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        target_id,
                        *key_values(step.change.key),
                        run_id,
                        msgspec.json.encode(step).decode(),
                        seconds(now),
                    )
                    for step in steps
                ],
            )

    async def intents(self, target_id: int) -> Sequence[Step]:
        """See ports.Journal."""
        rows = await self._store.rows("SELECT * FROM intent WHERE target_id = ?", target_id)
        return [
            msgspec.json.decode(row["step"], type=_STEP_OF_KIND[KIND_OF_NUMBER[row["kind"]]])
            for row in rows
        ]

    async def intended_at(self, target_id: int) -> datetime | None:
        """See ports.Journal."""
        row = await self._store.row(
            "SELECT max(intended_at) FROM intent WHERE target_id = ?", target_id
        )
        return moment(row[0]) if row else None

    async def record(
        self,
        run_id: int,
        target_id: int,
        outcomes: Sequence[tuple[Step | Change, Outcome]],
        now: datetime,
    ) -> None:
        """See ports.Journal."""
        async with self._store.write() as db:
            entry = _Entry(db, run_id, target_id, now)
            for what, outcome in outcomes:
                await entry.record(what, outcome)

    async def adopt(
        self,
        run_id: int,
        target_id: int,
        adopted: Sequence[Adopted],
        now: datetime,
    ) -> None:
        """See ports.Journal."""
        async with self._store.write() as db:
            entry = _Entry(db, run_id, target_id, now)
            for each in adopted:
                online = each.online
                await entry.account(
                    each.learner_id,
                    each.learner,
                    online.username,
                    online.online_id,
                    made_by_us=False,
                )
                await entry.forget_profile(each.learner_id)
                await entry.count(Kind.ACCOUNT, Outcome(Verdict.ALREADY))


class _Entry:
    """What is written of outcomes, within one transaction and at one `now`."""

    def __init__(
        self, db: aiosqlite.Connection, run_id: int, target_id: int, now: datetime
    ) -> None:
        self._db = db
        self._run_id = run_id
        self._target_id = target_id
        self._now = seconds(now)

    async def record(self, what: Step | Change, outcome: Outcome) -> None:
        """Write one outcome."""
        if outcome.verdict is Verdict.UNKNOWN:
            return
        change = what if isinstance(what, Change) else what.change
        where = (self._target_id, *key_values(change.key))
        of_run = await self._one(f"SELECT run_id FROM intent WHERE {_KEY}", where)
        await self._db.execute(f"DELETE FROM intent WHERE {_KEY}", where)
        match outcome.verdict:
            case Verdict.NOT_TRIED:
                return
            case Verdict.KEPT | Verdict.REFUSED:
                await self._aside(change, outcome)
                if isinstance(what, SetGrade) and outcome.verdict is Verdict.KEPT:
                    await self._met(what)
            case _ if isinstance(what, CreateAccount):
                await self.account(
                    change.key.learner_id,
                    what.learner,
                    what.username,
                    int(outcome.online_value),
                    made_by_us=outcome.verdict is Verdict.DONE,
                )
                if outcome.verdict is Verdict.DONE:
                    await self._profile(change.key.learner_id, what.learner)
                    if of_run != (self._run_id,):  # the box may show another profile since
                        await self._read_again(change.key.learner_id)
            case _:
                await self._receipt(change, outcome)
        await self.count(change.key.kind, outcome)
        if outcome.verdict is Verdict.DONE:
            await self._action(what, change, outcome)

    async def _action(self, what: Step | Change, change: Change, outcome: Outcome) -> None:
        """Keep what was done, and what online held before where that was read."""
        before = None if isinstance(what, Change | CreateAccount | JoinGroup) else what.before
        await self._db.execute(
            "INSERT INTO action (run_id, kind, course_id, part_id, learner_id, code, value, before,"
            " after, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._run_id,
                *key_values(change.key),
                outcome.reason.code if outcome.reason else None,
                change.value,
                before,
                outcome.online_value,
                self._now,
            ),
        )

    async def _aside(self, change: Change, outcome: Outcome) -> None:
        if outcome.reason is not None and outcome.reason.code in MODULE_REFUSALS:
            await contents.doubt(self._db, self._target_id, change.key.course_id, self._run_id)
        await self._db.execute(
            "UPDATE change SET aside_code = ?, aside_params = ?, aside_at = ?, aside_online = ?,"
            " late = 0, again = 0"
            f" WHERE {_KEY}",
            (
                *reason_values(outcome.reason),
                self._now,
                outcome.online_value or None,
                self._target_id,
                *key_values(change.key),
            ),
        )

    async def _met(self, step: SetGrade) -> None:
        """Keep what a teacher did since a grade was sent apart from a first meeting, for good."""
        where = (self._target_id, *key_values(step.change.key))
        await self._db.execute(
            f"UPDATE change SET met_online = ? WHERE {_KEY}", (step.before, *where)
        )

    async def _receipt(self, change: Change, outcome: Outcome) -> None:
        """Write what was sent as acknowledged; a value that came since stays pending."""
        where = (self._target_id, *key_values(change.key))
        before = await self._one(f"SELECT value FROM receipt WHERE {_KEY}", where)
        trusted = await self._one(
            f"SELECT happened_trusted, seen_trusted FROM change WHERE {_KEY}", where
        )
        await self._db.execute(
            "INSERT OR REPLACE INTO receipt (target_id, kind, course_id, part_id, learner_id,"
            " value, online_value, happened_at, first_seen_at, acknowledged_at, run_id,"
            " happened_trusted, seen_trusted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *where,
                change.value,
                outcome.online_value,
                seconds(change.happened_at),
                seconds(change.first_seen_at) or self._now,
                self._now,
                self._run_id,
                *(trusted or (1, 1)),
            ),
        )
        sent = await self._db.execute(
            f"DELETE FROM change WHERE {_KEY} AND value = ?", (*where, change.value)
        )
        # The box has come to say something else, or has no row of it any more.
        if not sent.rowcount or is_removed(change.value):
            await self._read_again(change.key.learner_id)
        is_new = before is None or before[0] != change.value
        # A membership is joined again without reading whether it was missing.
        was_missing = outcome.verdict is Verdict.DONE and change.key.kind is not Kind.MEMBERSHIP
        if is_new or was_missing:
            day = await self._one(f"SELECT day FROM receipt WHERE {_KEY}", where)
            await self._count_saved(day, is_new=is_new)

    async def _read_again(self, learner_id: int) -> None:
        """Have somebody compared at the next reading: what was noted knew nothing of a receipt.

        Whatever keeps the run that found it out from reading the box again itself.
        """
        await self._db.execute(
            "DELETE FROM reading WHERE target_id = ? AND learner_id = ?",
            (self._target_id, learner_id),
        )

    async def _count_saved(self, day: Sequence[int] | None, *, is_new: bool) -> None:
        if day is not None:
            await count_saved(self._db, self._target_id, self._run_id, day[0], is_new=is_new)

    async def _one(self, sql: str, values: Sequence[object]) -> Sequence[Any] | None:
        rows = list(await self._db.execute_fetchall(sql, tuple(values)))
        return tuple(rows[0]) if rows else None

    async def account(
        self,
        learner_id: int,
        learner: Learner,
        username: str,
        online_id: int,
        *,
        made_by_us: bool,
    ) -> None:
        """Write an account receipt, with the names that tell who it is."""
        day = await self._one(
            "SELECT day FROM change WHERE target_id = ? AND kind = ? AND learner_id = ?"
            " AND seen_trusted",
            (self._target_id, KIND_NUMBER[Kind.ACCOUNT], learner_id),
        )
        await self._count_saved(day, is_new=True)
        await self._db.execute(
            "INSERT OR REPLACE INTO account (target_id, learner_id, username, online_id,"
            " made_by_us, first_name, last_name, idnumber, device_id, acknowledged_at, run_id,"
            " day) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._target_id,
                learner_id,
                username,
                online_id,
                int(made_by_us),
                learner.first_name,
                learner.last_name,
                learner.idnumber,
                learner.device_id,
                self._now,
                self._run_id,
                day[0] if day else None,
            ),
        )
        await self._db.execute(
            "DELETE FROM change WHERE target_id = ? AND kind = ? AND learner_id = ?",
            (self._target_id, KIND_NUMBER[Kind.ACCOUNT], learner_id),
        )

    async def forget_profile(self, learner_id: int) -> None:
        """Drop what waited for a profile: the account is somebody else's making."""
        await self._db.execute(
            "DELETE FROM change WHERE target_id = ? AND kind = ? AND learner_id = ?",
            (self._target_id, KIND_NUMBER[Kind.PROFILE], learner_id),
        )

    async def _profile(self, learner_id: int, learner: Learner) -> None:
        """Write what a new account was made with as acknowledged.

        What Moodle may drop without a word is pending as well, to be read back, and so is
        what did not go with it.
        """
        sent = profile.creatable(learner)
        for name, value in profile.fields(learner).items():
            if not value:
                continue
            await self._db.execute("INSERT OR IGNORE INTO profile_field (name) VALUES (?)", (name,))
            is_sure = name in sent and not profile.may_be_dropped(name)
            if name in sent:
                await self._profile_receipt(learner_id, name, value if is_sure else "", value)
            if not is_sure:
                await self._profile_change(learner_id, name, value)

    async def _profile_receipt(
        self, learner_id: int, name: str, value: str, online_value: str
    ) -> None:
        await self._db.execute(
            "INSERT OR REPLACE INTO receipt (target_id, kind, learner_id, course_id,"
            " part_id, value, online_value, first_seen_at, acknowledged_at, run_id)"
            " SELECT ?, ?, ?, 0, id, ?, ?, ?, ?, ? FROM profile_field WHERE name = ?",
            (
                *(self._target_id, KIND_NUMBER[Kind.PROFILE], learner_id),
                *(value, online_value, self._now, self._now, self._run_id, name),
            ),
        )

    async def _profile_change(self, learner_id: int, name: str, value: str) -> None:
        await self._db.execute(
            "INSERT OR IGNORE INTO change (target_id, kind, learner_id, course_id, part_id,"
            " value, first_seen_at) SELECT ?, ?, ?, 0, id, ?, ? FROM profile_field WHERE name = ?",
            (self._target_id, KIND_NUMBER[Kind.PROFILE], learner_id, value, self._now, name),
        )

    async def count(self, kind: Kind, outcome: Outcome) -> None:
        """Count one action in the run's record.

        No reason's parameters name anybody, so that the record may be shown to everybody.
        """
        code, params = reason_values(outcome.reason)
        await self._db.execute(
            "INSERT INTO run_action (run_id, kind, verdict, code, params, count)"
            " VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            (self._run_id, KIND_NUMBER[kind], str(outcome.verdict), code or "", params or "{}"),
        )
