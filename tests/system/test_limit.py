"""The data used and its limit with the real programs: beekeectl usage and limit."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from beekeed.ctl.exits import Exit, exit_of_run
from tests.system.world import Said, World


def flat(said: Said) -> str:
    """What was said, unfolded; seen to fit into a terminal."""
    assert all(len(line) <= 80 for line in said.out.splitlines()), said.out
    return " ".join(said.out.split())


def spend(here: World, sent: int, received: int, category: str = "sync", held: int = 0) -> None:
    """Have the ledger say that bytes were spent today."""
    day = (datetime.now(UTC).date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    here.in_state(
        "INSERT INTO ledger_entry (day, category, sent, received, held, boot_id, boot_seconds,"
        " until_seconds, wall_at, trusted) VALUES (?, ?, ?, ?, ?, 'before', 1, 1, 1, 1)",
        day, category, sent, received, held,
    )  # fmt: skip


def confirm_clock(here: World) -> None:
    """Have the daemon hear from the online Moodle what time it is; that costs nothing here."""
    assert here.ctl("check").code == Exit.OK
    here.in_state("DELETE FROM ledger_entry")


def limit(here: World, *words: str) -> dict[str, Any]:
    """What `beekeectl limit` gives other programs."""
    return here.ctl("limit", *words, "--json").json


def test_usage_shows_this_month_and_the_last_in_plain_words(here: World) -> None:
    """features.md, row 6: current month, last month, limit, usage against it as a bar."""
    here.start_daemon()
    assert "Limit: off" in flat(here.ctl("usage"))
    spend(here, 1_000_000, 2_500_000)
    spend(here, 300, 700, "check")
    spend(here, 0, 0, held=99_000)
    limit(here, "set", "10MB")
    shown = flat(here.ctl("usage"))
    assert "[##############..........................] 36 % of 10.0 MB" in shown
    assert "Current month: 3.6 MB (" in shown
    assert "sync: 1.0 MB sent, 2.5 MB received" in shown
    assert "checks: 300 B sent, 700 B received" in shown
    assert "not known: 99.0 kB, counted in full" in shown
    assert "Last month: 0 B (" in shown
    assert "Left: 6.4 MB this month" in shown
    assert "At the month's end: not yet known" in shown
    today = datetime.now(UTC).date()
    assert f"{today} 1.0 MB sent, 2.5 MB received, 99.0 kB not known" in shown

    usage = here.ctl("usage", "--json").json
    assert usage["schema"] == "beekeed.usage/1"
    assert usage["current"]["charged_bytes"] == 3_600_000
    assert usage["current"]["categories"]["check"]["received_bytes"] == 700
    assert usage["limit"]["left_bytes"] == 6_400_000
    assert usage["last"]["days"] == []
    month = here.ctl("usage", "--month", f"{today:%Y-%m}")
    assert f"{today} " in month.out
    assert flat(month).startswith("Month: 3.6 MB")
    wrong = here.ctl("usage", "--month", "may")
    assert (wrong.code, "like 2026-11" in wrong.err) == (Exit.USAGE, True)

    status = flat(here.ctl("status"))
    assert "Data this month: 3.6 MB of 10.0 MB (36 %), 6.4 MB left now; a new month" in status
    assert here.ctl("status", "--json").json["usage"]["left_bytes"] == 6_400_000


def test_the_limit_is_set_and_survives_a_restart(here: World) -> None:
    """Sizes as people write them, the billing day, the pace and the reserve; and off again."""
    daemon = here.start_daemon()
    shown = flat(here.ctl("limit", "set", "1.5GB", "--billing-day", "15", "--reserve", "20%"))
    assert "Limit: 1.5 GB a month" in shown
    assert "the last 20 % (300.0 MB), for grades, completions and new learners" in shown
    limit(here, "set", "--pacing", "on")
    daemon.terminate()
    assert daemon.wait(10) == 0
    here.start_daemon()
    confirm_clock(here)
    kept = limit(here, "show")
    assert kept["schema"] == "beekeed.limit/1"
    assert (kept["enabled"], kept["limit_bytes"]) == (True, 1_500_000_000)
    assert (kept["billing_day"], kept["pacing"], kept["reserve_percent"]) == (15, True, 20)
    assert kept["renews_on"].endswith("-15")
    assert kept["left_today_bytes"] == kept["share_today_bytes"] > 48_000_000
    assert "left of a share of" in flat(here.ctl("limit"))
    assert "Limit: off" in flat(here.ctl("limit", "off"))
    assert limit(here)["left_bytes"] is None


def test_a_top_up_holds_for_this_month(here: World) -> None:
    """Once, beyond the limit; without a limit there is nothing to top up."""
    here.start_daemon()
    refused = here.ctl("limit", "top-up", "50MB")
    assert refused.code == Exit.FAILURE
    assert "no data limit that could be topped up" in " ".join(refused.err.split())
    limit(here, "set", "1MB")
    assert limit(here, "top-up", "500kB")["left_bytes"] == 1_500_000
    assert limit(here, "top-up", "500 kB")["top_up_bytes"] == 1_000_000
    assert "Top-up: 1.0 MB, this month only" in flat(here.ctl("limit"))


def test_the_settings_file_comes_first(here: World) -> None:
    """What it fixes is refused with a sentence that names it; the rest may be changed."""
    here.start_daemon(limit__enabled="true", limit__bytes="2000000")
    refused = here.ctl("limit", "set", "500MB")
    assert refused.code == Exit.FAILURE
    said = " ".join(refused.err.split())
    assert "is fixed by" in said
    assert str(here.folder / "beekeed.toml") in said
    assert limit(here, "set", "--reserve", "5")["reserve_percent"] == 5
    assert limit(here)["limit_bytes"] == 2_000_000
    assert set(limit(here)["fixed"]) == {"enabled", "bytes"}
    assert "limit.bytes is fixed by" in here.ctl("limit").out


def test_a_month_never_passes_its_limit_and_nothing_is_lost(here: World) -> None:
    """What fits goes, the rest waits; at the limit no byte leaves; a top-up sends the rest."""
    here.start_daemon()
    limit(here, "set", "80kB")
    first = here.ctl("sync", "--wait", "--json")
    assert first.code == Exit.PARTLY
    assert first.json["reason"]["code"] == "limit_reached"
    assert first.json["waiting"] > 0
    assert "grade" in {each["kind"] for each in first.json["actions"]}
    sql = "SELECT count(*), sum(bytes_up) + sum(bytes_down) FROM sandbox_request"
    ((requests, http),) = here.on_online(sql)
    spent = here.ctl("usage", "--json").json["current"]["charged_bytes"]
    assert http < spent <= 80_000
    assert first.json["sent_bytes"] + first.json["received_bytes"] == spent

    second = here.ctl("sync", "--wait")
    assert second.code == Exit.LIMIT
    assert "The data limit of this month is used up" in flat(second)
    assert here.ctl("usage", "--json").json["current"]["charged_bytes"] == spent
    assert here.on_online(sql) == [(requests, http)]

    limit(here, "top-up", "5MB")
    assert here.ctl("sync", "--wait").code == Exit.OK
    assert here.compare().verified


def test_wrong_limits_are_a_sentence(here: World) -> None:
    """With what to write instead; nothing is changed."""
    here.start_daemon()
    for words, said in (
        (("set",), "beekeectl limit set 500MB"),
        (("set", "500MiB"), "write it like 500MB"),
        (("set", "lots"), "write it like 500MB"),
        (
            ("set", "5MB", "--billing-day", "29"),
            "limit.billing_day: it must be a day of the month from 1 to 28",
        ),
        (("set", "--reserve", "some"), "write it like 10%"),
        (("set", "--reserve", "95"), "limit.reserve_percent"),
        (("top-up",), "beekeectl limit top-up 50MB"),
        (("off", "5MB"), "beekeectl limit set 5000000"),
        (("show", "--pacing", "on"), "beekeectl limit set"),
    ):
        refused = here.ctl("limit", *words)
        assert refused.code == Exit.USAGE, words
        assert said in " ".join(refused.err.split()), words
    kept = limit(here)
    assert (kept["enabled"], kept["billing_day"]) == (False, 1)


def test_a_dry_run_says_what_fits_into_what_is_left(here: World) -> None:
    """features.md, row 21: without --limit, what is left of the data limit is the limit."""
    here.start_daemon()
    limit(here, "set", "12kB")
    spend(here, 1000, 1000)
    shown = here.ctl("sync", "--dry-run")
    assert "Left of the limit: 10.0 kB" in flat(shown)
    preview = here.ctl("sync", "--dry-run", "--json").json
    assert preview["limit_bytes"] == preview["left_of_limit_bytes"] == 10_000
    assert preview["left"] > 0
    assert preview["sent_bytes"] + preview["received_bytes"] <= 10_000
    asked = here.ctl("sync", "--dry-run", "--json", "--limit", "9000000").json
    assert (asked["limit_bytes"], asked["left"]) == (9_000_000, 0)


def test_warnings_are_shown(here: World) -> None:
    """In usage, as they were seen first."""
    here.start_daemon()
    confirm_clock(here)
    limit(here, "set", "1MB")
    day = (datetime.now(UTC).date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    here.in_state("INSERT INTO limit_warning VALUES (?, 75, 1)", day)
    assert "Warning: 75 % of this month's limit was reached." in flat(here.ctl("usage"))
    assert json.loads(here.ctl("usage", "--json").out)["warnings"] == [75]


@pytest.mark.parametrize("code", ["limit_reached", "limit_paced", "limit_reserved"])
def test_a_script_can_tell_the_limit_from_other_troubles(code: str) -> None:
    """A sync that it skipped ends with an exit code of its own."""
    assert exit_of_run("skipped", code) is Exit.LIMIT
    assert exit_of_run("partial", code) is Exit.PARTLY
