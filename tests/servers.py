"""Real database servers for a box's Moodle, each in a folder of its own and on a socket only.

Moodle's tables are made with the column types that its installer gives them
(tests/data/moodle-4.5.6/columns.json). One server of a kind serves all tests.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pymysql

from beekeed.moodle.login import Login
from tests.sample import SAMPLES

COLUMNS: dict[str, dict[str, Any]] = json.loads((SAMPLES / "moodle-4.5.6/columns.json").read_text())
_START_SECONDS = 60
# Two tables that the recorded 40 are without: by Moodle's lib/db/install.xml.
COLUMNS |= {
    "config": {
        "columns": [
            ["id", "bigint(10)", "bigint", False, None],
            ["name", "varchar(255)", "varchar(255)", False, ""],
            ["value", "longtext", "text", False, None],
        ],
        "indexes": [[True, ["name"]]],
    },
    "scale": {
        "columns": [
            ["id", "bigint(10)", "bigint", False, None],
            ["courseid", "bigint(10)", "bigint", False, "0"],
            ["userid", "bigint(10)", "bigint", False, "0"],
            ["name", "varchar(255)", "varchar(255)", False, ""],
            ["scale", "longtext", "text", False, None],
            ["description", "longtext", "text", False, None],
            ["descriptionformat", "tinyint(2)", "smallint", False, "0"],
            ["timemodified", "bigint(10)", "bigint", False, "0"],
        ],
        "indexes": [[False, ["courseid"]]],
    },
}
KINDS = ("sqlite", "mariadb", "postgresql")


class Server:
    """One running database server; `admin` logs in with every right."""

    kind = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self._samples: dict[str, Login] = {}

    @property
    def admin(self) -> Login:
        """How its administrator logs in."""
        raise NotImplementedError

    @property
    def socket(self) -> str:
        """The file of its unix socket."""
        raise NotImplementedError

    @property
    def log(self) -> Path:
        """Where every statement is written, once `log_statements` was called."""
        return self.folder / "statements.log"

    def start(self) -> None:
        """Start it and wait until it answers."""
        raise NotImplementedError

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, by its id."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(_START_SECONDS)
            self.process = None

    def restart(self) -> None:
        """End it at once, as a power cut or an upgrade would, and start it again."""
        self.stop(signal.SIGKILL)
        self.start()

    def new_database(self, options: str = "") -> Login:
        """Make an empty database; gives the administrator's way into it."""
        self._databases += 1
        name = f"box{self._databases}"
        execute(self.admin, f"CREATE DATABASE {name} {options}")
        return replace(self.admin, name=name)

    def copy_of(self, sample: str) -> Login:
        """Make a database with a sample; it is read once and copied from then on."""
        if sample not in self._samples:
            self._samples[sample] = self.new_database()
            fill(self._samples[sample], sample)
        return self._copy(self._samples[sample])

    def _copy(self, original: Login) -> Login:
        raise NotImplementedError

    def reader(self, login: Login, rights: str = "SELECT") -> Login:
        """Make an account that may only SELECT in a database, or what is told."""
        raise NotImplementedError

    def log_statements(self) -> None:
        """Have every statement written to the log from now on."""
        raise NotImplementedError

    def statements(self) -> list[str]:
        """What was sent since, a statement each."""
        raise NotImplementedError

    def _await(self, command: Sequence[str]) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(self.socket)
                execute(self.admin, "SELECT 1")
            except (OSError, pymysql.Error, psycopg.Error):
                server_log = self.folder / "server.log"
                assert self.process.poll() is None, server_log.read_text("utf-8", "replace")
                assert time.monotonic() < deadline, server_log.read_text("utf-8", "replace")
                time.sleep(0.05)
            else:
                return


class Mariadb(Server):
    """MariaDB, as Debian has it."""

    kind = "mariadb"

    @property
    def socket(self) -> str:
        """See Server."""
        return str(self.folder / "mysqld.sock")

    @property
    def admin(self) -> Login:
        """See Server."""
        return Login(
            kind="mariadb", socket=self.socket, host="localhost", user="root", prefix="mdl_"
        )

    def start(self) -> None:
        """See Server."""
        data = self.folder / "data"
        own = ["--user=root"] if os.geteuid() == 0 else []
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        if not data.exists():
            subprocess.run(
                ["mariadb-install-db", "--no-defaults", "--force",  # no name need be looked up
                 f"--datadir={data}", "--skip-test-db",
                 "--auth-root-authentication-method=normal",
                 f"--tmpdir={temporary}",  # it deletes what others have in theirs
                 *own],
                check=True, capture_output=True,
            )  # fmt: skip
        self._await(
            ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self.admin.socket}",
             "--skip-networking", f"--pid-file={self.folder / 'pid'}",
             f"--general-log-file={self.log}", f"--tmpdir={temporary}",
             "--innodb-flush-log-at-trx-commit=0",
             "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=128M", *own],
        )  # fmt: skip

    def reader(self, login: Login, rights: str = "SELECT") -> Login:
        """See Server."""
        user = f"reader_{login.name}"
        execute(login, f"CREATE USER {user}@localhost IDENTIFIED BY 'read''er'")
        execute(login, f"GRANT {rights} ON {login.name}.* TO {user}@localhost")
        return replace(login, user=user, password="read'er")

    def _copy(self, original: Login) -> Login:
        copy = self.new_database()
        connection = connect(copy)
        cursor = connection.cursor()
        cursor.execute(f"SHOW TABLES FROM {original.name}")
        for (table,) in cursor.fetchall():
            cursor.execute(f"CREATE TABLE {table} LIKE {original.name}.{table}")
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {original.name}.{table}")
        connection.close()
        return copy

    def log_statements(self) -> None:
        """See Server."""
        self.log.write_text("")
        execute(self.admin, "SET GLOBAL general_log = 1")

    def statements(self) -> list[str]:
        """See Server."""
        execute(self.admin, "SET GLOBAL general_log = 0")
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return [line.partition("Query\t")[2] for line in lines if "Query\t" in line]


class Postgresql(Server):
    """PostgreSQL, as Debian has it. It never runs as root: then as the user postgres."""

    kind = "postgresql"

    @property
    def socket(self) -> str:
        """See Server."""
        return str(self.folder / ".s.PGSQL.5432")

    @property
    def admin(self) -> Login:
        """See Server."""
        return Login(
            kind="postgresql", socket=str(self.folder), user="postgres", name="postgres",
            prefix="mdl_",
        )  # fmt: skip

    def start(self) -> None:
        """See Server."""
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        data = self.folder / "data"
        own = []
        if os.geteuid() == 0:
            own = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres")
        if not data.exists():
            subprocess.run(
                [*own, str(programs / "initdb"), "--username=postgres", "--auth-local=trust",
                 "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", str(data)],
                check=True, capture_output=True, cwd="/",
            )  # fmt: skip
            (data / "pg_hba.conf").write_text(
                "local all postgres trust\nlocal all all scram-sha-256\n"
            )
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "logging_collector": "off",
        }
        self._await(
            [*own, str(programs / "postgres"), "-D", str(data)]
            + [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        )

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """See Server. SIGINT is PostgreSQL's fast shutdown; SIGQUIT its immediate one."""
        super().stop(signal.SIGQUIT if how is signal.SIGKILL else how)

    def reader(self, login: Login, rights: str = "SELECT") -> Login:
        """See Server."""
        user = f"reader_{login.name}"
        execute(login, f"CREATE ROLE {user} LOGIN PASSWORD 'read''er'")
        execute(login, f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {user}")
        return replace(login, user=user, password="read'er")

    def _copy(self, original: Login) -> Login:
        return self.new_database(f"TEMPLATE {original.name}")

    def log_statements(self) -> None:
        """See Server."""
        self.log.write_text((self.folder / "server.log").read_text())
        execute(self.admin, "ALTER SYSTEM SET log_statement = 'all'")
        execute(self.admin, "SELECT pg_reload_conf()")
        time.sleep(0.3)  # the server says nowhere when all its processes know

    def statements(self) -> list[str]:
        """See Server."""
        before = len(self.log.read_text())
        execute(self.admin, "ALTER SYSTEM SET log_statement = 'none'")
        execute(self.admin, "SELECT pg_reload_conf()")
        lines = (self.folder / "server.log").read_text()[before:].splitlines()
        words = (line.partition("LOG:  ")[2] for line in lines)
        found = [
            word.partition(": ")[2] for word in words if word.startswith(("statement", "exec"))
        ]
        return [each for each in found if not each.startswith(("ALTER SYSTEM", "SELECT pg_reload"))]


@contextmanager
def running(kind: str) -> Iterator[Server]:
    """Run a server of a kind in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="beekeed-db-"))  # not pytest's: closed to other users
    folder.chmod(0o755)
    server = {"mariadb": Mariadb, "postgresql": Postgresql}[kind](folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def connect(login: Login) -> Any:
    """Open a connection of the driver's own, which commits at once."""
    match login.kind:
        case "mariadb":
            return pymysql.connect(
                unix_socket=login.socket or None, host=login.host, port=login.port,
                user=login.user, password=login.password, database=login.name or None,
                charset="utf8mb4", autocommit=True,
            )  # fmt: skip
        case "postgresql":
            return psycopg.connect(
                host=login.socket or login.host, port=login.port or None, user=login.user,
                password=login.password or None, dbname=login.name, autocommit=True,
            )  # fmt: skip
        case _:
            return sqlite3.connect(login.path, isolation_level=None, timeout=20)


def execute(login: Login, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run one statement, `?` for each value; gives the rows, if it has any."""
    connection = connect(login)
    try:
        cursor = connection.cursor()
        text = sql if login.kind == "sqlite" else sql.replace("?", "%s")
        cursor.execute(text, values) if values else cursor.execute(text)
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def insert(login: Login, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows into a Moodle table, all with the same columns."""
    rows = list(rows)
    if not rows:
        return
    mark = "?" if login.kind == "sqlite" else "%s"
    columns = ", ".join(_quote(login)(name) for name in rows[0])
    marks = ", ".join(mark for _ in rows[0])
    statement = f"INSERT INTO {_quote(login)(login.prefix + table)} ({columns}) VALUES ({marks})"
    connection = connect(login)
    try:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        cursor.executemany(statement, [tuple(row.values()) for row in rows])
        cursor.execute("COMMIT")
    finally:
        connection.close()


def _quote(login: Login) -> Callable[[str], str]:
    return (lambda name: f"`{name}`") if login.kind == "mariadb" else (lambda name: f'"{name}"')


def make_tables(login: Login) -> None:
    """Make Moodle's tables, empty, as its installer makes them on this kind of database."""
    connection = connect(login)
    try:
        cursor = connection.cursor()
        for table, facts in COLUMNS.items():
            for statement in _definition(login, f"{login.prefix}{table}", facts):
                cursor.execute(statement)
    finally:
        connection.close()


def _definition(login: Login, table: str, facts: Mapping[str, Any]) -> Iterator[str]:
    quote = _quote(login)
    is_maria = login.kind == "mariadb"
    lines = []
    for name, maria, postgres, nullable, default in facts["columns"]:
        kind = maria if is_maria else postgres
        auto = ""
        if name == "id":
            auto = " AUTO_INCREMENT PRIMARY KEY" if is_maria else " PRIMARY KEY"
        ending = "" if nullable else " NOT NULL"
        ending += f" DEFAULT '{default}'" if default is not None else ""
        lines.append(f"{quote(name)} {kind}{ending}{auto}")
    indexes = [
        (unique, ", ".join(quote(column) for column in columns))
        for unique, columns in facts["indexes"]
    ]
    if is_maria:  # in one statement: each costs it a file
        lines += [f"{'UNIQUE ' if unique else ''}KEY ({names})" for unique, names in indexes]
        ending = " ENGINE=InnoDB CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"
        yield f"CREATE TABLE {quote(table)} ({', '.join(lines)}){ending}"
        return
    yield f"CREATE TABLE {quote(table)} ({', '.join(lines)})"
    for number, (unique, names) in enumerate(indexes):
        named = quote(f"{table}_{number}")
        yield f"CREATE {'UNIQUE ' if unique else ''}INDEX {named} ON {quote(table)} ({names})"


def fill(login: Login, sample: str) -> None:
    """Make a box's tables with every row of a sample (tests/data/<sample>/*.jsonl)."""
    make_tables(login)
    insert(login, "config", [{"id": 1, "name": "release", "value": "4.5.6 (Build: 20250811)"}])
    for file in sorted((SAMPLES / sample).glob("*.jsonl")):
        insert(login, file.stem, map(json.loads, file.read_text("utf-8").splitlines()))


@dataclass(frozen=True)
class Box:
    """A box's database of any kind, for one test."""

    login: Login
    server: Server | None

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement on it, as its Moodle could."""
        return execute(self.login, statement, *values)
