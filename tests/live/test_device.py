"""A real device's Moodle, on MariaDB or PostgreSQL, synchronized to a real online one.

BEEKEED_LIVE_DEVICE names the device's config.php, beside what tests/live/moodle.py needs. The
device has the courses of the online site, restored from its backups, and learners' work.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beekeed.ctl.exits import Exit
from beekeed.moodle.login import Login, complete
from tests.live.moodle import LiveMoodle
from tests.servers import execute
from tests.system.world import World
from tests.variety.compare import compare_all, differing

pytestmark = [pytest.mark.live, pytest.mark.live_device]


class Device(World):
    """A world whose box is a real device and whose online Moodle is a real one."""

    def __init__(self, folder: Path, moodle: LiveMoodle) -> None:
        super().__init__(folder)
        self.box.unlink()
        self.config = Path(os.environ["BEEKEED_LIVE_DEVICE"])
        self.login = complete(Login(), self.config)
        self.address = moodle.address
        self.token = moodle.token_file

    def on_box(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run SQL in the device's database."""
        return execute(self.login, sql.replace("mdl_", self.login.prefix), *values)

    def start(self) -> None:
        """Start the daemon on the device's own config.php."""
        self.start_daemon(device__path='""', device__moodle_config=f'"{self.config}"')


def test_a_real_device_arrives_whole(tmp_path: Path) -> None:
    """Every account, enrolment and completion, by both Moodles' own words; then nothing more."""
    moodle = LiveMoodle()
    here = Device(tmp_path, moodle)
    try:
        moodle.set_modified(dict(here.on_box("SELECT shortname, timemodified FROM mdl_course")))
        here.start()
        checked = here.ctl("check")
        print(checked.out)
        assert checked.code == 0
        run = here.sync()
        print(run["actions"])
        assert run["status"] == "completed", here.ctl("set-aside").out
        compared = compare_all(here, moodle)
        counts = {kind: each.count for kind, each in compared.items()}
        print(f"{here.login.kind}: {counts} facts agree")
        assert differing(compared) == {}
        again = here.sync()
        assert [a for a in again["actions"] if a["verdict"] != "unsent"] == []
        assert again["sent_bytes"] == 0
    finally:
        here.end()


def test_a_wrong_password_is_a_sentence(tmp_path: Path) -> None:
    """From a real server, through the daemon, to the terminal."""
    here = Device(tmp_path, LiveMoodle())
    secret = tmp_path / "password"
    secret.write_text("wrong")
    try:
        here.start_daemon(
            device__path='""',
            device__moodle_config=f'"{here.config}"',
            device__password_file=f'"{secret}"',
        )
        said = here.ctl("sync", "--wait")
        assert said.code == Exit.BOX
        assert "refused the account" in " ".join(said.out.split())
        assert here.login.password not in here.log() + said.out
        assert replace(here.login, password="").user in said.out
    finally:
        here.end()
