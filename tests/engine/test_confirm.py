"""A person says who somebody is (features.md, row 16)."""

from dataclasses import replace

import pytest

from beekeed.core.model import RunStatus
from tests.clock import START
from tests.engine.school import School


@pytest.fixture
async def doubt(here: School) -> School:
    """Somebody of another name has Amina's username online."""
    here.online.person("amina", "Aminata", "Sow", city="Paris")
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    here.box.complete("amina", "Numbers")
    assert (await here.sync()).run.status is RunStatus.PARTIAL
    assert await here.aside() == [("amina", "account", "other_person_online")]
    return here


async def test_the_list_says_who_is_who(doubt: School) -> None:
    """Whoever must decide sees both names."""
    (row,) = await doubt.changes.set_aside_list(1)
    assert row.online_value is not None
    assert (row.first_name, row.last_name) == ("Amina", "Diallo")
    assert '"first_name": "Aminata", "last_name": "Sow"' in row.online_value


async def test_a_confirmed_pair_is_one_person(doubt: School) -> None:
    """Their work goes, and the account stays theirs: not one field of it is changed."""
    assert await doubt.targets.confirm(1, ["amina", "nobody"], START) == ["amina"]
    await doubt.completed()
    assert doubt.online.state("amina", "Numbers") == 1
    doubt.box.sql("UPDATE mdl_user SET city = 'Gao' WHERE username = 'amina'")
    doubt.box.complete("amina", "Fractions")
    await doubt.completed()
    assert doubt.online.state("amina", "Fractions") == 1
    assert doubt.online.sql(
        "SELECT firstname, lastname, city FROM mdl_user WHERE username = 'amina'"
    ) == [("Aminata", "Sow", "Paris")]


async def test_another_child_of_that_username_is_not_confirmed_with_her(doubt: School) -> None:
    """What was confirmed holds for the names that were seen."""
    await doubt.targets.confirm(1, ["amina"], START)
    doubt.box.sql(
        "UPDATE mdl_user SET firstname = 'Fanta', lastname = 'Keita' WHERE username = 'amina'"
    )
    await doubt.sync()
    assert await doubt.aside() == [("amina", "account", "other_person_online")]


async def test_another_account_of_that_username_is_not_confirmed_with_it(doubt: School) -> None:
    """Nor does it hold for whoever gets the username online later."""
    await doubt.targets.confirm(1, ["amina"], START)
    doubt.online.sql("UPDATE mdl_user SET username = 'aminata' WHERE username = 'amina'")
    doubt.online.person("amina", "Awa", "Ba")
    await doubt.sync()
    assert await doubt.aside() == [("amina", "account", "other_person_online")]


async def test_who_is_protected_stays_so(doubt: School) -> None:
    """A confirmation says who somebody is, not that they may be touched."""
    doubt.online.enrol("amina", "MATHS", role="editingteacher")
    await doubt.targets.confirm(1, ["amina"], START)
    await doubt.sync()
    assert doubt.online.state("amina", "Numbers") is None
    assert ("amina", "completion", "other_role_online") in await doubt.aside()


async def test_an_account_that_is_never_touched_is_not_confirmed_away(doubt: School) -> None:
    """The settings were changed after somebody had told who it is."""
    await doubt.targets.confirm(1, ["amina"], START)
    doubt.rules = replace(doubt.rules, never_touch=frozenset({"Amina"}))
    await doubt.sync()
    assert await doubt.aside() == [("amina", "account", "never_touch")]
    assert doubt.online.state("amina", "Numbers") is None


async def test_a_username_that_seemed_used_again_may_be_the_same_person(here: School) -> None:
    """A child whose whole name was corrected on the box."""
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    here.box.sql(
        "UPDATE mdl_user SET firstname = 'Fatoumata', lastname = 'Bah' WHERE username = 'amina'"
    )
    here.box.complete("amina", "Numbers")
    await here.sync()
    assert await here.aside() == [("amina", "account", "username_reused")]
    assert await here.targets.confirm(1, ["amina"], START) == ["amina"]
    await here.completed()
    assert here.online.state("amina", "Numbers") == 1
