"""The small numbers for all that lasts, and what we last read of learners."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple

from beekeed.core import person
from beekeed.core.model import ActivityKey, Course, Learner
from beekeed.sqlite.store import Row, Store, moment, seconds, slots

_LEARNER_COLUMNS = (
    "username, first_name, last_name, email, idnumber, city, country, device_id, created_at, more"
)


class SqliteCatalogue:
    """See ports.Catalogue."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def number_course(self, course: Course) -> int:
        """See ports.Catalogue."""
        row = await self._store.row(
            "SELECT id, fullname FROM course WHERE shortname = ?", course.shortname
        )
        if row is not None and row["fullname"] == course.fullname:
            return int(row["id"])
        async with self._store.write() as db:
            await db.execute(
                "INSERT INTO course (shortname, fullname) VALUES (?, ?)"
                " ON CONFLICT (shortname) DO UPDATE SET fullname = excluded.fullname",
                (course.shortname, course.fullname),
            )
        return await self.number_course(course)

    async def number_activities(
        self, course_id: int, keys: Sequence[ActivityKey]
    ) -> Mapping[ActivityKey, int]:
        """See ports.Catalogue."""
        known = await self._activities(course_id)
        new = [key for key in dict.fromkeys(keys) if key not in known]
        if new:
            async with self._store.write() as db:
                await db.executemany(
                    "INSERT INTO activity (course_id, section, modname, name, nth, item)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    [(course_id, *astuple(key)) for key in new],
                )
            known = await self._activities(course_id)
        return {key: known[key] for key in keys}

    async def _activities(self, course_id: int) -> dict[ActivityKey, int]:
        rows = await self._store.rows(
            "SELECT section, modname, name, nth, item, id FROM activity WHERE course_id = ?",
            course_id,
        )
        return {ActivityKey(*tuple(row)[:-1]): row["id"] for row in rows}

    async def number_groups(self, course_id: int, names: Collection[str]) -> Mapping[str, int]:
        """See ports.Catalogue."""
        return await self._number("learner_group", names, course_id=course_id)

    async def number_fields(self, names: Collection[str]) -> Mapping[str, int]:
        """See ports.Catalogue."""
        return await self._number("profile_field", names)

    async def field_names(self) -> Mapping[int, str]:
        """See ports.Catalogue."""
        rows = await self._store.rows("SELECT id, name FROM profile_field")
        return {row["id"]: row["name"] for row in rows}

    async def group_names(self, course_id: int) -> Mapping[int, str]:
        """See ports.Catalogue."""
        rows = await self._store.rows(
            "SELECT id, name FROM learner_group WHERE course_id = ?", course_id
        )
        return {row["id"]: row["name"] for row in rows}

    async def _number(self, table: str, names: Collection[str], **within: int) -> Mapping[str, int]:
        """Give the numbers of what a table names, making those that are new."""
        columns, values = ", ".join(("name", *within)), tuple(within.values())
        where = " AND ".join(("TRUE", *(f"{column} = ?" for column in within)))
        sql = f"SELECT name, id FROM {table} WHERE {where}"
        known = {row["name"]: row["id"] for row in await self._store.rows(sql, *values)}
        new = [name for name in dict.fromkeys(names) if name not in known]
        if new:
            async with self._store.write() as db:
                await db.executemany(
                    f"INSERT INTO {table} ({columns}) VALUES ({slots(('', *within))})",
                    [(name, *values) for name in new],
                )
            known = {row["name"]: row["id"] for row in await self._store.rows(sql, *values)}
        return {name: known[name] for name in names}

    async def number_learners(self, learners: Sequence[Learner]) -> Mapping[str, int]:
        """See ports.Catalogue."""
        names = [learner.username for learner in learners]
        known = {each.username: (id_, each) for id_, each in await self._by("username", names)}
        renamed = await self._renamed([each for each in learners if each.username not in known])
        claimed = {id_ for id_, _ in renamed.values()}
        known = {name: each for name, each in known.items() if each[0] not in claimed} | renamed
        new = [learner for learner in learners if learner.username not in known]
        edited = [
            (known[learner.username][0], learner)
            for learner in learners
            if learner.username in known and _values(known[learner.username][1]) != _values(learner)
        ]
        if new or edited:
            await self._write(new, edited)
        return await self.known_learners(names)

    async def _write(self, new: Sequence[Learner], edited: Sequence[tuple[int, Learner]]) -> None:
        async with self._store.write() as db:
            # First who was renamed: the old username may be somebody else's by now.
            for learner_id, learner in edited:
                await db.execute(
                    f"UPDATE learner SET ({_LEARNER_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                    " WHERE id = ?",
                    (*_values(learner), learner_id),
                )
                await db.execute(
                    "UPDATE change SET aside_code = NULL, aside_params = NULL, aside_at = NULL"
                    " WHERE learner_id = ? AND aside_code IS NOT NULL",
                    (learner_id,),
                )
            await db.executemany(
                f"INSERT INTO learner ({_LEARNER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_values(learner) for learner in new],
            )

    async def known_learners(self, usernames: Sequence[str]) -> Mapping[str, int]:
        """See ports.Catalogue."""
        rows = await self._store.rows(
            f"SELECT id, username FROM learner WHERE username IN ({slots(usernames)})",
            *usernames,
        )
        return {row["username"]: row["id"] for row in rows}

    async def _renamed(self, learners: Sequence[Learner]) -> dict[str, tuple[int, Learner]]:
        """Find those whose row had another username before, and the same names or ID number."""
        rows = await self._by("device_id", [each.device_id for each in learners])
        before = {each.device_id: (id_, each) for id_, each in rows}
        return {
            learner.username: before[learner.device_id]
            for learner in learners
            if learner.device_id in before
            and person.same_person(learner, before[learner.device_id][1])
        }

    async def _by(
        self, column: str, values: Sequence[str] | Sequence[int]
    ) -> list[tuple[int, Learner]]:
        rows = await self._store.rows(
            f"SELECT id, {_LEARNER_COLUMNS} FROM learner WHERE {column} IN ({slots(values)})",
            *values,
        )
        return [(row["id"], _learner(row)) for row in rows]

    async def learners(self, learner_ids: Collection[int]) -> Mapping[int, Learner]:
        """See ports.Catalogue."""
        rows = await self._store.rows(
            f"SELECT id, {_LEARNER_COLUMNS} FROM learner WHERE id IN ({slots(learner_ids)})",
            *learner_ids,
        )
        return {row["id"]: _learner(row) for row in rows}


def _values(learner: Learner) -> tuple[str | int | None, ...]:
    return (
        learner.username,
        learner.first_name,
        learner.last_name,
        learner.email,
        learner.idnumber,
        learner.city,
        learner.country,
        learner.device_id,
        seconds(learner.created_at),
        json.dumps(dict(learner.more), ensure_ascii=False),
    )


def _learner(row: Row) -> Learner:
    return Learner(
        username=row["username"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        email=row["email"],
        idnumber=row["idnumber"],
        city=row["city"],
        country=row["country"],
        device_id=row["device_id"],
        created_at=moment(row["created_at"]),
        more=json.loads(row["more"]),
    )
