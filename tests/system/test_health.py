"""What other programs watch a box by: its health, and numbers for Prometheus."""

import http.client
import sqlite3
import time
from contextlib import closing
from typing import Any

import psutil
from prometheus_client.parser import text_string_to_metric_families

from beekeed.client import Client, Refused
from tests.system.world import World


def metrics(here: World) -> tuple[str, dict[tuple[str, ...], float]]:
    """What /v1/metrics gives: its type, and each sample by its name and labels' values."""
    import socket

    with closing(socket.socket(socket.AF_UNIX)) as made:
        made.connect(str(here.socket))
        connection = http.client.HTTPConnection("beekeed")
        connection.sock = made
        connection.request("GET", "/v1/metrics")
        answer = connection.getresponse()
        text, kind = answer.read().decode(), answer.headers["Content-Type"]
    families = list(text_string_to_metric_families(text))
    samples = [sample for family in families for sample in family.samples]
    assert all(family.documentation for family in families)
    return kind, {(each.name, *sorted(each.labels.values())): each.value for each in samples}


def test_metrics_are_what_the_status_and_the_ledger_say(here: World) -> None:
    """In Prometheus's own format; what is not known is not there; labels stay the same."""
    here.start_daemon()
    kind, before = metrics(here)
    assert kind.startswith("text/plain; version=")
    assert ("beekeed_waiting_changes",) not in before
    assert ("beekeed_limit_bytes",) not in before
    assert before["beekeed_phase", "idle"] == 1
    assert before["beekeed_runs_total", "completed"] == 0
    run = here.sync()
    here.ctl("limit", "set", "5MB")
    _, after = metrics(here)
    status = here.ctl("status", "--json").json
    assert after["beekeed_sync_bytes_total", "sent", "sync"] == run["sent_bytes"]
    assert after["beekeed_sync_bytes_total", "received", "sync"] == run["received_bytes"]
    assert after["beekeed_charged_bytes",] == status["usage"]["charged_bytes"]
    assert after["beekeed_limit_bytes",] == 5_000_000
    assert after["beekeed_limit_left_bytes",] == status["usage"]["left_bytes"]
    assert after["beekeed_waiting_changes",] == status["waiting"] == 0
    assert (after["beekeed_late_changes",], after["beekeed_set_aside_changes",]) == (0, 0)
    assert after["beekeed_runs_total", "completed"] == 1
    assert after["beekeed_clock_trusted",] == 1
    assert after["beekeed_build_info", status["version"]] == 1
    (ended,) = here.in_state("SELECT ended_at FROM run")[0]
    assert after["beekeed_last_success_timestamp_seconds",] == ended
    labelled = {key for key in after if len(key) > 1}
    assert labelled == {key for key in before if len(key) > 1}


def health(here: World) -> Any:
    """What /v1/health gives: its data, or the code of its error."""
    try:
        return Client(str(here.socket)).get("health")
    except Refused as refused:
        return refused.code


def wait_until_idle(pid: int) -> None:
    """Wait until a program has done nothing for a while: it listens before its start is over."""
    deadline = time.monotonic() + 30
    process, before = psutil.Process(pid), None
    while (now := process.cpu_times()[:2]) != before:
        assert time.monotonic() < deadline
        before = now
        time.sleep(0.5)


def test_health_tells_whether_the_store_can_be_read(here: World) -> None:
    """And writes nothing to find out."""
    daemon = here.start_daemon()
    wait_until_idle(daemon.pid)  # whatever else would read a broken store ends the daemon
    with closing(sqlite3.connect(here.state)) as db:
        version = "PRAGMA data_version"
        before = db.execute(version).fetchone()
        assert health(here) == {"schema": "beekeed.health/1", "ok": True}
        assert db.execute(version).fetchone() == before
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = 'nonsense' WHERE name = 'run'")
        db.execute("PRAGMA schema_version = 999999")
        db.commit()
    assert health(here) == "store_broken"


def test_health_says_no_while_beekeed_ends(here: World) -> None:
    """A sync that is being stopped is still under way; no other would start."""
    daemon = here.start_daemon()
    here.switch("hold_after", "core_webservice_get_site_info")
    here.ctl("sync")
    here.until("SELECT count(*) FROM sandbox_request")
    assert health(here)["ok"] is True
    daemon.terminate()
    while (found := health(here)) != "not_ready":
        assert found == {"schema": "beekeed.health/1", "ok": True}
    here.switch("hold_after", None)
    assert daemon.wait(30) == 0
