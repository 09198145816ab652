"""What is pending, counted."""

from collections.abc import Mapping, Sequence

from beekeed.core.model import Kind, Reason
from beekeed.core.request import EVERYTHING, Wanted
from beekeed.errors import Code
from beekeed.ports.outlook import PendingCount
from beekeed.sqlite.days import is_wanted
from beekeed.sqlite.store import KIND_NUMBER, KIND_OF_NUMBER, Store, reason_of


class SqliteOutlook:
    """See ports.Outlook."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def pending(self, target_id: int, wanted: Wanted = EVERYTHING) -> Sequence[PendingCount]:
        """See ports.Outlook."""
        where, values = is_wanted(Wanted(wanted.period))
        rows = await self._store.rows(
            "SELECT kind, course_id,"
            " iif(late AND aside_code IS NULL AND NOT ?, ?, aside_code) AS aside_code,"
            " aside_params, count(*) AS count FROM change"
            f" WHERE target_id = ? AND {where} GROUP BY 1, 2, 3, 4 ORDER BY 2, 1, 3, 4",
            wanted.late,
            str(Code.LATE),
            target_id,
            *values,
        )
        return [
            PendingCount(
                KIND_OF_NUMBER[row["kind"]],
                row["course_id"],
                reason_of(row["aside_code"], row["aside_params"]),
                row["count"],
            )
            for row in rows
        ]

    async def left_out(self, target_id: int) -> Mapping[int, Reason]:
        """See ports.Outlook."""
        rows = await self._store.rows(
            "SELECT course_id, left_out, left_out_params FROM course_match WHERE target_id = ?",
            target_id,
        )
        reasons = {row[0]: reason_of(row[1], row[2]) for row in rows}
        return {course_id: reason for course_id, reason in reasons.items() if reason is not None}

    async def enrolled(self, target_id: int) -> Mapping[int, int]:
        """See ports.Outlook."""
        rows = await self._store.rows(
            "SELECT course_id, count(*) FROM (SELECT course_id, learner_id FROM receipt"
            "  WHERE target_id = ?1 AND kind = ?2 UNION SELECT course_id, learner_id FROM change"
            "  WHERE target_id = ?1 AND kind = ?2) GROUP BY 1",
            target_id,
            KIND_NUMBER[Kind.ENROLMENT],
        )
        return {row[0]: row[1] for row in rows}
