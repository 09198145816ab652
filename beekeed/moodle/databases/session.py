"""What a session on a box's database is, whatever the database."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from beekeed.errors import DeviceUnreadable

Values = tuple[Any, ...]


class Session(Protocol):
    """One connection in one read-only transaction that sees one moment.

    All methods block and belong into one thread. They raise the driver's errors,
    which `explained` turns into ours.
    """

    def connect(self) -> None:
        """Connect, limit what one statement may take, and fix what is seen."""
        ...

    def select(self, sql: str, values: Sequence[Any]) -> list[Values]:
        """Run one SELECT, `?` for each value, and give all rows: the caller bounds them."""
        ...

    def quoted(self, table: str) -> str:
        """Quote the name of a table."""
        ...

    def digest(self, column: str, *more: str) -> str:
        """Give the SQL of a number that depends on all values of a group of rows.

        Not on their order. The columns are numbers or text and never NULL. 60 bits of
        MD5 for each row, summed: a cheaper checksum is linear, so that one row's change
        could make up for another's.
        """
        ...

    def tables(self) -> Collection[str]:
        """Name all tables that the account may read."""
        ...

    def is_closed(self, table: str) -> bool:
        """Tell whether a table that `tables` does not name is there, but not for us."""
        ...

    def columns(self, tables: Collection[str]) -> Mapping[str, Collection[str]]:
        """Name the columns of some tables."""
        ...

    def may_write(self) -> bool:
        """Tell whether the account could change the Moodle's data."""
        ...

    def explained(self, error: Exception) -> DeviceUnreadable | None:
        """Say an error of the driver as one of ours; None for what is no such error."""
        ...

    def abort(self) -> None:
        """Break off what the session's thread is waiting for. The one method for other threads."""
        ...

    def close(self) -> None:
        """End the transaction and the connection."""
        ...
