"""The settings that may be changed while beekeed runs, with the real programs."""

import os

from beekeed.ctl.exits import Exit
from tests.system.world import World


def test_settings_are_changed_and_survive_a_restart(here: World) -> None:
    """Switches, numbers, lists and text as people write them; they hold at once."""
    daemon = here.start_daemon()
    words = ("sync.late_changes=send", "limit.bytes=70000", "accounts.never_touch=anna, boris")
    set_ = here.ctl("settings", "set", *words, "limit.enabled=on")
    assert set_.code == Exit.OK
    assert set_.out.splitlines() == [
        "accounts.never_touch = anna, boris  (default none)",
        "sync.late_changes = send  (default hold)",
        "limit.enabled = on  (default off)",
        "limit.bytes = 70000  (default 500000000)",
    ]
    assert here.ctl("limit", "--json").json["limit_bytes"] == 70000
    daemon.terminate()
    assert daemon.wait(10) == 0
    here.start_daemon()
    kept = here.ctl("settings", "show", "accounts.never_touch", "limit.bytes", "--json").json
    values = {each["key"]: each["value"] for each in kept["settings"]}
    assert values["accounts.never_touch"] == ["anna", "boris"]
    assert values["limit.bytes"] == 70000
    assert here.ctl("settings", "reset", "limit.bytes").out == "limit.bytes = 500000000\n"


def test_who_changed_what_is_listed(here: World) -> None:
    """With the time, what was before, and the user and process as the kernel knows them."""
    here.start_daemon()
    assert here.ctl("settings", "history").out == "Nobody changed a setting yet.\n"
    here.ctl("limit", "set", "1MB")
    here.ctl("settings", "reset", "limit.enabled")
    told = here.ctl("settings", "history")
    assert "limit.bytes: 500000000 → 1000000" in told.out
    assert "limit.enabled: on → its default" in told.out
    assert f"by uid {os.geteuid()}, process " in told.out
    newest = here.ctl("settings", "history", "--limit", "1", "--json").json["changes"]
    assert [(each["key"], each["before"], each["after"]) for each in newest] == [
        ("limit.enabled", True, None)
    ]


def test_a_wrong_setting_is_refused_in_a_sentence(here: World) -> None:
    """It says what it must be or where it is fixed, and nothing is changed."""
    here.start_daemon()
    before = here.ctl("settings", "--json").json
    for words, said in {
        ("set",): "say what to set",
        ("reset",): "say what goes back",
        ("set", "sync.enabled"): "write sync.enabled=VALUE",
        ("set", "sync.enabled=maybe"): "sync.enabled is on or off",
        ("set", "limit.bytes=much"): "limit.bytes is a whole number",
        ("set", "limit.bytes=-1"): "limit.bytes: ",
        ("set", "sync.colour=red"): "sync.colour: there is no such setting",
        ("set", "online.address=https://other.example"): "online.address is fixed by",
        ("set", "mail.notify=all"): "mail.to must be set as well",
        ("set", "schedule.daily_at=25:00"): 'a time of the day in UTC like "02:00"',
        ("show", "sync.colour"): "there is no setting sync.colour",
    }.items():
        refused = here.ctl("settings", *words)
        assert refused.code != Exit.OK, words
        assert said in " ".join(refused.err.split()), (words, refused.err)
    assert here.ctl("settings", "--json").json == before
