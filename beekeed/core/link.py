"""The way to the online Moodle as a tree: a node is tried only if the one before it held. Pure.

The tree is the same wherever it is shown. Whoever knows a cause names its code; in which
node that code lies stands here only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address

from beekeed.core.model import Bytes, Reason, RunStatus
from beekeed.errors import Code, Param


class Node(StrEnum):
    """The nodes, from the box outwards."""

    INTERFACE = "interface"
    """A network interface is up, with a carrier."""
    ADDRESS = "address"
    """It has an address, and there is a route."""
    NAME = "name"
    """The site's name leads to an address."""
    CONNECTION = "connection"
    """Something accepts a TCP connection there."""
    ENCRYPTION = "encryption"
    """It proves by its certificate to be the site."""
    MOODLE = "moodle"
    """It answers as a Moodle does."""


KERNELS = frozenset({Node.INTERFACE, Node.ADDRESS})
"""The nodes that the kernel shows, without a byte."""


class State(StrEnum):
    """What was found of a node."""

    OK = "ok"
    FAILED = "failed"
    NOT_TRIED = "not_tried"
    NOT_NEEDED = "not_needed"
    """A name where the settings have an address, encryption where they allow none."""


class Source(StrEnum):
    """What found it."""

    KERNEL = "kernel"
    SYNC = "sync"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one node, and what it showed: texts and numbers by name."""

    node: Node
    state: State
    reason: Reason | None = None
    facts: Mapping[str, Param] = field(default_factory=dict)


Tree = tuple[Finding, ...]
"""A finding for each node, in their order."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact with the site: when, by what, how far it came, and what it cost.

    `spent` is None where it was not counted by itself.
    """

    at: datetime
    source: Source
    tree: Tree
    spent: Bytes | None = None

    @property
    def failed(self) -> Finding | None:
        """The first node that failed."""
        return first_failure(self.tree)


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface as the kernel shows it; `up` is the administrator's switch."""

    name: str
    up: bool
    carrier: bool
    loopback: bool
    addresses: tuple[str, ...] = ()

    @property
    def lasting(self) -> tuple[str, ...]:
        """Its addresses without those that it gave itself for want of another."""
        return tuple(each for each in self.addresses if not ip_address(each).is_link_local)


_WAY: Mapping[Node, frozenset[Code]] = {
    Node.INTERFACE: frozenset({Code.NO_INTERFACE, Code.NO_CARRIER}),
    Node.ADDRESS: frozenset({Code.NO_ADDRESS, Code.NO_ROUTE}),
    Node.NAME: frozenset({Code.NAME_NOT_FOUND, Code.NAME_UNKNOWN}),
    Node.CONNECTION: frozenset(
        {Code.CONNECTION_REFUSED, Code.CONNECTION_TIMED_OUT, Code.NOT_REACHED}
    ),
    Node.ENCRYPTION: frozenset(
        {
            Code.ENCRYPTION_FAILED,
            Code.CERTIFICATE_EXPIRED,
            Code.CERTIFICATE_NOT_YET_VALID,
            Code.CERTIFICATE_WRONG_NAME,
            Code.CERTIFICATE_UNKNOWN_ISSUER,
            Code.CERTIFICATE_SELF_SIGNED,
            Code.CERTIFICATE_REFUSED,
            Code.CLOCK_WRONG,
        }
    ),
    Node.MOODLE: frozenset(
        {
            Code.SILENT,
            Code.NO_ANSWER,
            Code.SERVER_BUSY,
            Code.ASKED_TO_WAIT,
            Code.CAPTIVE_PORTAL,
            Code.PROXY_ANSWERED,
            Code.NO_MOODLE_THERE,
            Code.NOT_A_MOODLE,
            Code.REDIRECTED,
            Code.ANSWER_TOO_LARGE,
            Code.ANSWER_UNREADABLE,
            Code.WEB_SERVICES_OFF,
            Code.MAINTENANCE,
        }
    ),
}
_BEFORE_ANSWERS = frozenset({Node.INTERFACE, Node.ADDRESS, Node.NAME, Node.CONNECTION})
_UNANSWERED = frozenset({Code.OFFLINE, Code.SILENT, Code.NO_ANSWER})
# What a Moodle says: whoever hears it has reached one.
_ANSWERED = frozenset(
    {
        Code.TOKEN_REFUSED,
        Code.ACCESS_REFUSED,
        Code.ACCOUNT_SUSPENDED,
        Code.FUNCTION_MISSING,
        Code.CAPABILITY_MISSING,
        Code.ROLE_NOT_ASSIGNABLE,
        Code.LEARNER_ROLE_WRONG,
        Code.LEARNER_ROLE_KNOWN_WRONG,
        Code.NO_COURSE_MATCHED,
    }
)


def node_of(code: Code) -> Node | None:
    """Tell in which node a trouble lies; None: not on the way."""
    return next((node for node, codes in _WAY.items() if code in codes), None)


def is_unreached(code: Code) -> bool:
    """Tell whether a trouble is that nobody answered, so that it ends when the way is another."""
    return code in _UNANSWERED or node_of(code) in _BEFORE_ANSWERS


def held(node: Node, **facts: Param) -> Finding:
    """Give the finding that a node held."""
    return Finding(node, State.OK, None, facts)


def broken(node: Node, code: Code, **params: Param) -> Finding:
    """Give the finding that a node failed."""
    return Finding(node, State.FAILED, Reason(code, params))


def grown(findings: Sequence[Finding]) -> Tree:
    """Give the whole tree: nodes of which nothing was found were not tried."""
    found = {each.node: each for each in findings}
    return tuple(found.get(node, Finding(node, State.NOT_TRIED)) for node in Node)


def first_failure(tree: Tree) -> Finding | None:
    """Give the first node that failed, if one did."""
    return next((each for each in tree if each.state is State.FAILED), None)


def as_known(kernel: Sequence[Finding], contact: Contact | None) -> Tree:
    """Give the tree as it is known without a byte: the kernel's nodes now, the rest as it was.

    Where the kernel shows no way, an earlier contact says nothing of what is beyond.
    """
    if first_failure(tuple(kernel)) or contact is None:
        return grown(kernel)
    shown = {each.node for each in kernel}
    return grown([*kernel, *(each for each in contact.tree if each.node not in shown)])


def contact_of_run(
    at: datetime, status: RunStatus, reason: Reason | None, traffic: Bytes
) -> Contact | None:
    """Tell how far a run came on its way; None where it tells nothing of it.

    A run that sent nothing had nothing to send; one that was stopped may not have got far.
    """
    node = node_of(reason.code) if reason is not None else None
    if status is RunStatus.ERROR and reason is not None and node is not None:
        return Contact(at, Source.SYNC, up_to(node, reason))
    is_answer = status in (RunStatus.COMPLETED, RunStatus.PARTIAL) or (
        reason is not None and reason.code in _ANSWERED
    )
    if is_answer and traffic.received:
        return Contact(at, Source.SYNC, tuple(held(node) for node in Node))
    return None


def up_to(failed: Node, reason: Reason) -> Tree:
    """Give the tree of a way that failed at a node: those before it held."""
    before = list(Node)[: list(Node).index(failed)]
    return grown([*map(held, before), Finding(failed, State.FAILED, reason)])


def seen_by_kernel(interfaces: Sequence[Interface], leads: str | None) -> tuple[Finding, ...]:
    """Judge the kernel's nodes. `leads`: the interface that the route takes; None: no route."""
    lines = [each for each in interfaces if each.name == leads] or [
        each for each in interfaces if not each.loopback
    ]
    idle = ", ".join(each.name for each in lines if not each.carrier)
    linked = [each for each in lines if each.carrier]
    if not any(each.up for each in lines):
        return (broken(Node.INTERFACE, Code.NO_INTERFACE, interfaces=idle),)
    if not linked:
        return (broken(Node.INTERFACE, Code.NO_CARRIER, interfaces=idle),)
    names = ", ".join(each.name for each in linked)
    there = held(Node.INTERFACE, interface=names)
    addresses = ", ".join(address for each in linked for address in each.lasting)
    if not addresses:
        return there, broken(Node.ADDRESS, Code.NO_ADDRESS, interfaces=names)
    if leads is None:
        return there, broken(Node.ADDRESS, Code.NO_ROUTE, interfaces=names, idle=idle)
    return there, held(Node.ADDRESS, address=addresses)


def without(tree: Tree, nodes: Collection[Node]) -> Tree:
    """Give a tree in which some nodes are not needed."""
    return tuple(
        Finding(each.node, State.NOT_NEEDED) if each.node in nodes else each for each in tree
    )
