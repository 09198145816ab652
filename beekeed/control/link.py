"""`GET` and `POST /v1/link`: where the way to the online Moodle ends.

GET shows it without a byte, POST tries it node by node. Both give the same tree.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import LONGEST_WAIT_SECONDS, Asked, Wait, query_of
from beekeed.control.envelope import ReasonView, Time, maybe_reason
from beekeed.core.link import (
    KERNELS,
    Contact,
    Finding,
    Interface,
    Node,
    Source,
    State,
    Tree,
    contact_of_run,
    first_failure,
)
from beekeed.errors import BeekeedError, Code, Param
from beekeed.ports.link import Managed

_RUNS = 20  # among so many is one that reached out, where any lately did


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the way to the online Moodle, and what is known of it."""

    node: Node
    state: State
    facts: Mapping[str, Param]
    reason: ReasonView | None


class ContactView(msgspec.Struct, frozen=True, kw_only=True):
    """The latest contact: when, whose, where it ended (null: nowhere), and what it cost."""

    at: Time
    source: Source
    failed: Node | None
    sent_bytes: int | None
    received_bytes: int | None


class InterfaceView(msgspec.Struct, frozen=True, kw_only=True):
    """A network interface of the box."""

    name: str
    up: bool
    carrier: bool
    loopback: bool
    addresses: list[str]


class LinkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Where the way ends. `link`: whether the kernel shows a way; `ok`: whether it goes through.

    `tried`: whether this answer comes from trying. `network_manager`: null where none runs.
    """

    schema: Literal["beekeed.link/1"] = "beekeed.link/1"
    address: str
    now: Time
    clock_trusted: bool
    tried: bool
    link: bool
    ok: bool
    nodes: list[NodeView]
    reason: ReasonView | None
    contact: ContactView | None
    interfaces: list[InterfaceView]
    network_manager: Managed | None


class LinkQuery(Asked, frozen=True, kw_only=True):
    """Whether to wait for a link."""

    wait: Wait = 0


async def link(api: Api, request: web.Request) -> LinkAnswer:
    """Show the link as the kernel shows it, and how far the last contact came.

    `wait`: first wait up to so many seconds until there is one.
    """
    if wait := min(query_of(request, LinkQuery).wait, LONGEST_WAIT_SECONDS):
        await api.arrival.link(wait)
    contact = await latest_contact(api)
    return await _view(api, api.diagnosis.look(contact), contact, tried=False)


async def try_link(api: Api, _: web.Request) -> LinkAnswer:
    """Try the whole way; what it costs is metered as a check."""
    if api.runner.event_id is not None:
        raise BeekeedError(Code.ALREADY_RUNNING)
    contact = await api.diagnosis.walk()
    return await _view(api, contact.tree, contact, tried=True)


async def latest_contact(api: Api) -> Contact | None:
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


async def _view(api: Api, tree: Tree, contact: Contact | None, *, tried: bool) -> LinkAnswer:
    failed = first_failure(tree)
    return LinkAnswer(
        address=api.address,
        now=api.clock.now(),
        clock_trusted=api.trust.is_trusted(),
        tried=tried,
        link=failed is None or failed.node not in KERNELS,
        ok=failed is None,
        nodes=[_node_view(each) for each in tree],
        reason=maybe_reason(failed.reason) if failed else None,
        contact=contact_view(contact) if contact else None,
        interfaces=[_interface_view(each) for each in api.diagnosis.interfaces()],
        network_manager=await api.manager.ask(),
    )


def _node_view(finding: Finding) -> NodeView:
    return NodeView(
        node=finding.node,
        state=finding.state,
        facts=dict(finding.facts),
        reason=maybe_reason(finding.reason),
    )


def contact_view(contact: Contact) -> ContactView:
    """Show a contact."""
    spent = contact.spent
    return ContactView(
        at=contact.at,
        source=contact.source,
        failed=contact.failed.node if contact.failed else None,
        sent_bytes=spent.sent if spent else None,
        received_bytes=spent.received if spent else None,
    )


def _interface_view(interface: Interface) -> InterfaceView:
    return InterfaceView(
        name=interface.name,
        up=interface.up,
        carrier=interface.carrier,
        loopback=interface.loopback,
        addresses=list(interface.addresses),
    )
