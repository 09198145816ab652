"""`GET` and `POST /v1/link`: where the way to the online Moodle ends.

GET shows it without a byte, POST tries it node by node. Both give the same tree.
"""

from typing import Any

from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import reason_view
from beekeed.control.history import LONGEST_WAIT_SECONDS, number_of
from beekeed.core.link import (
    KERNELS,
    Contact,
    Finding,
    Interface,
    Tree,
    contact_of_run,
    first_failure,
)
from beekeed.errors import BeekeedError, Code

_RUNS = 20  # among so many is one that reached out, where any lately did


async def link(api: Api, request: web.Request) -> dict[str, Any]:
    """Show the link as the kernel shows it, and how far the last contact came.

    `wait`: first wait up to so many seconds until there is one.
    """
    if wait := min(number_of(request, "wait", 0), LONGEST_WAIT_SECONDS):
        await api.arrival.link(wait)
    contact = await _latest(api)
    return await _view(api, api.diagnosis.look(contact), contact, tried=False)


async def try_link(api: Api, _: web.Request) -> dict[str, Any]:
    """Try the whole way; what it costs is metered as a check."""
    if api.runner.event_id is not None:
        raise BeekeedError(Code.ALREADY_RUNNING)
    contact = await api.diagnosis.walk()
    return await _view(api, contact.tree, contact, tried=True)


async def _latest(api: Api) -> Contact | None:
    """Find the latest contact: a sync's, or a walk of this daemon's.

    A walk that is still to come was made before the clock was set back.
    """
    walked, now = api.diagnosis.latest, api.clock.now()
    for run in await api.history.recent(_RUNS):
        if run.ended_at is not None and (
            walked is None or run.ended_at > walked.at or walked.at > now
        ):
            found = contact_of_run(run.ended_at, run.status, run.reason, run.traffic)
            if found is not None:
                return found
    return walked


async def _view(api: Api, tree: Tree, contact: Contact | None, *, tried: bool) -> dict[str, Any]:
    failed = first_failure(tree)
    managed = await api.manager.ask()
    return {
        "schema": "beekeed.link/1",
        "address": api.address,
        "now": api.clock.now(),
        "clock_trusted": api.trust.is_trusted(),
        "tried": tried,
        "link": failed is None or failed.node not in KERNELS,
        "ok": failed is None,
        "nodes": [_node_view(each) for each in tree],
        "reason": _reason(failed),
        "contact": _contact_view(contact) if contact else None,
        "interfaces": [_interface_view(each) for each in api.diagnosis.interfaces()],
        "network_manager": managed,
    }


def _node_view(finding: Finding) -> dict[str, Any]:
    return {
        "node": finding.node,
        "state": finding.state,
        "facts": dict(finding.facts),
        "reason": _reason(finding),
    }


def _contact_view(contact: Contact) -> dict[str, Any]:
    spent = contact.spent
    return {
        "at": contact.at,
        "source": contact.source,
        "failed": contact.failed.node if contact.failed else None,
        "sent_bytes": spent.sent if spent else None,
        "received_bytes": spent.received if spent else None,
    }


def _interface_view(interface: Interface) -> dict[str, Any]:
    return {
        "name": interface.name,
        "up": interface.up,
        "carrier": interface.carrier,
        "loopback": interface.loopback,
        "addresses": list(interface.addresses),
    }


def _reason(finding: Finding | None) -> dict[str, Any] | None:
    if finding is None or finding.reason is None:
        return None
    return reason_view(finding.reason.code, finding.reason.params)
