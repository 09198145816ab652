"""A recorded device's work brought to a real online Moodle, and read back through its services."""

from pathlib import Path

import pytest

from tests.live.moodle import LiveMoodle
from tests.sample import fill
from tests.system.world import World, execute
from tests.variety.compare import compare_all, differing

pytestmark = pytest.mark.live


class Sample(World):
    """A world whose box is a recorded device and whose online Moodle is a real one."""

    def __init__(self, folder: Path, moodle: LiveMoodle) -> None:
        super().__init__(folder)
        self.box.unlink()
        fill(self.box, "device-sample")
        self.address = moodle.address
        self.token = moodle.token_file


def test_every_learner_of_the_sample_agrees(tmp_path: Path) -> None:
    """Everything of 39 learners in three courses, where the site has the profile field village."""
    moodle = LiveMoodle()
    here = Sample(tmp_path, moodle)
    try:
        moodle.set_modified(dict(here.on_box("SELECT shortname, timemodified FROM mdl_course")))
        here.start_daemon()
        run = here.sync()
        print(run["actions"], run["sent_bytes"], run["received_bytes"])
        assert run["status"] == "completed", here.ctl("set-aside").out
        compared = compare_all(here, moodle)
        print({kind: each.count for kind, each in compared.items()}, "facts agree")
        assert differing(compared) == {}
        again = here.sync()
        assert again["status"] == "completed"
        assert [a for a in again["actions"] if a["verdict"] != "unsent"] == []
    finally:
        here.end()


def test_names_with_markup_characters_match(tmp_path: Path) -> None:
    """An activity "Reading & writing" and a course "R&D" are the same on both sides."""
    moodle = LiveMoodle()
    here = Sample(tmp_path, moodle)
    name = 'Reading & writing < "easy"'
    (cmid,) = here.on_box(
        "SELECT min(cm.instance) FROM mdl_course_modules cm WHERE course = 2"
        " AND module = (SELECT id FROM mdl_modules WHERE name = 'page')"
    )[0]
    (old,) = here.on_box("SELECT name FROM mdl_page WHERE id = ?", cmid)[0]
    rename = "UPDATE mdl_page SET name = '{}' WHERE name = '{}' AND course ="
    rename += " (SELECT id FROM mdl_course WHERE shortname = 'BK-MATH')"
    try:
        moodle.set_modified(dict(here.on_box("SELECT shortname, timemodified FROM mdl_course")))
        execute(here.box, "UPDATE mdl_page SET name = ? WHERE id = ?", name, cmid)
        here.on_box("UPDATE mdl_course SET shortname = 'R&D' WHERE shortname = 'BK-FR'")
        moodle.sql("UPDATE mdl_course SET shortname = 'R&D' WHERE shortname = 'BK-FR'")
        moodle.sql(rename.format(name, old))
        moodle.sql("UPDATE mdl_course SET cacherev = cacherev + 1")
        here.start_daemon()
        run = here.sync()
        left_out = [course["shortname"] for course in run["courses"] if course["left_out"]]
        assert left_out == []
        assert "R&D" in {course["shortname"] for course in run["courses"]}
    finally:
        moodle.sql("UPDATE mdl_course SET shortname = 'BK-FR' WHERE shortname = 'R&D'")
        moodle.sql(rename.format(old, name))
        moodle.sql("UPDATE mdl_course SET cacherev = cacherev + 1")
        here.end()
