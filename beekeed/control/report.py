"""`GET /v1/report`: what support needs, and nothing of a learner or a secret (features.md, row 28).

Of people there are counts only. Of a reason only numbers and those texts are shown that are
named here; of the settings, what may be shown of them. Log lines are left out: the journal has
them.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.caller import Door, door_of
from beekeed.control.envelope import ReasonView, reason_view
from beekeed.control.history import RunView, run_view
from beekeed.control.limit import LimitView, limit_view
from beekeed.control.link import ContactView, contact_view, latest_contact
from beekeed.control.usage import MonthView, month_view
from beekeed.core.clocktrust import Trust
from beekeed.core.cycle import Phase
from beekeed.core.link import Node, State
from beekeed.core.model import Kind, Reason
from beekeed.errors import BeekeedError, Code, Param
from beekeed.ports.link import Managed
from beekeed.ports.stores import RunDetails

_RUNS = 20
_CHANGES = 20
_SHOWN = frozenset(
    {"course", "function", "functions", "capability", "capabilities", "errorcode", "table"}
)
"""The texts of a reason that hold nothing of a person: names of courses and of Moodle's own."""


class ReportAction(msgspec.Struct, frozen=True, kw_only=True):
    """How many changes of a kind had one verdict in a run, and why."""

    kind: Kind
    verdict: str
    count: int
    reason: ReasonView | None


class ReportCourse(msgspec.Struct, frozen=True, kw_only=True):
    """A course in a run, by its short name: left out for a reason, or with a warning."""

    shortname: str
    left_out: ReasonView | None
    warning: ReasonView | None


class ReportRun(RunView, frozen=True, kw_only=True):
    """A run with what it did, in numbers."""

    courses: list[ReportCourse]
    actions: list[ReportAction]


class ReportAside(msgspec.Struct, frozen=True, kw_only=True):
    """How many changes of a kind are set aside for one reason."""

    kind: Kind
    reason: ReasonView
    count: int


class ReportNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the way to the online Moodle; its facts, which hold addresses, are left out."""

    node: Node
    state: State
    reason: ReasonView | None


class ReportInterface(msgspec.Struct, frozen=True, kw_only=True):
    """A network interface, and how many addresses it has."""

    name: str
    up: bool
    carrier: bool
    addresses: int


class ReportLink(msgspec.Struct, frozen=True, kw_only=True):
    """The way to the online Moodle, as known without a byte."""

    nodes: list[ReportNode]
    contact: ContactView | None
    interfaces: list[ReportInterface]
    network_manager: Managed | None


class ReportStand(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands. `box`: the release of the box's Moodle, or why it cannot be read."""

    phase: Phase
    running: str | None
    clock: Trust
    doubt: ReasonView | None
    box: str
    read_at: datetime | None
    waiting: int | None
    late: int
    guards: int


class ReportChange(msgspec.Struct, frozen=True, kw_only=True):
    """Which setting was changed when and by which socket; not what it was or is, nor by whom."""

    at: datetime
    key: str
    by: Door


class ReportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report. `host` and `store`: the machine, and our database, by name."""

    schema: Literal["beekeed.report/1"] = "beekeed.report/1"
    made_at: datetime
    version: str
    event_id: str | None
    """The latest run's."""
    stand: ReportStand
    host: Mapping[str, Param]
    store: Mapping[str, int]
    settings: Mapping[str, str | int | bool]
    changed_settings: list[ReportChange]
    link: ReportLink
    current_month: MonthView
    last_month: MonthView
    limit: LimitView
    set_aside: list[ReportAside]
    runs: list[ReportRun]


async def report(api: Api, _: web.Request) -> ReportAnswer:
    """Put the report together; nothing goes over the line for it."""
    usage = await api.usage.usage()
    runs = await _runs(api)
    around = await api.surroundings()
    return ReportAnswer(
        made_at=api.clock.now(),
        version=api.version,
        event_id=runs[0].event_id if runs else None,
        stand=await _stand(api),
        host=around.host,
        store=around.store,
        settings=around.settings,
        changed_settings=[
            ReportChange(at=each.at, key=each.change.key, by=door_of(each.by))
            for each in await api.tuner.changes(_CHANGES)
        ],
        link=await _link(api),
        current_month=month_view(usage.current, usage.live),
        last_month=month_view(usage.last),
        limit=limit_view(api, usage),
        set_aside=await _set_aside(api),
        runs=runs,
    )


async def _stand(api: Api) -> ReportStand:
    target_id = await api.target_id()
    return ReportStand(
        phase=api.runner.phase,
        running=api.runner.event_id,
        clock=api.trust.moment().trust,
        doubt=_bare(api.trust.doubt()),
        box=await _box(api),
        read_at=await api.changes.read_at(target_id) if target_id else None,
        waiting=await api.changes.waiting(target_id) if target_id else None,
        late=await api.days.late(target_id) if target_id else 0,
        guards=len(await api.guards.open(target_id)) if target_id else 0,
    )


async def _box(api: Api) -> str:
    try:
        async with api.device.snapshot() as box:
            return (await box.about()).release
    except BeekeedError as error:
        return str(error.code)


async def _link(api: Api) -> ReportLink:
    contact = await latest_contact(api)
    return ReportLink(
        nodes=[
            ReportNode(node=each.node, state=each.state, reason=_bare(each.reason))
            for each in api.diagnosis.look(contact)
        ],
        contact=contact_view(contact) if contact else None,
        interfaces=[
            ReportInterface(
                name=each.name, up=each.up, carrier=each.carrier, addresses=len(each.addresses)
            )
            for each in api.diagnosis.interfaces()
        ],
        network_manager=await api.manager.ask(),
    )


async def _set_aside(api: Api) -> list[ReportAside]:
    """Count what is set aside by kind and reason."""
    target_id = await api.target_id()
    rows = await api.changes.set_aside_list(target_id) if target_id else []
    counts: Counter[tuple[Kind, Code, tuple[tuple[str, Param], ...]]] = Counter()
    for row in rows:
        counts[row.kind, row.reason.code, tuple(sorted(_shown(row.reason).items()))] += 1
    return [
        ReportAside(kind=kind, reason=reason_view(code, dict(shown)), count=count)
        for (kind, code, shown), count in counts.most_common()
    ]


async def _runs(api: Api) -> list[ReportRun]:
    found = []
    for run in await api.history.recent(_RUNS):
        details = await api.history.details(run.event_id)
        if details is not None:
            found.append(_run(details))
    return found


def _run(details: RunDetails) -> ReportRun:
    shown = msgspec.structs.asdict(run_view(details.run)) | {"reason": _bare(details.run.reason)}
    return ReportRun(
        **shown,
        courses=[
            ReportCourse(
                shortname=each.shortname,
                left_out=_bare(each.left_out),
                warning=_bare(each.warning),
            )
            for each in details.courses
        ],
        actions=[
            ReportAction(
                kind=each.kind,
                verdict=each.verdict,
                count=each.count,
                reason=_bare(each.reason),
            )
            for each in details.actions
        ],
    )


def _bare(reason: Reason | None) -> ReasonView | None:
    """Show a reason without what may not be shown; … stands for that in its sentence."""
    return reason_view(reason.code, _shown(reason)) if reason else None


def _shown(reason: Reason) -> dict[str, Param]:
    return {
        name: value
        for name, value in reason.params.items()
        if isinstance(value, int) or name in _SHOWN
    }
