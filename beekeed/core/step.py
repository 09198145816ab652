"""Steps: one thing to do online, and what became of it.

`before` of a step is what online held, where that was read first; None where not.
"""

from dataclasses import dataclass
from enum import StrEnum

from beekeed.core.model import NO_COMMENT, Change, Comment, Completion, Learner, Reason


class Verdict(StrEnum):
    """What became of one step."""

    DONE = "done"
    """The call changed it online."""
    ALREADY = "already"
    """It was there online before we sent anything."""
    KEPT = "kept"
    """Online holds something else that stays; listed."""
    REFUSED = "refused"
    UNSENT = "unsent"
    """On the box, but nothing that is ever sent; counted so that nobody misses it."""
    NOT_TRIED = "not_tried"
    UNKNOWN = "unknown"
    """Sent, and no answer that can be read."""


class Scope(StrEnum):
    """How far a refusal reaches: what need not be tried again in this run."""

    CHANGE = "change"
    TOGETHER = "together"
    """One of several changes that went in one call: alone, each shows whether it is the one."""
    LEARNER = "learner"
    ACTIVITY = "activity"
    COURSE = "course"
    RIGHT = "right"
    """Our own account may not do this in the course: it waits, and nobody is set aside for it."""
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step, what online holds now, and why where it is not done."""

    verdict: Verdict
    online_value: str = ""
    reason: Reason | None = None
    scope: Scope = Scope.CHANGE


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """Make an online account for a learner; the outcome's `online_value` is its id."""

    change: Change
    learner: Learner
    username: str
    """The online one: the box's with the setting's prefix."""


@dataclass(frozen=True, slots=True)
class Enrol:
    """Enrol an account as a learner; again, to suspend an enrolment or make it active."""

    change: Change
    online_id: int
    course_online_id: int
    suspended: bool
    ends_at: int
    """Unix seconds; 0: never."""
    before: str | None = None

    @property
    def made(self) -> str:
        """What its receipt says of online: ours, and whether it is we who suspended it."""
        return "suspended" if self.change.value in ("left", "removed") else "made"


@dataclass(frozen=True, slots=True)
class Complete:
    """Set an activity complete or incomplete (`state` 1 or 0)."""

    change: Change
    online_id: int
    course_online_id: int
    cmid: int
    state: Completion
    before: str | None = None


@dataclass(frozen=True, slots=True)
class SetGrade:
    """Set a learner's grade in an item of an activity; the change's value is the grade.

    `assignment`: the instance of the assignment through which it goes, with the comment
    that it will have then; 0: it goes to the gradebook.
    """

    change: Change
    online_id: int
    course_online_id: int
    cmid: int
    modname: str
    item: int
    assignment: int = 0
    comment: Comment = NO_COMMENT
    keeps_comment: bool = False
    """The comment is a teacher's online, and not the box's."""
    before: str | None = None


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """Make an account a member of a group."""

    change: Change
    online_id: int
    course_online_id: int
    group_online_id: int


@dataclass(frozen=True, slots=True)
class EditProfile:
    """Set one field of an account's profile to the change's value.

    `name`: Moodle's name of the field; of a custom one as `core.profile.custom_name`.
    `course_online_id`: a course in which the account's profile can be read.
    """

    change: Change
    online_id: int
    course_online_id: int
    name: str
    before: str | None = None


Step = CreateAccount | Enrol | Complete | SetGrade | JoinGroup | EditProfile
"""One thing to do online: a change with the online ids that it needs.

It carries the change itself, so that a receipt says what was sent, whatever the
box has come to say since.
"""
