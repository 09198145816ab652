"""mod_assign_save_grades and mod_assign_set_user_flags: what is kept of learners in an assignment.

The one rule of grades: null, whatever became of them. There is no transaction: what stands before
the grade that fails stays done, what stands behind it is not tried.
"""

import sqlite3

from beekeed.sandbox.access import MODULES_SQL, context_of, enter_activity, require
from beekeed.sandbox.assignment import Sent, flags_of
from beekeed.sandbox.assignment_grade import read_assignment, save_grade
from beekeed.sandbox.call import Call, Parameters
from beekeed.sandbox.database import one
from beekeed.sandbox.errors import NotBuilt, missing_record, moodle_error
from beekeed.sandbox.standard import MODULE


def save_grades(call: Call, parameters: Parameters) -> None:
    """mod_assign_save_grades: one grade after the other, each for what it is worth.

    `applytoall` is for teams alone, and not built for them. Raises invalidrecord where there is no
    such assignment, requireloginerror where it is not open to the account, nopermissions without
    mod/assign:grade.
    """
    own = one(call.db, "SELECT * FROM mdl_assign WHERE id = ?", parameters["assignmentid"])
    if own is None:
        raise missing_record("assign", "id", parameters["assignmentid"], "id")
    module = _module(call, own)
    enter_activity(call, module["id"])
    context = context_of(call.db, MODULE, module["id"]) or 0
    if own["teamsubmission"] and parameters["applytoall"]:
        raise NotBuilt("one grade for a whole team")
    for grade in parameters["grades"]:
        require(call, "mod/assign:grade", context)
        save_grade(call, read_assignment(call.db, own, module), _sent(grade))


_SETTABLE = ("locked", "mailed", "extensionduedate", "workflowstate", "allocatedmarker")


def set_user_flags(call: Call, parameters: Parameters) -> list[dict[str, int]]:
    """mod_assign_set_user_flags: the flags of learners' rows, which are made where there are none.

    Who is not enrolled or does not exist gets some as well. Raises as `save_grades` does.
    """
    own = _enter(call, parameters["assignmentid"])
    answered = []
    for sent in parameters["userflags"]:
        if (sent["userid"] or 0) <= 0:
            raise NotBuilt("flags of nobody")
        kept = flags_of(call.db, own["id"], sent["userid"])
        for name in _SETTABLE:
            if sent.get(name) is not None:
                sql = f"UPDATE mdl_assign_user_flags SET {name} = ? WHERE id = ?"
                call.db.execute(sql, (sent[name], kept["id"]))
        answered.append({"id": kept["id"], "userid": sent["userid"]})
    return answered


def _enter(call: Call, assignment: object) -> sqlite3.Row:
    """The assignment, where it is open to the account and may be graded."""
    own = one(call.db, "SELECT * FROM mdl_assign WHERE id = ?", assignment)
    if own is None:
        raise missing_record("assign", "id", assignment, "id")
    module = _module(call, own)
    enter_activity(call, module["id"])
    require(call, "mod/assign:grade", context_of(call.db, MODULE, module["id"]) or 0)
    return own


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
