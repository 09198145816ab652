"""The tree of the way: what is known of it, and by whom."""

from datetime import UTC, datetime, timedelta

import pytest

from beekeed.core import certificate
from beekeed.core.clocktrust import Moment, Trust
from beekeed.core.link import (
    Contact,
    Interface,
    Node,
    Source,
    State,
    as_known,
    broken,
    contact_of_run,
    first_failure,
    grown,
    held,
    node_of,
    seen_by_kernel,
    up_to,
    without,
)
from beekeed.core.model import Bytes, Reason, RunStatus
from beekeed.ctl.exits import Exit, exit_of_code
from beekeed.errors import Code

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KERNEL = (held(Node.INTERFACE), held(Node.ADDRESS))
CARD = Interface("eth0", up=True, carrier=True, loopback=False, addresses=("10.0.0.2",))
HOTSPOT = Interface("wlan0", up=True, carrier=True, loopback=False, addresses=("10.1.0.1",))
LOOPBACK = Interface("lo", up=True, carrier=True, loopback=True, addresses=("127.0.0.1",))
UNPLUGGED = Interface("eth0", up=True, carrier=False, loopback=False, addresses=("10.0.0.2",))
OFF = Interface("eth0", up=False, carrier=False, loopback=False)
OWN = Interface("eth0", up=True, carrier=True, loopback=False, addresses=("169.254.9.9", "fe80::1"))


@pytest.mark.parametrize("failed", Node)
def test_what_is_behind_a_failure_was_not_tried(failed: Node) -> None:
    """And what is before it held."""
    tree = up_to(failed, Reason(Code.NOT_REACHED))
    at = list(Node).index(failed)
    states = [State.OK] * at + [State.FAILED] + [State.NOT_TRIED] * (5 - at)
    assert [each.state for each in tree] == states
    assert [each.node for each in tree] == list(Node)


@pytest.mark.parametrize(
    ("interfaces", "leads", "code"),
    [
        ([LOOPBACK, CARD], "eth0", None),
        ([LOOPBACK], "lo", None),  # the site is on the box itself
        ([LOOPBACK], None, Code.NO_INTERFACE),
        ([LOOPBACK, OFF], None, Code.NO_INTERFACE),
        ([LOOPBACK, UNPLUGGED], "eth0", Code.NO_CARRIER),
        ([LOOPBACK, UNPLUGGED, HOTSPOT], "eth0", Code.NO_CARRIER),  # the learners' own Wi-Fi is up
        ([LOOPBACK, UNPLUGGED, HOTSPOT], None, Code.NO_ROUTE),
        ([LOOPBACK, OWN], None, Code.NO_ADDRESS),  # no router gave it one
        ([LOOPBACK, CARD], None, Code.NO_ROUTE),
    ],
)
def test_what_the_kernel_shows(
    interfaces: list[Interface], leads: str | None, code: Code | None
) -> None:
    """The line that the route takes is the one that counts; without a route, any."""
    failed = first_failure(seen_by_kernel(interfaces, leads))
    assert (failed.reason.code if failed and failed.reason else None) == code
    if code is not None and failed is not None:
        assert failed.node is node_of(code)


def test_an_earlier_contact_says_nothing_where_there_is_no_way_now() -> None:
    """It is shown again when the kernel shows a way."""
    contact = Contact(NOON, Source.CHECK, up_to(Node.NAME, Reason(Code.NAME_UNKNOWN)))
    down = (broken(Node.INTERFACE, Code.NO_CARRIER),)
    assert as_known(down, contact) == grown(down)
    known = as_known(KERNEL, contact)
    assert [each.state for each in known][:4] == [State.OK, State.OK, State.FAILED, State.NOT_TRIED]
    assert as_known(KERNEL, None) == grown(KERNEL)


TRAFFIC = Bytes(3000, 9000)


@pytest.mark.parametrize(
    ("status", "code", "traffic", "failed"),
    [
        (RunStatus.COMPLETED, None, TRAFFIC, None),
        (RunStatus.PARTIAL, Code.CAPABILITY_MISSING, TRAFFIC, None),
        (RunStatus.ERROR, Code.TOKEN_REFUSED, TRAFFIC, None),  # a Moodle said so
        (RunStatus.ERROR, Code.NAME_NOT_FOUND, Bytes(), Node.NAME),
        (RunStatus.ERROR, Code.NOT_REACHED, Bytes(120, 0), Node.CONNECTION),
        (RunStatus.ERROR, Code.CLOCK_WRONG, TRAFFIC, Node.ENCRYPTION),
        (RunStatus.ERROR, Code.NOT_A_MOODLE, TRAFFIC, Node.MOODLE),
        (RunStatus.ERROR, Code.MAINTENANCE, TRAFFIC, Node.MOODLE),
    ],
)
def test_a_run_tells_how_far_the_way_goes(
    status: RunStatus, code: Code | None, traffic: Bytes, failed: Node | None
) -> None:
    """Without a byte more."""
    reason = Reason(code) if code else None
    contact = contact_of_run(NOON, status, reason, traffic)
    assert contact is not None
    assert (contact.failed.node if contact.failed else None) is failed
    assert contact.tree == (
        up_to(failed, reason) if failed and reason else tuple(held(node) for node in Node)
    )


@pytest.mark.parametrize(
    ("status", "code", "traffic"),
    [
        (RunStatus.COMPLETED, None, Bytes()),  # it had nothing to send
        (RunStatus.STOPPED, None, TRAFFIC),
        (RunStatus.SKIPPED, Code.OFFLINE, Bytes()),
        (RunStatus.ERROR, Code.DEVICE_UNREADABLE, Bytes()),
        (RunStatus.ERROR, Code.LIMIT_REACHED, TRAFFIC),
    ],
)
def test_some_runs_tell_nothing_of_it(status: RunStatus, code: Code | None, traffic: Bytes) -> None:
    """Whoever did not reach out, or may not have got far, knows nothing new."""
    reason = Reason(code) if code else None
    assert contact_of_run(NOON, status, reason, traffic) is None


def test_a_node_that_is_not_needed_is_said_to_be() -> None:
    """A name where the settings have an address; encryption where they want none."""
    tree = without(grown(KERNEL), {Node.NAME, Node.ENCRYPTION})
    assert [each.state for each in tree].count(State.NOT_NEEDED) == 2


@pytest.mark.parametrize(
    ("number", "trusted", "code", "exit_code"),
    [
        (9, True, Code.CERTIFICATE_NOT_YET_VALID, Exit.NOT_MOODLE),
        (10, True, Code.CERTIFICATE_EXPIRED, Exit.NOT_MOODLE),
        (9, False, Code.CLOCK_WRONG, Exit.CLOCK),
        (10, False, Code.CLOCK_WRONG, Exit.CLOCK),
        (18, False, Code.CERTIFICATE_SELF_SIGNED, Exit.NOT_MOODLE),
        (19, True, Code.CERTIFICATE_UNKNOWN_ISSUER, Exit.NOT_MOODLE),
        (20, True, Code.CERTIFICATE_UNKNOWN_ISSUER, Exit.NOT_MOODLE),
        (62, True, Code.CERTIFICATE_WRONG_NAME, Exit.NOT_MOODLE),
        (64, True, Code.CERTIFICATE_WRONG_NAME, Exit.NOT_MOODLE),
        (23, True, Code.CERTIFICATE_REFUSED, Exit.NOT_MOODLE),  # revoked
    ],
)
def test_what_openssl_says_of_a_certificate(
    number: int, trusted: bool, code: Code, exit_code: Exit
) -> None:
    """Out of date is the clock's fault where the clock is not trusted; the rest never is."""
    now = Moment(NOON, "this", 1, Trust.PLAUSIBLE if trusted else Trust.UNTRUSTED)
    error = certificate.refused(number, "words", host="moodle.example.org", now=now)
    assert error.code is code
    assert error.params["now"] == "2026-11-20 12:00 UTC"
    assert exit_of_code(error.code) is exit_code
    assert node_of(error.code) is Node.ENCRYPTION


def test_a_contact_is_as_old_as_it_is() -> None:
    """Its time goes with it, so that nobody takes it for now."""
    contact = contact_of_run(NOON - timedelta(days=3), RunStatus.COMPLETED, None, TRAFFIC)
    assert contact is not None
    assert contact.at == NOON - timedelta(days=3)
