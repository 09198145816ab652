"""A box on a real server with as many completions as learners times activities."""

import time
from contextlib import closing

from beekeed.moodle.login import Login
from tests.servers import connect, execute, insert, make_tables

COURSES = 10
FIRST_USER = 10
ADD = """
    INSERT INTO mdl_course_modules_completion
        (id, userid, coursemoduleid, completionstate, timemodified)
    SELECT (u.id - {first}) * {activities} + cm.id, u.id, cm.id, 1, 1793491200 + u.id
    FROM mdl_user u CROSS JOIN mdl_course_modules cm
    WHERE u.id >= {first} AND ((u.id - {first}) * {activities} + cm.id) % {each} {equals} 0
"""
TAKE_BACK = """
    UPDATE mdl_course_modules_completion SET completionstate = 0 WHERE id % {each} = 1
"""
COUNT = """
    SELECT COUNT(*) FROM mdl_course_modules_completion cmc JOIN mdl_user u ON u.id = cmc.userid
    WHERE u.deleted = 0 AND cmc.completionstate > 0
"""


def make_box(login: Login, learners: int, activities: int) -> None:
    """Make courses, activities, people and enrolments; nothing is done yet."""
    make_tables(login)
    insert(login, "role", [{"id": 5, "name": "", "shortname": "student", "description": "",
                            "sortorder": 5, "archetype": "student"}])  # fmt: skip
    insert(login, "modules", [{"id": 1, "name": "page"}])
    courses = range(2, 2 + COURSES)
    named = [
        {"id": c, "category": 1, "shortname": f"C{c}", "fullname": f"Course {c}"} for c in courses
    ]
    insert(login, "course", [row | {"enablecompletion": 1, "timemodified": 1} for row in named])
    insert(login, "context", [{"id": c, "contextlevel": 50, "instanceid": c} for c in courses])
    insert(login, "enrol", [{"id": c, "enrol": "manual", "courseid": c, "status": 0}
                            for c in courses])  # fmt: skip
    course_of = {cm: 2 + cm % COURSES for cm in range(1, activities + 1)}
    insert(login, "page", [{"id": cm, "course": c, "name": f"Lesson {cm}", "content": ""}
                           for cm, c in course_of.items()])  # fmt: skip
    insert(login, "course_modules", [{"id": cm, "course": c, "module": 1, "instance": cm,
                                      "completion": 2} for cm, c in course_of.items()])  # fmt: skip
    sections = {c: ",".join(str(cm) for cm, of in course_of.items() if of == c) for c in courses}
    insert(login, "course_sections", [{"id": c, "course": c, "section": 1, "sequence": sequence}
                                      for c, sequence in sections.items()])  # fmt: skip
    people = range(FIRST_USER, FIRST_USER + learners)
    insert(login, "user", [{"id": u, "username": f"learner{u}", "firstname": f"First {u}",
                            "lastname": f"Last {u}", "email": f"{u}@example.org", "mnethostid": 1,
                            "timecreated": 1} for u in people])  # fmt: skip
    for table, parts in (
        ("role_assignments", {"roleid": "5", "contextid": "c.id", "userid": "u.id"}),
        ("user_enrolments", {"enrolid": "c.id", "userid": "u.id"}),
    ):
        execute(
            login,
            f"INSERT INTO mdl_{table} (id, {', '.join(parts)})"
            f" SELECT u.id * 100 + c.id, {', '.join(parts.values())} FROM mdl_user u"
            f" CROSS JOIN mdl_course c WHERE u.id >= {FIRST_USER}",
        )


def add_work(login: Login, activities: int, each: int, *, new: bool) -> None:
    """Add every `each`th completion, or all others."""
    equals = "=" if new else "<>"
    execute(login, ADD.format(first=FIRST_USER, activities=activities, each=each, equals=equals))
    with closing(connect(login)) as database:
        database.cursor().execute("ANALYZE" + (" TABLE mdl_course_modules_completion"
                                               if login.kind == "mariadb" else ""))  # fmt: skip


def take_back(login: Login, each: int) -> None:
    """Take every `each`th completion back."""
    execute(login, TAKE_BACK.format(each=each))


def counted(login: Login) -> tuple[int, float]:
    """Count the same people's rows with one plain question: how many, and how long it took."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        ((count,),) = execute(login, COUNT)
        best = min(best, time.perf_counter() - started)
    return int(count), best
