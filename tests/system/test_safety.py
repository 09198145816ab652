"""The one sentence, on the real daemon and from a terminal (row 10)."""

from collections.abc import Mapping
from typing import Any

from tests.system.test_set_aside import doubtful
from tests.system.world import World


def safety(here: World) -> tuple[str, str]:
    """The word and the sentence; a person reads it first."""
    shown: Mapping[str, Any] = here.ctl("status", "--json").json["safety"]
    said = " ".join(here.ctl("status").out.split())
    assert said.startswith(shown["reason"]["sentence"])
    return shown["level"], shown["reason"]["code"]


def test_whether_everything_is_safe_is_the_first_that_is_said(here: World) -> None:
    """Nobody knows; then what waits for a person, what goes by itself, and that all is safe."""
    username = doubtful(here)
    here.start_daemon()
    assert safety(here) == ("unknown", "safety_unknown")
    here.sync()
    assert safety(here) == ("look", "waits_aside")
    here.on_online("DELETE FROM mdl_user WHERE username = ?", username)
    here.ctl("set-aside", "retry")
    assert safety(here) == ("look", "waits_unscheduled")
    here.ctl("schedule", "set", "--daily", "02:00")
    here.ctl("schedule", "activate")
    assert safety(here) == ("waiting", "waits_for_sync")
    here.sync()
    assert safety(here) == ("safe", "safe_online")
    assert here.ctl("disable").code == 0
    assert safety(here) == ("safe", "safe_online")
