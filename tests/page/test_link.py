"""Link: where the way ends, who may see what of it, and trying it."""

import re

from tests.page.browser import Browser, Seen
from tests.page.forms import form_of
from tests.page.site import Site

NODES = [
    "Network interface",
    "Address and route",
    "Name",
    "Connection",
    "Encryption",
    "Moodle",
]


def tree(seen: Seen) -> dict[str, str]:
    """Each node of the way, and its state."""
    return dict(re.findall(r"<strong>([^<]+)</strong>: ([a-z ]+\w)", seen.html))


def test_everybody_sees_the_way_and_nobody_an_address(here: Site, anyone: Browser) -> None:
    """Row 15: the nodes, the interfaces and the clock; no address of the box, and no button."""
    told = here.ask("GET", "link")
    seen = anyone.get("/link")
    assert list(tree(seen)) == NODES
    assert "There was no contact lately" in seen.text
    for each in told["interfaces"]:
        assert (f"<dt><bdi>{each['name']}</bdi></dt>" in seen.html) == (not each["loopback"])
        for address in each["addresses"]:
            assert f">{address}" not in seen.html
            assert f"{address}," not in seen.html
    assert "Clock" in seen.text
    assert 'method="post"' not in seen.html
    refused = anyone.send("POST", "/link", {})
    assert (refused.status, refused.to) == (303, "/sign-in?then=%2Flink&ended=yes")
    assert here.ask("GET", "link")["contact"] is None


def test_who_is_signed_in_sees_addresses(here: Site, admin: Browser) -> None:
    """Those of each interface, and that on the way."""
    seen = admin.get("/link")
    for each in here.ask("GET", "link")["interfaces"]:
        for address in each["addresses"]:
            assert address in seen.html


def test_the_link_is_tried(here: Site, admin: Browser) -> None:
    """It says what that costs; then each node, when it was, and what it did cost."""
    seen = admin.get("/link")
    assert "Trying it costs some data, less than 6 kB" in seen.text
    after = admin.press("/link", form_of(seen, "/link"))
    assert "The link was tried" in after.text
    assert "The box reaches the online Moodle." in after.text
    assert tree(after) == {
        "Network interface": "ok",
        "Address and route": "ok",
        "Name": "not needed",
        "Connection": "ok",
        "Encryption": "not needed",
        "Moodle": "ok",
    }
    contact = here.ask("GET", "link")["contact"]
    assert contact["source"] == "check"
    assert f'datetime="{contact["at"][:19]}' in after.html
    spent = contact["sent_bytes"] + contact["received_bytes"]
    assert 0 < spent < 6000
    assert f"It cost {spent / 1000:.1f} kB." in after.text


def test_where_it_ends_is_said_with_what_to_do(here: Site, admin: Browser, anyone: Browser) -> None:
    """The first node that failed: in a sentence, with its remedy, to everybody."""
    here.world.switch("maintenance", "1")
    admin.press("/link", form_of(admin.get("/link"), "/link"))
    reason = here.ask("GET", "link")["reason"]
    seen = anyone.get("/link")
    assert tree(seen)["Moodle"] == "failed"
    assert tree(seen)["Connection"] == "ok"
    assert reason["sentence"] in seen.text
    assert reason["remedy"] in seen.text
    assert "The box reaches" not in seen.text
