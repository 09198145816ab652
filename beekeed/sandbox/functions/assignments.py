"""mod_assign_save_grades: grades with comments, given to an assignment.

The one rule: null, whatever became of them. There is no transaction: what stands before the grade
that fails stays done, what stands behind it is not tried.
"""

import sqlite3

from beekeed.sandbox.access import MODULES_SQL, context_of, enter_activity, require
from beekeed.sandbox.assignment import Sent
from beekeed.sandbox.assignment_grade import read_assignment, save_grade
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.database import one
from beekeed.sandbox.errors import NotBuilt, missing_record, moodle_error
from beekeed.sandbox.standard import MODULE


def save_grades(call: Call, parameters: Parameters) -> None:
    """mod_assign_save_grades: one grade after the other, each for what it is worth.

    `applytoall` is for teams alone. Raises invalidrecord where there is no such assignment,
    requireloginerror where it is not open to the account, nopermissions without mod/assign:grade.
    """
    own = one(call.db, "SELECT * FROM mdl_assign WHERE id = ?", parameters["assignmentid"])
    if own is None:
        raise missing_record("assign", "id", parameters["assignmentid"], "id")
    module = _module(call, own)
    enter_activity(call, module["id"])
    context = context_of(call.db, MODULE, module["id"]) or 0
    for grade in parameters["grades"]:
        require(call, "mod/assign:grade", context)
        save_grade(call, read_assignment(call.db, own, module), _sent(grade))


def _module(call: Call, own: sqlite3.Row) -> sqlite3.Row:
    sql = f"{MODULES_SQL} WHERE m.name = 'assign' AND cm.instance = ? AND cm.course = ?"
    module = one(call.db, sql, own["id"], own["course"])
    if module is None:
        raise moodle_error("invalidmoduleid", f"Invalid module ID: {own['id']}")
    return module


def _sent(grade: Parameters) -> Sent:
    """One grade as it came; NotBuilt where it is more than a number and a comment.

    User 0 is the account itself, an id below it is taken as it is: neither is built.
    """
    more = grade["plugindata"].get("files_filemanager") is not None or grade["advancedgradingdata"]
    if more or (grade["userid"] or 0) <= 0 or grade["attemptnumber"] is None:
        raise NotBuilt("feedback files, advanced grading, or a grade of nobody")
    comment = grade["plugindata"].get("assignfeedbackcomments_editor", {})
    return Sent(
        user=grade["userid"],
        grade=grade["grade"],
        attempt=grade["attemptnumber"],
        add_attempt=bool(grade["addattempt"]),
        state=grade["workflowstate"],
        text=comment.get("text"),
        text_format=comment.get("format"),
    )
