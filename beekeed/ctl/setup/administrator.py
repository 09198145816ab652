"""Runs statements on this machine's database server, as its administrator: root may be that.

No password is on a command line, and none goes to a log of the server's in plain text.
"""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from beekeed.client import Refused
from beekeed.ctl.setup import sql
from beekeed.ctl.setup.files import uninterrupted
from beekeed.moodle.databases.mysql import unix_socket
from beekeed.moodle.login import Login

_PSQL_SECONDS = 60
_CONNECT_SECONDS = 10
_CLIENTS_FILES = ("/root/.my.cnf", "/etc/mysql/debian.cnf")  # where root has a password
_POSTGRES = "postgres"


def make_account(login: Login, owner: str, password: str) -> None:
    """Make the account that only reads, or give it this password. Raises ACCOUNT_NOT_MADE.

    `login`: of Moodle's database, on this machine. `owner`: see sql.for_postgresql.
    """
    with uninterrupted():
        if login.kind == "postgresql":
            statements = sql.for_postgresql(login, owner, sql.scram_verifier(password))
            _in_psql(login, statements)
        else:
            _in_mysql(login, password)


def hosts(login: Login) -> tuple[str, ...]:
    """Tell from where MariaDB or MySQL sees beekeed come: 127.0.0.1 may have no name there."""
    if login.host in ("", "localhost"):
        return ("localhost",)
    return ("localhost", login.host) if login.host in ("127.0.0.1", "::1") else ("%",)


def _in_mysql(login: Login, password: str) -> None:
    import pymysql  # needed here only

    failed: Exception | None = None
    for options in _ways_in(login):
        try:
            connection = pymysql.connect(**options)
        except (pymysql.Error, OSError) as error:
            failed = failed or error
            continue
        try:
            is_mariadb = "MariaDB" in connection.get_server_info()  # type: ignore[no-untyped-call]
            identified = (
                f"PASSWORD '{sql.native_hash(password)}'" if is_mariadb else f"'{password}'"
            )
            with connection.cursor() as cursor:
                for statement in sql.for_mysql(login, hosts(login), identified):
                    cursor.execute(statement)
        except pymysql.Error as error:
            raise _not_made(str(error.args[-1])) from error
        finally:
            connection.close()
        return
    assert failed is not None  # noqa: S101 - there is one way in at least
    raise _not_made(str(failed.args[-1])) from failed


def _ways_in(login: Login) -> Iterator[dict[str, Any]]:
    """Give how root may get in: as root over the socket, else as a file of root's says."""
    socket = unix_socket(replace(login, host="localhost"))
    where: dict[str, Any] = {"unix_socket": socket} if socket else {"host": "127.0.0.1"}
    where |= {"charset": "utf8mb4", "autocommit": True, "connect_timeout": _CONNECT_SECONDS}
    yield where | {"user": "root"}
    for file in _CLIENTS_FILES:
        if Path(file).exists():
            yield where | {"read_default_file": file, "read_default_group": "client"}


def _in_psql(login: Login, statements: Sequence[str]) -> None:
    """Run them in one transaction, read from standard input."""
    words = ["runuser", "-u", _POSTGRES, "--", "psql", "--no-psqlrc", "--quiet", "--no-password",
             "--single-transaction", "--set=ON_ERROR_STOP=1", "--file=-"]  # fmt: skip
    words += [f"--host={login.socket}"] if login.socket else []
    words += [f"--port={login.port}"] if login.port else []
    try:
        done = subprocess.run(  # noqa: S603 - the words are our own
            [*words, f"--dbname={login.name}"],
            input="".join(f"{each};\n" for each in statements),
            capture_output=True,
            text=True,
            check=False,
            timeout=_PSQL_SECONDS,
            cwd="/",  # root's folder is closed to postgres
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        detail = "psql is not there, or did not end"
        raise _not_made(detail) from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        detail = lines[0] if lines else f"psql ended with {done.returncode}"
        raise _not_made(detail)


def _not_made(detail: str) -> Refused:
    return Refused("account_not_made", {"detail": detail.rstrip(".")})
