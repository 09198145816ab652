"""Which Host is this box's: whatever else a browser was led to is turned away."""

import pytest

from beekeed.page.gate import is_own
from beekeed.page.server import own_names

NAMES = frozenset({"box7", "box7.local", "box.school.lan"})


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("192.168.4.1", "192.168.4.1"),
        ("192.168.4.1:8088", "192.168.4.1"),
        ("192.168.4.1", "::ffff:192.168.4.1"),
        ("[fd00::1]:8088", "fd00::1"),
        ("[FD00:0:0::1]", "fd00::1"),
        ("[fe80::1]", "fe80::1%eth0"),
        ("box7", "192.168.4.1"),
        ("Box7.local:8088", "192.168.4.1"),
        ("box.school.lan", "192.168.4.1"),
        ("box7.local.", "192.168.4.1"),
        ("box7.local.:8088", "192.168.4.1"),
        ("localhost:8088", "127.0.0.1"),
        ("localhost", "::1"),
    ],
)
def test_the_box_answers_under_its_names_and_the_address_that_was_reached(
    host: str, reached: str
) -> None:
    """With a port or without, however it is spelled."""
    assert is_own(host, reached, NAMES)


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "192.168.4.1.evil.example", "192.168.4.2", "10.0.0.1", "localhost",
        "127.0.0.1", "[fd00::2]", "box7.evil.example", "xbox7", "box7.local..", "::", "[", ":8088",
        "box7@evil.example", "evil.example:box7", "0300.0250.4.1", "0xc0a80401", "3232236545",
    ],
)  # fmt: skip
def test_any_other_host_is_not_the_box(host: str) -> None:
    """Another name that somebody led to this address, in whatever spelling."""
    assert not is_own(host, "192.168.4.1", NAMES)


def test_the_hostname_is_a_name_of_the_box_also_by_mdns() -> None:
    """And what the settings name."""
    names = own_names(["box.school.lan"])
    assert "box.school.lan" in names
    assert {name + ".local" for name in names} & names
