"""The program: makes a site, says where it listens, serves until it is told to stop."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from beekeed.sandbox.database import connect

from .client import Caller

_PROGRAM = "import sys; from beekeed.sandbox.online import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The running program with a new site and a token in a file."""
    arguments = ["--database", str(tmp_path / "online.sqlite"), "--create",
                 "--token-file", str(tmp_path / "token")]  # fmt: skip
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


async def test_it_serves_what_another_process_may_change(
    program: subprocess.Popen[str], tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    """One line of JSON when it listens; settings are flipped by SQL; SIGTERM ends it well."""
    assert program.stdout is not None
    address = json.loads(program.stdout.readline())["address"]
    token_file = tmp_path / "token"
    assert token_file.stat().st_mode & 0o777 == 0o600
    call = Caller(session, address, token_file.read_text().strip())
    assert (await call("core_webservice_get_site_info")).body["username"] == "beekeesync"
    with closing(connect(tmp_path / "online.sqlite")) as db:
        db.execute("UPDATE mdl_config SET value = '1' WHERE name = 'maintenance_enabled'")
    assert (await call("core_webservice_get_site_info")).errorcode == "sitemaintenance"
    await session.close()
    program.send_signal(signal.SIGTERM)
    assert program.wait(10) == 0
    assert program.stdout.read() == ""


def test_a_second_one_does_not_overwrite(tmp_path: Path) -> None:
    """--create on an existing file fails and leaves it as it is."""
    path = tmp_path / "online.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE mine (x)")
    command = [sys.executable, "-c", _PROGRAM, "--database", str(path), "--create"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT * FROM mine").fetchall() == []
