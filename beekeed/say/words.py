"""Single words and short phrases: statuses, kinds, verdicts, phases, and who acts."""

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    # The status of a run.
    "running": "running",
    "stopping": "stopping",
    "stopped": "stopped",
    "completed": "completed",
    "partial": "partly completed",
    "error": "error",
    "skipped": "skipped",
    # What the daemon is doing.
    "idle": "idle",
    "reading": "reading the box's Moodle",
    "contacting": "contacting the online Moodle",
    "matching": "checking courses",
    "sending": "sending",
    # Why a run began.
    "manual": "started by hand",
    "verify": "reading back",
    # Kinds of change.
    "account": "account",
    "enrolment": "enrolment",
    "completion": "activity completion",
    "grade": "activity grade",
    "membership": "group membership",
    "profile": "profile field",
    "change": "change",
    # What the two sides hold.
    "state_0": "not complete",
    "state_1": "complete",
    "state_2": "passed",
    "state_3": "failed",
    "state_4": "failed",
    "enrolment_active": "enrolled",
    "enrolment_until": "enrolled for a time",
    "enrolment_made": "enrolled",
    "enrolment_there": "enrolled",
    "enrolment_left": "left",
    "enrolment_suspended": "suspended",
    "enrolment_removed": "removed",
    "member": "member",
    "there": "there",
    "nothing": "nothing",
    "not_read": "not read before",
    # What cannot be carried.
    "badge": "badge",
    "course_completion": "completed course",
    "password": "password",
    "time": "original time",
    "comment": "comment",
    # What became of them.
    "done": "sent",
    "already": "already online",
    "kept": "left as they are online",
    "refused": "set aside",
    "unsent": "not sent",
    # What became of a question of the guard.
    "asked": "asked",
    "accepted": "accepted",
    "over": "over by itself",
    # What reading back found.
    "found": "found online",
    "missing": "missing online",
    "differs": "different online",
    "unseen": "not seen online",
    # Who should act.
    "teacher": "For the teacher",
    "technician": "For the technician",
    "administrator": "For the administrator of the online Moodle",
    # Steps of the check, and what they found.
    "settings": "settings",
    "database": "the box's Moodle",
    "target": "online Moodle",
    "token": "token",
    "functions": "functions",
    "mail": "mail to learners",
    "courses": "courses",
    "ok": "ok",
    "warning": "warning",
    "failed": "failed",
    "not_tried": "not tried",
}

PLURALS: Mapping[str, str] = {
    "account": "accounts",
    "enrolment": "enrolments",
    "completion": "activity completions",
    "grade": "activity grades",
    "membership": "group memberships",
    "profile": "profile fields",
    "badge": "badges",
    "course_completion": "completed courses",
    "password": "passwords",
    "time": "original times",
    "comment": "comments",
    "change": "changes",
}
"""What is counted, in the plural."""
