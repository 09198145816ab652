"""The runs: what each did, how it ended, and what it cost."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from beekeed.core.clocktrust import Moment
from beekeed.core.model import Bytes, Charge, Kind, Reason, RunStatus, Uncarried
from beekeed.core.request import Period
from beekeed.core.step import Verdict
from beekeed.errors import Code
from beekeed.ports.stores import (
    Action,
    CourseMatch,
    Done,
    Ending,
    Run,
    RunCourse,
    RunDetails,
    RunTally,
)
from beekeed.sqlite.days import day_of_number, number
from beekeed.sqlite.store import (
    KIND_NUMBER,
    KIND_OF_NUMBER,
    PART_NAME,
    Row,
    Store,
    moment,
    part_joins,
    reason_of,
    reason_values,
    seconds,
    text_of_params,
    time_of,
)

_KEPT_SECONDS = 366 * 86400
"""How long actions are kept (features.md, row 18)."""
_NO_RUN_BEFORE = 1767225600  # 2026-01-01: what began earlier began on a clock that was not set
_OLD_ACTIONS = (
    "DELETE FROM action WHERE run_id <= (SELECT max(id) FROM run WHERE started_at BETWEEN ? AND"
    " (SELECT min(started_at) FROM (SELECT started_at FROM run WHERE id <= ?"
    " ORDER BY id DESC LIMIT 2)) - ?)"
)
"""Counted by when the runs began, back from the earlier of this one and the one before: neither a
jump of the clock, nor work of a run under a wrong one, must take actions away."""

_RUN = (
    "SELECT run.*, (SELECT count(*) FROM run_day WHERE run_id = run.id) AS saved_days,"
    " (SELECT coalesce(sum(count), 0) FROM run_day WHERE run_id = run.id) AS saved_events FROM run"
)
_LISTED = (
    f"status <> '{RunStatus.SKIPPED}' OR NOT EXISTS (SELECT 1 FROM run AS later"
    " WHERE later.id > run.id AND later.status = run.status AND later.code = run.code"
    " AND later.started_at / 86400 = run.started_at / 86400)"
)
"""Of those that were skipped, the last for each reason and day (features.md, row 4)."""
_TOOK_PLACE = f"status <> '{RunStatus.SKIPPED}'"
_SUFFIX = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that is misread on a telephone


class SqliteHistory:
    """See ports.History; the readers below serve the control API."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def begin(self, cause: str, now: Moment, period: Period | None = None) -> tuple[int, str]:
        """See ports.History."""
        days = (number(period.first), number(period.last)) if period else (None, None)
        async with self._store.write() as db:
            cursor = await db.execute(
                "INSERT INTO run (event_id, cause, status, started_at, first_day, last_day,"
                " clock_trusted, boot_id, began_boot_seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    secrets.token_hex(8),
                    cause,
                    str(RunStatus.RUNNING),
                    seconds(now.at),
                    *days,
                    now.is_trusted,
                    now.boot_id,
                    now.boot_seconds,
                ),
            )
            run_id = int(cursor.lastrowid or 0)
            suffix = "".join(secrets.choice(_SUFFIX) for _ in range(5))
            event_id = f"{run_id:04d}-{suffix}"
            await db.execute("UPDATE run SET event_id = ? WHERE id = ?", (event_id, run_id))
        return run_id, event_id

    async def course(self, run_id: int, match: CourseMatch) -> None:
        """See ports.History."""
        async with self._store.write() as db:
            await db.execute(
                "INSERT OR REPLACE INTO run_course (run_id, course_id, left_out, left_out_params,"
                " warning, warning_params) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    run_id,
                    match.course_id,
                    *reason_values(match.reason),
                    *reason_values(match.warning),
                ),
            )

    async def unsent(self, run_id: int, kind: Kind, reason: Reason, count: int) -> None:
        """See ports.History."""
        async with self._store.write() as db:
            await db.execute(
                "INSERT OR REPLACE INTO run_action (run_id, kind, verdict, code, params, count)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (run_id, KIND_NUMBER[kind], str(Verdict.UNSENT), *reason_values(reason), count),
            )

    async def uncarried(self, run_id: int, counts: Mapping[Uncarried, int]) -> None:
        """See ports.History."""
        async with self._store.write() as db:
            await db.executemany(
                "INSERT OR REPLACE INTO run_uncarried (run_id, what, count) VALUES (?, ?, ?)",
                [(run_id, str(what), count) for what, count in counts.items() if count],
            )

    async def found(self, run_id: int, actions: Sequence[Action]) -> None:
        """See ports.History."""
        async with self._store.write() as db:
            await db.executemany(
                "INSERT INTO run_action (run_id, kind, verdict, code, params, count)"
                " VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [
                    (
                        run_id,
                        KIND_NUMBER[each.kind],
                        each.verdict,
                        str(each.reason.code) if each.reason else "",
                        text_of_params(each.reason.params) if each.reason else "{}",
                        each.count,
                    )
                    for each in actions
                ],
            )

    async def end(self, run_id: int, target_id: int, ending: Ending, now: Moment) -> None:
        """See ports.History."""
        code, params = reason_values(ending.reason)
        async with self._store.write() as db:
            await db.execute(
                "UPDATE run SET target_id = ?, status = ?, ended_at = ?, bytes_sent = ?,"
                " bytes_received = ?, line_sent = ?, line_received = ?, charged_by = ?,"
                " seconds = ?, waiting = ?, set_aside = ?, code = ?,"
                " params = ?, clock_trusted = clock_trusted AND ?, ended_boot_seconds = ?"
                " WHERE id = ?",
                (
                    target_id,
                    str(ending.status),
                    seconds(now.at),
                    ending.traffic.sent,
                    ending.traffic.received,
                    ending.of_line.sent,
                    ending.of_line.received,
                    str(ending.charged_by),
                    round(ending.seconds),
                    ending.waiting,
                    ending.set_aside,
                    code,
                    params,
                    now.is_trusted,
                    now.boot_seconds,
                    run_id,
                ),
            )
            await db.execute(_OLD_ACTIONS, (_NO_RUN_BEFORE, run_id, _KEPT_SECONDS))

    async def put_right(self, now: Moment) -> None:
        """See ports.History."""
        wrong = "boot_id = ? AND NOT clock_trusted"
        if await self._store.row(f"SELECT 1 FROM run WHERE {wrong} LIMIT 1", now.boot_id) is None:
            return
        booted = now.booted_at.timestamp()
        async with self._store.write() as db:
            await db.execute(
                "UPDATE run SET clock_trusted = 1,"
                " started_at = CAST(? + began_boot_seconds AS INTEGER),"
                " ended_at = iif(ended_boot_seconds IS NULL, ended_at,"
                "  CAST(? + ended_boot_seconds AS INTEGER))"
                f" WHERE {wrong}",
                (booted, booted, now.boot_id),
            )

    async def close_interrupted(self, now: datetime) -> int:
        """End the runs that a power cut or a kill left open; gives how many there were."""
        async with self._store.write() as db:
            cursor = await db.execute(
                "UPDATE run SET status = ?, ended_at = ?, code = ?, params = '{}'"
                " WHERE ended_at IS NULL",
                (str(RunStatus.ERROR), seconds(now), str(Code.INTERRUPTED)),
            )
            return cursor.rowcount

    async def trouble_since(self, moment: datetime | None) -> Code | None:
        """See ports.History."""
        row = await self._store.row(
            "SELECT status, code, ended_at FROM run WHERE ended_at IS NOT NULL AND status <> ?"
            " ORDER BY id DESC LIMIT 1",
            str(RunStatus.SKIPPED),
        )
        if row is None or row["status"] != str(RunStatus.ERROR) or row["code"] is None:
            return None
        is_older = moment is not None and row["ended_at"] < int(moment.timestamp())
        return None if is_older else Code(row["code"])

    async def recent(self, limit: int, offset: int = 0, *, skipped: bool = True) -> list[Run]:
        """List runs, newest first; of those that were skipped, one for each reason and day."""
        listed = _LISTED if skipped else _TOOK_PLACE
        rows = await self._store.rows(
            f"{_RUN} WHERE {listed} ORDER BY id DESC LIMIT ? OFFSET ?", limit, offset
        )
        return [_run(row) for row in rows]

    async def latest(self) -> Run | None:
        """See ports.History."""
        row = await self._store.row(
            f"{_RUN} WHERE ended_at IS NOT NULL AND status <> ? ORDER BY id DESC LIMIT 1",
            str(RunStatus.SKIPPED),
        )
        return _run(row) if row is not None else None

    async def count(self, *, skipped: bool = True) -> int:
        """Count the runs that `recent` lists."""
        listed = _LISTED if skipped else _TOOK_PLACE
        row = await self._store.row(f"SELECT count(*) FROM run WHERE {listed}")
        return int(row[0]) if row else 0

    async def tally(self) -> RunTally:
        """See ports.History."""
        rows = await self._store.rows(
            "SELECT status, count(*) AS count, max(ended_at) AS ended_at FROM run"
            " WHERE ended_at IS NOT NULL GROUP BY status"
        )
        ended = {RunStatus(row["status"]): row for row in rows}
        completed = ended.get(RunStatus.COMPLETED)
        return RunTally(
            {status: row["count"] for status, row in ended.items()},
            moment(completed["ended_at"]) if completed else None,
        )

    async def done(self, event_id: str, limit: int | None = None) -> list[Done]:
        """See ports.History."""
        rows = await self._store.rows(
            "SELECT action.*, learner.username, learner.first_name, learner.last_name,"
            f" course.shortname, {PART_NAME} AS part"
            " FROM action JOIN run ON run.id = action.run_id"
            " JOIN learner ON learner.id = action.learner_id"
            " LEFT JOIN course ON course.id = action.course_id"
            f" {part_joins('action')} WHERE run.event_id = ?"
            " ORDER BY learner.username, course.shortname, action.id LIMIT ?",
            event_id, -1 if limit is None else limit,
        )  # fmt: skip
        return [_done(row) for row in rows]

    async def details(self, event_id: str) -> RunDetails | None:
        """Give one run with what it did, or None where there is no such run."""
        row = await self._store.row(f"{_RUN} WHERE event_id = ?", event_id)
        if row is None:
            return None
        actions = await self._store.rows("SELECT * FROM run_action WHERE run_id = ?", row["id"])
        courses = await self._store.rows(
            "SELECT course.shortname, course.fullname, left_out, left_out_params, warning,"
            " warning_params FROM run_course"
            " JOIN course ON course.id = run_course.course_id"
            " WHERE run_id = ? ORDER BY course.shortname",
            row["id"],
        )
        uncarried = await self._store.rows(
            "SELECT what, count FROM run_uncarried WHERE run_id = ?", row["id"]
        )
        return RunDetails(
            _run(row),
            [_action(action) for action in actions],
            [_course(each) for each in courses],
            {Uncarried(what): count for what, count in uncarried},
        )


def _run(row: Row) -> Run:
    days = [day_of_number(row[name]) for name in ("first_day", "last_day") if row[name] is not None]
    return Run(
        event_id=row["event_id"],
        cause=row["cause"],
        status=RunStatus(row["status"]),
        started_at=time_of(row["started_at"]),
        ended_at=moment(row["ended_at"]),
        traffic=Bytes(row["bytes_sent"], row["bytes_received"]),
        of_line=Bytes(row["line_sent"], row["line_received"]),
        charged_by=Charge(row["charged_by"]),
        seconds=row["seconds"],
        waiting=row["waiting"],
        set_aside=row["set_aside"],
        reason=reason_of(row["code"], row["params"]),
        period=Period(*days) if days else None,
        saved_days=row["saved_days"],
        saved_events=row["saved_events"],
        clock_trusted=bool(row["clock_trusted"]),
    )


def _action(row: Row) -> Action:
    reason = reason_of(row["code"] or None, row["params"])
    return Action(KIND_OF_NUMBER[row["kind"]], row["verdict"], reason, row["count"])


def _done(row: Row) -> Done:
    return Done(
        kind=KIND_OF_NUMBER[row["kind"]],
        username=row["username"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        shortname=row["shortname"],
        part=row["part"],
        before=row["before"],
        after=row["after"],
        at=time_of(row["at"]),
    )


def _course(row: Row) -> RunCourse:
    return RunCourse(
        row["shortname"],
        row["fullname"],
        reason_of(row["left_out"], row["left_out_params"]),
        reason_of(row["warning"], row["warning_params"]),
    )
