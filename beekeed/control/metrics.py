"""`GET /v1/metrics`: how it stands in Prometheus's text format. Names nobody.

Each label has a fixed set of values. What is not known, or does not apply, is left out.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from aiohttp import web

from beekeed.control.api import Api
from beekeed.core.budget import Usage, left
from beekeed.core.cycle import Phase
from beekeed.core.model import Bytes, Category, RunStatus
from beekeed.ports.stores import RunTally

if TYPE_CHECKING:
    from prometheus_client.core import Metric


async def metrics(api: Api, _: web.Request) -> web.Response:
    """Show it for a program that keeps such numbers over time."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(_Collected(await _collect(api)))
    headers = {"Content-Type": CONTENT_TYPE_LATEST}
    return web.Response(body=generate_latest(registry), headers=headers)


class _Collected:
    """What was collected already, as the library asks for it."""

    def __init__(self, found: Iterable["Metric"]) -> None:
        self._found = list(found)

    def collect(self) -> Iterable["Metric"]:
        """Give it."""
        return self._found


async def _collect(api: Api) -> list["Metric"]:
    target_id = await api.target_id()
    usage = await api.usage.usage()
    waits = {
        "waiting": await api.changes.waiting(target_id) if target_id else None,
        "late": await api.days.late(target_id) if target_id else None,
        "set_aside": await api.changes.set_aside_count(target_id) if target_id else None,
    }
    tally = await api.history.tally()
    return [
        *_of_build(api.version),
        *_of_usage(usage),
        *(_gauge(f"beekeed_{name}_changes", text, waits[name]) for name, text in _WAITS.items()),
        *_of_runs(tally),
        *_of_phase(api.runner.phase),
        _gauge(
            "beekeed_clock_trusted", "Whether the box's clock is believed.", api.trust.is_trusted()
        ),
    ]


_WAITS = {
    "waiting": "Changes that the online Moodle has not, as the box was last read.",
    "late": "Those of them that wait to be asked for.",
    "set_aside": "Those of them that cannot be sent, each for a reason of its own.",
}


def _gauge(name: str, text: str, value: float | None) -> "Metric":
    """Give a number that may be unknown."""
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric([], value)
    return family


def _of_build(version: str) -> Iterator["Metric"]:
    from prometheus_client.core import InfoMetricFamily

    yield InfoMetricFamily("beekeed_build", "What runs.", {"version": version})


def _of_usage(usage: Usage) -> Iterator["Metric"]:
    """Show what was spent in the billing month: the counter begins anew with it."""
    from prometheus_client.core import CounterMetricFamily

    text = "Bytes on the line in this billing month, as the kernel counted them."
    family = CounterMetricFamily("beekeed_sync_bytes", text, labels=["direction", "category"])
    for category in Category:
        charges = (each.spent for each in usage.current.charges if each.category is category)
        spent = sum(charges, Bytes())
        family.add_metric(["sent", category], spent.sent)
        family.add_metric(["received", category], spent.received)
    yield family
    limit = usage.terms.limit_bytes
    yield _gauge("beekeed_charged_bytes", "What counts against the limit.", usage.current.charged)
    yield _gauge("beekeed_limit_bytes", "The data limit of a month, without top-ups.", limit)
    now = left(usage.terms, usage.stand)
    yield _gauge("beekeed_limit_left_bytes", "What may still be spent now.", now)


def _of_runs(tally: RunTally) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily

    ended = set(RunStatus) - {RunStatus.RUNNING, RunStatus.STOPPING}
    family = CounterMetricFamily("beekeed_runs", "Syncs that ended so.", labels=["status"])
    for status in sorted(ended):
        family.add_metric([status], tally.ended.get(status, 0))
    yield family
    at = tally.completed_at.timestamp() if tally.completed_at else None
    text = "When the latest sync ended that completed."
    yield _gauge("beekeed_last_success_timestamp_seconds", text, at)


def _of_phase(now: Phase) -> Iterator["Metric"]:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily("beekeed_phase", "What beekeed is doing: 1.", labels=["phase"])
    for phase in Phase:
        family.add_metric([phase], phase is now)
    yield family
