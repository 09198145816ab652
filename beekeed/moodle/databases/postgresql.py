"""A Moodle database in PostgreSQL, through psycopg 3 and the system's libpq."""

import contextlib
import os
import socket
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg

from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.databases.session import Values
from beekeed.moodle.login import Login

_CONNECT_SECONDS = 10

# By SQLSTATE, or its class (appendix A of PostgreSQL's manual).
_STATES: Mapping[str, Code] = {
    "28": Code.DEVICE_REFUSED,
    "3D": Code.DEVICE_NO_DATABASE,
    "42501": Code.DEVICE_NO_RIGHT,
    "42703": Code.DEVICE_TABLE_MISSING,
    "42P01": Code.DEVICE_TABLE_MISSING,
    "53100": Code.DEVICE_DISK_FULL,
    "53300": Code.DEVICE_BUSY,
    "57014": Code.DEVICE_SLOW,
    "57P": Code.DEVICE_INTERRUPTED,
    "08": Code.DEVICE_INTERRUPTED,
}
# A connection that was refused has no SQLSTATE in libpq, only words (English unless the
# server was told another language: then it is said to be out of reach, with those words).
_WORDS: Mapping[str, Code] = {
    "authentication failed": Code.DEVICE_REFUSED,
    "no password supplied": Code.DEVICE_REFUSED,
    "no pg_hba.conf entry": Code.DEVICE_REFUSED,
    'role "': Code.DEVICE_REFUSED,
    'database "': Code.DEVICE_NO_DATABASE,
    "too many clients": Code.DEVICE_BUSY,
    "database system is": Code.DEVICE_INTERRUPTED,  # starting up, shutting down
    "server closed the connection": Code.DEVICE_INTERRUPTED,
    "terminating connection": Code.DEVICE_INTERRUPTED,
}


class PostgresqlSession:
    """See Session."""

    def __init__(self, login: Login, statement_seconds: int) -> None:
        self._login = login
        self._statement_seconds = statement_seconds
        self._connection: psycopg.Connection[Values] | None = None

    def connect(self) -> None:
        """See Session."""
        login = self._login
        path = f" -c search_path={login.schema}" if login.schema else ""
        self._connection = psycopg.connect(
            host=login.socket or login.host or None,
            port=login.port or None,
            dbname=login.name,
            user=login.user,
            password=login.password or None,
            connect_timeout=_CONNECT_SECONDS,
            client_encoding="utf8",
            options=f"-c statement_timeout={self._statement_seconds * 1000}{path}",
            autocommit=True,
            prepare_threshold=None,
        )
        self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def select(self, sql: str, values: Sequence[Any]) -> list[Values]:
        """See Session."""
        assert self._connection is not None  # noqa: S101 - connect() came first
        query = sql.replace("?", "%s").encode()
        return self._connection.execute(query, tuple(values)).fetchall()

    def quoted(self, table: str) -> str:
        """See Session."""
        return f'"{table}"'

    def digest(self, column: str, *more: str) -> str:
        """See Session."""
        row = f"md5(concat_ws(',', {', '.join((column, *more))}))"
        return f"SUM(('x' || left({row}, 15))::bit(60)::bigint)"

    def tables(self) -> Collection[str]:
        """See Session."""
        rows = self.select(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = ANY (current_schemas(false))",
            (),
        )
        return {str(name) for (name,) in rows}

    def is_closed(self, table: str) -> bool:
        """See Session. The catalogue shows every table to everybody."""
        ((found,),) = self.select(
            "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = ? AND relkind IN ('r', 'p')"
            " AND relnamespace::regnamespace::text = ANY (current_schemas(false)::text[]))",
            (table,),
        )
        return bool(found)

    def columns(self, tables: Collection[str]) -> Mapping[str, Collection[str]]:
        """See Session."""
        found: dict[str, set[str]] = {table: set() for table in tables}
        for table, column in self.select(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = ANY (current_schemas(false)) AND table_name = ANY (?)",
            (list(tables),),
        ):
            found[str(table)].add(str(column))
        return found

    def may_write(self) -> bool:
        """See Session."""
        ((found,),) = self.select(
            "SELECT EXISTS (SELECT 1 FROM pg_class"
            " WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text"
            "  = ANY (current_schemas(false)::text[])"
            " AND has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))",
            (),
        )
        return bool(found)

    def explained(self, error: Exception) -> DeviceUnreadable | None:
        """See Session."""
        if not isinstance(error, psycopg.Error | OSError):
            return None
        text = " ".join(str(error).split())
        code = Code.DEVICE_UNREADABLE
        if isinstance(error, psycopg.Error):
            refused = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
            code = _code_of_words(text) if refused else _code_of_state(error.sqlstate or "")
        return DeviceUnreadable(code, detail=text, database=self._login.name, user=self._login.user)

    def abort(self) -> None:
        """See Session. libpq's socket, through a second name for it: libpq keeps its own."""
        if self._connection is not None and not self._connection.closed:
            with (
                contextlib.suppress(OSError),
                socket.socket(fileno=os.dup(self._connection.fileno())) as line,
            ):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """See Session."""
        if self._connection is not None:
            self._connection.close()


def _code_of_state(state: str) -> Code:
    found = (_STATES.get(state[:length]) for length in (5, 3, 2))
    return next((code for code in found if code), Code.DEVICE_UNREADABLE)


def _code_of_words(text: str) -> Code:
    found = (code for words, code in _WORDS.items() if words in text)
    return next(found, Code.DEVICE_NOT_REACHED)
