"""Watches every request that reaches the online Moodle, and says which rule it breaks.

Before: is it the second time? After: what did it change there, and may it? What people do
online is told to it, so that it knows theirs from ours.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from beekeed.moodle import functions
from beekeed.moodle.wire import Call
from tests.engine.histories.children import Child, Children, one_line
from tests.engine.histories.facts import Fact, Held, Reader
from tests.engine.histories.line import WRITING

FEW = 10
"""So many results may be lowered in a run without being asked (features.md, row 18)."""
_RESULTS = ("1", "2", "3")


class Watch:
    """The judge of one history."""

    def __init__(self, db: sqlite3.Connection, children: Children) -> None:
        self.reader = Reader(db)
        self._children = children
        self._courses = dict(
            tuple(row) for row in db.execute("SELECT id, shortname FROM mdl_course")
        )
        self.facts = self.reader.read()
        self.ours: dict[Fact, set[str]] = defaultdict(set)
        """What we ever wrote, by fact."""
        self.touched: set[Fact] = set()
        """What a person changed online after us."""
        self.latest: list[Fact] = []
        """The results that the latest request changed; not what followed from a grade."""
        self.erased: set[Child] = set()
        """Whose account a person took away online, at some time."""
        self.made: set[int] = set()
        """The accounts that a request made whose answer was still waited for."""
        self.applied: Counter[str] = Counter()
        self.broken: list[str] = []
        self.writes: list[str] = []
        """Every call that writes, as it was asked."""
        self.accepted = False
        self._just_touched: set[Fact] = set()
        self._late_names: set[str] = set()
        self._lowered: Counter[tuple[str, str]] = Counter()

    def begin_run(self) -> None:
        """Note that a run begins: it reads what people did until now."""
        self._just_touched.clear()
        self._lowered.clear()

    def people_did(self, *, whole: int | None = None) -> None:
        """Note what people changed online; `whole`: an account with which all of its goes."""
        child = None if whole is None else self.child(whole)
        before, self.facts = self.facts, self.reader.read()
        if child is not None and self.account_of(child) is None:
            self.erased.add(child)
        changed = {f for f in before.keys() | self.facts if before.get(f) != self.facts.get(f)}
        changed |= {fact for fact in before if fact.user == whole}
        self.touched |= changed
        self._just_touched |= changed

    def child(self, user: int) -> Child | None:
        """Find out whose account online this is."""
        return self._children.of_account(self.facts.get(Fact("account", user)))

    def account_of(self, child: Child) -> int | None:
        """Find a child's account online."""
        accounts = (fact.user for fact in self.facts if fact.kind == "account")
        return next((user for user in accounts if self.child(user) is child), None)

    def dispute(self, calls: Sequence[Call]) -> None:
        """Note what is done late: nobody can know that, and may do it again."""
        self._just_touched |= {fact for call in calls for fact, _ in self._written(call)}
        for call in calls:
            if call.function == functions.CREATE:
                self._late_names |= {str(each["username"]) for each in call.arguments["users"]}

    # Each request

    def witness(self, calls: Sequence[Call]) -> Callable[[], None]:
        """Look at calls that are about to be done; see `line.Witness`."""
        writing = [call for call in calls if call.function in WRITING]
        if not writing:
            return lambda: None
        self.writes += [f"{call.function} {call.arguments}" for call in writing]
        for call in writing:
            for fact, held in self._written(call):
                self._expect_new(fact, held)
        return self._look

    def _written(self, call: Call) -> Iterator[tuple[Fact, Held]]:
        """Give what a call is to write of what may not be written twice."""
        given = call.arguments
        match call.function:
            case functions.GRADE:
                part = self.reader.modules.get(int(given["activityid"]), "")
                for each in given["grades"]:
                    yield Fact("grade", int(each["studentid"]), part), Held(str(each["grade"]))
            case functions.GRADE_ASSIGNMENT:
                part = self.reader.assignments.get(int(given["assignmentid"]), "")
                for each in given["grades"]:
                    words = each.get("plugindata", {}).get("assignfeedbackcomments_editor", {})
                    fact = Fact("grade", int(each["userid"]), part)
                    yield fact, Held(str(each["grade"]), str(words.get("text", "")))
            case functions.ENROL:
                for each in given["enrolments"]:
                    course = self._courses[int(each["courseid"])]
                    yield Fact("enrolment", int(each["userid"]), course), Held("")
            case functions.UPDATE:
                for each in given["users"]:
                    if "city" in each:
                        yield Fact("profile", int(each["id"]), "city"), Held(str(each["city"]))

    def _expect_new(self, fact: Fact, sent: Held) -> None:
        there = self.facts.get(fact)
        if there is None or self._is_disputed(fact):
            return
        is_same = (there.value, one_line(there.words)) == (sent.value, one_line(sent.words))
        if fact.kind == "enrolment" or is_same:
            self._break("sent though it is there", fact, there, sent)

    def _look(self) -> None:
        """See what was changed, and judge it."""
        before, self.facts = self.facts, self.reader.read()
        changed = {f for f in before.keys() | self.facts if before.get(f) != self.facts.get(f)}
        done = sorted(
            f for f in changed if f.kind == "grade" or (f.kind == "completion" and f.part != "Test")
        )
        self.latest = done or self.latest
        for fact in sorted(changed):  # accounts first
            old, new = before.get(fact), self.facts.get(fact)
            if new is not None and new.value == "" and old is None:
                continue
            self.applied[fact.kind] += 1
            self.touched.discard(fact)
            if self._is_disputed(fact):
                continue
            if new is None:
                self._break("taken away", fact, old, new)
            else:
                self._expect_enrolled(fact, new)
                _JUDGES[fact.kind](self, fact, old, new)
                self.ours[fact].add(new.value)

    def _expect_enrolled(self, fact: Fact, new: Held) -> None:
        course = self.reader.course_of.get(fact.part, "")
        enrolment = Fact("enrolment", fact.user, course)
        if course and enrolment not in self.facts and enrolment not in self._just_touched:
            self._break("a result of who is not enrolled", fact, None, new)

    def _is_disputed(self, fact: Fact) -> bool:
        """Whether a person was at it while this run went on: Moodle cannot compare and set."""
        return not self._just_touched.isdisjoint((fact, Fact("account", fact.user)))

    def _break(self, what: str, fact: Fact, old: Held | None, new: Held | None) -> None:
        whose = self.facts.get(Fact("account", fact.user))
        name = f"{fact.kind} {fact.part} of {whose.value if whose else fact.user}"
        self.broken.append(f"{what}: {name}: {old} -> {new}")

    # Each kind

    def _account(self, fact: Fact, old: Held | None, new: Held) -> None:
        child = self._children.of_account(new)
        if child is None:
            self._break("an account of nobody", fact, old, new)
        elif old is None:
            if new.value not in self._late_names:
                self.made.add(fact.user)
            same = [f for f in self.facts if f.kind == "account" and self.child(f.user) is child]
            if len(same) > 1:
                self._break("a second account", fact, old, new)
        elif not self.ours.get(fact) or old.value != new.value:
            self._break("somebody else's account changed", fact, old, new)

    def _profile(self, fact: Fact, old: Held | None, new: Held) -> None:
        child = self.child(fact.user)
        if not self.ours.get(Fact("account", fact.user)):
            self._break("the profile of an account that is not ours", fact, old, new)
        if child is None or new.value not in child.values("profile", fact.part):
            self._break("a profile that the box never had", fact, old, new)
        elif old is not None and old.value not in child.values("profile", fact.part):
            self._break("what a person wrote into a profile replaced", fact, old, new)

    def _enrolment(self, fact: Fact, old: Held | None, new: Held) -> None:
        child = self.child(fact.user)
        if old is not None:
            self._break("an enrolment changed", fact, old, new)
        elif child is None or not child.values("enrolment", fact.part):
            self._break("enrolled who never was on the box", fact, old, new)

    def _membership(self, fact: Fact, old: Held | None, new: Held) -> None:
        child = self.child(fact.user)
        if old is not None or child is None or not child.values("membership", fact.part):
            self._break("in a group in which nobody was on the box", fact, old, new)

    def _completion(self, fact: Fact, old: Held | None, new: Held) -> None:
        child, before = self.child(fact.user), old.value if old else "0"
        said = child.values("completion", fact.part) if child else set()
        is_by_grade = child is not None and bool(child.values("grade", fact.part))
        if before in _RESULTS and new.value == "0":
            self._lower(fact)
            if before != "1" or not {"0", "1"} <= said | ({"1"} if "2" in said else set()):
                self._break("a result taken back", fact, old, new)
        elif before == "3" or not (said & {"1", "2"} or is_by_grade):
            self._break("completed what was not done", fact, old, new)

    def _grade(self, fact: Fact, old: Held | None, new: Held) -> None:
        child = self.child(fact.user)
        said = child.values("grade", fact.part) if child else set()
        if new.value not in said:
            self._break("a grade that the box never had", fact, old, new)
        if old is None or old.value == "" or child is None:
            return
        if old.fixed:
            self._break("a teacher's grade replaced", fact, old, new)
        if old.value not in said and (self.ours[fact] or float(new.value) < float(old.value)):
            self._break("a grade of online replaced", fact, old, new)
        if (
            old.words
            and old.words != new.words
            and one_line(old.words) not in child.words(fact.part)
        ):
            self._break("a teacher's words replaced", fact, old, new)
        if float(new.value) < float(old.value):
            self._lower(fact)

    def _lower(self, fact: Fact) -> None:
        area = fact.kind, self.reader.course_of[fact.part]
        self._lowered[area] += 1
        if self._lowered[area] > FEW and not self.accepted:
            self._break("many lowered without being asked", fact, None, None)


_JUDGES: dict[str, Callable[[Watch, Fact, Held | None, Held], None]] = {
    "account": Watch._account,
    "profile": Watch._profile,
    "enrolment": Watch._enrolment,
    "membership": Watch._membership,
    "completion": Watch._completion,
    "grade": Watch._grade,
}
