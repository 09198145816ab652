"""What beekeed understands of a device with every oddity, the same on each kind of database."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beekeed.core.model import Kind, Uncarried
from beekeed.engine import FactRules, Stop
from beekeed.engine.reading import Reader, Reading
from beekeed.errors import Code
from beekeed.sqlite.catalogue import SqliteCatalogue
from beekeed.sqlite.changes import SqliteChanges
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.store import Store
from beekeed.sqlite.targets import SqliteTargets
from tests.adapters.test_device import device
from tests.clock import FakeClock
from tests.servers import Box

Facts = dict[str, tuple[int, dict[str, tuple[str, int, list[str]]]]]
"""By username: when the account was made, and by course the enrolment, since when, and what is
done: activity (/2: the second of that name in its section), state, Unix seconds."""


def split(done: str) -> list[str]:
    """The facts of a course, one a semicolon."""
    return done.split("; ")


# Written out by hand from the rows of the sample. Not there, and why:
# - the quiz that learner0002 and learner0004 failed (state 3): a failure is never sent;
# - "Going", which learner0001 viewed: it is being deleted;
# - learner0007's work in BK-FR, where the enrolment is gone; learner0005, who was deleted.
# fmt: off
EIGHT: Facts = {
    # 1970 and 2038; two active enrolments in BK-FR; both activities of one name.
    "learner0001": (1795325827, {
        "BK-MATH": ("active", 1795325827, split(
            "Lesson 5=1@3600; Manual page=1@2147400000; Lesson 6=1@1793514957; Lesson "
            "4=1@1793522876; Poll=1@1793530795; Same name=1@1794058521; Same name/2=1@1794098116"
        )),
        "BK-FR": ("active", 1795325827, split(
            "Lesson 5=1@1793538714; Manual page=1@1793546633; Lesson 6=1@1793554552; Lesson "
            "4=1@1793562471; Poll=1@1793570390"
        )),
        "BK-SCI": ("active", 1795325827, split(
            "Lesson 5=1@1793578309; Manual page=1@1793586228; Lesson 6=1@1793594147; Lesson "
            "4=1@1793602066; Poll=1@1793609985"
        )),
    }),
    # A suspended enrolment beside an active one.
    "learner0002": (1795325827, {
        "BK-MATH": ("active", 1795325827, split(
            "Lesson 1=1@1793617904; Lesson 5=1@1793625823; Lesson 2=1@1793633742; Lesson "
            "6=1@1793641661; Essay=1@1793649580; Lesson 3=1@1793657499; Quiz 1=1@1793665418; Same "
            "name=1@1794066440; Same name/2=1@1794106035"
        )),
        "BK-FR": ("active", 1795325827, split(
            "Lesson 1=1@1793673337; Lesson 5=1@1793681256; Lesson 2=1@1793689175; Lesson "
            "6=1@1793697094; Essay=1@1793705013; Lesson 3=1@1793712932"
        )),
        "BK-SCI": ("active", 1795325827, split(
            "Lesson 1=1@1793728770; Lesson 5=1@1793736689; Lesson 2=1@1793744608; Lesson "
            "6=1@1793752527; Essay=1@1793760446; Lesson 3=1@1793768365; Quiz 1=1@1793776284"
        )),
    }),
    "learner0003": (1795325828, {
        "BK-MATH": ("active", 1795325828, split(
            "Lesson 1=1@1793784203; Manual page=1@1793792122; Lesson 2=1@1793800041; Lesson "
            "3=1@1793807960; Lesson 4=1@1793815879; Poll=1@1793823798; Same name=1@1794074359; "
            "Same name/2=1@1794113954"
        )),
        "BK-FR": ("active", 1795325828, split(
            "Lesson 1=1@1793831717; Manual page=1@1793839636; Lesson 2=1@1793847555; Lesson "
            "3=1@1793855474; Lesson 4=1@1793863393; Poll=1@1793871312"
        )),
        "BK-SCI": ("active", 1795325828, split(
            "Lesson 1=1@1793879231; Manual page=1@1793887150; Lesson 2=1@1793895069; Lesson "
            "3=1@1793902988; Lesson 4=1@1793910907; Poll=1@1793918826"
        )),
    }),
    # An account that is suspended on the box.
    "learner0004": (1795325828, {
        "BK-MATH": ("active", 1795325828, split(
            "Lesson 5=1@1793926745; Manual page=1@1793934664; Lesson 6=1@1793942583; "
            "Essay=1@1793950502; Quiz 1=1@1793958421; Lesson 4=1@1793966340"
        )),
        "BK-FR": ("active", 1795325828, split(
            "Lesson 5=1@1793974259; Manual page=1@1793982178; Lesson 6=1@1793990097; "
            "Essay=1@1793998016; Lesson 4=1@1794013854"
        )),
        "BK-SCI": ("active", 1795325828, split(
            "Lesson 5=1@1794021773; Manual page=1@1794029692; Lesson 6=1@1794037611; "
            "Essay=1@1794045530; Quiz 1=1@1794053449; Lesson 4=1@1794061368"
        )),
    }),
    # Removed from BK-FR.
    "learner0007": (1795325828, {
        "BK-MATH": ("active", 1795325828, split(
            "Lesson 5=1@1794378128; Manual page=1@1794386047; Lesson 6=1@1794393966; Lesson "
            "4=1@1794401885; Poll=1@1794409804; Same name=1@1794090197; Same name/2=1@1794129792"
        )),
        "BK-SCI": ("active", 1795325828, split(
            "Lesson 5=1@1794457318; Manual page=1@1794465237; Lesson 6=1@1794473156; Lesson "
            "4=1@1794481075; Poll=1@1794488994"
        )),
    }),
    # A quiz passed with a grade (state 2); the enrolment in BK-SCI is suspended.
    "learner0012": (1795325829, {
        "BK-MATH": ("active", 1795325829, split(
            "Lesson 1=1@1795090838; Manual page=1@1795098757; Lesson 2=1@1795106676; "
            "Essay=1@1795114595; Lesson 3=1@1795122514; Quiz 1=2@1795130433; Lesson "
            "4=1@1795138352"
        )),
        "BK-FR": ("active", 1795325829, split(
            "Lesson 1=1@1795146271; Manual page=1@1795154190; Lesson 2=1@1795162109; "
            "Essay=1@1795170028; Lesson 3=1@1795177947; Quiz 1=1@1795185866; Lesson "
            "4=1@1795193785"
        )),
        "BK-SCI": ("suspended", 1795325829, split(
            "Lesson 1=1@1795201704; Manual page=1@1795209623; Lesson 2=1@1795217542; "
            "Essay=1@1795225461; Lesson 3=1@1795233380; Quiz 1=1@1795241299; Lesson "
            "4=1@1795249218"
        )),
    }),
    # The enrolment in BK-SCI has ended.
    "learner0013": (1795325829, {
        "BK-MATH": ("active", 1795325829, split(
            "Lesson 5=1@1795257137; Manual page=1@1795265056; Lesson 6=1@1795272975; Lesson "
            "4=1@1795280894; Poll=1@1795288813"
        )),
        "BK-FR": ("active", 1795325829, split(
            "Lesson 5=1@1795296732; Manual page=1@1795304651; Lesson 6=1@1793498170; Quiz "
            "1=1@1793908060; Lesson 4=1@1793506089; Poll=1@1793514008"
        )),
        "BK-SCI": ("until:1790000000", 1795325829, split(
            "Lesson 5=1@1793521927; Manual page=1@1793529846; Lesson 6=1@1793537765; Quiz "
            "1=1@1793987250; Lesson 4=1@1793545684; Poll=1@1793553603"
        )),
    }),
    "learner0005": (0, {}),
}
# What counts of their grades: activity (*1: of its item 1), grade, the format of a comment and
# the comment, time. Of learner0002's Essay in BK-MATH a teacher made 95 of 54 on the box.
GRADES = {
    "learner0001": {"BK-MATH": split("Portfolio=1@1793612177; Graded talk*1=10@1794169829")},
    "learner0002": {
        "BK-MATH": split(
            "Essay=95 1Revu@1793595929; Portfolio=2@1793716906; Quiz 1=2@1793805387; "
            "Graded talk*1=11@1794656759"
        ),
        "BK-FR": split("Essay=54 1Bien@1793910116; Quiz 1=2@1794119574"),
        "BK-SCI": split("Essay=54 1Bien@1794224303; Quiz 1=2@1794433761"),
    },
    "learner0003": {"BK-MATH": split("Portfolio=1@1793821635; Graded talk*1=12@1794588745")},
    "learner0004": {
        "BK-MATH": split("Quiz 1=4@1794747948"),
        "BK-FR": split("Quiz 1=4@1795062135"),
        "BK-SCI": split("Quiz 1=4@1793561922"),
    },
    "learner0007": {"BK-MATH": split("Portfolio=1@1794135822; Graded talk*1=14@1795007661")},
    "learner0012": {
        "BK-MATH": split("Quiz 1=8.5@1794889392"),
        "BK-FR": split("Quiz 1=8.5@1795203579"),
        "BK-SCI": split("Quiz 1=8.5@1793703366"),
    },
    "learner0013": {
        "BK-MATH": split("Quiz 1=2.25@1794617336"),
        "BK-FR": split("Quiz 1=2.25@1794130406"),
        "BK-SCI": split("Quiz 1=2.25@1793643476"),
    },
}
# Their groups, all in BK-MATH, with the time; their village is a custom profile field.
GROUPS = {
    "learner0001": ("Class B", 1793499119),
    "learner0002": ("Class A", 1793507038),
    "learner0003": ("Class B", 1793514957),
    "learner0004": ("Class A", 1793522876),
    "learner0007": ("Class B", 1793546633),
    "learner0012": ("Class A", 1793586228),
    "learner0013": ("Class B", 1793594147),
}
VILLAGES = {
    "learner0001": "Koulikoro",
    "learner0002": "Ségou",
    "learner0003": "Kati",
    "learner0004": "Koulikoro",
    "learner0007": "Koulikoro",
}
# fmt: on

PENDING = """
    SELECT learner.username, course.shortname, change.kind, change.value, change.happened_at,
           activity.name || iif(activity.nth, '/' || (activity.nth + 1), '')
           || iif(activity.item, '*' || activity.item, '') AS activity, learner_group.name AS joined
    FROM change JOIN learner ON learner.id = learner_id
    LEFT JOIN course ON course.id = change.course_id
    LEFT JOIN activity ON activity.id = part_id AND change.kind IN (3, 4)
    LEFT JOIN learner_group ON learner_group.id = part_id AND change.kind = 5
    ORDER BY username, change.course_id, part_id
"""
ACCOUNT, ENROLMENT, COMPLETION, GRADE, MEMBERSHIP = 1, 2, 3, 4, 5


@pytest.fixture
def box(kind: str, new_box: Callable[[str, str], Box]) -> Box:
    """A device with every oddity, on each kind of database."""
    return new_box(kind, "device-variety")


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Store]:
    """A database of our own, closed whatever happens: else its thread would never end."""
    own = await open_store(path)
    try:
        yield own
    finally:
        await own.close()


async def read(box: Box, store: Store) -> Reading:
    """Read the box for the first time; gives what is not sent."""
    targets, clock = SqliteTargets(store=store), FakeClock()
    target = await targets.open("https://x", "digest", clock.now())
    reader = Reader(
        clock=clock,
        device=device(box.login),
        catalogue=SqliteCatalogue(store=store),
        changes=SqliteChanges(store=store),
        targets=targets,
        rules=FactRules(),
    )
    return await reader.read(target, Stop(), compare_all=True)


async def understood(store: Store) -> Facts:
    """What was noted, in the shape of EIGHT."""
    found: Facts = {}
    rows = await store.rows(PENDING)
    for row in sorted(rows, key=lambda row: int(row["kind"])):
        if row["kind"] == ACCOUNT:
            found[row["username"]] = (row["happened_at"], {})
        elif row["kind"] == ENROLMENT:
            courses = found[row["username"]][1]
            courses[row["shortname"]] = (row["value"], row["happened_at"], [])
        elif row["kind"] == COMPLETION:
            done = found[row["username"]][1][row["shortname"]][2]
            done.append(f"{row['activity']}={row['value']}@{row['happened_at']}")
    return found


async def test_eight_learners_who_show_every_oddity(box: Box, store: Store) -> None:
    """Fact by fact, with its time."""
    await read(box, store)
    found = await understood(store)
    for username, wanted in EIGHT.items():
        if wanted[1]:
            made_at, courses = found[username]
            assert made_at == wanted[0]
            assert courses.keys() == wanted[1].keys()
            for shortname, (value, since, done) in wanted[1].items():
                assert courses[shortname][:2] == (value, since), (username, shortname)
                assert sorted(courses[shortname][2]) == sorted(done), (username, shortname)
        else:
            assert username not in found


async def test_the_same_eight_by_their_grades(box: Box, store: Store) -> None:
    """Item 1 of a forum; never the computed totals, nor what has no grade."""
    await read(box, store)
    found: dict[str, dict[str, list[str]]] = {}
    for row in await store.rows(PENDING):
        if row["kind"] == GRADE:
            grades = found.setdefault(row["username"], {}).setdefault(row["shortname"], [])
            value = row["value"].replace("\n", " ")
            grades.append(f"{row['activity']}={value}@{row['happened_at']}")
    for username in EIGHT:
        wanted = GRADES.get(username, {})
        assert found.get(username, {}).keys() == wanted.keys(), username
        for shortname, grades in wanted.items():
            assert sorted(found[username][shortname]) == sorted(grades), (username, shortname)


async def test_the_same_eight_by_their_groups_and_villages(box: Box, store: Store) -> None:
    """A group by its name, a custom profile field by its shortname."""
    await read(box, store)
    found = {
        row["username"]: (row["joined"], row["happened_at"])
        for row in await store.rows(PENDING)
        if row["kind"] == MEMBERSHIP and row["shortname"] == "BK-MATH"
    }
    assert {name: found[name] for name in EIGHT if name in found} == GROUPS
    known = await store.rows("SELECT username, more FROM learner")
    villages = {row[0]: json.loads(row[1]).get("profile_field_village") for row in known}
    assert {name: villages[name] for name in EIGHT if villages.get(name)} == VILLAGES


async def test_what_cannot_be_carried_is_counted(box: Box, store: Store) -> None:
    """A badge and 12 completed courses. The comments are on assignments, whose grades keep them."""
    assert (await read(box, store)).uncarried == {
        Uncarried.BADGE: 1,
        Uncarried.COURSE_COMPLETION: 12,
        Uncarried.COMMENT: 0,
    }
    async with device(box.login).snapshot() as snapshot:
        counted = await snapshot.uncarried(())
    ((comments,),) = box.sql("SELECT count(*) FROM mdl_grade_grades WHERE feedback <> ''")
    ((deleted,),) = box.sql(
        "SELECT count(*) FROM mdl_grade_grades g JOIN mdl_user u ON u.id = g.userid"
        " WHERE feedback <> '' AND u.deleted = 1"
    )
    assert counted[Uncarried.COMMENT] == comments - deleted > 20


async def test_the_others_by_counts_and_sums_of_the_same_rows(box: Box, store: Store) -> None:
    """Per kind, by plain SQL on the box itself."""
    unsent = (await read(box, store)).unsent
    learner = "u.deleted = 0 AND u.username LIKE 'learner%'"
    member = (
        "EXISTS (SELECT 1 FROM mdl_role_assignments ra JOIN mdl_context x ON x.id = ra.contextid"
        " WHERE ra.userid = u.id AND ra.roleid = 5 AND x.contextlevel = 50"
        " AND x.instanceid = cm.course)"
    )
    done = (
        "FROM mdl_course_modules_completion cmc JOIN mdl_user u ON u.id = cmc.userid"
        " JOIN mdl_course_modules cm ON cm.id = cmc.coursemoduleid"
        f" WHERE {learner} AND cm.deletioninprogress = 0 AND cm.completion > 0"
        " AND cmc.completionstate IN (1, 2)"
    )
    wanted = {
        ACCOUNT: box.sql(
            f"SELECT count(*), sum(u.id), sum(u.timecreated) FROM mdl_user u WHERE {learner}"
        ),
        ENROLMENT: box.sql(
            "SELECT count(*), sum(userid), sum(since) FROM (SELECT ue.userid, e.courseid,"
            " min(ue.timecreated) AS since FROM mdl_user_enrolments ue"
            " JOIN mdl_enrol e ON e.id = ue.enrolid JOIN mdl_user u ON u.id = ue.userid"
            f" WHERE {learner} GROUP BY ue.userid, e.courseid) AS each_course"
        ),
        COMPLETION: box.sql(
            f"SELECT count(*), sum(u.id), sum(cmc.timemodified) {done} AND {member}"
        ),
        GRADE: box.sql(
            "SELECT count(*), sum(u.id), sum(gg.timemodified) FROM mdl_grade_grades gg"
            " JOIN mdl_user u ON u.id = gg.userid JOIN mdl_grade_items gi ON gi.id = gg.itemid"
            " JOIN mdl_role_assignments ra ON ra.userid = u.id AND ra.roleid = 5"
            " JOIN mdl_context x ON x.id = ra.contextid AND x.contextlevel = 50"
            " AND x.instanceid = gi.courseid"
            f" WHERE {learner} AND gi.itemtype = 'mod' AND gg.rawgrade IS NOT NULL"
        ),
        MEMBERSHIP: box.sql(
            "SELECT count(*), sum(u.id), sum(gm.timeadded) FROM mdl_groups_members gm"
            f" JOIN mdl_user u ON u.id = gm.userid WHERE {learner}"
        ),
    }
    for kind, ((count, people, times),) in wanted.items():
        row = await store.row(
            "SELECT count(*), sum(device_id), sum(happened_at) FROM change"
            " JOIN learner ON learner.id = learner_id WHERE kind = ?",
            kind,
        )
        assert row is not None
        assert tuple(row) == (count, int(people), int(times)), kind
    ((outside,),) = box.sql(f"SELECT count(*) {done} AND NOT {member}")
    assert unsent == {(Kind.COMPLETION, Code.NOT_ENROLLED_ON_BOX): outside}
    # 766 done, without 18 of who was deleted, 5 of who left BK-FR, 1 of what is being deleted.
    # Grades: 30 in the quiz and 10 in the Essay of each course, 6 in the forum, 5 in Portfolio.
    assert [count for ((count, _, _),) in wanted.values()] == [39, 116, 742, 131, 39]


async def test_all_kinds_of_database_give_the_same(
    new_box: Callable[[str, str], Box], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """To the last fact, 1970 and 2038 among them."""
    found = []
    for kind in ("sqlite", "mariadb", "postgresql"):
        path = tmp_path_factory.mktemp(kind) / "beekeed.sqlite"
        async with opened(path) as own:
            await read(new_box(kind, "device-variety"), own)
            found.append(await understood(own))
    assert found[0] == found[1] == found[2]
    times = [each for _, courses in found[0].values() for _, _, done in courses.values()
             for each in done]  # fmt: skip
    assert {f"@{int(datetime(1970, 1, 1, 1, tzinfo=UTC).timestamp())}", "@2147400000"} <= {
        each[each.index("@") :] for each in times
    }
