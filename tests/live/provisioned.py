"""Brings an online site as provisioned to where the samples can arrive whole."""

from pathlib import Path

import pytest

from tests.live import steps
from tests.live.moodle import LiveMoodle
from tests.system.world import execute

_VILLAGE = {"step": "add profile field", "shortname": "village", "name": "Village",
            "datatype": "text", "visible": 2, "defaultdata": "", "param1": 30}  # fmt: skip
# As `beekeectl check` says.
_QUIET = 'set_config("moodle_enrolcoursewelcomemessage_disable", 1, "message");'


def provide(moodle: LiveMoodle, box: Path, more: str = "") -> None:
    """Add what a box's learners have, and `more` by PHP; date the courses as on the box."""
    if moodle.sql("SELECT count(*) FROM mdl_user") != [["3"]]:
        pytest.fail("The site is not as it was provisioned: bring it back to that first.")
    for function in ("mod_assign_set_user_flags", "core_grading_get_definitions"):
        steps.take(moodle, {"step": "add function", "function": function})
    steps.take(moodle, {"step": "see hidden grades"})
    steps.take(moodle, _VILLAGE)
    moodle.php(f"{steps.BEGIN}{more}")
    moodle.set_modified(dict(execute(box, "SELECT shortname, timemodified FROM mdl_course")))
    moodle.php(f"{steps.BEGIN}{_QUIET} purge_all_caches();")
