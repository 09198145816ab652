"""Calls the online Moodle's web services: the port OnlineMoodle on Moodle's core functions.

Many calls travel in one request where the service has Moodle's batch function,
one by one where it has not. A batch stops at its first error and is no
transaction (recorded), so every call stands for itself.
"""

import contextlib
import re
import secrets
import string
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeVar

from beekeed.core import grade, person
from beekeed.core.change import decide
from beekeed.core.grade import OnlineGrade
from beekeed.core.model import (
    Complete,
    Completion,
    CreateAccount,
    Enrol,
    OnlineActivity,
    OnlineCourse,
    OnlinePerson,
    Outcome,
    Reason,
    Scope,
    SetGrade,
    Site,
    Step,
    Verdict,
)
from beekeed.errors import BeekeedError, Code, OutcomeUnknown, RemoteGarbled, RemoteRefused
from beekeed.moodle import answers, functions, refusals, wire
from beekeed.moodle.transport import Transport
from beekeed.ports.online import Enrolled, Grades, Place, States

Answer = TypeVar("Answer")

_FIRST_ADMIN = "2"  # whom Moodle's installer makes
_PLAIN = re.compile(r"[-.@_a-z0-9]+")  # what every Moodle allows in a username
_REPORTS_AT_ONCE = 20  # of 200 grade items each: 2.4 MB raw, far below the longest answer
_PEOPLE_AT_ONCE = 50  # a field each: far below the smallest max_input_vars, PHP's 1000

# A call whose arguments PHP cut off (max_input_vars) looks like one with wrong arguments. It is
# believed only of the first call of a request; a later one is tried again as the first.
_MAYBE_CUT = wire.Refusal("invalidparameter")


class MoodleWebServices:
    """See ports.OnlineMoodle."""

    def __init__(
        self,
        *,
        transport: Transport,
        batch_calls: int,
        learner_role: str,
        learner_role_id: int,
        mailed_passwords: bool,
    ) -> None:
        self._transport = transport
        self._batch_calls = batch_calls
        self._batches = False
        self._learner_role = learner_role
        self._learner_role_id = learner_role_id
        self._role_was_seen = False
        self._mailed_passwords = mailed_passwords

    async def probe(self) -> Site:
        """See ports.OnlineMoodle."""
        answer = await self._read_one(wire.Call(functions.SITE_INFO, {}))
        info = wire.shaped(answer, answers.SiteInfo)
        offered = {function.name for function in info.functions}
        lacking = [f for f in functions.FUNCTIONS.values() if f.name not in offered]
        self._batches = functions.BATCH in offered
        return Site(
            name=info.sitename,
            account=info.username,
            release=info.release,
            missing=tuple(f.name for f in lacking if f.required),
            wanted=tuple(f.name for f in lacking if not f.required),
        )

    async def close(self) -> None:
        """See ports.OnlineMoodle."""
        await self._transport.close()

    async def courses(self, shortnames: Collection[str]) -> Mapping[str, OnlineCourse]:
        """See ports.OnlineMoodle."""
        calls = [
            wire.Call(functions.COURSES, {"field": "shortname", "value": shortname})
            for shortname in shortnames
        ]
        found: dict[str, OnlineCourse] = {}
        for answer in await self._read_all(calls):
            for course in wire.shaped(answer, answers.Courses).courses:
                found[course.shortname] = OnlineCourse(
                    shortname=course.shortname,
                    online_id=course.id,
                    created_at=course.timecreated,
                    modified_at=course.timemodified,
                )
        return {name: found[name] for name in shortnames if name in found}

    async def contents(self, course: OnlineCourse) -> Sequence[OnlineActivity]:
        """See ports.OnlineMoodle."""
        options = [{"name": "excludecontents", "value": 1}]
        answer = await self._read_one(
            wire.Call(functions.CONTENTS, {"courseid": course.online_id, "options": options})
        )
        return [
            OnlineActivity(
                section=section.section,
                modname=module.modname,
                name=module.name,
                cmid=module.id,
                tracked=module.completion != 0,
            )
            for section in wire.shaped(answer, list[answers.Section])
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
                with contextlib.suppress(RemoteRefused):
                    found += await self._users("username", [name])
        return {each.username: each for each in found if each.username in usernames}

    async def people_by_id(self, online_ids: Collection[int]) -> Mapping[int, OnlinePerson]:
        """See ports.OnlineMoodle."""
        found = await self._users("id", [str(online_id) for online_id in online_ids])
        return {each.online_id: each for each in found if each.online_id in online_ids}

    async def _users(self, field: str, values: Sequence[str]) -> list[OnlinePerson]:
        users: list[answers.User] = []
        for start in range(0, len(values), _PEOPLE_AT_ONCE):
            some = values[start : start + _PEOPLE_AT_ONCE]
            call = wire.Call(functions.PEOPLE, {"field": field, "values": some})
            users += wire.shaped(await self._read_one(call), list[answers.User])
        return [
            OnlinePerson(
                username=user.username,
                online_id=user.id,
                first_name=user.firstname,
                last_name=user.lastname,
                idnumber=user.idnumber,
            )
            for user in users
        ]

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
        options = [{"name": "userfields", "value": "id,roles"}]
        answer = await self._read_one(
            wire.Call(functions.ENROLLED, {"courseid": course_online_id, "options": options})
        )
        participants = wire.shaped(answer, list[answers.Participant])
        for role in (role for participant in participants for role in participant.roles):
            if role.shortname == self._learner_role:
                self._learner_role_id = role.roleid
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
                status.cmid: answers.state_of(status.state)
                for status in wire.shaped(answer, answers.Statuses).statuses
            }
            for place, answer in await self._read_places(
                functions.COMPLETIONS, whose, self._batch_calls
            )
        }

    async def grades(self, whose: Collection[Place]) -> Mapping[Place, Grades]:
        """See ports.OnlineMoodle."""
        return {
            place: wire.shaped(answer, answers.UserGrades).of(place[1])
            for place, answer in await self._read_places(functions.GRADES, whose, _REPORTS_AT_ONCE)
        }

    async def _read_places(
        self, function: str, whose: Collection[Place], at_once: int
    ) -> list[tuple[Place, wire.Json]]:
        """Ask a function of accounts in courses, so many in one request at most."""
        places = list(whose)
        calls = [
            wire.Call(function, {"courseid": course, "userid": online_id})
            for course, online_id in places
        ]
        read = [
            answer
            for start in range(0, len(calls), at_once)
            for answer in await self._read_all(calls[start : start + at_once])
        ]
        return list(zip(places, read, strict=True))

    def steps_at_once(self) -> int:
        """See ports.OnlineMoodle."""
        return self._batch_calls if self._batches else 1

    async def apply(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        """See ports.OnlineMoodle."""
        calls = [self._call(step) for step in steps]
        replies = await self._ask_many(calls)
        missing = [answers.NotTried()] * (len(calls) - len(replies))
        outcomes = [
            answers.outcome(step, call.function, reply)
            for step, call, reply in zip(steps, calls, [*replies, *missing], strict=True)
        ]
        return [await self._sure(*pair) for pair in zip(steps, outcomes, strict=True)]

    async def _sure(self, step: Step, outcome: Outcome) -> Outcome:
        """Look whether an account that was refused is there: a request that came late made it."""
        if not isinstance(step, CreateAccount) or outcome.verdict is not Verdict.REFUSED:
            return outcome
        if outcome.scope is not Scope.CHANGE:
            return outcome
        try:
            found = (await self.people([step.username])).get(step.username)
        except BeekeedError as error:
            return Outcome(Verdict.UNKNOWN, reason=Reason(error.code, error.params))
        if found is None or not person.same_person(step.learner, found):
            return outcome
        return Outcome(Verdict.ALREADY, str(found.online_id))

    def _call(self, step: Step) -> wire.Call:
        match step:
            case CreateAccount():
                return wire.Call(functions.CREATE, {"users": [self._new_account(step)]})
            case Enrol():
                enrolment = {
                    "roleid": self._learner_role_id,
                    "userid": step.online_id,
                    "courseid": step.course_online_id,
                }
                enrolment |= {"suspend": 1} if step.suspended else {}
                enrolment |= {"timeend": step.ends_at} if step.ends_at else {}
                return wire.Call(functions.ENROL, {"enrolments": [enrolment]})
            case Complete():
                return wire.Call(
                    functions.COMPLETE,
                    {
                        "userid": step.online_id,
                        "cmid": step.cmid,
                        "newstate": step.state.value,
                    },
                )

            case SetGrade():
                return wire.Call(
                    functions.GRADE,
                    {
                        "source": "beekeed",
                        "courseid": step.course_online_id,
                        "component": f"mod_{step.modname}",
                        "activityid": step.cmid,
                        "itemnumber": step.item,
                        "grades": [{"studentid": step.online_id, "grade": step.change.value}],
                    },
                )

    def _new_account(self, step: CreateAccount) -> dict[str, str | int]:
        learner = step.learner
        password: dict[str, str | int] = (
            {"createpassword": 1} if self._mailed_passwords else {"password": _password()}
        )
        fields = {
            "username": step.username,
            "firstname": learner.first_name,
            "lastname": learner.last_name,
            "email": learner.email,
            "idnumber": learner.idnumber,
            "city": learner.city,
            "country": learner.country,
        }
        return password | {name: value for name, value in fields.items() if value}

    async def _read_one(self, call: wire.Call) -> wire.Json:
        return (await self._read_all([call]))[0]

    async def _read_all(self, calls: Sequence[wire.Call]) -> list[wire.Json]:
        """Make calls that only read, all of them; a refusal of any is raised."""
        done: list[wire.Json] = []
        while len(done) < len(calls):
            replies = await self._ask_many(calls[len(done) :])
            done.extend(replies)
            match replies[-1]:
                case answers.Lost(error=error):
                    raise error
                case wire.Refusal() as refusal:
                    raise refusals.raised(calls[len(done) - 1].function, refusal.errorcode)
        return done

    async def _ask_many(self, calls: Sequence[wire.Call]) -> list[wire.Json]:
        """Make one request: as many calls as it carries, up to the first refusal.

        Raises RemoteRefused where the whole request was, LinkDown where it never left.
        """
        if not self._batches or len(calls) == 1:
            return [await self._ask_one(calls[0])]
        sent = calls[: self._batch_calls]
        match await self._ask_one(wire.batch(sent)):
            case answers.Lost() as lost:
                return [lost] * len(sent)
            case wire.Refusal(errorcode=errorcode):
                unclear = OutcomeUnknown(Code.REFUSED_BY_MOODLE, errorcode=errorcode)
                return [answers.Lost(unclear)] * len(sent)
            case value:
                return self._batch_replies(value, len(sent))

    def _batch_replies(self, value: wire.Json, sent: int) -> list[wire.Json]:
        try:
            replies = wire.read_batch(value)[:sent]
        except RemoteGarbled as error:
            return [answers.Lost(error)] * sent
        if len(replies) > 1 and replies[-1] == _MAYBE_CUT:
            return replies[:-1]
        nothing = RemoteGarbled(Code.ANSWER_UNREADABLE, what=functions.BATCH)
        return replies or [answers.Lost(nothing)]

    async def _ask_one(self, call: wire.Call) -> wire.Json:
        try:
            return await self._transport.ask(call)
        except (OutcomeUnknown, RemoteGarbled) as error:
            return answers.Lost(error)
        except RemoteRefused as error:
            if error.of_site:
                raise
            return wire.Refusal(error.errorcode)

    async def settle(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        """See ports.OnlineMoodle."""
        names = {step.username for step in steps if isinstance(step, CreateAccount)}
        people = await self.people(names) if names else {}
        enrolled = {
            course: await self._or_none(self.enrolled(course))
            for course in sorted({s.course_online_id for s in steps if isinstance(s, Enrol)})
        }
        places = {(s.course_online_id, s.online_id) for s in steps if isinstance(s, Complete)}
        states = await self._one_by_one(self.completions, sorted(places))
        graded = {(s.course_online_id, s.online_id) for s in steps if isinstance(s, SetGrade)}
        grades = await self._one_by_one(self.grades, sorted(graded))
        return [_settled(step, people, enrolled, states, grades) for step in steps]

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


def _settled(
    step: Step,
    people: Mapping[str, OnlinePerson],
    enrolled: Mapping[int, Mapping[int, Enrolled] | None],
    states: Mapping[Place, States],
    grades: Mapping[Place, Grades],
) -> Outcome:
    match step:
        case CreateAccount():
            found = people.get(step.username)
            if found is not None and person.same_person(step.learner, found):
                return Outcome(Verdict.DONE, str(found.online_id))
        case Enrol():
            if step.online_id in (enrolled[step.course_online_id] or {}):
                return Outcome(Verdict.DONE, step.change.value)
        case Complete():
            there = states.get((step.course_online_id, step.online_id))
            if there is not None:
                return _settled_completion(step, there.get(step.cmid, Completion.INCOMPLETE))
        case SetGrade():
            held = grades.get((step.course_online_id, step.online_id), {})
            theirs = held.get((step.cmid, step.item))
            if theirs is not None:
                return _settled_grade(step, theirs)
    return Outcome(Verdict.NOT_TRIED)


def _settled_grade(step: SetGrade, theirs: OnlineGrade) -> Outcome:
    if theirs.grade is not None and grade.text(theirs.grade) == step.change.value:
        return Outcome(Verdict.DONE, step.change.value)
    return grade.decide(step.change, theirs) or Outcome(Verdict.NOT_TRIED)


def _settled_completion(step: Complete, theirs: Completion) -> Outcome:
    if theirs is step.state:
        return Outcome(Verdict.DONE, str(theirs.value))
    return decide(step.change, theirs) or Outcome(Verdict.NOT_TRIED)


def _password() -> str:
    """Make up a password that nobody learns, of every class that a policy may ask for."""
    pools = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "*-_.!")
    characters = [secrets.choice(pool) for pool in pools]
    characters += [secrets.choice(string.ascii_letters + string.digits) for _ in range(20)]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
