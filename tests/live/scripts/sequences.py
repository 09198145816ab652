"""Two hundred random sequences of calls that beekeed may make, and what people do in between.

The one rule: one seed, and one history from the provisioned state, so that whoever has the record
can replay it all in order. A sequence has a course and a few learners of its own choice, new and
old ones, to which most of its calls go; everything is legal by the contract, but not all of it
succeeds.
"""

import json
import random
from collections.abc import Callable
from typing import Any

from tests.live.recorder import Recorder
from tests.live.scripts import people

SEQUENCES = 200
SEED = 456
STUDENT = 5
MISSING = 99999
BATCH = "tool_mobile_call_external_functions"
COURSES = {2: "BK-MATH", 3: "BK-FR", 4: "BK-SCI"}
_MODULES_EACH = 12
_ASSIGNMENT, _QUIZ = 9, 10
"""Which of a course's modules are graded; their items come after the course's own."""
_MODULES_DELETED = 6
_RAW = (
    "core_course_get_courses_by_field",
    "core_course_get_contents",
    "core_group_get_course_groups",
)

Call = tuple[str, dict[str, Any]]
"""A function and its parameters."""


def run(record: Recorder) -> None:
    """Record all sequences."""
    record.step("see hidden grades")
    for shortname, datatype, choices in (
        ("region", "text", "30"),
        ("level", "menu", "A1\nB & C\nÉlevé"),
        ("boarder", "checkbox", ""),
    ):
        record.step(
            "add profile field", shortname=shortname, name=shortname.capitalize(),
            datatype=datatype, visible=2, defaultdata="", param1=choices,
        )  # fmt: skip
    school = _School(random.Random(SEED))
    for number in range(1, SEQUENCES + 1):
        _Sequence(school, record, number).run()


class _School:
    """What the script knows of the site: the ids that answers told, and what it took away."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.learners: list[int] = []
        self.usernames: list[str] = []
        self.groups: list[tuple[int, int]] = []
        self.locked: list[tuple[str, dict[str, Any]]] = []
        self.deleted: set[int] = set()

    def learn(self, function: str, params: dict[str, Any], answer: Any) -> None:
        """Remember the accounts and groups that a call made."""
        if function == BATCH and "responses" in answer:
            for request, response in zip(params["requests"], answer["responses"], strict=False):
                if not response["error"]:
                    arguments = json.loads(request["arguments"])
                    self.learn(request["function"], arguments, json.loads(response["data"] or "0"))
        elif not isinstance(answer, list):
            return
        elif function == "core_user_create_users":
            self.learners += [user["id"] for user in answer]
            self.usernames += [user["username"] for user in answer]
        elif function == "core_group_create_groups":
            self.groups += [(group["courseid"], group["id"]) for group in answer]


class _Sequence:
    """One sequence: 4 to 12 calls about a course and a few learners."""

    def __init__(self, school: _School, record: Recorder, number: int) -> None:
        self._school = school
        self._record = record
        self._number = number
        self._chance = school.chance
        self._course = self._chance.choice(list(COURSES))
        self._made = 0
        count = min(len(school.learners), self._chance.randint(1, 4))
        self._own = self._chance.sample(school.learners, count)

    def run(self) -> None:
        """Make the calls, with a step before about every fifth one."""
        calls = self._chance.randint(4, 12)
        for place in range(1, calls + 1):
            if self._chance.random() < 0.2:
                self._step()
            if place == 1 and self._chance.random() < 0.6:
                function, params = self._create()
            elif place == 2 and self._chance.random() < 0.6:
                function, params = self._enrol()
            elif self._chance.random() < 0.25:
                function, params = self._batch()
            else:
                function, params = self._raw(*self._call())
            self._make(place, function, params)
        self._end()

    def _make(self, place: object, function: str, params: dict[str, Any]) -> None:
        known = len(self._school.learners)
        answer = self._record(f"{self._number}.{place}", function, **params)
        self._school.learn(function, params, answer)
        self._own += self._school.learners[known:]

    def _call(self) -> Call:
        kinds: dict[Callable[[], Call], int] = {
            self._create: 5, self._update: 8, self._people: 6, self._enrol: 12, self._unenrol: 1,
            self._enrolled: 6, self._complete: 12, self._completions: 6, self._grade: 12,
            self._save_grades: 12, self._grades: 12, self._assignments: 3, self._courses: 2,
            self._contents: 2, self._info: 1, self._create_groups: 4, self._groups: 4,
            self._join: 6, self._members: 4,
        }  # fmt: skip
        return self._chance.choices(list(kinds), list(kinds.values()))[0]()

    def _raw(self, function: str, params: dict[str, Any]) -> Call:
        """Names as they are, where beekeed asks for them so; now and then also otherwise."""
        wanted = function in _RAW and self._chance.random() < 0.8
        return function, params | ({"moodlewssettingraw": 1} if wanted else {})

    def _batch(self) -> Call:
        calls = [self._call() for _ in range(self._chance.randint(1, 6))]
        requests = [
            {"function": function, "arguments": json.dumps(params, ensure_ascii=False)}
            | ({"settingraw": 1} if function in _RAW and self._chance.random() < 0.8 else {})
            for function, params in calls
        ]
        return BATCH, {"requests": requests}

    # Whom and what a call is about.

    def _learner(self) -> int:
        """Mostly one of the sequence's own; now and then any, or nobody."""
        chosen = self._chance.random()
        if chosen < 0.03:
            return MISSING
        if self._own and chosen < 0.9:
            return self._chance.choice(self._own)
        return self._chance.choice(self._school.learners or [MISSING])

    def _several(self, most: int) -> list[int]:
        return [self._learner() for _ in range(self._chance.randint(1, most))]

    def _some_course(self) -> int:
        return self._course if self._chance.random() < 0.85 else self._chance.choice(list(COURSES))

    def _module(self, place: int | None = None) -> int:
        """A course module of the sequence's course, by its place in the provision, or any."""
        if place is None:
            place = self._chance.randint(1, _MODULES_EACH)
        return (self._course - 2) * _MODULES_EACH + place

    def _present(self) -> int:
        """One that was not deleted."""
        places = range(1, _MODULES_EACH + 1)
        modules = [self._module(place) for place in places]
        return self._chance.choice([cmid for cmid in modules if cmid not in self._school.deleted])

    def _items(self, *places: int) -> list[int]:
        """The grade items of these modules, as far as they were not deleted."""
        first = (self._course - 2) * 3 + 2
        there = [place for place in places if self._module(place) not in self._school.deleted]
        return [first + place - _ASSIGNMENT for place in there]

    # Calls.

    def _create(self) -> Call:
        users = []
        for _ in range(self._chance.choices((1, 2, 3), (6, 2, 1))[0]):
            self._made += 1
            users.append(people.new(self._chance, f"s{self._number}n{self._made}"))
        if self._school.usernames and self._chance.random() < 0.1:
            taken = self._chance.choice(self._school.usernames)
            users[-1][self._chance.choice(("username", "idnumber"))] = taken
        return "core_user_create_users", {"users": users}

    def _update(self) -> Call:
        users = [people.change(self._chance) | {"id": user} for user in self._several(3)]
        return "core_user_update_users", {"users": users}

    def _people(self) -> Call:
        known = self._school.usernames or ["nobody"]
        names = self._chance.sample(known, min(len(known), self._chance.randint(1, 4)))
        field, values = self._chance.choice((
            ("username", [*names, "nobody"]),
            ("idnumber", ["N-1", "n-2", "N-99"]),
            ("id", [str(user) for user in self._several(3)]),
            ("email", [f"{names[0]}@box.invalid"]),
        ))  # fmt: skip
        return "core_user_get_users_by_field", {"field": field, "values": values}

    def _enrol(self) -> Call:
        variants: tuple[dict[str, int], ...] = (
            {}, {}, {"suspend": 0}, {"suspend": 1}, {"timeend": 1}, {"timeend": 4000000000},
        )  # fmt: skip
        enrolments = [
            {"roleid": STUDENT, "userid": user, "courseid": self._some_course()}
            | self._chance.choice(variants)
            for user in self._several(3)
        ]
        return "enrol_manual_enrol_users", {"enrolments": enrolments}

    def _unenrol(self) -> Call:
        enrolments = [{"userid": self._learner(), "courseid": self._some_course()}]
        return "enrol_manual_unenrol_users", {"enrolments": enrolments}

    def _enrolled(self) -> Call:
        fields = self._chance.choice((
            "id", "id,roles", "id,roles,email,firstname,lastname,idnumber",
            "id,city,country,institution,department,phone1,phone2,address,customfields,groups",
        ))  # fmt: skip
        options: list[dict[str, Any]] = [{"name": "userfields", "value": fields}]
        only = self._chance.choice(("", "onlyactive", "onlysuspended"))
        options += [{"name": only, "value": 1}] if only else []
        params = {"courseid": self._some_course(), "options": options}
        return "core_enrol_get_enrolled_users", params

    def _complete(self) -> Call:
        params = {
            "userid": self._learner(), "cmid": self._module(),
            "newstate": self._chance.choice((0, 1, 1, 1)),
        }  # fmt: skip
        return "core_completion_override_activity_completion_status", params

    def _completions(self) -> Call:
        params = {"courseid": self._course, "userid": self._learner()}
        return "core_completion_get_activities_completion_status", params

    def _grade(self) -> Call:
        grades = {
            user: self._chance.choice((0, 3.5, 5, 7.33333, 10, 12)) for user in self._several(3)
        }
        params = {
            "source": "beekee", "courseid": self._course, "component": "mod_quiz",
            "activityid": self._module(_QUIZ), "itemnumber": 0,
            "grades": [{"studentid": user, "grade": points} for user, points in grades.items()],
        }  # fmt: skip
        return "core_grades_update_grades", params

    def _save_grades(self) -> Call:
        comments = self._chance.choice((
            None, ("", 1), ("Well done", 1), ("<p>A & b</p>", 1), ("Plain & < b", 2), ("**md**", 4),
        ))  # fmt: skip
        plugins = {} if comments is None else {
            "plugindata": {
                "assignfeedbackcomments_editor": {"text": comments[0], "format": comments[1]}
            }
        }  # fmt: skip
        state = "released" if self._chance.random() < 0.3 else ""
        grades = [
            {
                "userid": user, "grade": self._chance.choice((0, 12.5, 50, 99.99999, 100, 120, -1)),
                "attemptnumber": -1, "addattempt": 0, "workflowstate": state, **plugins,
            }
            for user in self._several(3)
        ]  # fmt: skip
        params = {"assignmentid": self._course - 1, "applytoall": 0, "grades": grades}
        return "mod_assign_save_grades", params

    def _grades(self) -> Call:
        user = self._learner() if self._chance.random() < 0.8 else 0
        return "gradereport_user_get_grade_items", {"courseid": self._course, "userid": user}

    def _assignments(self) -> Call:
        courses = self._chance.sample(list(COURSES), self._chance.randint(1, 3))
        params = {"courseids": courses, "includenotenrolledcourses": 1}
        return "mod_assign_get_assignments", params

    def _courses(self) -> Call:
        name = self._chance.choice((COURSES[self._course], "BK-NONE", "bk-fr"))
        return "core_course_get_courses_by_field", {"field": "shortname", "value": name}

    def _contents(self) -> Call:
        options = [{"name": "excludecontents", "value": 1}]
        return "core_course_get_contents", {"courseid": self._course, "options": options}

    def _info(self) -> Call:
        return "core_webservice_get_site_info", {}

    def _create_groups(self) -> Call:
        names = self._chance.sample(people.GROUPS, self._chance.choice((1, 1, 1, 2)))
        if self._chance.random() < 0.6:
            names[0] = f"Group {self._number}"
        groups = [{"courseid": self._course, "name": name, "description": ""} for name in names]
        return "core_group_create_groups", {"groups": groups}

    def _groups(self) -> Call:
        return "core_group_get_course_groups", {"courseid": self._some_course()}

    def _group(self) -> int:
        here = [group for course, group in self._school.groups if course == self._course]
        return MISSING if not here or self._chance.random() < 0.05 else self._chance.choice(here)

    def _join(self) -> Call:
        group = self._group()
        users = [self._learner() for _ in range(self._chance.choice((1, 1, 1, 2)))]
        members = [{"groupid": group, "userid": user} for user in users]
        return "core_group_add_group_members", {"members": members}

    def _members(self) -> Call:
        groups = sorted({self._group() for _ in range(self._chance.randint(1, 3))})
        return "core_group_get_group_members", {"groupids": groups}

    # What people do on the site meanwhile.

    def _step(self) -> None:
        steps: dict[Callable[[], None], int] = {
            self._override: 5, self._lock_grade: 4, self._lock_item: 3, self._comment: 2,
            self._track: 4, self._track_site: 1, self._maintain: 2, self._delete_module: 1,
            self._set_item: 4, self._set_assignment: 4, self._hide: 2, self._suspend: 1,
            self._delete_account: 1, self._enrol_by_itself: 1,
        }  # fmt: skip
        self._chance.choices(list(steps), list(steps.values()))[0]()

    def _known(self) -> int:
        """A learner who exists, or did before somebody deleted the account; 0 for nobody yet."""
        return self._chance.choice(self._own or self._school.learners or [0])

    def _override(self) -> None:
        for item, user in self._graded():
            points = self._chance.choice((1, 8, 9.5))
            self._record.step("override grade", item=item, user=user, grade=points)

    def _lock_grade(self) -> None:
        for item, user in self._graded():
            self._record.step("lock grade", item=item, user=user, locked=1)
            self._school.locked.append(("lock grade", {"item": item, "user": user}))

    def _graded(self) -> list[tuple[int, int]]:
        """An item and a learner, where there are any."""
        items, user = self._items(_ASSIGNMENT, _QUIZ), self._known()
        return [(self._chance.choice(items), user)] if items and user else []

    def _lock_item(self) -> None:
        for item in self._items(self._chance.choice((_ASSIGNMENT, _QUIZ))):
            self._record.step("lock item", item=item, locked=1)
            self._school.locked.append(("lock item", {"item": item}))

    def _comment(self) -> None:
        user = self._known()
        for item in self._items(_ASSIGNMENT) if user else ():
            self._record.step(
                "comment in the gradebook", item=item, user=user,
                feedback="<p>From the teacher</p>", format=1,
            )  # fmt: skip

    def _track(self) -> None:
        self._record.step("track", cmid=self._present(), completion=self._chance.choice((0, 1, 2)))

    def _track_site(self) -> None:
        self._record.step("track the site", on=0)
        self._make("untracked", *self._chance.choice((self._complete, self._completions))())
        self._record.step("track the site", on=1)

    def _maintain(self) -> None:
        self._record.step("maintenance", on=1)
        self._make("maintained", *self._chance.choice((self._call, self._batch))())
        self._record.step("maintenance", on=0)

    def _delete_module(self) -> None:
        if len(self._school.deleted) < _MODULES_DELETED:
            cmid = self._present()
            self._record.step("delete module", cmid=cmid)
            gone = set(self._items(_ASSIGNMENT, _QUIZ))
            self._school.deleted.add(cmid)
            gone -= set(self._items(_ASSIGNMENT, _QUIZ))
            locked = self._school.locked
            self._school.locked = [lock for lock in locked if lock[1]["item"] not in gone]

    def _set_item(self) -> None:
        name, values = self._chance.choice((("gradepass", (0, 5, 6)), ("hidden", (0, 0, 1))))
        for item in self._items(_QUIZ):
            self._record.step("set item", item=item, name=name, value=self._chance.choice(values))

    def _set_assignment(self) -> None:
        name = self._chance.choice(
            ("markingworkflow", "blindmarking", "teamsubmission", "sendstudentnotifications")
        )
        value = self._chance.choice((0, 0, 1))
        self._record.step("set assignment", assignment=self._course - 1, name=name, value=value)

    def _hide(self) -> None:
        self._record.step("hide", cmid=self._present(), visible=self._chance.choice((0, 1, 1)))

    def _suspend(self) -> None:
        if user := self._known():
            self._record.step("suspend account", user=user, suspended=self._chance.choice((0, 1)))

    def _delete_account(self) -> None:
        if user := self._known():
            self._record.step("delete account", user=user)

    def _enrol_by_itself(self) -> None:
        if user := self._known():
            self._record.step("enrol by itself", course=self._course, user=user)

    def _end(self) -> None:
        """Unlock most of what was locked: else nothing could be graded in the end."""
        kept = []
        for step, arguments in self._school.locked:
            if self._chance.random() < 0.7:
                self._record.step(step, **arguments, locked=0)
            else:
                kept.append((step, arguments))
        self._school.locked = kept
