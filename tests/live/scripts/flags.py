"""How an assignment's notices are held back: mod_assign_set_user_flags."""

from typing import Any

from tests.live.recorder import Recorder
from tests.live.scripts.more import ASSIGNMENT, make

FUNCTION = "mod_assign_set_user_flags"


def run(record: Recorder) -> None:
    """Record it after a grade, without one, for nobody, and where it may not be called."""
    record("flags: the function is not in the service", FUNCTION, **_flags(3, mailed=1))
    record.step("add function", function=FUNCTION)
    one, other = make(record, "fanta", "fily")
    record("flags: a grade", "mod_assign_save_grades", **_grade(one))
    record("flags: told already", FUNCTION, **_flags(one, mailed=1))
    record("flags: told already, again", FUNCTION, **_flags(one, mailed=1))
    record("flags: of who has none yet", FUNCTION, **_flags(other, mailed=1))
    record("flags: without any", FUNCTION, **_flags(other))
    record("flags: a missing user", FUNCTION, **_flags(99999, mailed=1))
    record("flags: of nobody", FUNCTION, assignmentid=ASSIGNMENT, userflags=[])
    missing = {"assignmentid": 9999, "userflags": [{"userid": one, "mailed": 1}]}
    record("flags: a missing assignment", FUNCTION, **missing)
    record("flags: all that can be set", FUNCTION, **_flags(
        other, mailed=2, locked=1, extensionduedate=1795326000, workflowstate="released",
        allocatedmarker=2,
    ))  # fmt: skip


def _flags(user: int, **flags: Any) -> dict[str, Any]:
    return {"assignmentid": ASSIGNMENT, "userflags": [{"userid": user, **flags}]}


def _grade(user: int) -> dict[str, Any]:
    comment = {"assignfeedbackcomments_editor": {"text": "Bien", "format": 1}}
    grade = {
        "userid": user, "grade": 70, "attemptnumber": -1, "addattempt": 0, "workflowstate": "",
        "plugindata": comment,
    }  # fmt: skip
    return {"assignmentid": ASSIGNMENT, "applytoall": 0, "grades": [grade]}
