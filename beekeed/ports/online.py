"""The online Moodle. Small, so that another adapter than Moodle's core services fits as well."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from beekeed.core.cost import Cost
from beekeed.core.grade import OnlineAssignment, OnlineGrade
from beekeed.core.model import Completion, OnlineActivity, OnlineCourse, OnlinePerson, Reason, Site
from beekeed.core.step import Outcome, Step
from beekeed.errors import BeekeedError


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An account that has an enrolment online: its full name and its roles' shortnames there."""

    online_id: int
    name: str
    roles: tuple[str, ...]


Place = tuple[int, int]
"""A course and an account, by their online ids."""

States = Mapping[int, Completion | None]
"""Completion states by course module id, of what is tracked and shown; None: never set."""


Grades = Mapping[tuple[int, int], OnlineGrade]
"""Grades by course module id and number of the grade item."""

Fields = Mapping[str, str]
"""A profile by field, as `core.profile` names them; empty ones may be left out."""


class OnlineMoodle(Protocol):
    """The online Moodle, through its web services.

    Every method may raise LinkDown, OutcomeUnknown, RemoteRefused (with
    Scope.SITE: the run cannot go on) or RemoteGarbled.
    """

    async def probe(self) -> Site:
        """Ask who it is and what our token may do."""
        ...

    async def courses(self, shortnames: Collection[str]) -> Mapping[str, OnlineCourse]:
        """Look courses up by shortname; those not found are left out."""
        ...

    async def contents(self, course: OnlineCourse) -> Sequence[OnlineActivity]:
        """List a course's activities in the order of sections and in each section."""
        ...

    async def people(self, usernames: Collection[str]) -> Mapping[str, OnlinePerson]:
        """Look accounts up by username; those not found are left out."""
        ...

    async def people_by_id(self, online_ids: Collection[int]) -> Mapping[int, OnlinePerson]:
        """Look accounts up by their online ids; those not found are left out."""
        ...

    async def sees_people(self) -> bool:
        """Tell whether our account may see other people at all.

        Moodle leaves out, without a word, whom it may not see: that must not be
        taken for nobody.
        """
        ...

    def knows_learner_role(self) -> bool:
        """Tell whether the site has shown the number of the learners' role, or it is a guess."""
        ...

    async def enrolled(self, course_online_id: int) -> Mapping[int, Enrolled]:
        """List who has any enrolment in a course, by account id."""
        ...

    async def completions(self, whose: Collection[Place]) -> Mapping[Place, States]:
        """Read accounts' completion states in courses, by course module id."""
        ...

    async def grades(self, whose: Collection[Place]) -> Mapping[Place, Grades]:
        """Read accounts' grades in courses; items where there is no grade are there too."""
        ...

    async def assignments(
        self, course_online_id: int, cmids: Collection[int]
    ) -> Mapping[int, OnlineAssignment]:
        """Read how some of a course's assignments are marked, by course module id.

        Those that our account may not see are left out. Raises RemoteRefused where our
        service cannot grade through assignments.
        """
        ...

    async def groups(self, course_online_id: int) -> Mapping[str, int]:
        """List a course's groups that we may see, by name."""
        ...

    async def memberships(self, course_online_id: int) -> Mapping[int, Collection[int]]:
        """List the groups that we may see of who is enrolled in a course, by account id."""
        ...

    async def make_group(self, course_online_id: int, name: str) -> int | Reason:
        """Make a group by one request; gives its id, or why Moodle refused the name.

        Raises OutcomeUnknown or RemoteGarbled where the answer is lost. A name is there once
        in a course, so that `groups` tells what became of it.
        """
        ...

    async def profiles(self, course_online_id: int) -> Mapping[int, Fields]:
        """Read the profiles of all who are in a course, by account."""
        ...

    async def suspended(self, course_online_id: int) -> Collection[int]:
        """List whose enrolments in a course are all suspended or over."""
        ...

    def fits(self, steps: Sequence[Step], *, apart: bool = False) -> int:
        """Tell how many of some steps, from the first on, one request carries; at least one.

        What it can carry depends on the site, and on how long requests took lately.
        `apart`: each goes in a call of its own.
        """
        ...

    def cost(self, steps: Sequence[Step]) -> Cost:
        """Tell what it will cost to do some steps; asks nobody.

        Their online ids may be made up, of as many digits.
        """
        ...

    async def wait(self, fruitless: int) -> None:
        """Wait until the site may be asked to do something, after trouble; else not at all.

        `fruitless`: how many requests in a row did nothing. Reading waits by itself.
        Raises LinkDown where the site asked to be left alone for longer than a run waits.
        """
        ...

    def is_worth_a_try(self, error: BeekeedError) -> bool:
        """Tell whether to ask again in this run after what was raised last: it may pass."""
        ...

    async def apply(self, steps: Sequence[Step], *, apart: bool = False) -> Sequence[Outcome]:
        """Do steps that fit into one request, up to the first refusal.

        As many outcomes as steps; what was not tried says so. Those of
        Scope.TOGETHER went in one call of which one is refused: they are not
        done, or UNKNOWN, and are to be done `apart`. A lost answer is
        UNKNOWN, never an exception and never a refusal, and so is one that does not tell
        the truth for sure: `settle` does. Raises LinkDown only when surely nothing was
        sent, and RemoteRefused only when surely nothing was done. Never given up before
        its answer came, or must have come.
        """
        ...

    async def settle(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        """Read back what became of steps whose outcome is UNKNOWN; nothing is written.

        DONE, or NOT_TRIED, or KEPT where online holds something else by now; ALREADY where
        that serves as well, or what Moodle had refused is there all the same; REFUSED where
        its answer was a refusal, or a success, and nothing of it is there. What cannot be
        read back for a reason of its own (a deleted course) is NOT_TRIED.
        """
        ...

    def is_silenced(self, steps: Sequence[Step]) -> bool:
        """Tell whether nothing is to be written of steps that `settle` found DONE."""
        ...

    async def silence(self, steps: Sequence[Step]) -> None:
        """Hold back the notices of steps that `settle` found DONE. May be repeated.

        Where Moodle refuses just that, there is nothing to be done about it. Raises what may
        pass, and what refuses us altogether: the steps are open then.
        """
        ...

    async def close(self) -> None:
        """Let the connection go."""
        ...
