"""An online Moodle as the comparison sees it: its services, and its database by SQL."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tests.live.moodle import LiveMoodle
from tests.system.world import execute


class Online(Protocol):
    """What both kinds can do."""

    address: str
    token_file: Path

    def call(self, function: str, **arguments: Any) -> Any:
        """Call one web service function; an error of Moodle's fails the test."""
        ...

    def sql(self, statement: str) -> Sequence[Sequence[Any]]:
        """Run SQL in its database."""
        ...


class SandboxMoodle(LiveMoodle):
    """The sandbox, called as a real one is."""

    def __init__(self, database: Path, address: str, token_file: Path) -> None:
        self._database = database
        self.address = address
        self.token_file = token_file

    def sql(self, statement: str) -> list[list[str]]:
        """Run SQL in its database; every value as text, as a database's client prints it."""
        return [
            ["NULL" if value is None else str(value) for value in row]
            for row in execute(self._database, statement)
        ]
