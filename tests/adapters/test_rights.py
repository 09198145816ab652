"""Which rights the service account has, asked of the sandbox online Moodle."""

import pytest

from beekeed.errors import Code, RemoteRefused
from beekeed.moodle import rights
from beekeed.moodle.online import MoodleWebServices
from tests.adapters.online import adapter
from tests.category import ON_SITE, hold_in_category
from tests.engine.school import Side

KINDS = ("assign", "forum", "quiz")
COURSES = ("GONE", "MATHS")
REQUIRED, USEFUL = rights.needed(KINDS)
_AT_THE_DOOR = "webservice/rest:use"  # without it nothing can be asked at all


def allow(side: Side, capability: str) -> None:
    """Give the service account's role a right that it may have already."""
    side.sql(f"DELETE FROM mdl_role_capabilities WHERE capability = '{capability}'")
    side.sql(
        "INSERT INTO mdl_role_capabilities (contextid, roleid, capability, permission)"
        f" SELECT 1, id, '{capability}', 1 FROM mdl_role WHERE shortname = 'beekeesync'"
    )


def everything(side: Side) -> list[str]:
    """Every row of Moodle's tables but when the token was used last."""
    rows = [row for row in side.db.iterdump() if row.startswith('INSERT INTO "mdl_')]
    return [row for row in rows if "mdl_external_tokens" not in row]


async def test_a_service_that_is_set_up_well_lacks_nothing(online: MoodleWebServices) -> None:
    """And what it has beyond need is named."""
    await online.probe()
    found = await online.rights(KINDS, COURSES)
    assert (found.missing, found.wanted) == ({}, {})
    assert found.more == ("moodle/webservice:createtoken", "enrol/manual:unenrol")


async def test_each_right_that_is_taken_away_is_named_with_what_needs_it(
    address: str, side: Side
) -> None:
    """It and no other: so a person knows what to give back."""
    online = adapter(address)
    await online.probe()
    for capability in sorted({*REQUIRED, *USEFUL} - {_AT_THE_DOOR}):
        side.sql(f"DELETE FROM mdl_role_capabilities WHERE capability = '{capability}'")
        found = await online.rights(KINDS, COURSES)
        named = {**found.missing, **found.wanted}
        assert named == {capability: {**REQUIRED, **USEFUL}[capability]}
        assert (capability in found.missing) == (capability in REQUIRED)
        allow(side, capability)
    await online.close()


async def test_each_right_beyond_need_is_named(address: str, side: Side) -> None:
    """What a thief of the box could do with its token."""
    side.sql("DELETE FROM mdl_role_capabilities WHERE capability LIKE '%unenrol%'")
    online = adapter(address)
    await online.probe()
    for capability in rights.BEYOND:
        allow(side, capability)
        assert capability in (await online.rights(KINDS, COURSES)).more
        side.sql(f"DELETE FROM mdl_role_capabilities WHERE capability = '{capability}'")
    assert (await online.rights(KINDS, COURSES)).more == ()
    await online.close()


async def test_a_role_that_is_held_in_a_category_is_found_in_a_course_there(
    address: str, side: Side
) -> None:
    """And what is missing there is named; where none of the box's courses is online, all is."""
    hold_in_category(side.sql)
    online = adapter(address)
    await online.probe()
    found = await online.rights(KINDS, COURSES)
    assert (found.missing, found.wanted) == ({}, {})
    assert found.more == ("moodle/webservice:createtoken", "enrol/manual:unenrol")
    side.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/grade:edit'")
    assert {*(await online.rights(KINDS, COURSES)).missing} == {"moodle/grade:edit"}
    for nowhere in ((), ("GONE",)):
        assert "moodle/course:update" in (await online.rights(KINDS, nowhere)).missing
    await online.close()


async def test_what_accounts_need_must_be_held_in_the_whole_site(address: str, side: Side) -> None:
    """A category's role has it too, which is of no use there."""
    small = hold_in_category(side.sql)
    online = adapter(address)
    await online.probe()
    for capability in sorted({*ON_SITE} - {_AT_THE_DOOR}):
        of_it = f"roleid = {small} AND capability = '{capability}'"
        side.sql(f"UPDATE mdl_role_capabilities SET permission = 0 WHERE {of_it}")
        found = await online.rights(KINDS, COURSES)
        assert {*found.missing, *found.wanted} == {capability}
        side.sql(f"UPDATE mdl_role_capabilities SET permission = 1 WHERE {of_it}")
    await online.close()


async def test_asking_changes_nothing(online: MoodleWebServices, side: Side) -> None:
    """Neither where all is well nor where each right is asked for by itself."""
    side.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/user:create'")
    await online.probe()
    before = everything(side)
    await online.rights(KINDS, COURSES)
    assert everything(side) == before


async def test_a_service_that_cannot_tell_is_said_to_lack_the_function(
    address: str, side: Side
) -> None:
    """Nothing is made of silence."""
    side.sql(
        "DELETE FROM mdl_external_services_functions"
        " WHERE functionname = 'mod_assign_get_assignments'"
    )
    online = adapter(address)
    await online.probe()
    with pytest.raises(RemoteRefused) as refused:
        await online.rights(KINDS, COURSES)
    await online.close()
    assert refused.value.code is Code.FUNCTION_MISSING


async def test_a_site_that_hides_usernames_is_refused_by_name_of_the_right(
    online: MoodleWebServices, side: Side
) -> None:
    """Who cannot be told apart must not be synchronized."""
    side.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'moodle/user:viewalldetails'")
    with pytest.raises(RemoteRefused) as refused:
        await online.sees_people()
    assert refused.value.params["capability"] == "moodle/user:viewalldetails"
