"""What the first records lack: assignments, profiles, suspensions, feedback, groups.

The one rule: each part makes its own learners and says in the note what it is after.
"""

from typing import Any

from tests.live.recorder import Recorder

MATH, FRENCH, SCIENCE = 2, 3, 4
STUDENT = 5
ESSAY, QUIZ, TOTAL = 2, 3, 1
"""The grade items of BK-MATH."""
ASSIGNMENT, ASSIGNMENT_CMID, QUIZ_CMID = 1, 9, 10

_FIELDS = (
    "id,roles,email,firstname,lastname,idnumber,city,country,institution,department,phone1,phone2,"
    "address,customfields,groups"
)

_COMMENTS = (
    ("HTML with entities", "<p>Caf&eacute; &amp; &lt;b&gt; 3 < 4 & 5</p>", 1),
    ("HTML with a script", '<p onclick="x()">Good</p><script>alert(1)</script>', 1),
    ("HTML with line breaks", "<p>One</p>\r\n<p>Two<br>three</p>\n", 1),
    ("HTML with a link and an image", '<a href="http://x.org/?a=1&b=2">x</a> <img src="x.png">', 1),
    ("HTML, a bare address", "See http://example.org/a?b=1&c=2 <3", 1),
    ("HTML, blanks around", "  Well done  ", 1),
    ("HTML, other letters", "Très bien — ممتاز 👍", 1),
    ("plain text", "Well done & <b>good</b>\nNext: 3 < 4\r\n\r\nEnd", 2),
    ("markdown", "Well **done** & <b>good</b>\n\n* one\n* two < 3\n", 4),
    ("Moodle's own format", "Well done & <b>good</b>\nNext line :-) http://x.org", 0),
    ("HTML with a file", 'See <img src="@@PLUGINFILE@@/a%20b.png" alt="">', 1),
    ("nothing but blanks", "   ", 1),
    ("empty", "", 1),
    ("empty plain text", "", 2),
    ("long", "<p>word</p>" * 100, 1),
)


def run(record: Recorder) -> None:
    """Record all parts, in this order: later ones find what earlier ones left."""
    record.step("see hidden grades")
    assignments(record)
    profiles(record)
    suspensions(record)
    feedback(record)
    closed_grades(record)
    groups(record)


def learner(name: str, **more: Any) -> dict[str, Any]:
    """What creates an invented learner."""
    return {
        "username": name, "firstname": name.capitalize(), "lastname": "Diop",
        "email": f"{name}@box.invalid", "password": "Xx9!aaaa", **more,
    }  # fmt: skip


def make(record: Recorder, *names: str, course: int = MATH) -> list[int]:
    """Create learners and enrol them in a course."""
    users = [learner(name) for name in names]
    made = record(f"create {' '.join(names)}", "core_user_create_users", users=users)
    ids = [user["id"] for user in made]
    enrol(record, f"enrol {' '.join(names)}", *ids, course=course)
    return ids


def enrol(record: Recorder, note: str, *users: int, course: int = MATH, **more: Any) -> None:
    """Enrol learners."""
    enrolments = [{"roleid": STUDENT, "userid": user, "courseid": course, **more} for user in users]
    record(note, "enrol_manual_enrol_users", enrolments=enrolments)


def assignments(record: Recorder) -> None:
    """What is said of an assignment, with each of the settings that concern us."""
    function = "mod_assign_get_assignments"
    both: dict[str, Any] = {"courseids": [MATH, FRENCH], "includenotenrolledcourses": 1}
    record("assignments of two courses", function, **both)
    record("assignments, not enrolled courses not asked for", function, courseids=[MATH])
    record("assignments of all courses", function, includenotenrolledcourses=1)
    record("assignments of no course named", function)
    record("assignments, one course is missing", function, **both | {"courseids": [MATH, 9999]})
    record("assignments, the site's course", function, **both | {"courseids": [1]})
    one = both | {"courseids": [MATH]}
    settings = (
        ("sendstudentnotifications", 1), ("sendnotifications", 1), ("markingworkflow", 1),
        ("blindmarking", 1), ("teamsubmission", 1), ("attemptreopenmethod", "manual"),
        ("maxattempts", 3), ("grade", -2), ("grade", 0), ("duedate", 1700000000),
        ("hidegrader", 1), ("revealidentities", 1), ("markingallocation", 1),
    )  # fmt: skip
    plain = {"attemptreopenmethod": "none", "maxattempts": -1, "grade": 100}
    for name, value in settings:
        record.step("set assignment", assignment=ASSIGNMENT, name=name, value=value)
        record(f"assignment with {name} {value}", function, **one)
        record.step("set assignment", assignment=ASSIGNMENT, name=name, value=plain.get(name, 0))
    record("assignment with all as it was", function, **one)
    record.step("hide", cmid=ASSIGNMENT_CMID, visible=0)
    record("assignment hidden", function, **one)
    record.step("hide", cmid=ASSIGNMENT_CMID, visible=1)
    record("assignments with a capability", function, **one, capabilities=["mod/assign:grade"])


def profiles(record: Recorder) -> None:
    """Custom profile fields and the plain ones, made, changed, read."""
    field = {"name": "Region", "visible": 2, "defaultdata": "", "param1": "30"}
    record.step("add profile field", shortname="region", datatype="text", **field)
    menu = {"name": "Level", "visible": 2, "defaultdata": "", "param1": "A1\nB & C\nÉlevé"}
    record.step("add profile field", shortname="level", datatype="menu", **menu)
    box = {"name": "Boarder", "visible": 2, "defaultdata": "0", "param1": ""}
    record.step("add profile field", shortname="boarder", datatype="checkbox", **box)
    for visible, name in ((0, "secret"), (1, "private"), (3, "staff")):
        hidden = {"name": name.capitalize(), "visible": visible, "defaultdata": "", "param1": "30"}
        record.step("add profile field", shortname=name, datatype="text", **hidden)
    given = {
        "region": "Kayes & <b>Nord</b>", "level": "B & C", "boarder": "1", "secret": "s",
        "private": "p", "staff": "t",
    }  # fmt: skip
    plain = {
        "institution": "Lycée & Co", "department": "D < 1", "phone1": "+223 1", "phone2": "0 2",
        "address": "Rue 1\nKayes", "city": "Kayes", "country": "ML", "idnumber": "N-1",
        "description": "<p>Hi</p>", "middlename": "M", "lang": "en", "timezone": "Africa/Bamako",
    }  # fmt: skip
    custom = [{"type": name, "value": value} for name, value in given.items()]
    record(
        "create with markup in a plain field", "core_user_create_users",
        users=[learner("awa", **plain | {"department": "D <1>"}, customfields=custom)],
    )  # fmt: skip
    made = record(
        "create with custom and plain fields", "core_user_create_users",
        users=[learner("awa", **plain, customfields=custom)],
    )  # fmt: skip
    awa = made[0]["id"]
    (binta,) = make(record, "binta")
    enrol(record, "enrol awa", awa)
    read(record, "after creating", "awa")
    record("enrolled, all that may be asked for", "core_enrol_get_enrolled_users", courseid=MATH)
    for number, (note, changes) in enumerate(_updates(awa, binta)):
        record(f"update: {note}", "core_user_update_users", users=changes)
        read(record, f"after update {number}: {note}", "awa", "binta")
    for identity in ("email,phone1,phone2,city", "profile_field_region,idnumber", "email"):
        record.step("show identity", fields=identity)
        read(record, f"identity fields {identity}", "awa")
        people = "core_user_get_users_by_field"
        record(f"by email, {identity}", people, field="email", values=["awa@box.invalid"])
    record(
        "create with an unknown custom field", "core_user_create_users",
        users=[learner("coumba", customfields=[{"type": "nope", "value": "x"}])],
    )  # fmt: skip
    record(
        "create with a value that the menu lacks", "core_user_create_users",
        users=[learner("demba", customfields=[{"type": "level", "value": "Z9"}])],
    )  # fmt: skip
    record(
        "what became of them", "core_user_get_users_by_field",
        field="username", values=["coumba", "demba"],
    )  # fmt: skip


def _updates(awa: int, binta: int) -> list[tuple[str, list[dict[str, Any]]]]:
    def custom(user: int, **fields: str) -> dict[str, Any]:
        fields_given = [{"type": name, "value": value} for name, value in fields.items()]
        return {"id": user, "customfields": fields_given}

    return [
        ("an unknown custom field", [custom(awa, nope="x")]),
        ("an unknown custom field beside a known one", [custom(awa, nope="x", region="Ségou")]),
        ("a value that the menu lacks", [custom(awa, level="Z9")]),
        ("a menu by its place", [custom(awa, level="0")]),
        ("a menu by its value", [custom(awa, level="A1")]),
        ("a menu emptied", [custom(awa, level="")]),
        ("a checkbox off", [custom(awa, boarder="0")]),
        ("a checkbox with a word", [custom(awa, boarder="yes")]),
        ("a text emptied", [custom(awa, region="")]),
        ("a text of 300 letters", [custom(awa, region="x" * 300)]),
        ("a text with blanks around", [custom(awa, region="  Kayes  ")]),
        ("a shortname in other case", [custom(awa, Region="Mopti")]),
        ("fields that one may not see", [custom(awa, secret="s2", private="p2", staff="t2")]),
        ("two learners", [custom(awa, region="One"), custom(binta, region="Two")]),
        ("two learners, one is missing", [custom(99999, region="x"), custom(binta, region="3")]),
        (
            "plain fields",
            [{
                "id": binta, "institution": "I & Co", "department": "D", "phone1": "1",
                "phone2": "2", "address": "A", "city": "C", "country": "SN", "idnumber": "N-2",
            }],
        ),
        ("markup in a plain field", [{"id": binta, "address": "A <i>b</i>", "city": "D"}]),
        ("plain fields emptied", [{"id": binta, "city": "", "phone1": "", "department": ""}]),
        ("an unknown country", [{"id": binta, "country": "ZZ"}]),
        ("an idnumber that another has", [{"id": binta, "idnumber": "N-1"}]),
        ("an institution of 300 letters", [{"id": binta, "institution": "x" * 300}]),
        ("a phone with 30 digits", [{"id": binta, "phone1": "1" * 30}]),
        ("markup in a name", [{"id": binta, "firstname": "A <b>B</b>"}]),
        ("an empty first name", [{"id": binta, "firstname": ""}]),
        ("names with blanks around", [{"id": binta, "firstname": " Binta ", "lastname": "Ba "}]),
        ("an e-mail that is none", [{"id": binta, "email": "no"}]),
        ("an e-mail in other case", [{"id": binta, "email": "BINTA@box.invalid"}]),
        ("an e-mail that another has", [{"id": binta, "email": "AWA@box.invalid"}]),
        ("a username that another has", [{"id": binta, "username": "awa"}]),
        ("nothing", [{"id": binta}]),
        ("nobody", []),
        ("the service's own account", [{"id": 3, "city": "Kayes"}]),
        ("the guest", [{"id": 1, "city": "Kayes"}]),
    ]  # fmt: skip


def read(record: Recorder, note: str, *names: str) -> None:
    """Read accounts both ways: by their names and as enrolled."""
    people = "core_user_get_users_by_field"
    record(f"by username, {note}", people, field="username", values=list(names))
    options = [{"name": "userfields", "value": _FIELDS}]
    record(f"enrolled, {note}", "core_enrol_get_enrolled_users", courseid=MATH, options=options)


def enrolled(record: Recorder, note: str, course: int) -> None:
    """Read who is enrolled: all, the active ones, the suspended ones."""
    for only in ((), ("onlyactive",), ("onlysuspended",), ("onlyactive", "onlysuspended")):
        options = [{"name": name, "value": 1} for name in only]
        options.append({"name": "userfields", "value": "id,roles,groups,suspended"})
        record(
            f"enrolled {' '.join(only) or 'any'}, {note}", "core_enrol_get_enrolled_users",
            courseid=course, options=options,
        )  # fmt: skip


def suspensions(record: Recorder) -> None:
    """Suspending an enrolment and lifting that, by enrolling again."""
    one, two, three = make(record, "eva", "fanta", "gora", course=SCIENCE)
    enrolled(record, "three enrolled", SCIENCE)
    enrol(record, "suspend eva", one, course=SCIENCE, suspend=1)
    enrolled(record, "eva suspended", SCIENCE)
    enrol(record, "suspend eva again", one, course=SCIENCE, suspend=1)
    enrol(record, "give fanta an end in the past", two, course=SCIENCE, timeend=1700000000)
    enrolled(record, "fanta ended", SCIENCE)
    enrol(record, "eva back", one, course=SCIENCE, suspend=0)
    enrol(record, "fanta back", two, course=SCIENCE)
    enrolled(record, "both back", SCIENCE)
    record.step("enrol by itself", course=SCIENCE, user=three)
    enrol(record, "suspend gora, who enrolled by self as well", three, course=SCIENCE, suspend=1)
    enrolled(record, "gora suspended once of twice", SCIENCE)
    record.step("suspend account", user=one, suspended=1)
    enrolled(record, "the account of eva suspended", SCIENCE)
    enrol(record, "enrol a suspended account", one, course=FRENCH)
    enrolled(record, "a suspended account", FRENCH)
    record.step("delete account", user=two)
    enrolled(record, "the account of fanta deleted", SCIENCE)
    enrol(record, "enrol a deleted account", two, course=FRENCH)


def save(
    record: Recorder, note: str, *grades: tuple[int, object], comment: Any = None, **more: Any
) -> None:
    """Save grades of the assignment, with one comment for all or none."""
    plugins = {} if comment is None else {
        "plugindata": {"assignfeedbackcomments_editor": comment}
    }  # fmt: skip
    rows = [
        {
            "userid": user, "grade": grade, "attemptnumber": -1, "addattempt": 0,
            "workflowstate": "", **plugins, **more,
        }
        for user, grade in grades
    ]  # fmt: skip
    record(note, "mod_assign_save_grades", assignmentid=ASSIGNMENT, applytoall=0, grades=rows)


def grades_of(record: Recorder, note: str, user: int, **more: Any) -> Any:
    """Read a learner's grades; gives the assignment's item."""
    report = record(note, "gradereport_user_get_grade_items", courseid=MATH, userid=user, **more)
    items = report.get("usergrades", [{"gradeitems": []}])[0]["gradeitems"]
    return next((item for item in items if item["itemmodule"] == "assign"), None)


def feedback(record: Recorder) -> None:
    """Comments in every format: how they read, and whether sending back what was read changes."""
    (user,) = make(record, "hawa")
    grades_of(record, "grades before any", user)
    for note, text, form in _COMMENTS:
        save(record, f"comment, {note}", (user, 60), comment={"text": text, "format": form})
        grades_of(record, f"read comment raw, {note}", user, moodlewssettingraw=1)
        seen = grades_of(record, f"read comment, {note}", user)
        if seen is None:
            continue
        back = {"text": seen["feedback"], "format": seen["feedbackformat"]}
        save(record, f"send back what was read: {note}", (user, 61), comment=back)
        grades_of(record, f"read comment sent back, {note}", user)
    other, third, fourth = make(record, "issa", "jamila", "khady")
    save(record, "a grade without plugindata, no comment yet", (other, 70.5))
    grades_of(record, "read grade without comment", other)
    save(record, "a grade again without plugindata, no comment yet", (other, 71.5))
    grades_of(record, "read grade without comment again", other)
    save(record, "two grades with comments", (third, 55), (fourth, 66),
         comment={"text": "x", "format": 1})  # fmt: skip
    save(record, "without plugindata where there is a comment", (third, 56))
    grades_of(record, "read what that left", third)
    save(
        record, "the same grade and comment again", (third, 55), comment={"text": "x", "format": 1}
    )
    grades_of(record, "read the same again", third)
    save(record, "another comment, the same grade", (third, 55), comment={"text": "y", "format": 1})
    grades_of(record, "read another comment", third)
    save(record, "above the maximum", (third, 150), comment={"text": "y", "format": 1})
    grades_of(record, "read above the maximum", third)
    save(record, "below the minimum", (third, -1), comment={"text": "y", "format": 1})
    grades_of(record, "read -1: no grade", third)
    save(record, "-5", (third, -5), comment={"text": "y", "format": 1})
    grades_of(record, "read -5", third)
    save(record, "six decimals", (third, 33.333333), comment={"text": "y", "format": 1})
    grades_of(record, "read six decimals", third)
    record.step("comment in the gradebook", item=ESSAY, user=fourth, feedback="<p>T</p>", format=1)
    grades_of(record, "a teacher's comment in the gradebook", fourth)
    save(record, "a learner not enrolled, a missing one", (3, 10), (99999, 20),
         comment={"text": "y", "format": 1})  # fmt: skip
    record.step("track", cmid=ASSIGNMENT_CMID, completion=0)
    save(record, "where tracking is off", (fourth, 44), comment={"text": "z", "format": 1})
    grades_of(record, "read after the teacher's comment in the gradebook", fourth)
    record.step("track", cmid=ASSIGNMENT_CMID, completion=2)
    (poisoned,) = make(record, "lamine")
    save(record, "an unknown format", (poisoned, 50), comment={"text": "x", "format": 7})
    grades_of(record, "read an unknown format: refused", poisoned)
    save(record, "after an unknown format: refused", (poisoned, 50),
         comment={"text": "x", "format": 1})  # fmt: skip
    record(
        "save grades of a missing assignment", "mod_assign_save_grades",
        assignmentid=9999, applytoall=0, grades=[],
    )  # fmt: skip
    save(record, "no grades at all")
    for name, value in (("markingworkflow", 1), ("blindmarking", 1), ("teamsubmission", 1)):
        record.step("set assignment", assignment=ASSIGNMENT, name=name, value=value)
        (user,) = make(record, f"l{name[:4]}")
        save(record, f"with {name}", (user, 40), comment={"text": "w", "format": 1})
        grades_of(record, f"read with {name}", user)
        save(record, f"with {name}, released", (user, 41), comment={"text": "w", "format": 1},
             workflowstate="released")  # fmt: skip
        grades_of(record, f"read with {name}, released", user)
        record.step("set assignment", assignment=ASSIGNMENT, name=name, value=0)


def closed_grades(record: Recorder) -> None:
    """Saving where a teacher overrode or locked: an assignment's grades and a quiz's."""
    comment = {"text": "from the box", "format": 1}
    one, two, three, four = make(record, "mariam", "nafi", "oumar", "penda")
    for user in (one, two, three, four):
        save(record, f"first grade of {user}", (user, 50), comment=comment)
        _grade_quiz(record, f"quiz: first grade of {user}", user, 5)
    for item in (ESSAY, QUIZ):
        record.step("override grade", item=item, user=one, grade=8)
        record.step("lock grade", item=item, user=two, locked=1)
    grades_of(record, "overridden", one)
    grades_of(record, "grade locked", two)
    save(record, "save overridden", (one, 60), comment=comment | {"text": "new"})
    grades_of(record, "read saved overridden", one)
    save(record, "save locked grade", (two, 60), comment=comment | {"text": "new"})
    grades_of(record, "read saved locked grade", two)
    save(record, "save a locked one before an open one", (two, 61), (three, 61), comment=comment)
    grades_of(record, "read the open one", three)
    _grade_quiz(record, "quiz: overridden", one, 6)
    _grade_quiz(record, "quiz: locked grade", two, 6)
    grades_of(record, "read quiz, overridden", one)
    grades_of(record, "read quiz, locked grade", two)
    for item in (ESSAY, QUIZ):
        record.step("lock item", item=item, locked=1)
    grades_of(record, "item locked", three)
    save(record, "save in a locked item", (three, 62), comment=comment | {"text": "newer"})
    grades_of(record, "read saved in a locked item", three)
    _grade_quiz(record, "quiz: item locked", three, 7)
    for item in (ESSAY, QUIZ):
        record.step("lock item", item=item, locked=0)
    grades_of(record, "read after unlocking the item", three)
    save(record, "save after unlocking the item", (three, 63), comment=comment)
    grades_of(record, "read saved after unlocking", three)
    for item in (ESSAY, QUIZ):
        record.step("lock grade", item=item, user=two, locked=0)
        record.step("stop overriding", item=item, user=one)
    grades_of(record, "read after unlocking the grade", two)
    grades_of(record, "read after the override's end", one)
    record.step("override grade", item=ESSAY, user=four, grade=9, feedback="<p>By hand</p>")
    grades_of(record, "overridden with feedback", four)
    save(record, "save overridden with feedback", (four, 64), comment=comment)
    grades_of(record, "read overridden with feedback", four)


def _grade_quiz(record: Recorder, note: str, user: int, grade: float) -> None:
    record(
        note, "core_grades_update_grades", source="beekee", courseid=MATH, component="mod_quiz",
        activityid=QUIZ_CMID, itemnumber=0, grades=[{"studentid": user, "grade": grade}],
    )  # fmt: skip


def groups(record: Recorder) -> None:
    """Names of groups, what counts as the same, and members."""
    one, two, three, four = make(record, "ramata", "sira", "tene", "uma", course=FRENCH)
    (away,) = make(record, "vieux", course=SCIENCE)
    names = (
        "Group A", "Group a", "group A", "Gróup A", "Group A ", "  Spaces  ", "Spaces", "A & B",
        "A &amp; B", "A <b>B</b>", "3 < 4", "<p>", "Élèves de 6ème", "Eleves de 6eme", "", " ",
        "x" * 254, "x" * 255, "Two  blanks", "Line\nbreak", "0", "Ελλάδα", "班", "😀", "A\u0301",
    )  # fmt: skip
    made: dict[str, int] = {}
    for name in names:
        answer = create(record, f"group {name[:20]!r} ({len(name)})", name)
        if isinstance(answer, list):
            made[name] = answer[0]["id"]
    listing = "core_group_get_course_groups"
    record("groups of the course", listing, courseid=FRENCH)
    create(record, "two groups, one bad", "Fine", "Group A")
    create(record, "two groups of one name", "Same", "Same")
    create(record, "two groups", "First", "Second")
    record("groups after that, raw", listing, courseid=FRENCH, moodlewssettingraw=1)
    record("groups of a course without any", listing, courseid=MATH)
    record("groups of a missing course", listing, courseid=9999)
    record(
        "groups in two courses, with an idnumber", "core_group_create_groups",
        groups=[
            {"courseid": course, "name": "Elsewhere", "description": "<p>D & d</p>"}
            | {"idnumber": "G"}
            for course in (FRENCH, SCIENCE)
        ],
    )  # fmt: skip
    record(
        "an idnumber that another group has", "core_group_create_groups",
        groups=[{"courseid": FRENCH, "name": "Other", "description": "", "idnumber": "G"}],
    )  # fmt: skip
    for visibility in (1, 2, 3):
        hidden = {"courseid": FRENCH, "name": f"Hidden {visibility}", "description": ""}
        record(
            f"a group of visibility {visibility}", "core_group_create_groups",
            groups=[hidden | {"visibility": visibility}],
        )  # fmt: skip
        create(record, f"its name again, {visibility}", f"Hidden {visibility}")
    record("groups, hidden ones too", listing, courseid=FRENCH)
    group = made["Group A"]
    members(record, group, one, two, three, four, away)
    record("groups at the end", listing, courseid=FRENCH)


def create(record: Recorder, note: str, *names: str) -> Any:
    """Create groups in French."""
    rows = [{"courseid": FRENCH, "name": name, "description": ""} for name in names]
    return record(note, "core_group_create_groups", groups=rows)


def members(
    record: Recorder, group: int, one: int, two: int, three: int, four: int, away: int
) -> None:
    """Adding members: once, twice, with a bad one, suspended, unenrolled."""

    def add(note: str, *users: int, into: int = group) -> None:
        rows = [{"groupid": into, "userid": user} for user in users]
        record(f"members: {note}", "core_group_add_group_members", members=rows)

    def show(note: str, *ids: int) -> None:
        record(f"members after {note}", "core_group_get_group_members", groupids=list(ids))

    add("one", one)
    add("the same again", one)
    add("one known and one new", one, two)
    add("the same twice in one call", three, three)
    show("adding", group)
    add("one enrolled and one who is not", four, away)
    show("one bad", group)
    add("a missing account", 99999)
    add("into a missing group", four, into=9999)
    enrol(record, "suspend uma", four, course=FRENCH, suspend=1)
    add("a suspended enrolment", four)
    show("a suspended one", group)
    record("members of a missing group", "core_group_get_group_members", groupids=[9999])
    record("members of two groups", "core_group_get_group_members", groupids=[group, group + 1])
    record("members of no group", "core_group_get_group_members")
    options = [
        {"name": "userfields", "value": "id,groups"}, {"name": "groupid", "value": str(group)},
    ]  # fmt: skip
    record("enrolled, of one group", "core_enrol_get_enrolled_users", courseid=FRENCH,
           options=options)  # fmt: skip
    rows = [{"userid": one, "courseid": FRENCH}]
    record("unenrol a member", "enrol_manual_unenrol_users", enrolments=rows)
    show("unenrolling", group)
    record.step("delete account", user=two)
    show("deleting the account of sira", group)
