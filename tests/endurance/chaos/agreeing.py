"""History, calendar and account of bytes agree with each other, as the control API shows them.

Rule: asked once all is quiet, right after a sync on a trusted clock.
"""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from tests.endurance.chaos.place import Place

_PAGE = 50
_MONTHS = 4
_IN_THE_WAY = ("waiting", "late", "set_aside", "missing")


def check(place: Place, taken_away: Collection[str]) -> None:
    """See that they do. `taken_away`: the kinds of which teachers took something away."""
    runs = list(_runs(place))
    for run in runs:
        _check_run(place, run)
    _check_bytes(place, runs)
    _check_missing(place, runs, taken_away)
    for day in _days(place):
        _check_day(day, place.clock.today())


def _check_run(place: Place, run: dict[str, Any]) -> None:
    """A run has ended, and what it did is listed one by one, as often as it is counted."""
    assert run["ended_at"] is not None, run
    counts = place.data(f"/v1/runs/{run['event_id']}")["actions"]
    done = sum(each["count"] for each in counts if each["verdict"] == "done")
    listed = len(place.data(f"/v1/runs/{run['event_id']}/actions")["actions"])
    assert listed == done, (run["event_id"], listed, counts)
    acknowledged = done + sum(each["count"] for each in counts if each["verdict"] == "already")
    assert run["saved_events"] <= acknowledged, (run, counts)


def _check_bytes(place: Place, runs: list[dict[str, Any]]) -> None:
    """What runs cost is in the account; there is more of who was cut off, who never said it."""
    of_runs = sum(run["sent_bytes"] + run["received_bytes"] for run in runs)
    ((spent,),) = place.here.in_state(
        "SELECT coalesce(sum(sent + received), 0) FROM charge WHERE category = 'sync'"
    )
    assert spent >= of_runs, (spent, of_runs)
    is_whole = not any(run["reason"] and run["reason"]["code"] == "interrupted" for run in runs)
    if is_whole and place.clock.months == 1:
        assert spent == of_runs, (spent, of_runs)


def _check_missing(place: Place, runs: list[dict[str, Any]], taken_away: Collection[str]) -> None:
    """What was acknowledged was found there by who read it back, unless a teacher took it away."""
    for run in runs:
        actions = place.data(f"/v1/runs/{run['event_id']}")["actions"]
        missing = [
            each
            for each in actions
            if each["verdict"] == "missing" and each["kind"] not in taken_away
        ]
        assert not missing, (run["event_id"], run["cause"], missing, place.tally.worked)


def _check_day(day: dict[str, Any], today: date) -> None:
    """A day that is over is green if and only if nothing stands in the way."""
    in_the_way = [name for name in _IN_THE_WAY if day[name]]
    is_over = date.fromisoformat(day["date"]) < today
    assert "waiting" not in in_the_way, day
    assert (day["state"] == "green") == (is_over and not in_the_way), day


def _runs(place: Place) -> Iterator[dict[str, Any]]:
    at, total = 0, 1
    while at < total:
        page = place.data(f"/v1/runs?limit={_PAGE}&offset={at}")
        at, total = at + _PAGE, page["total"]
        yield from page["runs"]


def _days(place: Place) -> Iterator[dict[str, Any]]:
    month = f"{place.clock.today():%Y-%m}"
    for _ in range(_MONTHS):
        shown = place.data(f"/v1/calendar?month={month}")
        yield from shown["days"]
        month = shown["previous"]
