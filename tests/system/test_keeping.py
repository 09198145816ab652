"""A card that loses the daemon's database: it comes back, says so, and doubles nothing."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from beekeed.ctl.exits import Exit
from tests.adapters.test_keeping import damage
from tests.system.test_kill import work_online
from tests.system.world import World, world

GRADES = "SELECT * FROM mdl_grade_grades ORDER BY id"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    """A box of 6 learners that was never synchronized."""
    with world(tmp_path, learners=6) as made:
        yield made


def until_copied(here: World) -> Path:
    """Wait for the copy that is taken after a sync."""
    copy = here.state.with_name(f"{here.state.name}.backup-1")
    for _ in range(200):
        if copy.exists():
            return copy
        time.sleep(0.05)
    raise TimeoutError(copy)


@pytest.mark.parametrize(
    "has_copy",
    [pytest.param(True, id="copy"), pytest.param(False, id="no-copy", marks=pytest.mark.full)],
)
def test_what_was_sent_since_the_copy_is_not_sent_again(here: World, has_copy: bool) -> None:
    """Work is synchronized after the copy was taken, then the power goes and the database with it:
    the month's bytes stay, a technician is told, and the next sync only compares."""
    daemon = here.start_daemon()
    assert here.sync()["status"] == "completed"
    copy = until_copied(here)
    here.on_box("UPDATE mdl_user SET city = 'Kayes' WHERE id > 3")
    here.on_box("UPDATE mdl_course_modules_completion SET timemodified = timemodified + 60")
    assert here.sync()["status"] == "completed"
    before, grades = work_online(here), here.on_online(GRADES)
    spent = here.ctl("usage", "--json").json["current"]["charged_bytes"]
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
    damage(here.state, "middle")
    if not has_copy:
        copy.unlink()
    here.start_daemon()
    status = here.ctl("status", "--json").json
    code = "store_restored" if has_copy else "store_begun_anew"
    assert status["recovery"]["reason"]["code"] == code
    assert "memory card" in " ".join(here.ctl("status").out.split())
    assert here.ctl("usage", "--json").json["current"]["charged_bytes"] >= spent
    if not has_copy:
        assert here.ctl("sync").code != Exit.OK
        assert here.ctl("enable").code == Exit.OK
    assert here.sync()["status"] == "completed"
    assert (work_online(here), here.on_online(GRADES)) == (before, grades)
    assert here.compare().differences == ()
