"""The bytes of a run, held against what the server counted, between network namespaces."""

import time
from pathlib import Path

import pytest

from tests.namespaces import UPLINK, ip, line
from tests.system.world import World

# The server counts HTTP messages; the interface counts Ethernet frames, with 66 bytes of
# headers each and the frames that only acknowledge. Nothing else is on this line.
LEAST, MOST, FRAMES = 1.0, 1.1, 4_000


@pytest.mark.root
def test_a_runs_bytes_are_those_on_the_line(tmp_path: Path) -> None:
    """Up and down, within the frames' own headers; loopback traffic beside it does not count."""
    here = World(tmp_path)
    try:
        with line() as made:
            here.start_online(made.net_address, inside=made.net)
            here.start_daemon(inside=made.box)
            run = here.sync()
            assert run["status"] == "completed"
            up, down = here.on_online("SELECT sum(bytes_up), sum(bytes_down) FROM sandbox_request")[
                0
            ]
            for counted, truth in ((run["sent_bytes"], up), (run["received_bytes"], down)):
                assert truth * LEAST <= counted <= truth * MOST + FRAMES, (counted, truth)
            again = here.sync()
            assert (again["sent_bytes"], again["received_bytes"]) == (0, 0)
    finally:
        here.end()


@pytest.mark.root
def test_a_line_that_drops_in_the_middle_was_paid_for_all_the_same(tmp_path: Path) -> None:
    """The commonest end of a sync: no route is left when the bytes are counted."""
    here = World(tmp_path)
    try:
        with line() as made:
            here.start_online(made.net_address, inside=made.net)
            here.start_daemon(inside=made.box, online__timeout_seconds="5")
            here.switch("hold_before", "core_enrol_get_enrolled_users")
            started = here.ctl("sync", "--json").json["event_id"]
            here.until(
                "SELECT count(*) FROM sandbox_request"
                " WHERE function = 'core_enrol_get_enrolled_users'"
            )
            ip("-n", made.box, "link", "set", UPLINK, "down")
            time.sleep(6)  # it is given up after 5, and tried again in vain
            here.ctl("stop", "--wait")
            run = here.ctl("show", started, "--json").json
            assert run["status"] == "stopped"
            up = here.on_online("SELECT sum(bytes_up) FROM sandbox_request")[0][0]
            assert run["sent_bytes"] >= up
            assert run["received_bytes"] > 0
    finally:
        here.end()


def test_on_loopback_half_of_the_counters_is_the_run(here: World) -> None:
    """Each byte is counted there once going out and once coming in."""
    here.start_daemon()
    run = here.sync()
    up, down = here.on_online("SELECT sum(bytes_up), sum(bytes_down) FROM sandbox_request")[0]
    assert run["sent_bytes"] + run["received_bytes"] >= up + down
