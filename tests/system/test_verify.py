"""beekeectl verify with the real programs."""

from tests.system.world import World


def test_everything_that_arrived_is_read_back(here: World) -> None:
    """It says how much was checked, shows in the history, and sends nothing."""
    here.start_daemon()
    here.sync()
    done = here.ctl("verify", "--wait", "--json")
    assert done.code == 0
    run = done.json
    assert run["cause"] == "verify"
    assert run["verified"]["checked"] == run["verified"]["found"] > 50
    assert run["verified"]["missing"] == run["verified"]["differs"] == 0
    shown = here.ctl("show", run["event_id"]).out
    assert f"{run['verified']['checked']} checked" in " ".join(shown.split())
    assert "reading back: completed" in here.ctl("history").out
    assert here.compare().verified


def test_what_is_missing_is_sent_by_the_next_sync(here: World) -> None:
    """features.md, row 9: an exit code of its own, a sentence, and then it is mended."""
    here.start_daemon()
    here.sync()
    here.on_online("DELETE FROM mdl_course_modules_completion")
    missing = here.ctl("verify", "--wait")
    assert missing.code == 3
    assert "Start a sync: it sends them again." in " ".join(missing.out.split())
    assert here.ctl("status", "--json").json["waiting"] > 0
    assert here.sync()["status"] == "completed"
    assert here.compare().verified


def test_verify_without_waiting_names_the_run(here: World) -> None:
    """And it is one that can be looked at."""
    here.start_daemon()
    here.sync()
    started = here.ctl("verify", "--json").json
    assert here.ctl("show", started["event_id"]).code == 0
