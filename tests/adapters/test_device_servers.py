"""The box's Moodle on a real MariaDB and a real PostgreSQL: what is sent, and its troubles."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.login import Login
from beekeed.ports.device import DeviceSnapshot
from beekeed.say import language_of
from tests.adapters.test_device import device, learners, open_and_close
from tests.servers import Box, Server, connect, execute

HARMLESS = ("SELECT", "SET", "START TRANSACTION", "BEGIN", "COMMIT", "ROLLBACK")


@pytest.fixture(params=["mariadb", "postgresql"])
def box(request: pytest.FixtureRequest, new_box: Callable[[str, str], Box]) -> Box:
    """A box with a real device's rows, on each kind of server."""
    return new_box(str(request.param), "device-sample")


@pytest.fixture
def server(box: Box) -> Server:
    """The server that it is on."""
    assert box.server is not None
    return box.server


async def read_all(snapshot: DeviceSnapshot) -> None:
    """Ask everything that a run and a check ask."""
    await snapshot.about()
    await snapshot.courses()
    await snapshot.digests()
    for each in (await learners(snapshot)).values():
        await snapshot.enrolments([each.device_id])
        await snapshot.completions([each.device_id])
        await snapshot.grades([each.device_id])


async def code_of(login: Login) -> Code:
    """Which trouble opening a box's database gives; its sentence is whole."""
    with pytest.raises(DeviceUnreadable) as caught:
        await open_and_close(login)
    said = language_of("en").say(caught.value.code, caught.value.params)
    assert "…" not in said.what + said.remedy
    assert said.remedy
    return caught.value.code


async def test_an_account_that_may_only_select_is_enough(box: Box, server: Server) -> None:
    """And nothing warns of it."""
    reader = server.reader(box.login)
    async with device(reader).snapshot() as snapshot:
        await read_all(snapshot)
        assert not (await snapshot.about()).may_write


async def test_others_rights_are_not_taken_for_ours(box: Box, server: Server) -> None:
    """A reader of the whole server is shown everybody's privileges."""
    reader = server.reader(box.login)
    if server.kind == "mariadb":
        execute(box.login, f"GRANT SELECT ON *.* TO {reader.user}@localhost")
    async with device(reader).snapshot() as snapshot:
        assert not (await snapshot.about()).may_write


async def test_a_right_to_write_one_table_is_noticed(box: Box, server: Server) -> None:
    """The check warns of it; the reading goes on."""
    reader = server.reader(box.login)
    whom = f"{reader.user}@localhost" if server.kind == "mariadb" else reader.user
    execute(box.login, f"GRANT UPDATE ON mdl_user TO {whom}")
    async with device(reader).snapshot() as snapshot:
        assert (await snapshot.about()).may_write


async def test_only_selects_settings_and_transactions_are_sent(box: Box, server: Server) -> None:
    """By the server's own log of every statement."""
    server.log_statements()
    async with device(box.login).snapshot() as snapshot:
        await read_all(snapshot)
    sent = [each for each in server.statements() if "general_log" not in each]
    assert len(sent) > 90
    assert [each for each in sent if not each.upper().lstrip().startswith(HARMLESS)] == []
    assert any("READ ONLY" in each.upper() for each in sent)


async def test_the_class_never_waits_for_us(box: Box) -> None:
    """Every table that was read can be written at once while the snapshot is open."""
    async with device(box.login).snapshot() as snapshot:
        await read_all(snapshot)
        limits = ["SET lock_timeout = '1s'"]
        if box.login.kind == "mariadb":
            limits = ["SET lock_wait_timeout = 1", "SET innodb_lock_wait_timeout = 1"]
        with closing(connect(box.login)) as moodle:
            cursor = moodle.cursor()
            for statement in limits:
                cursor.execute(statement)
            for table in ("user", "course", "course_modules_completion", "user_enrolments"):
                cursor.execute(f"UPDATE mdl_{table} SET id = id + 100000 WHERE id > 1")
        assert len(await learners(snapshot)) == 39


async def test_a_question_that_takes_too_long_is_given_up(box: Box) -> None:
    """The server itself ends it: it does not go on when we are gone."""
    sleep = "SLEEP(30)" if box.login.kind == "mariadb" else "pg_sleep(30)"
    async with device(box.login, statement_seconds=1).snapshot() as snapshot:
        with pytest.raises(DeviceUnreadable) as caught:
            await snapshot._worker.select(f"SELECT {sleep} FROM {{course}}")  # type: ignore[attr-defined]
    assert caught.value.code is Code.DEVICE_SLOW


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # PyMySQL's socket
async def test_what_is_wrong_with_the_way_in_is_told_apart(
    box: Box, server: Server, tmp_path: Path
) -> None:
    """Password, account, database, rights, server: each has its own sentence."""
    reader = server.reader(box.login)
    nobody = replace(reader, user="nobody_here")
    assert await code_of(replace(reader, password="wrong")) is Code.DEVICE_REFUSED
    assert await code_of(replace(reader, password="")) is Code.DEVICE_REFUSED
    assert await code_of(nobody) is Code.DEVICE_REFUSED
    assert await code_of(replace(box.login, name="elsewhere")) is Code.DEVICE_NO_DATABASE
    assert await code_of(replace(reader, socket=str(tmp_path / "none"))) is Code.DEVICE_NOT_REACHED
    assert await code_of(replace(reader, prefix="other_")) is Code.DEVICE_NOT_MOODLE


async def test_a_table_that_the_account_may_not_read_is_named(box: Box, server: Server) -> None:
    """Half of the rights are as good as none."""
    reader = server.reader(box.login)
    if server.kind == "mariadb":
        execute(box.login, f"REVOKE SELECT ON {box.login.name}.* FROM {reader.user}@localhost")
        for table in ("config", "user", "course"):
            execute(box.login, f"GRANT SELECT ON mdl_{table} TO {reader.user}@localhost")
    else:
        execute(box.login, f"REVOKE SELECT ON mdl_role FROM {reader.user}")
    assert await code_of(reader) is Code.DEVICE_NOT_MOODLE


async def test_a_table_of_activities_that_is_closed_to_us_is_said(box: Box, server: Server) -> None:
    """A plugin came after the grant: its learners' results must not vanish without a word."""
    reader = server.reader(box.login)
    if server.kind == "mariadb":
        tables = [t for (t,) in execute(box.login, "SHOW TABLES") if t != "mdl_choice"]
        execute(box.login, f"REVOKE SELECT ON {box.login.name}.* FROM {reader.user}@localhost")
        for table in tables:
            execute(box.login, f"GRANT SELECT ON {table} TO {reader.user}@localhost")
    else:
        execute(box.login, f"REVOKE SELECT ON mdl_choice FROM {reader.user}")
    async with device(reader).snapshot() as snapshot:
        with pytest.raises(DeviceUnreadable) as caught:
            await snapshot.courses()
    assert caught.value.code is Code.DEVICE_TABLE_CLOSED
    assert caught.value.params["table"] == "mdl_choice"


async def test_a_server_that_hangs_holds_nobody_up(box: Box, server: Server) -> None:
    """Nor does one that is at work when a stop is asked: the line is cut, and the wait ends."""
    sleep = "SLEEP(30)" if box.login.kind == "mariadb" else "pg_sleep(30)"
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1), device(box.login).snapshot() as snapshot:
            await snapshot._worker.select(f"SELECT {sleep} FROM {{course}}")  # type: ignore[attr-defined]
    assert time.monotonic() - started < 10
    async with device(box.login).snapshot() as snapshot:
        await read_all(snapshot)


async def test_a_column_that_this_moodle_lacks_is_named(box: Box) -> None:
    """In the middle of an upgrade, or another version than we know."""
    box.sql("ALTER TABLE mdl_enrol DROP COLUMN status")
    with pytest.raises(DeviceUnreadable) as caught:
        await open_and_close(box.login)
    assert caught.value.code is Code.DEVICE_TABLE_MISSING
    assert caught.value.params["detail"] == "mdl_enrol.status"


async def test_a_table_that_goes_while_it_is_read_is_one_of_our_errors(box: Box) -> None:
    """A plugin is removed at that moment."""
    async with device(box.login).snapshot() as snapshot:
        with pytest.raises(DeviceUnreadable) as caught:
            await snapshot._worker.select("SELECT id FROM {gone}")  # type: ignore[attr-defined]
    assert caught.value.code is Code.DEVICE_TABLE_MISSING


async def test_a_restart_in_the_middle_of_a_read_is_one_of_our_errors(
    box: Box, server: Server
) -> None:
    """And the next snapshot is whole again."""
    async with device(box.login).snapshot() as snapshot:
        await snapshot.courses()
        server.restart()
        with pytest.raises(DeviceUnreadable) as caught:
            await snapshot.completions([3])
    assert caught.value.code is Code.DEVICE_INTERRUPTED
    async with device(box.login).snapshot() as snapshot:
        await read_all(snapshot)


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A disk with room for nothing, where the server puts what it sorts."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    options = f"size=64k,mode=0777,uid={folder.parent.stat().st_uid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.root
async def test_a_full_disk_is_one_of_our_errors(box: Box, server: Server) -> None:
    """The server cannot sort any more: said as what it is, with what to do."""
    folders = {"mariadb": "tmp", "postgresql": "data/base/pgsql_tmp"}
    many = ("SELECT a.id, b.id, a.timemodified + b.id FROM {course_modules_completion} a,"
            " {course_modules_completion} b ORDER BY 3")  # fmt: skip
    with full_disk(server.folder / folders[server.kind]):
        async with device(box.login).snapshot() as snapshot:
            with pytest.raises(DeviceUnreadable) as caught:
                await snapshot._worker.select(many)  # type: ignore[attr-defined]
    assert caught.value.code is Code.DEVICE_DISK_FULL
