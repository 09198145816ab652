"""Groups: learners join theirs online; a group that is not there is made."""

import pytest

from beekeed.core.model import RunStatus
from beekeed.sandbox import database
from tests.engine.school import MADE, School, Side, counts


def put(side: Side, group: str, *usernames: str, course: str = "MATHS") -> int:
    """Put people into a group of a course, making it where needed."""
    db = side.db
    id_ = side.one(
        "SELECT id FROM mdl_groups WHERE name = ? AND courseid = ?", group, side.course(course)
    ) or database.insert(
        db, "groups", courseid=side.course(course), name=group, timecreated=MADE,
        timemodified=MADE,
    )  # fmt: skip
    for username in usernames:
        database.insert(
            db, "groups_members", groupid=id_, userid=side.user(username), timeadded=MADE
        )
    return int(id_)


def members(here: School) -> list[tuple[str, str]]:
    """Who is in which group online."""
    return here.online.sql(
        "SELECT g.name, u.username FROM mdl_groups_members m JOIN mdl_groups g ON g.id = m.groupid"
        " JOIN mdl_user u ON u.id = m.userid ORDER BY 1, 2"
    )


@pytest.fixture
def class_(here: School) -> School:
    """Two learners of MATHS, who did nothing yet."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.learner("binta", "Binta", "Sow", "MATHS")
    return here


async def test_a_membership_brings_group_enrolment_and_account(class_: School) -> None:
    """All in one run, in the order in which they need each other; a second run sends nothing."""
    put(class_.box, "Classe A", "amina", "binta")
    assert counts(await class_.completed()) == {
        ("account", "done"): 2,
        ("enrolment", "done"): 2,
        ("membership", "done"): 2,
    }
    assert members(class_) == [("Classe A", "amina"), ("Classe A", "binta")]
    assert counts(await class_.completed()) == {}


@pytest.mark.parametrize("there", ["Classe A", "classe a", "Clässe A"])
async def test_a_group_that_is_there_is_joined(class_: School, there: str) -> None:
    """Also one that a database takes for the same name, which could not be made beside it."""
    put(class_.online, there)
    put(class_.box, "Classe A", "amina")
    await class_.completed()
    assert members(class_) == [(there, "amina")]


async def test_a_name_with_an_ampersand_is_found_again(class_: School) -> None:
    """Moodle writes names for HTML unless asked not to."""
    put(class_.box, "Reading & writing", "amina")
    await class_.completed()
    put(class_.box, "Reading & writing", "binta")
    await class_.completed()
    assert [name for name, _ in members(class_)] == ["Reading & writing"] * 2


async def test_who_leaves_a_group_on_the_box_stays_online(class_: School) -> None:
    """What is gone sends nothing, and is listed (row 18)."""
    put(class_.box, "Classe A", "amina")
    await class_.completed()
    class_.box.sql("DELETE FROM mdl_groups_members")
    assert counts(await class_.completed()) == {}
    assert members(class_) == [("Classe A", "amina")]
    (gone,) = await class_.changes.gone_list(1)
    assert (gone.kind, gone.shortname, gone.count) == ("membership", "MATHS", 1)


async def test_a_name_that_is_refused_sets_its_members_aside(class_: School) -> None:
    """A group hidden from us has the name already; the others go on."""
    hidden = put(class_.online, "Secret")
    class_.online.sql("UPDATE mdl_groups SET visibility = 3 WHERE id = ?", hidden)
    put(class_.box, "Secret", "amina")
    put(class_.box, "Classe A", "amina")
    assert (await class_.sync()).run.status is RunStatus.PARTIAL
    assert members(class_) == [("Classe A", "amina")]
    assert await class_.aside() == [("amina", "membership", "group_refused")]


@pytest.mark.parametrize(
    "takes_away",
    [
        "DELETE FROM mdl_external_services_functions WHERE functionname LIKE 'core_group_%'",
        "DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/course:managegroups'",
    ],
)
async def test_without_the_right_memberships_wait_and_nothing_else(
    class_: School, takes_away: str
) -> None:
    """Nobody is set aside for what our account may not do; learners' work is not held up."""
    class_.online.sql(takes_away)
    put(class_.box, "Classe A", "amina")
    class_.box.complete("amina", "Numbers")
    details = await class_.sync()
    assert details.run.status is RunStatus.PARTIAL
    assert details.run.reason is not None
    assert details.run.reason.code in ("function_missing", "capability_missing")
    assert class_.online.state("amina", "Numbers") == 1
    assert await class_.aside() == []
    assert await class_.waiting() == 1


async def test_a_renamed_group_is_another_group(class_: School) -> None:
    """By its name alone is a group known on both sides."""
    group = put(class_.box, "Classe A", "amina")
    await class_.completed()
    class_.box.sql("UPDATE mdl_groups SET name = 'Classe B' WHERE id = ?", group)
    await class_.completed()
    assert members(class_) == [("Classe A", "amina"), ("Classe B", "amina")]


async def test_two_groups_of_the_box_are_never_one_online(class_: School) -> None:
    """A box on PostgreSQL may have both; the online Moodle may refuse the second."""
    put(class_.box, "Classe A", "amina")
    put(class_.box, "Classe a", "binta")
    await class_.sync()
    assert members(class_) in ([("Classe A", "amina")], [("Classe a", "binta")])
    assert [code for _, _, code in await class_.aside()] == ["group_refused"]
