"""Everybody can use the page: axe-core finds nothing on any screen, in any theme."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from beekeed.say import LANGUAGES
from tests.page.chromium import DESKTOP, PHONE, go, sign_in
from tests.page.doubts import bring_doubts
from tests.page.site import PASSWORD, Site, site

AXE = Axe()
EVERYTHING = {"rules": {"target-size": {"enabled": True}}}
"""All rules of WCAG and best practices; axe asks for the size of targets only where it is told."""
COLOURS = {"runOnly": ["color-contrast"]}
DEVICES: dict[str, dict[str, Any]] = {
    "dark": {"color_scheme": "dark"},
    "high contrast": {"contrast": "more"},
    "high contrast, dark": {"color_scheme": "dark", "contrast": "more"},
    "forced colours": {"forced_colors": "active"},
}
PLAIN: dict[str, Any] = {
    "color_scheme": "light",
    "contrast": "no-preference",
    "forced_colors": "none",
}
OPEN = """
    for (const each of document.querySelectorAll("details")) each.open = true;
    for (const each of document.querySelectorAll(".days")) each.style.maxBlockSize = "none";
"""


@dataclass(frozen=True)
class Stop:
    """A screen in a state; `fill`: what is typed and sent by the form that has the field."""

    path: str
    fill: tuple[str, str] | None = None


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box with much that waits for a person, a limit that is nearly reached, and no UTC."""
    with site(tmp_path_factory.mktemp("access"), learners=10, zone="Asia/Kolkata") as made:
        bring_doubts(made)
        limit = {"limit.enabled": True, "limit.bytes": 100_000}
        made.ask("POST", "settings", {"values": limit})
        yield made


def stops(here: Site, *, signed_in: bool) -> list[Stop]:
    """Every screen that somebody can see."""
    day = datetime.now(UTC).date() - timedelta(days=1)
    latest = here.ask("GET", "runs?limit=50")["runs"][-1]["event_id"]
    shown = [Stop("/"), Stop(f"/calendar?month={day:%Y-%m}&day={day}"), Stop("/scheduling"),
             Stop("/history"), Stop(f"/history/{latest}"), Stop("/link"),
             Stop("/nothing")]  # fmt: skip
    if not signed_in:
        return [*shown, Stop("/sign-in"), Stop("/sign-in", ("#password", "wrong"))]
    return [*shown, Stop("/?cost=1"), Stop("/?done=saved"), Stop("/set-aside"), Stop("/waiting"),
            Stop("/settings"), Stop("/settings", ("#limit-bytes", "plenty")), Stop("/check"),
            Stop("/scheduling", ("#daily-at", "03:30"))]  # fmt: skip


@contextmanager
def visitor(
    here: Site, browser: Browser, *, signed_in: bool, width: int = PHONE, language: str = "en"
) -> Iterator[Page]:
    """Somebody with a window of a width."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.set_default_timeout(20_000)
    if signed_in:
        go(page, here.host, "/sign-in")
        sign_in(page, PASSWORD)
    go(page, here.host, f"/?language={language}")
    yield page
    context.close()


def show(here: Site, page: Page, stop: Stop) -> None:
    """Open a screen, with everything on it that can be opened."""
    go(page, here.host, stop.path)
    if stop.fill:
        page.locator(stop.fill[0]).fill(stop.fill[1])
        page.locator("form", has=page.locator(stop.fill[0])).locator("button").first.click()
    page.evaluate(OPEN)


def barriers(page: Page, rules: Mapping[str, Any]) -> list[str]:
    """What axe finds wrong; text that something lies on, as well."""
    options = {"resultTypes": ["violations", "incomplete"]} | dict(rules)
    found = AXE.run(page, options=options).response
    wrong = [(each["id"], node) for each in found["violations"] for node in each["nodes"]]
    wrong += [
        (f"{each['id']}, covered", node)
        for each in found["incomplete"]
        for node in each["nodes"]
        if "obscured" in str(node["any"])
    ]
    return [f"{rule}: {node['html'][:200]}" for rule, node in wrong]


def all_barriers(page: Page, devices: Iterable[str] = DEVICES) -> list[str]:
    """What is wrong with what is shown; only the colours differ from device to device."""
    page.emulate_media(**PLAIN)
    found = barriers(page, EVERYTHING)
    for device in devices:
        page.emulate_media(**PLAIN | DEVICES[device])
        found += [f"{device}: {each}" for each in barriers(page, COLOURS)]
    return found


@pytest.mark.parametrize("signed_in", [False, True])
def test_no_screen_has_a_barrier(here: Site, browser: Browser, signed_in: bool) -> None:
    """On a phone, also wrong forms and missing pages; each in light colours and in others, in turn.

    All screens in all colours, languages and on desktops are looked at with --full.
    """
    devices = itertools.cycle(DEVICES)
    with visitor(here, browser, signed_in=signed_in) as page:
        found = {}
        for stop in stops(here, signed_in=signed_in):
            show(here, page, stop)
            found[stop] = all_barriers(page, [next(devices)])
    assert not any(found.values()), found


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_sync_under_way_has_no_barrier(here: Site, browser: Browser, signed_in: bool) -> None:
    """While it is seen live."""
    here.world.on_box("UPDATE mdl_user SET city = ? WHERE id > 3", f"Gao {signed_in}")
    here.world.switch("hold_before", "core_user_update_users")
    with visitor(here, browser, signed_in=signed_in) as page:
        event_id = here.ask("POST", "sync", {"force": True})["event_id"]
        page.locator("#live-bar").wait_for()
        found = all_barriers(page, ["dark"])
    here.world.switch("hold_before", None)
    here.ended(event_id)
    assert not found


@pytest.mark.full
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_no_screen_has_a_barrier_in_any_language(
    here: Site, browser: Browser, language: str, width: int
) -> None:
    """Anonymous and signed in."""
    found = {}
    for signed_in in (False, True):
        with visitor(here, browser, signed_in=signed_in, width=width, language=language) as page:
            for stop in stops(here, signed_in=signed_in):
                show(here, page, stop)
                found[stop, signed_in] = all_barriers(page)
    assert not any(found.values()), found
