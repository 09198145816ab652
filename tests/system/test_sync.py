"""The whole way with the real programs."""

import random
import time

from beekeed.sandbox.box import new_work
from tests.system.world import World


def test_everything_arrives_and_a_second_sync_sends_nothing(here: World) -> None:
    """After a run every learner agrees; the next run makes no request at all."""
    here.start_daemon()
    assert not here.compare().verified
    first = here.sync()
    assert first["status"] == "completed"
    assert here.compare().verified
    requests = here.on_online("SELECT count(*) FROM sandbox_request")[0][0]
    second = here.sync()
    assert second["status"] == "completed"
    assert second["actions"] == []
    assert (second["sent_bytes"], second["received_bytes"]) == (0, 0)
    assert here.on_online("SELECT count(*) FROM sandbox_request")[0][0] == requests


def test_only_what_is_new_goes_up(here: World) -> None:
    """Twenty bits of new work, new learners among them, and nothing else is sent."""
    here.start_daemon()
    here.sync()
    rng = random.Random(7)
    work = [new_work(here.box, int(time.time()), rng) for _ in range(20)]
    joined = sum(each.joined for each in work)
    run = here.sync()
    counts = {(a["kind"], a["verdict"]): a["count"] for a in run["actions"]}
    assert counts.get(("account", "done"), 0) == joined
    completions = sum(count for (kind, _), count in counts.items() if kind == "completion")
    assert 0 < completions <= 20 - joined
    assert counts.get(("grade", "done"), 0) <= completions  # a quiz gives one beside it
    # Who is new: an account, three enrolments and memberships at most, and a custom field.
    assert sum(counts.values()) <= 2 * completions + 8 * joined
    assert here.compare().verified


def test_a_run_tells_what_it_did(here: World) -> None:
    """features.md, row 5, in beekeectl: each fact of the Information window."""
    here.start_daemon()
    run = here.sync()
    shown = here.ctl("show", run["event_id"])
    assert shown.code == 0
    for word in ("completed", run["event_id"], "Started", "Duration", "sent", "received"):
        assert word in shown.out
    for (fullname,) in here.on_box("SELECT fullname FROM mdl_course WHERE category <> 0"):
        assert fullname in shown.out
    counted = {action["kind"]: action["count"] for action in run["actions"]}
    assert counted["account"] == 12
    assert f"{counted['completion']} activity completions" in " ".join(shown.out.split())
    assert all(len(line) <= 80 for line in shown.out.splitlines())


def test_the_latest_sync_is_shown_with_its_status(here: World) -> None:
    """features.md, row 3: "never" before the first; then its time and status."""
    here.start_daemon()
    assert "never" in here.ctl("status").out
    run = here.sync()
    status = here.ctl("status").out
    assert run["event_id"] in status
    assert "completed" in status
    assert here.ctl("status", "--json").json["latest"]["event_id"] == run["event_id"]


def test_a_second_press_shows_the_running_sync(here: World) -> None:
    """features.md, row 2: never two runs at a time."""
    here.start_daemon()
    here.switch("hold_after", "core_webservice_get_site_info")
    first = here.ctl("sync", "--json").json
    second = here.ctl("sync", "--json").json
    assert second["event_id"] == first["event_id"]
    assert (first["joined"], second["joined"]) == (False, True)
    assert here.ctl("status", "--json").json["running"] == first["event_id"]
    here.switch("hold_after", None)
    assert here.sync()["status"] == "completed"
    assert here.ctl("history", "--json").json["total"] <= 2


def test_history_lists_the_latest_first(here: World) -> None:
    """features.md, row 5: five by default, newest first."""
    here.start_daemon()
    ids = [here.sync()["event_id"] for _ in range(6)]
    listed = here.ctl("history", "--json").json
    assert [run["event_id"] for run in listed["runs"]] == ids[:0:-1]
    assert listed["total"] == 6
    lines = here.ctl("history", "--limit", "6").out.splitlines()
    assert len(lines) == 6
    assert ids[-1] in lines[0]


def test_it_survives_a_restart(here: World) -> None:
    """What was acknowledged stays acknowledged, and the history stays."""
    daemon = here.start_daemon()
    run = here.sync()
    daemon.terminate()
    assert daemon.wait(10) == 0
    here.start_daemon()
    assert here.ctl("status", "--json").json["latest"]["event_id"] == run["event_id"]
    assert here.sync()["actions"] == []


def test_no_name_and_no_token_is_ever_logged(here: World) -> None:
    """At the most talkative level too."""
    here.start_daemon(daemon__log_level='"debug"')
    here.sync()
    log = here.log()
    assert here.token.read_text().strip() not in log
    names = here.on_box("SELECT username, lastname, email FROM mdl_user WHERE id > 2")
    assert not [name for row in names for name in row if len(name) > 2 and name in log]


def test_history_is_turned_page_by_page(here: World) -> None:
    """Each sync is on one page, the latest first; a page says how to see the next."""
    here.start_daemon()
    made = [here.sync()["event_id"] for _ in range(3)]
    pages = [here.ctl("history", "--limit", "2", "--page", str(page)).out for page in (1, 2, 3)]
    assert [[each in page for each in reversed(made)] for page in pages] == [
        [True, True, False],
        [False, False, True],
        [False, False, False],
    ]
    assert "1 to 2 of 3; the next: beekeectl history --limit 2 --page 2" in pages[0]
    assert "the next" not in pages[1]
    assert pages[2] == "There are no more.\n"
    assert here.ctl("show", "latest", "--json").json["event_id"] == made[-1]
