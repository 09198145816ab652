"""Our own state, as the engine writes it and the control API reads it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beekeed.core.calendar import UNDATED, Dating
from beekeed.core.change import Differences
from beekeed.core.clocktrust import Moment
from beekeed.core.course import Kept
from beekeed.core.model import (
    Account,
    ActivityKey,
    Bytes,
    Change,
    Charge,
    Course,
    Key,
    Kind,
    Learner,
    OnlineActivity,
    OnlineCourse,
    OnlinePerson,
    Reason,
    Receipt,
    RunStatus,
    Site,
    Uncarried,
)
from beekeed.core.request import EVERYTHING, Period, Wanted
from beekeed.core.step import Outcome, Step
from beekeed.errors import Code


@dataclass(frozen=True, slots=True)
class CourseMatch:
    """What we last knew of a course online. `reason` says why it is left out, if it is.

    `warning`: what is to be said of one that is not left out.
    """

    course_id: int
    online: OnlineCourse | None
    reason: Reason | None
    warning: Reason | None = None


@dataclass(frozen=True, slots=True)
class AsideRow:
    """One change that is set aside, as a person sees it. `holds`: changes that wait for it.

    `part`: the name of its activity, group or profile field. `value`: the box's;
    `online_value`: what online held, where that was read.
    """

    kind: Kind
    username: str
    first_name: str
    last_name: str
    shortname: str | None
    part: str | None
    since: datetime
    holds: int
    reason: Reason
    value: str
    online_value: str | None


@dataclass(frozen=True, slots=True)
class GoneRow:
    """How many results of a course are online and no longer on the box.

    `shortname` is empty for what belongs to no course.
    """

    kind: Kind
    shortname: str
    count: int


class Catalogue(Protocol):
    """The small numbers that our store gives to what lasts."""

    async def number_course(self, course: Course) -> int:
        """Give a course's number."""
        ...

    async def number_activities(
        self, course_id: int, keys: Sequence[ActivityKey]
    ) -> Mapping[ActivityKey, int]:
        """Give the numbers of a course's activities and of their further grade items."""
        ...

    async def number_groups(self, course_id: int, names: Collection[str]) -> Mapping[str, int]:
        """Give the numbers of a course's groups."""
        ...

    async def group_names(self, course_id: int) -> Mapping[int, str]:
        """Give the names of a course's groups by number."""
        ...

    async def number_fields(self, names: Collection[str]) -> Mapping[str, int]:
        """Give the numbers of profile fields."""
        ...

    async def field_names(self) -> Mapping[int, str]:
        """Give the names of all profile fields by number."""
        ...

    async def number_learners(self, learners: Sequence[Learner]) -> Mapping[str, int]:
        """Give learners' numbers by username, noting what changed about them.

        What was set aside for a learner whose record changed is tried again. Who has
        another username than before, in the same row, keeps the number.
        """
        ...

    async def known_learners(self, usernames: Sequence[str]) -> Mapping[str, int]:
        """Give the numbers of those that have one already."""
        ...

    async def learners(self, learner_ids: Collection[int]) -> Mapping[int, Learner]:
        """Give learners as they were last read."""
        ...


class Changes(Protocol):
    """What is pending, and the receipts that it is held against."""

    async def slice(
        self, target_id: int, learner_ids: Collection[int]
    ) -> tuple[dict[Key, Receipt], dict[Key, Change]]:
        """Give the receipts (but those of accounts) and the noted changes of some learners."""
        ...

    async def unchanged(self, target_id: int, marks: Mapping[int, int]) -> Collection[int]:
        """Give those learners who had the same mark when last compared.

        What they did is noted or acknowledged; what is forgotten takes the marks with it.
        """
        ...

    async def note(
        self,
        target_id: int,
        differences: Differences,
        marks: Mapping[int, int],
        now: datetime,
        dating: Dating = UNDATED,
    ) -> None:
        """Write down what comparing a slice found, and the learners' marks.

        Writes nothing where nothing differs. `dating` tells what of it is late; what was
        noted before and was not late then is never late.
        """
        ...

    async def end_reading(
        self, target_id: int, seen: Collection[int], now: datetime, *, compared_all: bool
    ) -> Counter[tuple[Kind, Code]]:
        """Note that the box was read wholly, and which learners are on it.

        What was pending for others is let go, and gives how much that was; what was
        acknowledged for them is gone from the box.
        """
        ...

    async def compared_at(self, target_id: int) -> datetime | None:
        """Tell when every row of the box was last compared."""
        ...

    async def acknowledged_courses(self, target_id: int) -> Collection[int]:
        """Give the courses in which anything was acknowledged."""
        ...

    async def missed(self, target_id: int, keys: Collection[Key]) -> None:
        """Forget receipts of what is missing online: it is pending again, and known as missing."""
        ...

    async def read_at(self, target_id: int) -> datetime | None:
        """Tell when the box was last read wholly."""
        ...

    async def set_aside(self, target_id: int, change: Change, now: datetime) -> None:
        """Note a change as set aside for its `aside` reason, unless it is already."""
        ...

    async def next(
        self,
        target_id: int,
        kind: Kind,
        courses: Collection[int],
        after: Key | None,
        limit: int,
        wanted: Wanted = EVERYTHING,
    ) -> Sequence[Change]:
        """Give the next wanted changes that can be sent, learner by learner.

        Not what is set aside, nor what is held by it, nor the enrolments of who
        left, which only go where results need them.
        """
        ...

    async def pending(self, target_id: int, keys: Collection[Key]) -> Mapping[Key, Change]:
        """Give those of some keys that are pending, with their bases."""
        ...

    async def courses(self, target_id: int, wanted: Wanted = EVERYTHING) -> Collection[int]:
        """Give the courses in which anything wanted is pending."""
        ...

    async def waiting(self, target_id: int) -> int | None:
        """Count what is pending, set aside included; None where that is not known.

        Not before the box was read, nor with a new token of a site that we know:
        what was acknowledged there shows only when the site answers.
        """
        ...

    async def set_aside_count(self, target_id: int) -> int:
        """Count what is set aside."""
        ...

    async def sendable(self, target_id: int, wanted: Wanted = EVERYTHING) -> int:
        """Count what is wanted and a reason to contact the site.

        An account alone is none: it is only sent with what needs it.
        """
        ...

    async def to_send(
        self, target_id: int, courses: Collection[int], wanted: Wanted = EVERYTHING
    ) -> int:
        """Count all that `next` would give in some courses; 0: of profiles."""
        ...

    async def any_of(
        self,
        target_id: int,
        kind: Kind,
        mendable: Collection[Code],
        wanted: Wanted = EVERYTHING,
    ) -> bool:
        """Tell whether anything wanted of a kind is pending, or aside for one of some reasons."""
        ...

    async def troubled(
        self, target_id: int, courses: Collection[int], wanted: Wanted = EVERYTHING
    ) -> bool:
        """Tell whether anything wanted is set aside or in a course not among `courses`."""
        ...

    async def read_again(self, target_id: int, period: Period) -> None:
        """Have what was acknowledged of some days held against the online Moodle again.

        It is pending in this run, with its receipt as base; `drop_again` ends that.
        """
        ...

    async def drop_again(self) -> None:
        """Let go of what was to be read again and was not, but for what was set aside."""
        ...

    async def aside_for(
        self, target_id: int, codes: Collection[Code], courses: Collection[int]
    ) -> Sequence[Change]:
        """Give what is set aside in some courses for one of some reasons."""
        ...

    async def try_again(self, target_id: int, keys: Collection[Key]) -> None:
        """Have some changes tried again that were set aside."""
        ...

    async def retry(self) -> int:
        """Have everything that was set aside tried again; gives how many changes that is."""
        ...

    async def set_aside_list(self, target_id: int) -> Sequence[AsideRow]:
        """List what is set aside, with names: for those who may see them."""
        ...

    async def gone_list(self, target_id: int) -> Sequence[GoneRow]:
        """Count, by kind and course, what is online and no longer on the box."""
        ...


class Targets(Protocol):
    """Where we send: sites, the accounts of our learners there, and the courses there."""

    async def find(self, address: str, token_digest: str) -> int | None:
        """Give the target for an address and a token, or None before their first sync."""
        ...

    async def open(self, address: str, token_digest: str, now: datetime) -> int:
        """Give the target for an address and a token, making it where they are new.

        Asks nobody: until the site answered, a new token's target has no account.
        """
        ...

    async def name(self, target_id: int) -> str:
        """Give the site's own name as it last told it; empty before the first contact."""
        ...

    async def met(self, target_id: int) -> bool:
        """Tell whether the site of a target ever answered."""
        ...

    async def meet(self, target_id: int, site: Site) -> int:
        """Note who answered; gives the target.

        Another than was opened where the service account is one that we know by
        an older token: what was noted for the new token is forgotten then, and
        the box must be read again.
        """
        ...

    async def accounts(self, target_id: int, learner_ids: Collection[int]) -> Mapping[int, Account]:
        """Give the account receipts of some learners."""
        ...

    async def known(self, target_id: int, after: int, limit: int) -> Sequence[int]:
        """List learners with an account online, by their numbers, beginning after one."""
        ...

    async def known_count(self, target_id: int) -> int:
        """Count the learners that `known` lists."""
        ...

    async def longest_unverified(self, target_id: int, limit: int) -> Sequence[int]:
        """List the learners whose receipts were not read back for the longest time."""
        ...

    async def verified(self, target_id: int, learner_ids: Collection[int], now: datetime) -> None:
        """Note that all of some learners was read back."""
        ...

    async def audited_at(self, target_id: int) -> datetime | None:
        """Tell when a sync last read some learners back."""
        ...

    async def audited(self, target_id: int, now: datetime) -> None:
        """Note that a sync read some learners back."""
        ...

    async def renew_account(self, target_id: int, learner_id: int, learner: Learner) -> None:
        """Note the names that a learner who is still the same person has now."""
        ...

    async def name_accounts(self, target_id: int, names: Mapping[int, str]) -> None:
        """Note the full names that the online Moodle shows, by learner."""
        ...

    async def rename_account(self, target_id: int, learner_id: int, username: str) -> None:
        """Note the username that an account has online now."""
        ...

    async def confirmed(self, target_id: int, learner_id: int, learner: Learner) -> int | None:
        """Give the account online that a person confirmed to be a learner's, if one did.

        None as well where the learner has other names or another number since.
        """
        ...

    async def confirm(self, target_id: int, usernames: Collection[str], now: datetime) -> list[str]:
        """Confirm that learners set aside as somebody else are who they seem to be.

        Gives the usernames for which something was waiting for that; they are tried again.
        """
        ...

    async def wrong_role(self, target_id: int) -> int | None:
        """Give the number of a role that turned out not to be the learners', if one did."""
        ...

    async def note_wrong_role(self, target_id: int, role_id: int) -> None:
        """Note that a role of that number is not the learners'."""
        ...

    async def forget_results(self, target_id: int, keys: Collection[Key]) -> None:
        """Drop what was acknowledged of learners who are not enrolled any more in a course.

        `keys`: their enrolments. Moodle deletes their grades and memberships: these are
        pending again.
        """
        ...

    async def forget_account(self, target_id: int, learner_id: int, now: datetime) -> None:
        """Drop an account receipt that is not true any more.

        All that was acknowledged for that account is pending again.
        """
        ...

    async def synchronized(self, target_id: int) -> Mapping[int, int]:
        """Give the courses that were the same online when last checked, with their online ids."""
        ...

    async def found_course(self, target_id: int, match: CourseMatch) -> None:
        """Note a course as found online, or left out.

        Another online course under the old name (recreated) makes everything
        that was acknowledged for the old one pending again; a course that
        changed has what was set aside in it tried again.
        """
        ...

    async def kept_contents(self, target_id: int, course_id: int) -> "KeptContents | None":
        """Give a course's contents as they were last kept; None where they are in doubt."""
        ...

    async def keep_contents(self, target_id: int, course_id: int, contents: "KeptContents") -> None:
        """Keep a course's contents.

        Where they differ from those kept before, what was set aside for an activity's
        sake is tried again.
        """
        ...


@dataclass(frozen=True, slots=True)
class KeptContents:
    """A course's contents online as they were read and matched: by our numbers, where each is."""

    kept: Kept
    activities: Mapping[int, OnlineActivity]


@dataclass(frozen=True, slots=True)
class Adopted:
    """A learner whose account was online already."""

    learner: Learner
    learner_id: int
    online: OnlinePerson


class Journal(Protocol):
    """What is on the wire: intents before, receipts after."""

    async def intend(
        self, run_id: int, target_id: int, steps: Sequence[Step], now: datetime
    ) -> None:
        """Write down what is about to be sent."""
        ...

    async def intents(self, target_id: int) -> Sequence[Step]:
        """Give what was sent and never recorded."""
        ...

    async def intended_at(self, target_id: int) -> datetime | None:
        """Give when the last of that was sent, by the clock of then; None where there is none."""
        ...

    async def record(
        self,
        run_id: int,
        target_id: int,
        outcomes: Sequence[tuple[Step | Change, Outcome]],
        now: datetime,
    ) -> None:
        """Turn outcomes into receipts and set-aside changes, and drop the intents.

        A change without a step is one that needed no call. NOT_TRIED drops the
        intent and leaves the change pending; UNKNOWN leaves both.
        """
        ...

    async def adopt(
        self,
        run_id: int,
        target_id: int,
        adopted: Sequence[Adopted],
        now: datetime,
    ) -> None:
        """Record accounts that were online already and are the same people."""
        ...


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended."""

    status: RunStatus
    reason: Reason | None
    traffic: Bytes
    """Its own."""
    of_line: Bytes
    """Everybody's, on the line that it used."""
    charged_by: Charge
    seconds: float
    waiting: int | None
    set_aside: int | None


@dataclass(frozen=True, slots=True)
class Action:
    """How many changes of a kind had one verdict in a run, and why."""

    kind: Kind
    verdict: str
    reason: Reason | None
    count: int


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that a run did online, as a person sees it.

    `before`: what online held, None where it was not read; `after`: what it holds since.
    """

    kind: Kind
    username: str
    first_name: str
    last_name: str
    shortname: str | None
    part: str | None
    before: str | None
    after: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RunCourse:
    """A course in a run: synchronized, perhaps with a warning, or left out for a reason."""

    shortname: str
    fullname: str
    left_out: Reason | None
    warning: Reason | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run, without what it did."""

    event_id: str
    cause: str
    status: RunStatus
    started_at: datetime
    ended_at: datetime | None
    traffic: Bytes
    """Its own."""
    of_line: Bytes
    """Everybody's, on the line that it used."""
    charged_by: Charge
    seconds: int | None
    waiting: int | None
    set_aside: int | None
    reason: Reason | None
    period: Period | None = None
    """The days that it was for; None: all."""
    saved_days: int = 0
    """Of how many days it brought something online."""
    saved_events: int = 0
    """How many changes it brought online, or found there for the first time."""
    clock_trusted: bool = True
    """Whether the box knew the time when it began and ended, as far as anybody knows now."""


@dataclass(frozen=True, slots=True)
class RunDetails:
    """One run with what it did."""

    run: Run
    actions: Sequence[Action]
    courses: Sequence[RunCourse]
    uncarried: Mapping[Uncarried, int]


@dataclass(frozen=True, slots=True)
class RunTally:
    """How many runs ended with each status; `completed_at`: when the latest that completed did."""

    ended: Mapping[RunStatus, int]
    completed_at: datetime | None


class History(Protocol):
    """The runs."""

    async def begin(self, cause: str, now: Moment, period: Period | None = None) -> tuple[int, str]:
        """Open a run for some days, or for all; gives its number and its Sync Event ID."""
        ...

    async def course(self, run_id: int, match: CourseMatch) -> None:
        """Note a course as synchronized in a run, or left out with its reason."""
        ...

    async def unsent(self, run_id: int, kind: Kind, reason: Reason, count: int) -> None:
        """Note that a run found so many facts of a kind that are never sent."""
        ...

    async def uncarried(self, run_id: int, counts: Mapping[Uncarried, int]) -> None:
        """Note how much of what cannot be carried a run found; what it noted before stays."""
        ...

    async def found(self, run_id: int, actions: Sequence[Action]) -> None:
        """Note what a run found by reading back."""
        ...

    async def end(self, run_id: int, target_id: int, ending: Ending, now: Moment) -> None:
        """Close a run."""
        ...

    async def put_right(self, now: Moment) -> None:
        """See ports.Timed: when the runs of this boot began and ended."""
        ...

    async def close_interrupted(self, now: datetime) -> int:
        """End the runs that a power cut or a kill left open; gives how many there were."""
        ...

    async def trouble_since(self, moment: datetime | None) -> Code | None:
        """Tell why the last run, but for skipped ones, ended in error; not before a moment."""
        ...

    async def recent(self, limit: int, offset: int = 0, *, skipped: bool = True) -> Sequence[Run]:
        """List runs, newest first; of those that were skipped, one for each reason and day.

        `skipped` False: none of those.
        """
        ...

    async def latest(self) -> Run | None:
        """Give the latest run that ended and was not skipped, or None."""
        ...

    async def count(self, *, skipped: bool = True) -> int:
        """Count the runs that `recent` lists."""
        ...

    async def tally(self) -> RunTally:
        """Count the runs that ended."""
        ...

    async def done(self, event_id: str, limit: int | None = None) -> Sequence[Done]:
        """List all that a run did online, with names: for those who may see them.

        `limit`: no more than so many.
        """
        ...

    async def details(self, event_id: str) -> RunDetails | None:
        """Give one run with what it did, or None where there is no such run."""
        ...
