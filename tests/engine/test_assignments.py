"""Assignments: their grades go through themselves, with the teacher's comment, and quietly."""

from dataclasses import replace

import pytest

from beekeed.core.model import RunStatus, Uncarried
from beekeed.engine import FactRules, Rules
from beekeed.moodle.calls import Manner
from beekeed.sandbox.course import Activity
from tests.engine.school import School, counts

ESSAY = Activity("assign", "Essay", 2, grade=100.0)
FLAGS = "mod_assign_set_user_flags"


@pytest.fixture
async def amina(here: School) -> School:
    """A learner who is known online, and an assignment in her course."""
    for side in (here.box, here.online):
        side.add("MATHS", ESSAY)
    here.box.learner("amina", "Amina", "Diallo", "MATHS")
    await here.completed()
    return here


def held(here: School) -> tuple[float | None, str, float | None]:
    """What the online gradebook has, grade and comment, and the grade in the assignment itself."""
    amina = here.online.user("amina")
    rows = here.online.sql(
        "SELECT g.finalgrade, coalesce(g.feedback, '') FROM mdl_grade_grades g JOIN"
        " mdl_grade_items i ON i.id = g.itemid AND i.itemmodule = 'assign' WHERE g.userid = ?",
        amina,
    )
    own = here.online.one("SELECT grade FROM mdl_assign_grades WHERE userid = ?", amina)
    return (*(rows[0] if rows else (None, "")), own)


def comment(here: School, text: str) -> None:
    """Have a teacher comment on Amina's essay online, in the assignment, as Moodle keeps it."""
    here.online.sql("UPDATE mdl_grade_grades SET feedback = ?, feedbackformat = 1", text)
    here.online.sql("UPDATE mdl_assignfeedback_comments SET commenttext = ?", text)


async def test_a_grade_and_its_comment_arrive_in_the_assignment(amina: School) -> None:
    """As a teacher would have entered them there; a second sync sends nothing."""
    amina.box.grade("amina", "Essay", 81.5, "<p>Très bien & juste</p>")
    assert counts(await amina.completed()) == {("grade", "done"): 1}
    assert held(amina) == (81.5, "<p>Très bien & juste</p>", 81.5)
    assert counts(await amina.completed()) == {}


@pytest.mark.parametrize("batch_calls", [100, 3, 1])
async def test_no_learner_is_mailed_about_a_grade(amina: School, batch_calls: int) -> None:
    """Row 26: Moodle notes at each call that a notice is to go out; ours takes it back.

    Whatever a request carries, one that ends between the two calls as well.
    """
    amina.batch_calls = batch_calls
    for number in range(5):
        amina.box.learner(f"pupil{number}", "Pupil", str(number), "MATHS")
        amina.box.grade(f"pupil{number}", "Essay", 50 + number, "Bien")
    await amina.completed()
    waiting = "SELECT count(*) FROM mdl_assign_user_flags WHERE mailed = 0"
    assert amina.online.one("SELECT count(*) FROM mdl_assign_user_flags") == 5
    assert amina.online.one(waiting) == 0


async def test_no_learner_is_mailed_where_the_answer_was_lost(amina: School) -> None:
    """The line broke between the grade and what keeps it quiet: that is made up for."""
    amina.online.sql(
        "DELETE FROM mdl_external_services_functions WHERE functionname LIKE 'tool_mobile%'"
    )
    amina.online.sql("INSERT INTO sandbox_switch VALUES ('cut_before', ?)", f"{FLAGS}:1")
    amina.box.grade("amina", "Essay", 70)
    await amina.completed()
    assert held(amina) == (70.0, "", 70.0)
    assert amina.online.sql("SELECT mailed FROM mdl_assign_user_flags") == [(1,)]


async def test_learners_are_told_where_the_settings_allow_it(amina: School) -> None:
    """Then Moodle's cron mails who was graded."""
    amina.manner = Manner(tells_learners=True)
    amina.box.grade("amina", "Essay", 70)
    await amina.completed()
    assert amina.online.sql("SELECT mailed FROM mdl_assign_user_flags") == [(0,)]


async def test_without_the_function_that_keeps_it_quiet_the_grade_waits(amina: School) -> None:
    """Nobody is set aside for it; it goes by itself once the service has it."""
    amina.online.sql("DELETE FROM mdl_external_services_functions WHERE functionname = ?", FLAGS)
    amina.box.grade("amina", "Essay", 70)
    amina.box.grade("amina", "Test", 7)
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert held(amina) == (None, "", None)
    assert amina.online.grades("amina", "Test") == [(0, 7.0)]
    assert await amina.aside() == []
    assert await amina.waiting() == 1
    amina.online.sql(
        "INSERT INTO mdl_external_services_functions (externalserviceid, functionname)"
        " VALUES (1, ?)",
        FLAGS,
    )
    await amina.completed()
    assert held(amina) == (70.0, "", 70.0)


async def test_a_teachers_comment_online_stays(amina: School) -> None:
    """Another grade of ours goes with their own comment sent back: Moodle takes what is sent."""
    amina.box.grade("amina", "Essay", 60)
    await amina.completed()
    comment(amina, "<p>Voir page 3</p>")
    amina.box.grade("amina", "Essay", 65)
    await amina.completed()
    assert held(amina) == (65.0, "<p>Voir page 3</p>", 65.0)


async def test_two_comments_are_a_conflict_that_the_run_tells(amina: School) -> None:
    """Theirs stays, the grade goes, and the run says so."""
    amina.box.grade("amina", "Essay", 60, "Bien")
    await amina.completed()
    comment(amina, "Mieux que la dernière fois")
    amina.box.grade("amina", "Essay", 65, "Très bien")
    details = await amina.completed()
    assert held(amina) == (65.0, "Mieux que la dernière fois", 65.0)
    (action,) = details.actions
    assert action.reason is not None
    assert (action.verdict, action.reason.code) == ("done", "comment_kept_online")
    assert counts(await amina.completed()) == {}


async def test_a_comment_that_changed_on_the_box_replaces_ours(amina: School) -> None:
    """What we sent is still there online, and nobody touched it."""
    amina.box.grade("amina", "Essay", 60, "Bien")
    await amina.completed()
    amina.box.grade("amina", "Essay", 60, "Bien, mais trop court")
    assert counts(await amina.completed()) == {("grade", "done"): 1}
    assert held(amina) == (60.0, "Bien, mais trop court", 60.0)


async def test_a_comment_that_was_deleted_on_the_box_stays_online(amina: School) -> None:
    """An empty one never replaces another."""
    amina.box.grade("amina", "Essay", 60, "Bien")
    await amina.completed()
    amina.box.grade("amina", "Essay", 62)
    await amina.completed()
    assert held(amina) == (62.0, "Bien", 62.0)


async def test_a_comment_that_was_written_anew_on_the_box_replaces_ours(amina: School) -> None:
    """What stayed online while the box had none was still ours."""
    amina.box.grade("amina", "Essay", 60, "Bien")
    await amina.completed()
    amina.box.grade("amina", "Essay", 62)
    await amina.completed()
    amina.box.grade("amina", "Essay", 65, "Mieux")
    assert counts(await amina.completed()) == {("grade", "done"): 1}
    assert held(amina) == (65.0, "Mieux", 65.0)


async def test_a_comment_with_a_picture_is_never_sent_back(amina: School) -> None:
    """Moodle shows its address instead and would store that (seen on 4.5.6)."""
    amina.box.grade("amina", "Essay", 60)
    await amina.completed()
    comment(amina, '<img src="@@PLUGINFILE@@/page3.png">')
    amina.box.grade("amina", "Essay", 65)
    await amina.sync()
    assert held(amina)[0] == 60.0
    assert await amina.aside() == [("amina", "grade", "comment_has_files")]


@pytest.mark.parametrize("column", ["locked", "overridden"])
async def test_what_is_fixed_online_stays(amina: School, column: str) -> None:
    """Moodle would answer null and keep another grade in the assignment than in the gradebook."""
    amina.box.grade("amina", "Essay", 60, "Bien")
    await amina.completed()
    amina.online.sql(f"UPDATE mdl_grade_grades SET {column} = 1764000000, finalgrade = 90")
    amina.box.grade("amina", "Essay", 65, "Mieux")
    await amina.sync()
    assert held(amina) == (90.0, "Bien", 60.0)
    assert await amina.aside() == [("amina", "grade", "grade_fixed_online")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("markingworkflow", 1),
        ("blindmarking", 1),
        ("teamsubmission", 1),
        ("attemptreopenmethod", "manual"),
    ],
)
async def test_advanced_marking_sets_the_assignment_aside(
    amina: School, column: str, value: object
) -> None:
    """A grade would land where nobody looks; in the gradebook it is safe, if that is wanted."""
    amina.online.sql(f"UPDATE mdl_assign SET {column} = ?, maxattempts = -1", value)
    amina.box.grade("amina", "Essay", 60)
    await amina.sync()
    assert held(amina) == (None, "", None)
    assert await amina.aside() == [("amina", "grade", "assignment_advanced")]


async def test_the_gradebook_is_another_way(amina: School) -> None:
    """By setting: the grade arrives, the comment is counted as staying, nobody is mailed."""
    amina.rules = Rules(through_assignments=False)
    amina.fact_rules = FactRules(comments=False)
    amina.box.grade("amina", "Essay", 60, "Bien")
    details = await amina.completed()
    assert held(amina) == (60.0, "", None)
    assert details.uncarried[Uncarried.COMMENT] == 1
    assert amina.online.sql("SELECT 1 FROM mdl_assign_user_flags") == []
    amina.rules = replace(amina.rules, through_assignments=True)
    amina.fact_rules = FactRules()
    await amina.completed()  # the other way from now on: the comment follows
    assert held(amina) == (60.0, "Bien", 60.0)


async def test_a_plain_text_comment_keeps_its_format(amina: School) -> None:
    """A "<" in plain text is no markup."""
    amina.box.grade("amina", "Essay", 60, "3 < 4")
    amina.box.sql("UPDATE mdl_grade_grades SET feedbackformat = 2")
    await amina.completed()
    row = "SELECT commenttext, commentformat FROM mdl_assignfeedback_comments"
    assert amina.online.sql(row) == [("3 < 4", 2)]


async def test_a_format_that_moodle_cannot_show_is_never_sent(amina: School) -> None:
    """It would make the learner's grades unreadable for ever (seen on 4.5.6)."""
    amina.box.grade("amina", "Essay", 60, "Bien")
    amina.box.sql("UPDATE mdl_grade_grades SET feedbackformat = 7")
    await amina.completed()
    assert amina.online.sql("SELECT commentformat FROM mdl_assignfeedback_comments") == [(1,)]


async def test_a_teachers_comment_stays_whatever_comes_later(amina: School) -> None:
    """Also at the second edit on the box, and where ours came after theirs."""
    amina.box.grade("amina", "Essay", 60)
    await amina.completed()
    comment(amina, "Voir page 3")
    for number, said in ((65, None), (65, "Bof"), (66, "Bof bof"), (66, "Moyen")):
        amina.box.grade("amina", "Essay", number, said)
        await amina.completed()
        assert held(amina) == (number, "Voir page 3", number)


async def test_a_picture_in_a_comment_of_the_box_stays_there(amina: School) -> None:
    """The words go; what stays is counted."""
    amina.box.grade("amina", "Essay", 60, 'Voir <img src="@@PLUGINFILE@@/a.png">')
    details = await amina.completed()
    assert held(amina) == (60.0, "Voir ", 60.0)
    assert details.uncarried[Uncarried.COMMENT] == 1


async def test_a_missing_right_on_assignments_keeps_no_other_grade_back(amina: School) -> None:
    """mod/assign:grade is another right than moodle/grade:edit."""
    amina.online.sql("DELETE FROM mdl_role_capabilities WHERE capability = 'mod/assign:grade'")
    amina.box.learner("binta", "Binta", "Sow", "MATHS")
    for name in ("amina", "binta"):
        amina.box.grade(name, "Essay", 60)
        amina.box.grade(name, "Test", 7)
    assert (await amina.sync()).run.status is RunStatus.PARTIAL
    assert [amina.online.grades(name, "Test") for name in ("amina", "binta")] == [[(0, 7.0)]] * 2
    assert await amina.aside() == []
    assert await amina.waiting() == 2
