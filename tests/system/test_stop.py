"""Somebody stops a sync: what is in flight is settled first, and what arrived stays."""

from tests.system.test_kill import COMPLETE, until_intended
from tests.system.world import World


def test_a_stop_waits_for_the_answer_in_flight(here: World) -> None:
    """`stopping` until it came, then `stopped`; the next sync brings the rest."""
    here.start_daemon(online__max_input_vars="35")
    here.switch("hold_after", COMPLETE)
    started = here.ctl("sync", "--json").json["event_id"]
    until_intended(here, 3)
    said = here.ctl("stop")
    assert (said.code, said.out) == (
        0, f"Sync {started} stops as soon as what is under way has an answer.\n",
    )  # fmt: skip
    assert here.ctl("show", started, "--json").json["status"] == "stopping"
    assert here.ctl("status", "--json").json["phase"] == "stopping"
    here.switch("hold_after", None)
    stopped = here.ctl("stop", "--wait")
    assert stopped.code == 0
    run = here.ctl("show", started, "--json").json
    assert run["status"] == "stopped"
    assert run["waiting"] > 0
    assert here.in_state("SELECT count(*) FROM intent") == [(0,)]
    (arrived,) = here.in_state("SELECT count(*) FROM receipt WHERE kind = 3")
    assert here.sync()["status"] == "completed"
    assert here.in_state("SELECT count(*) FROM receipt WHERE kind = 3")[0] > arrived
    assert here.compare().verified


def test_with_nothing_under_way_there_is_nothing_to_stop(here: World) -> None:
    """It says so, and is no mistake."""
    here.start_daemon()
    assert here.ctl("stop").out == "Nothing runs.\n"
    assert here.ctl("stop", "--wait", "--json").json == {
        "schema": "beekeed.stop/1", "event_id": None,
    }  # fmt: skip


def test_a_stop_while_a_site_is_waited_for_ends_it_at_once(here: World) -> None:
    """Nothing is in flight then: nobody waits out a minute for it."""
    here.switch("status", "503 60")
    here.start_daemon()
    started = here.ctl("sync", "--json").json["event_id"]
    here.until("SELECT count(*) FROM sandbox_request")
    here.ctl("stop", "--wait")
    run = here.ctl("show", started, "--json").json
    assert run["status"] == "stopped"
    assert run["duration_seconds"] < 30
