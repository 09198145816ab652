"""Calls the online Moodle's web services: the port OnlineMoodle on Moodle's core functions."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeVar

from beekeed.clock import Clock
from beekeed.core import pace
from beekeed.core.cost import Cost
from beekeed.core.grade import OnlineAssignment
from beekeed.core.model import Key, OnlineActivity, OnlineCourse, OnlinePerson, Reason, Site
from beekeed.core.step import (
    Complete,
    CreateAccount,
    EditProfile,
    Enrol,
    JoinGroup,
    Outcome,
    Scope,
    SetGrade,
    Step,
    Verdict,
)
from beekeed.errors import BeekeedError, Code, RemoteGarbled, RemoteRefused
from beekeed.moodle import answers, functions, refusals, rights, shapes, wire
from beekeed.moodle.calls import Manner
from beekeed.moodle.patience import Patience
from beekeed.moodle.pushing import Pushing
from beekeed.moodle.requests import Requests
from beekeed.moodle.settling import Held, failed_to_write, is_sure, settled
from beekeed.moodle.transport import Transport
from beekeed.ports.online import Enrolled, Fields, Grades, Place, States
from beekeed.ports.rights import Rights

Answer = TypeVar("Answer")

_FIRST_ADMIN = "2"  # whom Moodle's installer makes
_FIRST_COURSE = 1  # its front page, which the installer makes as well
_PLAIN = re.compile(r"[-.@_a-z0-9]+")  # what every Moodle allows in a username
_REPORTS_AT_ONCE = 20  # of 200 grade items each: 2.4 MB raw, far below the longest answer
_PEOPLE_AT_ONCE = 50  # a field each: far below the smallest max_input_vars, PHP's 1000


class MoodleWebServices:
    """See ports.OnlineMoodle, and ports.RightsReader.

    `patience`: shared by all who speak to one site, so that none asks before it may be asked.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        clock: Clock,
        max_input_vars: int,
        learner_role: str,
        learner_role_id: int,
        manner: Callable[[], Manner],
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience(clock=clock)
        self._requests = Requests(
            transport=transport,
            patience=self._patience,
            batch_calls=wire.batch_calls(max_input_vars),
        )
        self._pushing = Pushing(
            requests=self._requests,
            patience=self._patience,
            clock=clock,
            max_input_vars=max_input_vars,
            manner=manner,
            learner_role_id=learner_role_id,
        )
        self._manner = manner
        self._lacking: frozenset[str] = frozenset()
        self._front_page = _FIRST_COURSE
        self._learner_role = learner_role
        self._role_was_seen = False
        self._unsure: dict[Key, Outcome] = {}
        """What was answered to steps of which only reading tells."""
        self._failed: set[Key] = set()
        """What the site's database failed to write once, since we came."""

    async def probe(self) -> Site:
        """See ports.OnlineMoodle.

        How often it failed us before is forgotten, and not what it asked us to wait.
        """
        self._patience.begin()
        self._requests.begin()
        answer = await self._requests.read_one(wire.Call(functions.SITE_INFO, {}))
        info = wire.shaped(answer, shapes.SiteInfo)
        offered = {function.name for function in info.functions}
        lacking = [f for f in functions.FUNCTIONS.values() if f.name not in offered]
        self._lacking = frozenset(f.name for f in lacking)
        self._requests.batches = functions.BATCH in offered
        self._front_page = info.siteid
        return Site(
            name=info.sitename,
            account=info.username,
            release=info.release,
            missing=tuple(f.name for f in lacking if f.required),
            wanted=tuple(f.name for f in lacking if not f.required),
            more=tuple(sorted(offered - functions.FUNCTIONS.keys())),
        )

    async def rights(self, kinds: Collection[str], shortnames: Collection[str]) -> Rights:
        """See ports.RightsReader. One question where all is well; then one for each right."""
        self._need(functions.ASSIGNMENTS)
        wished = [name for needs in rights.needed(kinds) for name in needs]
        lacking = await self._lacks(wished, self._front_page)
        place = self._front_page
        if {*lacking} - rights.OF_SITE:  # its role may be held in a category of courses
            place = await self._one_of(shortnames)
            of_courses = [name for name in lacking if name not in rights.OF_SITE]
            there = {*await self._lacks(of_courses, place)}
            lacking = [name for name in lacking if name in rights.OF_SITE or name in there]
        more = await self._more(place)
        return rights.held_against(kinds, lacking, more)

    async def _one_of(self, shortnames: Collection[str]) -> int:
        """Give one of some courses, or the front page where none is there."""
        found = await self.courses(shortnames)
        return next((course.online_id for course in found.values()), self._front_page)

    async def _more(self, place: int) -> list[str]:
        """Give what our account may do beyond need."""
        lacking = {*await self._lacks_each(rights.BEYOND, place)}
        return [name for name in rights.BEYOND if name not in lacking]

    async def _lacks(self, capabilities: Sequence[str], place: int) -> Sequence[str]:
        """Give those of some capabilities that our account has not; asks for all first."""
        call = rights.question(capabilities, place)
        if rights.has_all(await self._requests.read_one(call)):
            return []
        return await self._lacks_each(capabilities, place)

    async def _lacks_each(self, capabilities: Sequence[str], place: int) -> list[str]:
        calls = [rights.question([name], place) for name in capabilities]
        replies = await self._requests.read_all(calls)
        pairs = zip(capabilities, replies, strict=True)
        return [name for name, reply in pairs if not rights.has_all(reply)]

    def _need(self, *names: str) -> None:
        """Raise RemoteRefused where our service lacks one of some functions."""
        lacking = [name for name in names if name in self._lacking]
        if lacking:
            raise RemoteRefused(Code.FUNCTION_MISSING, function=", ".join(lacking))

    async def close(self) -> None:
        """See ports.OnlineMoodle."""
        self._failed.clear()
        await self._requests.close()

    async def courses(self, shortnames: Collection[str]) -> Mapping[str, OnlineCourse]:
        """See ports.OnlineMoodle."""
        calls = [
            wire.Call(functions.COURSES, {"field": "shortname", "value": shortname})
            for shortname in shortnames
        ]
        found: dict[str, OnlineCourse] = {}
        for answer in await self._requests.read_all(calls):
            for course in wire.shaped(answer, shapes.Courses).courses:
                found[course.shortname] = OnlineCourse(
                    shortname=course.shortname,
                    online_id=course.id,
                    created_at=course.timecreated,
                    modified_at=course.timemodified,
                    revision=course.cacherev,
                )
        return {name: found[name] for name in shortnames if name in found}

    async def contents(self, course: OnlineCourse) -> Sequence[OnlineActivity]:
        """See ports.OnlineMoodle."""
        options = [{"name": "excludecontents", "value": 1}]
        answer = await self._requests.read_one(
            wire.Call(functions.CONTENTS, {"courseid": course.online_id, "options": options})
        )
        return [
            OnlineActivity(
                section=section.section,
                modname=module.modname,
                name=module.name,
                cmid=module.id,
                tracked=module.completion != 0,
                instance=module.instance,
            )
            for section in wire.shaped(answer, list[shapes.Section])
            for module in section.modules
        ]

    async def people(self, usernames: Collection[str]) -> Mapping[str, OnlinePerson]:
        """See ports.OnlineMoodle.

        Moodle refuses a whole request for one name that it would not allow, so
        such names are asked for one by one.
        """
        found = await self._users("username", [n for n in usernames if _PLAIN.fullmatch(n)])
        for name in usernames:
            if not _PLAIN.fullmatch(name):
                found += await self._or_none(self._users("username", [name])) or []
        return {each.username: each for each in found if each.username in usernames}

    async def people_by_id(self, online_ids: Collection[int]) -> Mapping[int, OnlinePerson]:
        """See ports.OnlineMoodle."""
        found = await self._users("id", [str(online_id) for online_id in online_ids])
        return {each.online_id: each for each in found if each.online_id in online_ids}

    async def _users(self, field: str, values: Sequence[str]) -> list[OnlinePerson]:
        users: list[shapes.User] = []
        for start in range(0, len(values), _PEOPLE_AT_ONCE):
            some = values[start : start + _PEOPLE_AT_ONCE]
            call = wire.Call(functions.PEOPLE, {"field": field, "values": some})
            users += wire.shaped(await self._requests.read_one(call), list[shapes.User])
        return [_person(user) for user in users]

    async def sees_people(self) -> bool:
        """See ports.OnlineMoodle. Everybody who may see people sees the first administrator."""
        return bool(await self._users("id", [_FIRST_ADMIN]))

    def knows_learner_role(self) -> bool:
        """See ports.OnlineMoodle."""
        return self._role_was_seen

    async def enrolled(self, course_online_id: int) -> Mapping[int, Enrolled]:
        """See ports.OnlineMoodle.

        Also learns the number of the learner's role on this site, where anybody
        holds it: no function of Moodle's tells it directly.
        """
        participants = await self._participants(course_online_id, {"userfields": "id,roles"})
        for role in (role for participant in participants for role in participant.roles):
            if role.shortname == self._learner_role:
                self._pushing.learner_role_id = role.roleid
                self._role_was_seen = True
        return {
            participant.id: Enrolled(
                participant.id,
                participant.fullname,
                tuple(role.shortname for role in participant.roles),
            )
            for participant in participants
        }

    async def completions(self, whose: Collection[Place]) -> Mapping[Place, States]:
        """See ports.OnlineMoodle."""
        return {
            place: {
                status.cmid: answers.state_of(status.state) if status.is_set else None
                for status in wire.shaped(answer, shapes.Statuses).statuses
            }
            for place, answer in await self._read_places(functions.COMPLETIONS, whose)
        }

    async def grades(self, whose: Collection[Place]) -> Mapping[Place, Grades]:
        """See ports.OnlineMoodle."""
        return {
            place: wire.shaped(answer, shapes.UserGrades).of(place[1])
            for place, answer in await self._read_places(functions.GRADES, whose)
        }

    async def _read_places(
        self, function: str, whose: Collection[Place]
    ) -> list[tuple[Place, wire.Json]]:
        """Ask a function of accounts in courses."""
        places = list(whose)
        calls = [
            wire.Call(function, {"courseid": course, "userid": online_id})
            for course, online_id in places
        ]
        read = await self._requests.read_all(calls, at_once=_REPORTS_AT_ONCE)
        return list(zip(places, read, strict=True))

    async def assignments(
        self, course_online_id: int, cmids: Collection[int]
    ) -> Mapping[int, OnlineAssignment]:
        """See ports.OnlineMoodle."""
        flags = () if self._manner().tells_learners else (functions.ASSIGNMENT_FLAGS,)
        self._need(functions.ASSIGNMENTS, functions.GRADING, functions.GRADE_ASSIGNMENT, *flags)
        listing = {"courseids": [course_online_id], "includenotenrolledcourses": 1}
        forms = {"cmids": sorted(cmids), "areaname": "submissions"}
        listed, areas = await self._requests.read_all(
            [wire.Call(functions.ASSIGNMENTS, listing), wire.Call(functions.GRADING, forms)]
        )
        with_form = wire.shaped(areas, shapes.GradingAreas).with_form()
        return wire.shaped(listed, shapes.Assignments).by_cmid(with_form, cmids)

    async def groups(self, course_online_id: int) -> Mapping[str, int]:
        """See ports.OnlineMoodle."""
        self._need(functions.GROUPS, functions.MAKE_GROUP, functions.JOIN_GROUP)
        call = wire.Call(functions.GROUPS, {"courseid": course_online_id})
        groups = wire.shaped(await self._requests.read_one(call), list[shapes.Group])
        return {group.name: group.id for group in groups}

    async def memberships(self, course_online_id: int) -> Mapping[int, Collection[int]]:
        """See ports.OnlineMoodle."""
        participants = await self._participants(course_online_id, {"userfields": "id,groups"})
        return {each.id: {group.id for group in each.groups} for each in participants}

    async def make_group(self, course_online_id: int, name: str) -> int | Reason:
        """See ports.OnlineMoodle."""
        group = {"courseid": course_online_id, "name": name, "description": ""}
        call = wire.Call(functions.MAKE_GROUP, {"groups": [group]})
        match await self._requests.ask_one(call):
            case answers.Lost(error=error):
                self._patience.hold(pace.working_seconds(1))
                raise error
            case wire.Refusal(errorcode=errorcode):
                return self._why_no_group(errorcode)
            case answer:
                made = wire.shaped(answer, list[shapes.Group])
                if not made:
                    raise RemoteGarbled(Code.ANSWER_UNREADABLE, what=functions.MAKE_GROUP)
                return made[0].id

    def _why_no_group(self, errorcode: str) -> Reason:
        """Give the reason why a group was not made; raise what is not its name's fault."""
        reason, scope = refusals.reason(functions.MAKE_GROUP, errorcode)
        if scope in (Scope.RIGHT, Scope.SITE):
            raise refusals.raised(functions.MAKE_GROUP, errorcode)
        return reason

    async def profiles(self, course_online_id: int) -> Mapping[int, Fields]:
        """See ports.OnlineMoodle."""
        self._need(functions.UPDATE)
        wanted = ",".join(("id", *shapes.PROFILE_FIELDS, "customfields"))
        people = await self._participants(course_online_id, {"userfields": wanted})
        return {each.id: each.profile() for each in people}

    async def suspended(self, course_online_id: int) -> Collection[int]:
        """See ports.OnlineMoodle."""
        options: dict[str, str | int] = {"onlysuspended": 1, "userfields": "id"}
        return {each.id for each in await self._participants(course_online_id, options)}

    async def _participants(
        self, course_online_id: int, options: Mapping[str, str | int]
    ) -> list[shapes.Participant]:
        listed = [{"name": name, "value": value} for name, value in options.items()]
        call = wire.Call(functions.ENROLLED, {"courseid": course_online_id, "options": listed})
        return wire.shaped(await self._requests.read_one(call), list[shapes.Participant])

    def fits(self, steps: Sequence[Step], *, apart: bool = False) -> int:
        """See ports.OnlineMoodle."""
        return self._pushing.fits(steps, apart=apart)

    def cost(self, steps: Sequence[Step]) -> Cost:
        """See ports.OnlineMoodle."""
        return self._pushing.cost(steps)

    async def wait(self, fruitless: int) -> None:
        """See ports.OnlineMoodle."""
        await self._patience.wait(fruitless)

    def is_worth_a_try(self, error: BeekeedError) -> bool:
        """See ports.OnlineMoodle."""
        return self._patience.is_worth_a_try(error)

    async def apply(self, steps: Sequence[Step], *, apart: bool = False) -> Sequence[Outcome]:
        """See ports.OnlineMoodle."""
        outcomes = await self._pushing.push(steps, apart=apart)
        return [self._if_sure(*pair) for pair in zip(steps, outcomes, strict=True)]

    def _if_sure(self, step: Step, answered: Outcome) -> Outcome:
        """Give an outcome, or UNKNOWN where only reading tells; what was answered is kept."""
        key = step.change.key
        self._unsure.pop(key, None)
        if is_sure(step, answered):
            return answered
        self._unsure[key] = answered
        reason = answered.reason or Reason(Code.PROFILE_FIELD_MISSING)
        return Outcome(Verdict.UNKNOWN, reason=reason)

    async def settle(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        """See ports.OnlineMoodle."""
        held = await self._look(steps)
        return [self._settled(step, held) for step in steps]

    def _settled(self, step: Step, held: Held) -> Outcome:
        """Tell what became of a step; what a database failed to write is worth a second try."""
        key = step.change.key
        outcome = settled(step, held, self._unsure.pop(key, None))
        is_refused = outcome.verdict is Verdict.REFUSED
        if is_refused and failed_to_write(outcome) and key not in self._failed:
            self._failed.add(key)
            return Outcome(Verdict.NOT_TRIED)
        return outcome

    def is_silenced(self, steps: Sequence[Step]) -> bool:
        """See ports.OnlineMoodle. A service that lacks the function cannot be told."""
        return not self._silences(steps) or functions.ASSIGNMENT_FLAGS in self._lacking

    def _silences(self, steps: Sequence[Step]) -> list[wire.Call]:
        graded = [step for step in steps if isinstance(step, SetGrade) and step.assignment]
        return self._pushing.silences(graded)

    async def silence(self, steps: Sequence[Step]) -> None:
        """See ports.OnlineMoodle."""
        left = self._silences(steps)
        while left:
            try:
                replies = await self._requests.ask(left)
            except RemoteRefused as error:
                if error.code is Code.ACCESS_REFUSED:  # we have just read: it is the function
                    return
                raise
            for reply in replies:
                if isinstance(reply, answers.Lost) and not refusals.is_of_call(reply.error):
                    raise reply.error
            left = left[len(replies) :]

    async def _look(self, steps: Sequence[Step]) -> Held:
        """Read what online holds of what some steps do.

        Of groups, which may be joined again without reading, only where that was refused.
        """
        names = {step.username for step in steps if isinstance(step, CreateAccount)}
        courses = {s.course_online_id for s in steps if isinstance(s, Enrol)}
        edited = {s.course_online_id for s in steps if isinstance(s, Enrol) and s.change.base}
        profiles = {s.course_online_id for s in steps if isinstance(s, EditProfile)}
        joined = {
            s.course_online_id
            for s in steps
            if isinstance(s, JoinGroup) and s.change.key in self._unsure
        }
        return Held(
            people=await self.people(names) if names else {},
            enrolled=await self._by_course(self.enrolled, courses),
            suspended=await self._by_course(self.suspended, edited),
            states=await self._one_by_one(self.completions, _places(steps, Complete)),
            grades=await self._one_by_one(self.grades, _places(steps, SetGrade)),
            profiles=await self._by_course(self.profiles, profiles),
            memberships=await self._by_course(self.memberships, joined),
        )

    async def _by_course(
        self, read: Callable[[int], Awaitable[Answer]], courses: Collection[int]
    ) -> dict[int, Answer]:
        """Read something of courses; those of which Moodle refuses it are left out."""
        found = {course: await self._or_none(read(course)) for course in sorted(courses)}
        return {course: there for course, there in found.items() if there is not None}

    async def _one_by_one(
        self,
        read: Callable[[Collection[Place]], Awaitable[Mapping[Place, Answer]]],
        places: Sequence[Place],
    ) -> dict[Place, Answer]:
        """Read something of places; what cannot be read for a reason of its own is left out."""
        try:
            return dict(await read(places))
        except RemoteRefused as error:
            if error.of_site:
                raise
        found = {place: await self._or_none(read([place])) for place in places}
        return {place: there[place] for place, there in found.items() if there is not None}

    async def _or_none(self, reading: Awaitable[Answer]) -> Answer | None:
        """Give what is read, or None where Moodle refuses just this."""
        try:
            return await reading
        except RemoteRefused as error:
            if error.of_site:
                raise
            return None


def _person(user: shapes.User) -> OnlinePerson:
    """Give somebody online. Raises RemoteRefused where we may not see who it is."""
    if user.username is None:
        needed = "moodle/user:viewalldetails"
        raise RemoteRefused(Code.CAPABILITY_MISSING, function=functions.PEOPLE, capability=needed)
    return OnlinePerson(
        username=user.username,
        online_id=user.id,
        first_name=user.firstname,
        last_name=user.lastname,
        idnumber=user.idnumber,
    )


def _places(steps: Sequence[Step], kind: type[Complete] | type[SetGrade]) -> list[Place]:
    """Give the places of the steps of a kind, each once."""
    return sorted({(s.course_online_id, s.online_id) for s in steps if isinstance(s, kind)})
