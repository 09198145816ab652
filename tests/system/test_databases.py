"""The whole way from a box on MariaDB and on PostgreSQL, as its Moodle's config.php names it."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from beekeed.ctl.exits import Exit
from beekeed.moodle.login import Login
from tests.servers import COLUMNS, Server, execute, insert, make_tables
from tests.system.world import World

CONFIG = """<?php
$CFG = new stdClass();
$CFG->dbtype = '{dbtype}';
$CFG->dbhost = 'localhost';
$CFG->dbname = '{name}';
$CFG->dbuser = '{user}';
$CFG->dbpass = 'never used';
$CFG->prefix = 'mdl_';
$CFG->dboptions = ['dbport' => '', 'dbsocket' => '{socket}'];
require_once(__DIR__ . '/lib/setup.php');
"""


@pytest.fixture(params=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest, server_of: Callable[[str], Server]) -> Server:
    """A server of each kind."""
    return server_of(str(request.param))


def copied(box: Path, server: Server) -> Login:
    """Copy a box's SQLite into a new database of a server."""
    login = server.new_database()
    make_tables(login)
    with closing(sqlite3.connect(box)) as db:
        db.row_factory = sqlite3.Row
        for table, facts in COLUMNS.items():
            columns = ", ".join(f'"{column[0]}"' for column in facts["columns"])
            rows = db.execute(f"SELECT {columns} FROM mdl_{table}").fetchall()
            insert(login, table, [dict(row) for row in rows])
    return login


def settings(folder: Path, login: Login) -> dict[str, str]:
    """The settings for a box whose Moodle's config.php names a login; the password is apart."""
    dbtype = {"mariadb": "mariadb", "postgresql": "pgsql"}[login.kind]
    config = folder / "config.php"
    config.write_text(
        CONFIG.format(dbtype=dbtype, name=login.name, user=login.user, socket=login.socket)
    )
    password = folder / "password"
    password.write_text(login.password)
    return {
        "device__path": '""',
        "device__moodle_config": f'"{config}"',
        "device__password_file": f'"{password}"',
    }


def test_everything_arrives_from_a_box_on_a_server(here: World, server: Server) -> None:
    """By the independent comparison; a second sync sends nothing, a third what is new."""
    login = copied(here.box, server)
    reader = server.reader(login)
    here.start_daemon(**settings(here.folder, reader))
    checked = here.ctl("check", "--json").json
    database = next(step for step in checked["steps"] if step["step"] == "database")
    assert database["state"] == "ok"
    assert database["facts"]["learners"] == 12
    assert here.sync()["status"] == "completed"
    assert here.compare().verified
    assert here.sync()["actions"] == []
    ((done,),) = here.on_box(
        "SELECT min(c.id) FROM mdl_course_modules_completion c JOIN mdl_course_modules cm ON"
        " cm.id = c.coursemoduleid JOIN mdl_modules m ON m.id = cm.module"
        " WHERE m.name = 'page' AND c.completionstate = 1"
    )
    for statement in (here.on_box, lambda sql: execute(login, sql)):
        statement(
            "UPDATE mdl_course_modules_completion"
            f" SET completionstate = 0, timemodified = {int(time.time())} WHERE id = {done}"
        )
    (action,) = here.sync()["actions"]
    assert (action["kind"], action["verdict"], action["count"]) == ("completion", "done", 1)
    assert here.compare().verified


def test_the_check_warns_of_an_account_that_may_write(here: World, server: Server) -> None:
    """Named, with what to do; it works all the same."""
    writer = server.reader(copied(here.box, server), "SELECT, UPDATE")
    here.start_daemon(**settings(here.folder, writer))
    said = here.ctl("check")
    assert said.code == 0
    assert "may only SELECT" in " ".join(said.out.split())


def test_a_wrong_password_is_a_sentence_and_everything_waits(here: World, server: Server) -> None:
    """When it is mended, beekeed need not be started again."""
    reader = server.reader(copied(here.box, server))
    options = settings(here.folder, reader)
    (here.folder / "password").write_text("wrong")
    here.start_daemon(**options)
    said = here.ctl("sync", "--wait")
    assert said.code == Exit.BOX
    assert "refused the account" in " ".join(said.out.split())
    assert "wrong" not in here.log()
    (here.folder / "password").write_text(reader.password)
    assert here.sync()["status"] == "completed"
    assert here.compare().verified
