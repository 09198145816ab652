"""By which form an assignment is graded: core_grading_get_definitions."""

from tests.live.recorder import Recorder
from tests.live.scripts.more import ASSIGNMENT_CMID, QUIZ_CMID

FUNCTION = "core_grading_get_definitions"


def run(record: Recorder) -> None:
    """Record it without a form, with a method chosen, for what has none, and for nothing."""
    record.step("add function", function=FUNCTION)
    asked = {"cmids": [ASSIGNMENT_CMID], "areaname": "submissions"}
    record("grading: graded directly", FUNCTION, **asked)
    record("grading: again", FUNCTION, **asked)
    record.step("choose grading", cmid=ASSIGNMENT_CMID, method="rubric")
    record("grading: a rubric is chosen", FUNCTION, **asked)
    both = {"cmids": [ASSIGNMENT_CMID, QUIZ_CMID], "areaname": "submissions"}
    record("grading: a quiz as well", FUNCTION, **both)
    record("grading: a missing module", FUNCTION, cmids=[9999], areaname="submissions")
    record("grading: of nothing", FUNCTION, cmids=[], areaname="submissions")
    record("grading: a wrong area", FUNCTION, cmids=[ASSIGNMENT_CMID], areaname="No Area")
    record.step("hide", cmid=ASSIGNMENT_CMID, visible=0)
    record("grading: a hidden assignment", FUNCTION, **asked)
