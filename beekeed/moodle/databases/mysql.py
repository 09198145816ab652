"""A Moodle database in MariaDB or MySQL, through PyMySQL."""

import contextlib
import socket
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pymysql

from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.databases.session import Values
from beekeed.moodle.login import Login

_CONNECT_SECONDS = 10
_GRACE_SECONDS = 30  # beyond the server's own limit, for a server that hangs

# Where Debian and others put it: PHP, and so Moodle, goes there for "localhost".
_SOCKETS = ("/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock")  # noqa: S108

_CODES: Mapping[int, Code] = {
    1040: Code.DEVICE_BUSY,
    1044: Code.DEVICE_REFUSED,
    1045: Code.DEVICE_REFUSED,
    1698: Code.DEVICE_REFUSED,
    1049: Code.DEVICE_NO_DATABASE,
    1142: Code.DEVICE_NO_RIGHT,
    1143: Code.DEVICE_NO_RIGHT,
    1054: Code.DEVICE_TABLE_MISSING,
    1146: Code.DEVICE_TABLE_MISSING,
    1021: Code.DEVICE_DISK_FULL,
    1114: Code.DEVICE_DISK_FULL,
    1053: Code.DEVICE_INTERRUPTED,
    1317: Code.DEVICE_INTERRUPTED,
    1927: Code.DEVICE_INTERRUPTED,
    2006: Code.DEVICE_INTERRUPTED,
    2013: Code.DEVICE_INTERRUPTED,
    2002: Code.DEVICE_NOT_REACHED,
    2003: Code.DEVICE_NOT_REACHED,
    1205: Code.DEVICE_SLOW,
    1969: Code.DEVICE_SLOW,  # MariaDB's max_statement_time
    3024: Code.DEVICE_SLOW,  # MySQL's max_execution_time
}
# CURRENT_USER() is name@host; a grantee is 'name'@'host'.
_HOST = "SUBSTRING_INDEX(CURRENT_USER(), '@', -1)"
_NAME = f"LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH({_HOST}) - 1)"
_OURSELVES = f"CONCAT(QUOTE({_NAME}), '@', QUOTE({_HOST}))"

_NO_SPACE = ("Errcode: 28", "error 28", "No space left")  # the server's own disk, in its words


class MysqlSession:
    """See Session."""

    def __init__(self, login: Login, statement_seconds: int) -> None:
        self._login = login
        self._statement_seconds = statement_seconds
        self._connection: pymysql.Connection[Any] | None = None

    def connect(self) -> None:
        """See Session."""
        login = self._login
        self._connection = pymysql.connect(
            unix_socket=unix_socket(login) or None,
            host="127.0.0.1" if login.host == "localhost" else login.host,
            port=login.port or 3306,
            user=login.user,
            password=login.password,
            database=login.name,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=self._statement_seconds + _GRACE_SECONDS,
        )
        server: str = self._connection.get_server_info()  # type: ignore[no-untyped-call]
        for statement in self._opening(server):
            self._execute(statement, ())

    def _opening(self, server: str) -> Sequence[str]:
        limit = (
            f"max_statement_time = {self._statement_seconds}"
            if "MariaDB" in server
            else f"max_execution_time = {self._statement_seconds * 1000}"
        )
        return (
            f"SET SESSION {limit}",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        )

    def select(self, sql: str, values: Sequence[Any]) -> list[Values]:
        """See Session."""
        return self._execute(sql.replace("?", "%s"), values)

    def _execute(self, sql: str, values: Sequence[Any]) -> list[Values]:
        assert self._connection is not None  # noqa: S101 - connect() came first
        with self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(values))
            return list(cursor.fetchall())

    def quoted(self, table: str) -> str:
        """See Session."""
        return f"`{table}`"

    def digest(self, column: str, *more: str) -> str:
        """See Session."""
        row = f"MD5(CONCAT_WS(',', {', '.join((column, *more))}))"
        return f"SUM(CAST(CONV(LEFT({row}, 15), 16, 10) AS UNSIGNED))"

    def tables(self) -> Collection[str]:
        """See Session."""
        rows = self.select(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()", ()
        )
        return {str(name) for (name,) in rows}

    def is_closed(self, table: str) -> bool:
        """See Session. MariaDB hides the table; only asking tells it from one that is not there."""
        try:
            self.select(f"SELECT 1 FROM {self.quoted(table)} LIMIT 0", ())
        except pymysql.Error as error:
            return _CODES.get(error.args[0]) is Code.DEVICE_NO_RIGHT
        return False

    def columns(self, tables: Collection[str]) -> Mapping[str, Collection[str]]:
        """See Session."""
        found: dict[str, set[str]] = {table: set() for table in tables}
        marks = ", ".join("?" for _ in tables)
        for table, column in self.select(
            "SELECT table_name, column_name FROM information_schema.columns"
            f" WHERE table_schema = DATABASE() AND table_name IN ({marks})",
            tuple(tables),
        ):
            found[str(table)].add(str(column))
        return found

    def may_write(self) -> bool:
        """See Session. Asks the privileges of the account, roles excepted.

        An account that may read everything is shown everybody's privileges.
        """
        harmless = "('SELECT', 'USAGE', 'SHOW VIEW', 'SHOW DATABASES', 'PROCESS')"
        ours = f"grantee = {_OURSELVES} AND privilege_type NOT IN {harmless}"
        (row,) = self.select(
            f"SELECT (SELECT COUNT(*) FROM information_schema.user_privileges WHERE {ours})"
            f" + (SELECT COUNT(*) FROM information_schema.schema_privileges WHERE {ours}"
            "   AND DATABASE() LIKE table_schema)"
            f" + (SELECT COUNT(*) FROM information_schema.table_privileges WHERE {ours}"
            "   AND table_schema = DATABASE())",
            (),
        )
        return int(row[0]) > 0

    def explained(self, error: Exception) -> DeviceUnreadable | None:
        """See Session."""
        if isinstance(error, RuntimeError):  # PyMySQL's own, for what it cannot do
            return DeviceUnreadable(Code.DEVICE_UNREADABLE, detail=str(error))
        if not isinstance(error, pymysql.Error | OSError):
            return None
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        text = str(error.args[-1]) if error.args else type(error).__name__
        code = _CODES.get(number, Code.DEVICE_UNREADABLE)
        if any(words in text for words in _NO_SPACE):
            code = Code.DEVICE_DISK_FULL
        return DeviceUnreadable(code, detail=text, database=self._login.name, user=self._login.user)

    def abort(self) -> None:
        """See Session. The socket is PyMySQL's own; it has no name for this."""
        sock = getattr(self._connection, "_sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """See Session."""
        if self._connection is not None and self._connection.open:
            self._connection.close()


def unix_socket(login: Login) -> str:
    """Give the unix socket to use, or nothing for TCP: as PHP, for "localhost" only."""
    if login.socket or login.host not in ("", "localhost"):
        return login.socket if login.host in ("", "localhost") else ""
    return next((path for path in _SOCKETS if Path(path).is_socket()), "")
