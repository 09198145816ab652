"""The nouns: people, courses and activities on either side, and what we keep of them.

Device ids (`device_id`, `cmid`) never outlive one reading of the box; online
ids (`online_id`, `online_cmid`) never outlive one target. What lasts is the
username, the course's shortname and the activity's key. Our own store gives
each of these a small number (`learner_id`, `course_id`, `part_id`).
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from beekeed.errors import Code, Param

_PLAIN = 2  # FORMAT_PLAIN
_MARKUP = re.compile(r"<[^>]*>")
_SHOWN = re.compile(r"<(img|audio|video|object|embed|iframe|svg|math|hr)\b", re.IGNORECASE)
_SHOWS_FILE = re.compile(r"<[^>]*@@PLUGINFILE@@[^>]*>|@@PLUGINFILE@@\S*")


class Kind(StrEnum):
    """The kinds of change (features.md, Words)."""

    ACCOUNT = "account"
    ENROLMENT = "enrolment"
    COMPLETION = "completion"
    GRADE = "grade"
    MEMBERSHIP = "membership"
    PROFILE = "profile"


class Uncarried(StrEnum):
    """What learners have on the box and Moodle's core services cannot carry.

    Counted in each run, so that nobody believes it to be online.
    """

    BADGE = "badge"
    COURSE_COMPLETION = "course_completion"
    """Online, Moodle computes it from the activities."""
    PASSWORD = "password"  # noqa: S105 - a name, not a secret
    TIME = "time"
    """When a completion or a grade happened: the online Moodle stamps its own time."""
    COMMENT = "comment"
    """A teacher's comment on a grade that goes to the gradebook, which drops it."""


class Completion(IntEnum):
    """Moodle's completion states (`course_modules_completion.completionstate`)."""

    INCOMPLETE = 0
    COMPLETE = 1
    PASSED = 2
    FAILED = 3
    FAILED_HIDDEN = 4


DONE = frozenset({Completion.COMPLETE, Completion.PASSED})
"""The states that count towards a course completion (Moodle counts 1 and 2, not 3)."""


@dataclass(frozen=True, slots=True)
class Learner:
    """A person on the box, as the box's Moodle has them now."""

    username: str
    first_name: str
    last_name: str
    email: str
    idnumber: str
    city: str
    country: str
    device_id: int
    created_at: datetime | None
    enrolled: bool = True
    """Holds a learner's role in some course now; else only earlier work is left."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further profile fields, as `core.profile` names them."""


@dataclass(frozen=True, slots=True, order=True)
class ActivityKey:
    """What names an activity on both sides and outlasts every id.

    `nth` tells activities of one module type and name in a section apart: 0 is
    the first in the section's order. `item`: of its grade items, Moodle's number (a
    forum has 0 for ratings and 1 for the whole forum).
    """

    section: int
    modname: str
    name: str
    nth: int
    item: int = 0


@dataclass(frozen=True, slots=True)
class GradeItem:
    """A grade item of an activity on the box: by what its grades are measured.

    Of a scale, `highest` is the number of its words.
    """

    number: int
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Comment:
    """A teacher's comment on a grade, as Moodle stores it: its text and that text's format."""

    text: str = ""
    format: int = 1
    """FORMAT_HTML; also 0 (Moodle), 2 (plain) and 4 (Markdown)."""

    @property
    def is_empty(self) -> bool:
        """Whether it says and shows nothing: an editor leaves empty paragraphs behind."""
        if self.format == _PLAIN or _SHOWN.search(self.text):
            return not self.text.strip()
        return not html.unescape(_MARKUP.sub("", self.text)).strip()

    @property
    def has_files(self) -> bool:
        """Whether it shows files that are kept beside it; read online, by an address."""
        return "@@PLUGINFILE@@" in self.text or "pluginfile.php/" in self.text

    def same_as(self, other: "Comment") -> bool:
        """Tell whether both say the same, or both nothing."""
        if self.is_empty or other.is_empty:
            return self.is_empty and other.is_empty
        return self.text.split() == other.text.split()

    def without_files(self) -> "Comment":
        """Give it without what shows files: they cannot be carried."""
        return Comment(_SHOWS_FILE.sub("", self.text), self.format)


NO_COMMENT = Comment()


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity of a course on the box, in its section's order."""

    key: ActivityKey
    device_id: int
    tracked: bool
    items: tuple[GradeItem, ...] = ()

    @property
    def graded(self) -> bool:
        """Whether it has a grade item."""
        return bool(self.items)

    @property
    def counts(self) -> bool:
        """Whether the course check looks for it online (features.md, row 8)."""
        return self.tracked or self.graded


@dataclass(frozen=True, slots=True)
class Course:
    """A course on the box; `activities` in the order of sections and in each section."""

    shortname: str
    fullname: str
    modified_at: int
    """Unix seconds, compared for equality only: a restored course keeps its original's."""
    device_id: int
    activities: tuple[Activity, ...]
    groups: tuple[str, ...] = ()
    """The names of its groups."""


@dataclass(frozen=True, slots=True)
class OnlineActivity:
    """An activity as `core_course_get_contents` shows it, in its section's order.

    `instance`: its number among those of its kind, by which assignments are graded.
    """

    section: int
    modname: str
    name: str
    cmid: int
    tracked: bool
    instance: int = 0


@dataclass(frozen=True, slots=True)
class OnlineCourse:
    """A course as `core_course_get_courses_by_field` shows it.

    The times and the revision are None where the account may not see them (they come only
    with `moodle/course:update`). `revision` is another number whenever anything of the
    course's activities and sections changed.
    """

    shortname: str
    online_id: int
    created_at: int | None
    modified_at: int | None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class OnlinePerson:
    """An account as `core_user_get_users_by_field` shows it."""

    username: str
    online_id: int
    first_name: str
    last_name: str
    idnumber: str


@dataclass(frozen=True, slots=True)
class Site:
    """What the online Moodle said of itself, and which functions our token lacks."""

    name: str
    account: str
    release: str
    missing: tuple[str, ...]
    """Functions without which nothing can be sent."""
    wanted: tuple[str, ...]
    """Functions without which some work waits, or costs more."""
    more: tuple[str, ...] = ()
    """Functions that our token may call and beekeed never does."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a change or a receipt is about. 0 stands for "none".

    `part_id`: which activity (with its item), which group, or which profile field.
    """

    kind: Kind
    course_id: int
    part_id: int
    learner_id: int


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the box says of one learner.

    `value`: a completion's state ("0" to "4"); a grade as `core.grade.value`; for an
    enrolment "active", "suspended", "until:" and Unix seconds, "left" for who left
    before it was ever sent, or "removed" for one of ours that is to be suspended;
    "exists" for an account, "member" for a membership; what a profile field holds.
    """

    key: Key
    value: str
    happened_at: datetime | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the online Moodle acknowledged: the box's value then, and what online held.

    Of an enrolment, `online_value` is "made" where we made it, "suspended" where we
    suspended it since, or made it so because the box had it no more; else "there".
    `gone`: the box no longer has the row. The online Moodle keeps it.
    """

    key: Key
    value: str
    online_value: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A code and the parameters of its sentence."""

    code: Code
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that the online Moodle has not acknowledged.

    `first_seen_at` is None until it is noted. `base` is what online acknowledged
    before, where this is an edit. `aside` is why it was set aside, where it was. `met`: what
    online held before a grade was sent that somebody there may have replaced before we knew
    that it had arrived (no base is); empty: none.
    """

    key: Key
    value: str
    happened_at: datetime | None
    first_seen_at: datetime | None = None
    base: Receipt | None = None
    aside: Reason | None = None
    met: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The receipt of an account: who our learner is online, and who they were here.

    The names are the box's at the time; they tell whether a username is still
    the same person (features.md, row 16). `online_name` is the full name that the
    online Moodle showed last, empty before; it tells whether the number still is.
    """

    learner_id: int
    username: str
    online_id: int
    made_by_us: bool
    first_name: str
    last_name: str
    idnumber: str
    device_id: int
    online_name: str = ""


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes up and down, seen from the box."""

    sent: int = 0
    received: int = 0

    def __add__(self, other: "Bytes") -> "Bytes":
        return Bytes(self.sent + other.sent, self.received + other.received)

    def __sub__(self, other: "Bytes") -> "Bytes":
        return Bytes(self.sent - other.sent, self.received - other.received)


class Charge(StrEnum):
    """What a run's own bytes were told by."""

    SYNC = "sync"
    """What the kernel counted for each of its connections."""
    LINE = "line"
    """The interface's counters: everybody's bytes."""


class Category(StrEnum):
    """What bytes are spent for (features.md, row 6)."""

    SYNC = "sync"
    CHECK = "check"
    """Whether the online Moodle can be reached, and `beekeectl check`."""
    MAIL = "mail"


class RunStatus(StrEnum):
    """How a run stands (features.md, Words)."""

    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    COMPLETED = "completed"
    PARTIAL = "partial"
    ERROR = "error"
    SKIPPED = "skipped"
