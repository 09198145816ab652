"""Replays what tests/live/record.py recorded: single calls, and 200 random sequences of them.

Where the sandbox differs it is wrong, and the record says what Moodle does. Ids are the recorded
ones, because the site is built as the recorded one was.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from beekeed.sandbox.database import connect
from beekeed.sandbox.online import SandboxOnline
from tests.live.steps import PHP

from . import steps
from .client import Caller
from .recorded import Exchange, as_text, differences, exchanges, normal
from .recorded_site import TOKEN, burn, make_online

_NOW = 1_795_326_000
_MAKING = {"core_user_create_users": "user", "core_group_create_groups": "groups"}


class _Replay:
    """One site on which the exchanges of a file are made again, in their order."""

    def __init__(self, db: sqlite3.Connection, caller: Caller) -> None:
        self._db = db
        self._caller = caller

    async def differences(self, exchange: Exchange) -> list[str]:
        """Where the sandbox answers otherwise than the recorded Moodle did."""
        for step in exchange.get("before", ()):
            steps.take(self._db, step, _NOW)
        _burn(self._db, exchange)
        reply = await self._caller.send(exchange["function"], exchange["params"], token=TOKEN)
        recorded = normal([exchange["status"], exchange["content_type"], exchange["response"]])
        actual = normal([reply.status, reply.content_type, reply.body])
        if as_text(recorded) == as_text(actual):
            return []
        return list(differences(recorded, actual)) or ["the same but for the kinds of numbers"]


def _burn(db: sqlite3.Connection, exchange: Exchange) -> None:
    """Lets ids go on where the recorded ones do: what is rolled back has used some up there."""
    first: dict[str, int] = {}
    for function, answer in _answers(exchange):
        if function in _MAKING and isinstance(answer, list) and answer:
            first.setdefault(_MAKING[function], answer[0]["id"])
    burn(db, {table: made - 1 for table, made in first.items()})


def _answers(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    """The functions that were called, with their answers, those of a batch one by one."""
    yield exchange["function"], exchange["response"]
    responses = exchange["response"]
    if isinstance(responses, dict) and "responses" in responses:
        requests = exchange["params"]["requests"]
        for request, response in zip(requests, responses["responses"], strict=False):
            if response.get("data"):
                yield request["function"], json.loads(response["data"])


@pytest.mark.parametrize("name", ["flags.jsonl", "grading.jsonl"])
async def test_answers_as_the_site_that_was_asked_later(tmp_path: Path, name: str) -> None:
    """What keeps an assignment from mailing learners, and from losing grades."""
    assert await _mismatches(tmp_path / "online.sqlite", name) == []


@pytest.mark.parametrize("name", ["more.jsonl", "sequences.jsonl.gz"])
async def test_answers_as_the_recorded_site(tmp_path: Path, name: str) -> None:
    """Every call gets the recorded answer, value for value, whatever was done before it."""
    assert await _mismatches(tmp_path / "online.sqlite", name) == []


async def _mismatches(database: Path, name: str) -> list[str]:
    """The calls of a record that the sandbox answers differently, with both answers."""
    make_online(database, _NOW - 300)
    online = SandboxOnline(database, clock=lambda: float(_NOW))
    found = []
    # One connection stays open: SQLite tidies up when the last one of a file closes.
    with closing(connect(database)) as db:
        async with aiohttp.ClientSession() as session:
            replay = _Replay(db, Caller(session, await online.start(), TOKEN))
            for exchange in exchanges(name):
                where = "\n  ".join(await replay.differences(exchange))
                if where:
                    found.append(f"{exchange['note']}, {exchange['function']}:\n  {where}")
    await online.stop()
    return found


def test_every_step_of_a_real_site_is_one_of_the_sandbox() -> None:
    """What the recorder can do to a real Moodle, the replay can do to the sandbox."""
    assert steps.STEPS.keys() == PHP.keys()


def test_the_sequences_are_those_that_were_asked_for() -> None:
    """200 sequences of 4 to 12 calls, with batches, refusals and steps among them."""
    recorded = exchanges("sequences.jsonl.gz")
    calls: dict[str, int] = {}
    for exchange in recorded:
        number, _, place = exchange["note"].partition(".")
        calls[number] = calls.get(number, 0) + place.isdecimal()
    assert len(calls) == 200
    assert all(4 <= count <= 12 for count in calls.values())
