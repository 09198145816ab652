"""`beekeectl guard`: what is asked before much is lowered online, and the answer."""

import os

import pytest

from beekeed.ctl.exits import Exit
from tests.system.world import World


@pytest.fixture
def emptied(here: World) -> World:
    """All of a school is online; then the box's table of completions was emptied."""
    here.start_daemon()
    assert here.sync()["status"] == "completed"
    here.on_box("DELETE FROM mdl_course_modules_completion")
    return here


def test_an_accident_is_said_in_a_sentence_and_answered(emptied: World) -> None:
    """In the run, in the status and in the list; then nothing is asked any more."""
    run = emptied.sync()
    assert run["status"] == "partial"
    reason = run["reason"]
    assert reason["code"] == "completions_fell"
    assert "activity completions are gone or taken back on the box" in reason["sentence"]
    assert f"beekeectl guard accept {reason['params']['number']}" in reason["remedy"]
    assert reason["who"] == "teacher"
    assert emptied.ctl("sync", "--wait").code == Exit.PARTLY

    asked = emptied.ctl("guard", "--json").json["guards"]
    assert asked
    assert all(each["kind"] == "completion" for each in asked)
    assert all(each["lost"] == each["known"] > 10 for each in asked)
    sentence = " ".join(emptied.ctl("status").out.split())
    assert "until somebody says whether that is right" in sentence
    shown = " ".join(emptied.ctl("guard", "list").out.split())
    told = " ".join(emptied.ctl("show", run["event_id"]).out.split())
    for each in asked:
        assert each["reason"]["sentence"] in sentence
        assert each["reason"]["sentence"] in told
        assert (
            f"{each['lost']} of {each['known']} activity completions in {each['course']}" in shown
        )

    first, *others = asked
    said = emptied.ctl("guard", "accept", first["course"], "--kind", "completion")
    assert said.code == Exit.OK
    assert said.out.startswith("Accepted: ")
    for each in others:
        assert emptied.ctl("guard", "accept", str(each["number"])).code == Exit.OK
    answered = emptied.ctl("guard", "--json").json
    assert answered["guards"] == []
    events = [each for each in answered["history"] if each["what"] == "accepted"]
    assert len(events) == len(asked)
    assert all(each["by"].startswith(f"uid {os.getuid()}, process ") for each in events)
    assert "accepted by" in emptied.ctl("guard").out
    assert emptied.sync()["status"] == "completed"


def test_only_what_is_asked_can_be_accepted(emptied: World) -> None:
    """A wrong course, number or kind changes nothing."""
    emptied.sync()
    number = emptied.ctl("guard", "--json").json["guards"][0]["number"]
    for words in (("NOWHERE",), ("99",), (str(number), "--kind", "grade")):
        said = emptied.ctl("guard", "accept", *words)
        assert said.code == Exit.FAILURE
        assert "There is no question" in said.err
    assert emptied.ctl("guard", "--json").json["guards"][0]["number"] == number


def test_a_question_survives_a_restart_of_the_daemon(here: World) -> None:
    """It is known before anything is read again."""
    daemon = here.start_daemon()
    here.sync()
    here.on_box("DELETE FROM mdl_course_modules_completion")
    here.sync()
    asked = here.ctl("guard", "--json").json
    assert asked["guards"]
    daemon.terminate()
    assert daemon.wait(10) == 0
    here.start_daemon()
    assert here.ctl("guard", "--json").json == asked
    assert here.ctl("status", "--json").json["guards"] == asked["guards"]
