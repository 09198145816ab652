"""The online Moodle of one box, in memory; whose workers answer for it is another's business.

Each box has a site of its own behind the one server: what counts here is how long workers are
busy, and what arrived of each box can be told apart.
"""

import sqlite3
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from beekeed.sandbox import database
from beekeed.sandbox.answering import answer, read_asked
from beekeed.sandbox.parameters import Contract, read_contract
from beekeed.sandbox.rest import parse_form
from tests.endurance.fleet.server import Reply

ADDRESS = "http://online.example"
_MAX_INPUT_VARS = 1000


@cache
def _contract() -> Contract:
    return read_contract()


def taken(path: Path) -> bytes:
    """Take what is in the file of a database, which nobody else has open."""
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("VACUUM")
        return db.serialize()
    finally:
        db.close()


class Site:
    """One, from what `taken` gave."""

    def __init__(self, content: bytes) -> None:
        self._db = database.connect(Path(":memory:"))
        self._db.deserialize(content)

    def close(self) -> None:
        """Forget it."""
        self._db.close()

    def answer(self, body: bytes, now: float) -> Reply:
        """Answer a request as Moodle does, having done what it asks for."""
        asked = read_asked(parse_form(body, _MAX_INPUT_VARS))
        host = urlsplit(ADDRESS).netloc
        made = answer(self._db, _contract(), asked, host=host, remote="192.0.2.1", now=int(now))
        return made.status, dict(made.headers), made.body

    def content(self) -> bytes:
        """Give what its database holds."""
        return self._db.serialize()

    def completions(self) -> int:
        """Count what is complete."""
        sql = "SELECT count(*) FROM mdl_course_modules_completion WHERE completionstate = 1"
        return int(self._db.execute(sql).fetchone()[0])
