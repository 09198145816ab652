"""Replays what a real Moodle answered: the sandbox is held to it, and may be no kinder."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from beekeed.sandbox.content import delete_activity
from beekeed.sandbox.database import connect, insert
from beekeed.sandbox.functions import FUNCTIONS
from beekeed.sandbox.online import SandboxOnline

from .client import Caller
from .recorded import Exchange, as_text, differences, exchanges, normal
from .recorded_site import TOKEN, make_assignments, make_production, make_recorded
from .renumbering import Numbers, renumber

_RECORDED_AT = 1_795_326_000


def _inner_functions(exchange: Exchange) -> set[str]:
    requests = exchange["params"].get("requests", [])
    return {request["function"] for request in requests}


def _is_built(exchange: Exchange) -> bool:
    """Whether the sandbox has all that an exchange calls, or Moodle refuses it as unknown."""
    called = {exchange["function"], *_inner_functions(exchange)}
    unknown = {"core_user_delete_users", "core_no_such_function", "core_no_such"}
    return called <= set(FUNCTIONS) | unknown


# Steps that the notes tell of and that were made on the machine itself, not through a call:
# what is done in the database before the exchange, and what after it to take it back.
_TOKEN_SQL = "UPDATE mdl_external_tokens SET"
_USER_SQL = "UPDATE mdl_user SET"
_CONFIG_SQL = "UPDATE mdl_config SET value = {} WHERE name = '{}'"
_STEPS: dict[str, tuple[str, str]] = {
    "site in maintenance mode": (
        _CONFIG_SQL.format("1", "maintenance_enabled"),
        _CONFIG_SQL.format("0", "maintenance_enabled"),
    ),
    "web services switched off": (
        _CONFIG_SQL.format("0", "enablewebservices"),
        _CONFIG_SQL.format("1", "enablewebservices"),
    ),
    "REST protocol switched off": (
        _CONFIG_SQL.format("''", "webserviceprotocols"),
        _CONFIG_SQL.format("'rest'", "webserviceprotocols"),
    ),
    "service disabled": (
        "UPDATE mdl_external_services SET enabled = 0",
        "UPDATE mdl_external_services SET enabled = 1",
    ),
    "token expired": (f"{_TOKEN_SQL} validuntil = 1000", ""),
    "service account suspended": (
        f"{_USER_SQL} suspended = 1 WHERE username = 'beekeesync'",
        f"{_USER_SQL} suspended = 0 WHERE username = 'beekeesync'",
    ),
    "token restricted to another address": (
        f"{_TOKEN_SQL} iprestriction = '10.1.2.3'",
        f"{_TOKEN_SQL} iprestriction = NULL",
    ),
    "course hidden, account may see hidden ones": (
        "UPDATE mdl_course SET visible = 0 WHERE id = 6",
        "UPDATE mdl_course SET visible = 1 WHERE id = 6",
    ),
    "capability taken away": (
        "UPDATE mdl_role_capabilities SET permission = 0 "
        "WHERE capability = 'moodle/course:overridecompletion'",
        "UPDATE mdl_role_capabilities SET permission = 1 "
        "WHERE capability = 'moodle/course:overridecompletion'",
    ),
    "completion tracking off for the site": (
        _CONFIG_SQL.format("0", "enablecompletion"),
        _CONFIG_SQL.format("1", "enablecompletion"),
    ),
    # The account got the right to read grades only after the first try (both have one note).
    "read completion of a learner": (
        "",
        "UPDATE mdl_role_capabilities SET permission = 0 "
        "WHERE capability = 'gradereport/user:view'",
    ),
    "group create": (
        "UPDATE mdl_role_capabilities SET permission = 1 "
        "WHERE capability = 'gradereport/user:view'",
        "",
    ),
    "grade: item is locked, only the number tells": (
        "UPDATE mdl_grade_items SET locked = 1 WHERE courseid = 4 AND itemmodule = 'quiz'",
        "UPDATE mdl_grade_items SET locked = 0",
    ),
    "grade: overridden by a teacher online": (
        "UPDATE mdl_grade_grades SET overridden = 1795326500, finalgrade = 66 "
        "WHERE itemid = 6 AND userid = (SELECT id FROM mdl_user WHERE username = 'rc1')",
        "",
    ),
    # From here on debugging was off: no error of these exchanges carries its debuginfo.
    "assignment grade with a feedback comment: both are kept": (
        _CONFIG_SQL.format("0", "debug"),
        "",
    ),
}


# What no call shows: the rows of an assignment, read by the same SQL on the real site.
_ROWS = {
    "assign_grades": "SELECT userid, attemptnumber, grade + 0 AS grade, grader "
    "FROM mdl_assign_grades WHERE assignment = ? ORDER BY id",
    "comments": "SELECT g.userid, c.commenttext, c.commentformat "
    "FROM mdl_assignfeedback_comments c JOIN mdl_assign_grades g ON g.id = c.grade "
    "WHERE c.assignment = ? ORDER BY c.id",
    "flags": "SELECT userid, mailed, workflowstate "
    "FROM mdl_assign_user_flags WHERE assignment = ? ORDER BY id",
    "submissions": "SELECT userid, attemptnumber, latest, status "
    "FROM mdl_assign_submission WHERE assignment = ? ORDER BY id",
    "grade_grades": "SELECT g.userid, g.rawgrade + 0 AS rawgrade, "
    "g.finalgrade + 0 AS finalgrade, g.feedback, g.feedbackformat, g.usermodified, "
    "g.timemodified IS NULL AS undated FROM mdl_grade_grades g "
    "JOIN mdl_grade_items i ON i.id = g.itemid "
    "WHERE i.itemmodule = 'assign' AND i.iteminstance = ? ORDER BY g.id",
    "items": "SELECT itemname, idnumber "
    "FROM mdl_grade_items WHERE itemmodule = 'assign' AND iteminstance = ?",
}


class _Replay:
    """Replays exchanges in order on one site, whose numbers may be others than the recorded."""

    def __init__(self, database: Path, caller: Caller, numbers: Numbers) -> None:
        self._database = database
        self._caller = caller
        self._numbers = numbers

    async def reply(self, exchange: Exchange) -> tuple[Any, Any]:
        """The recorded answer, with this site's ids, and the sandbox's, both normal."""
        note = exchange["note"]
        self._step(note, 0)
        self._run(exchange.get("before", []))
        if not _is_built(exchange):
            return None, None
        parameters = self._numbers.here(exchange["params"])
        if note == "completion: module was deleted online":
            with closing(connect(self._database)) as db:
                delete_activity(db, parameters["cmid"])
        token = TOKEN if exchange["token"] == "valid" else "no" * 16
        reply = await self._caller.send(exchange["function"], parameters, token=token)
        self._step(note, 1)
        self._learn(exchange, reply.body)
        answer = self._numbers.here(exchange["response"])
        recorded = [exchange["status"], exchange["content_type"], answer]
        actual = [reply.status, reply.content_type, reply.body]
        if "rows" in exchange:
            recorded.append(self._numbers.rows(exchange["rows"]))
            actual.append(self._rows(self._numbers.number("assign", exchange["assignment"])))
        return normal(recorded), normal(actual)

    def _run(self, statements: list[str]) -> None:
        with closing(connect(self._database)) as db:
            for statement in statements:
                db.execute(self._numbers.sql(statement))

    def _rows(self, assignment: int) -> dict[str, list[list[Any]]]:
        with closing(connect(self._database)) as db:
            return {
                name: [list(row) for row in db.execute(sql, (assignment,))]
                for name, sql in _ROWS.items()
            }

    def _step(self, note: str, when: int) -> None:
        statement = _STEPS.get(note, ("", ""))[when]
        with closing(connect(self._database)) as db:
            if statement:
                db.execute(self._numbers.sql(statement))
            if note == "token expired" and when == 1:
                _make_token_again(db, self._numbers.number("user", 3))

    def _learn(self, exchange: Exchange, body: Any) -> None:
        """What was made just now has a number of its own here."""
        kind = {"core_user_create_users": "user", "core_group_create_groups": "group"}.get(
            exchange["function"]
        )
        if kind is None or not isinstance(body, list):
            return
        for recorded, created in zip(exchange["response"], body, strict=True):
            self._numbers.learn(kind, recorded["id"], created["id"])


def _make_token_again(db: sqlite3.Connection, account: int) -> None:
    """The recorded administrator made a new token after the old one was deleted."""
    assert db.execute("SELECT count(*) FROM mdl_external_tokens").fetchone()[0] == 0
    insert(
        db,
        "external_tokens",
        token=TOKEN,
        tokentype=0,
        userid=account,
        externalserviceid=1,
        contextid=1,
        timecreated=_RECORDED_AT,
    )


async def _mismatches(database: Path, name: str, numbers: Numbers | None = None) -> list[str]:
    """The notes of all exchanges that the sandbox answers differently, with both answers."""
    online = SandboxOnline(database, clock=lambda: float(_RECORDED_AT))
    address = await online.start()
    found = []
    async with aiohttp.ClientSession() as session:
        replay = _Replay(database, Caller(session, address, TOKEN), numbers or Numbers())
        for number, exchange in enumerate(exchanges(name)):
            recorded, actual = await replay.reply(exchange)
            if numbers is not None:
                recorded, actual = _courses_by_name(recorded), _courses_by_name(actual)
            if as_text(recorded) != as_text(actual):
                where = "\n  ".join(differences(recorded, actual))
                found.append(f"{number} {exchange['note']}:\n  {where}")
    await online.stop()
    return found


def _courses_by_name(answer: Any) -> Any:
    """A list of courses comes by their ids, whose order is another one on a renumbered site."""
    if isinstance(answer, list) and isinstance(answer[2], dict) and "courses" in answer[2]:
        answer[2]["courses"].sort(key=lambda course: course["shortname"])
    return answer


async def test_answers_as_the_recorded_site(tmp_path: Path) -> None:
    """Every recorded exchange of a built function gets the recorded answer, value for value."""
    database = tmp_path / "online.sqlite"
    make_recorded(database, _RECORDED_AT - 300)
    assert await _mismatches(database, "exchanges.jsonl") == []


async def test_answers_as_a_production_site(tmp_path: Path) -> None:
    """With debugging off, refusals carry no reason beyond errorcode and message."""
    database = tmp_path / "online.sqlite"
    make_production(database, _RECORDED_AT - 300)
    assert await _mismatches(database, "production.jsonl") == []


async def test_keeps_grades_of_assignments_as_a_real_site(tmp_path: Path) -> None:
    """What an assignment keeps and passes on of each grade, row by row: null says nothing of it."""
    database = tmp_path / "online.sqlite"
    make_assignments(database, _RECORDED_AT - 300)
    assert await _mismatches(database, "assignments.jsonl") == []


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("exchanges.jsonl", make_recorded),
        ("production.jsonl", make_production),
        ("assignments.jsonl", make_assignments),
    ],
)
async def test_nothing_is_fitted_to_recorded_numbers(
    tmp_path: Path, name: str, make: Callable[[Path, int], None], seed: int
) -> None:
    """With other ids in another order, and other names, every answer is the same but for these."""
    database = tmp_path / "online.sqlite"
    make(database, _RECORDED_AT - 300)
    with closing(connect(database)) as db:
        numbers = renumber(db, seed)
    assert await _mismatches(database, name, numbers) == []


def test_what_is_not_covered_is_named() -> None:
    """Nothing of the first recording is left out."""
    assert [e["function"] for e in exchanges("exchanges.jsonl") if not _is_built(e)] == []


@pytest.mark.parametrize("name", ["production.jsonl", "assignments.jsonl"])
def test_every_later_exchange_is_covered(name: str) -> None:
    """Nothing of the second and the third recording is left out."""
    assert all(_is_built(exchange) for exchange in exchanges(name))


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_function_is_recorded(function: str) -> None:
    """Each built function is held to at least one recorded exchange."""
    names = (
        "exchanges.jsonl",
        "production.jsonl",
        "assignments.jsonl",
        "flags.jsonl",
        "grading.jsonl",
    )
    assert any(exchange["function"] == function for name in names for exchange in exchanges(name))
