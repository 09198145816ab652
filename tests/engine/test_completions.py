"""Completions: nothing that is right online is made wrong (features.md, row 18)."""

from dataclasses import replace

import pytest

from beekeed.core.model import RunStatus
from tests.engine.school import School, counts


@pytest.fixture
def amina(here: School) -> School:
    """One learner, the same on both sides."""
    here.online.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    here.box.learner("amina", "Amina", "Diallo", "MATHS", "SCIENCE")
    return here


def row(here: School, activity: str) -> tuple[object, ...] | None:
    """The whole row of a completion online."""
    rows = here.online.sql(
        "SELECT * FROM mdl_course_modules_completion WHERE coursemoduleid = ?",
        here.online.module(activity),
    )
    return rows[0] if rows else None


@pytest.mark.parametrize("activity", ["Numbers", "By hand", "Test"])
async def test_a_completed_activity_is_completed_online(amina: School, activity: str) -> None:
    """Tracked by view, by hand or by grade."""
    amina.box.complete("amina", activity)
    await amina.completed()
    assert amina.online.state("amina", activity) == 1


@pytest.mark.parametrize("online", [None, 0, 1, 2, 3])
@pytest.mark.parametrize("box", [0, 1, 2, 3, 4])
async def test_first_meeting_of_every_pair_of_states(
    amina: School, box: int, online: int | None
) -> None:
    """What is better online stays; a failure is never completed; 0 sends nothing."""
    if online is not None:
        amina.online.complete("amina", "Test", online)
    before = row(amina, "Test")
    amina.box.complete("amina", "Test", box)
    details = await amina.sync()
    after = row(amina, "Test")
    if box in (1, 2) and online in (None, 0):
        assert amina.online.state("amina", "Test") == 1
        assert details.run.status is RunStatus.COMPLETED
    else:
        assert after == before
    if box in (1, 2) and online == 3:
        assert details.run.status is RunStatus.PARTIAL
        assert await amina.aside() == [("amina", "completion", "online_failed")]
    else:
        assert details.run.status is RunStatus.COMPLETED
        assert await amina.waiting() == 0
    assert counts(await amina.sync()) == {}


async def test_taken_back_on_the_box_is_taken_back_online(amina: School) -> None:
    """A row that is still there with another value is an edit; and again the other way."""
    amina.box.complete("amina", "Numbers")
    await amina.completed()
    amina.box.complete("amina", "Numbers", 0)
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 0
    amina.box.complete("amina", "Numbers", 1)
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 1


@pytest.mark.parametrize("changed_to", [2, 3])
async def test_what_somebody_changed_online_is_not_taken_back(
    amina: School, changed_to: int
) -> None:
    """Neither the base nor ours: it stays, and is listed as a conflict."""
    amina.box.complete("amina", "Test")
    await amina.completed()
    amina.online.complete("amina", "Test", changed_to)
    before = row(amina, "Test")
    amina.box.complete("amina", "Test", 0)
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert await amina.aside() == [("amina", "completion", "online_differs")]
    assert row(amina, "Test") == before


async def test_a_completion_that_is_gone_sends_nothing_and_is_listed(amina: School) -> None:
    """A course reset on the box, or a damaged table, undoes nothing online."""
    for activity in ("Numbers", "Fractions"):
        amina.box.complete("amina", activity)
    await amina.completed()
    before = row(amina, "Numbers"), row(amina, "Fractions")
    amina.box.sql("DELETE FROM mdl_course_modules_completion")
    assert counts(await amina.completed()) == {}
    assert (row(amina, "Numbers"), row(amina, "Fractions")) == before
    gone = await amina.store.rows("SELECT 1 FROM receipt WHERE gone_at IS NOT NULL")
    assert len(gone) == 2
    amina.box.complete("amina", "Numbers")
    assert counts(await amina.completed()) == {}
    gone = await amina.store.rows("SELECT 1 FROM receipt WHERE gone_at IS NOT NULL")
    assert len(gone) == 1


async def test_an_activity_that_left_the_box_undoes_nothing(amina: School) -> None:
    """Deleted on the box, its receipts are listed as gone, and what waited for it is let go."""
    amina.box.complete("amina", "Numbers")
    await amina.completed()
    amina.box.complete("amina", "Fractions")
    for name in ("Numbers", "Fractions"):
        amina.box.sql(
            "UPDATE mdl_course_modules SET deletioninprogress = 1 WHERE id = ?",
            amina.box.module(name),
        )
    assert counts(await amina.completed()) == {}
    assert amina.online.state("amina", "Numbers") == 1
    assert await amina.waiting() == 0
    gone = await amina.store.rows("SELECT 1 FROM receipt WHERE gone_at IS NOT NULL")
    assert len(gone) == 1


async def test_tracking_that_is_off_online_is_found_out_once(amina: School) -> None:
    """Nothing is sent for an activity that is not tracked online: it is set aside."""
    for number in range(4):
        amina.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
        amina.box.complete(f"l{number}", "Numbers")
    amina.box.complete("amina", "Fractions")
    amina.online.sql(
        "UPDATE mdl_course_modules SET completion = 0 WHERE id = ?", amina.online.module("Numbers")
    )
    amina.rules = replace(amina.rules, slice_changes=1)
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert [code for _, _, code in await amina.aside()] == ["tracking_off"] * 4
    assert amina.online.state("amina", "Fractions") == 1
    calls = amina.online.one(
        "SELECT sum(calls) FROM sandbox_request"
        " WHERE function = 'core_completion_override_activity_completion_status'"
    )
    assert calls == 1


async def test_work_in_a_course_that_was_made_again_online_is_sent_again(amina: School) -> None:
    """Another course under the old name knows nothing of what the old one acknowledged."""
    amina.box.complete("amina", "Water")
    await amina.completed()
    old = amina.online.course("SCIENCE")
    amina.online.sql("UPDATE mdl_course SET timecreated = timecreated + 5 WHERE id = ?", old)
    amina.online.sql("DELETE FROM mdl_course_modules_completion")
    amina.box.complete("amina", "Air")
    await amina.completed()
    assert amina.online.state("amina", "Water") == 1
    assert amina.online.state("amina", "Air") == 1


async def test_a_course_that_was_away_online_is_the_same_when_it_is_back(amina: School) -> None:
    """Hidden from us for a while, it keeps its receipts."""
    amina.box.complete("amina", "Water")
    await amina.completed()
    amina.online.sql("UPDATE mdl_course SET shortname = 'X' WHERE shortname = 'SCIENCE'")
    amina.box.complete("amina", "Air")
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    amina.online.sql("UPDATE mdl_course SET shortname = 'SCIENCE' WHERE shortname = 'X'")
    assert counts(await amina.completed()) == {("completion", "done"): 1}


async def test_a_course_that_was_made_again_while_it_was_away_is_noticed(amina: School) -> None:
    """It was missing at one sync and another one at the next."""
    amina.box.complete("amina", "Water")
    await amina.completed()
    amina.online.sql("UPDATE mdl_course SET shortname = 'X' WHERE shortname = 'SCIENCE'")
    amina.box.complete("amina", "Air")
    await amina.sync()
    amina.online.sql(
        "UPDATE mdl_course SET shortname = 'SCIENCE', timecreated = timecreated + 5"
        " WHERE shortname = 'X'"
    )
    amina.online.sql("DELETE FROM mdl_course_modules_completion")
    await amina.completed()
    assert amina.online.state("amina", "Water") == 1


async def test_another_target_starts_without_receipts(amina: School) -> None:
    """Another service account on the same site confirms all of it for itself."""
    amina.box.complete("amina", "Numbers")
    await amina.completed()
    amina.online.person("beekee2", "Second", "Service")
    user = amina.online.user("beekee2")
    amina.online.sql("UPDATE mdl_external_services_users SET userid = ?", user)
    amina.online.sql(
        "INSERT INTO mdl_role_assignments (roleid, contextid, userid)"
        " SELECT roleid, contextid, ? FROM mdl_role_assignments WHERE userid ="
        " (SELECT id FROM mdl_user WHERE username = 'beekeesync')",
        user,
    )
    amina.online.sql("UPDATE mdl_external_tokens SET userid = ?, token = 'second'", user)
    amina.token = "second"
    again = counts(await amina.completed())
    assert again[("account", "already")] == 1
    assert again[("enrolment", "already")] == 2
    assert again[("completion", "done")] == 1


async def test_a_new_token_for_the_same_account_keeps_the_receipts(amina: School) -> None:
    """Renewing a token costs one greeting, not the whole history again."""
    amina.box.complete("amina", "Numbers")
    await amina.completed()
    amina.online.sql("UPDATE mdl_external_tokens SET token = 'renewed'")
    amina.token = "renewed"
    assert counts(await amina.completed()) == {}
    amina.box.complete("amina", "Fractions")
    assert counts(await amina.completed()) == {("completion", "done"): 1}
    assert len(await amina.store.rows("SELECT 1 FROM target")) == 1


@pytest.mark.parametrize("batch_calls", [1, 3, 100])
async def test_any_size_of_batch_brings_the_same(amina: School, batch_calls: int) -> None:
    """With a refusal in the middle: the first error is taken out, the rest goes on."""
    amina.batch_calls = batch_calls
    for number in range(10):
        amina.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
        for activity in ("Numbers", "Fractions", "By hand"):
            amina.box.complete(f"l{number}", activity)
    amina.online.person("x", "X", "Y", email="l4@example.org")
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert await amina.aside() == [("l4", "account", "account_refused")]
    for number in set(range(10)) - {4}:
        for activity in ("Numbers", "Fractions", "By hand"):
            assert amina.online.state(f"l{number}", activity) == 1


async def test_fields_that_php_cuts_off_are_sent_again(amina: School) -> None:
    """max_input_vars: calls beyond it have no answer and no error (recorded)."""
    amina.online.sql("INSERT INTO sandbox_switch (name, value) VALUES ('max_input_vars', '20')")
    for number in range(10):
        amina.box.learner(f"l{number}", "Learner", f"Number {number}", "MATHS")
        amina.box.complete(f"l{number}", "Numbers")
    await amina.completed()
    for number in range(10):
        assert amina.online.state(f"l{number}", "Numbers") == 1


async def test_what_is_tracked_no_more_when_it_is_to_be_lowered_waits(amina: School) -> None:
    """Nobody sees then what online holds: it is not taken for incomplete."""
    amina.box.complete("amina", "Numbers")
    await amina.completed()
    amina.box.complete("amina", "Numbers", 0)
    with amina.untracked_when_read("Numbers"):
        assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert await amina.aside() == [("amina", "completion", "tracking_off")]
    assert amina.online.state("amina", "Numbers") == 1
    await amina.completed()
    assert amina.online.state("amina", "Numbers") == 0
