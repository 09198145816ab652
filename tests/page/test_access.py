"""Everybody can use the page: axe-core finds nothing on any screen, in any colours."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from beekeed.say import LANGUAGES
from tests.page.busy import busy_site
from tests.page.chromium import DESKTOP, PHONE, another, go
from tests.page.fits import troubles
from tests.page.site import Site
from tests.page.tour import paths, running, show, visitor

_RUN = """async (options) => {
  const { violations, incomplete } = await axe.run(options);
  return { violations, incomplete };
}"""
EVERYTHING = {"rules": {"target-size": {"enabled": True}}}
"""All rules of WCAG and best practices; axe asks for the size of targets only where it is told."""
COLOURS = {"runOnly": ["color-contrast"]}
PLAIN: dict[str, Any] = {
    "color_scheme": "light",
    "contrast": "no-preference",
    "forced_colors": "none",
}
DEVICES: dict[str, dict[str, Any]] = {
    "dark": {"color_scheme": "dark"},
    "high contrast": {"contrast": "more"},
    "high contrast, dark": {"color_scheme": "dark", "contrast": "more"},
    "forced colours": {"forced_colors": "active"},
}
WRONG = {
    "/sign-in": ("#password", "wrong"),
    "/settings": ("#limit-bytes", "plenty"),
    "/scheduling": ("#daily-at", "03:30"),
}
"""Where a form is sent as well: what is typed, and into which field."""
UNROLL = "document.querySelectorAll('.days').forEach((e) => { e.style.maxBlockSize = 'none'; })"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box in Kathmandu where everything is that a screen can show."""
    with busy_site(tmp_path_factory.mktemp("access"), zone="Asia/Kathmandu") as made:
        yield made


def stops(here: Site, page: Page, *, signed_in: bool, every: bool = False) -> Iterator[str]:
    """Show every screen, and what some forms lead to; each is named.

    `every`: not the newest sync and one day alone, but all of them.
    """
    found = paths(here, signed_in=signed_in)
    one_of_each = {re.sub(r"&day=.*|(?<=/history/).*", "", path): path for path in found[::-1]}
    for path in found if every else one_of_each.values():
        show(page, here, path)
        yield path
        if path in WRONG and (signed_in or path == "/sign-in"):
            field, text = WRONG[path]
            page.locator(field).fill(text)
            page.locator("form", has=page.locator(field)).locator("button").first.click()
            yield f"{path}, sent"


def barriers(page: Page, rules: Mapping[str, Any]) -> list[str]:
    """What axe finds wrong; text that something lies on, as well."""
    options = {"resultTypes": ["violations", "incomplete"]} | dict(rules)
    found = page.evaluate(_RUN, options)
    wrong = [(each["id"], node) for each in found["violations"] for node in each["nodes"]]
    wrong += [
        (f"{each['id']}, covered", node)
        for each in found["incomplete"]
        for node in each["nodes"]
        if "obscured" in str(node["any"])
    ]
    return [f"{rule}: {node['html'][:200]}" for rule, node in wrong]


def all_barriers(page: Page, devices: Iterable[str]) -> list[str]:
    """What is wrong with what is shown; only the colours differ from device to device."""
    page.evaluate(UNROLL)
    page.evaluate(AXE_SCRIPT)
    page.emulate_media(**PLAIN)
    found = barriers(page, EVERYTHING)
    for device in devices:
        page.emulate_media(**PLAIN | DEVICES[device])
        found += [f"{device}: {each}" for each in barriers(page, COLOURS)]
    return found


@pytest.mark.parametrize(
    "signed_in",
    [
        pytest.param(False, id="anybody", marks=pytest.mark.full),
        pytest.param(True, id="signed in", marks=pytest.mark.full),
    ],
)
def test_no_screen_has_a_barrier(here: Site, browser: Browser, *, signed_in: bool) -> None:
    """On a phone, also wrong forms and missing pages; each in light colours and in others, in turn.

    All screens in all colours, in each language and on desktops are looked at with --full.
    """
    devices = itertools.cycle(DEVICES)
    with visitor(here, browser, width=PHONE, signed_in=signed_in) as page:
        found = {
            stop: all_barriers(page, [next(devices)])
            for stop in stops(here, page, signed_in=signed_in)
        }
    assert found
    assert not any(found.values()), found


@pytest.mark.parametrize(
    "signed_in",
    [pytest.param(False, id="anybody", marks=pytest.mark.full), pytest.param(True, id="signed in")],
)
def test_a_sync_under_way_has_no_barrier(here: Site, browser: Browser, *, signed_in: bool) -> None:
    """While it is seen live."""
    with running(here), visitor(here, browser, width=PHONE, signed_in=signed_in) as page:
        go(page, here.host, "/")
        page.locator("#live-bar").wait_for()
        assert not all_barriers(page, DEVICES)


_SMALL = """(least) => {
  const big = "button, .button, summary, nav a, .contents a, select, textarea, label:has(input),"
    + " input:not([type=hidden], [type=checkbox], [type=radio])";
  const size = (e) => [e.getBoundingClientRect()].flatMap((box) => [box.width, box.height]);
  const small = (e, least) => size(e).some((side) => side < least - 0.5);
  const seen = (query) => [...document.querySelectorAll(query)].filter((e) => e.checkVisibility());
  const boxes = seen(".grid td:has(input)").filter((e) => small(e, 24));
  const others = seen(big).filter((e) => !e.closest(".grid") && size(e)[1] < least - 0.5);
  return [...boxes, ...others].map((e) => `${e.outerHTML.slice(0, 120)} ${size(e)}`);
}"""


def test_what_is_pressed_is_large_enough_for_a_finger(here: Site, browser: Browser) -> None:
    """44 pixels high; the boxes of the hours, of which seven stand side by side, 24 each way."""
    with visitor(here, browser, width=PHONE) as page:
        found = {stop: page.evaluate(_SMALL, 44) for stop in stops(here, page, signed_in=True)}
    assert not any(found.values()), found


@pytest.mark.parametrize(
    ("width", "pixels"), [(PHONE, 21), pytest.param(640, 32, marks=pytest.mark.full)]
)
def test_with_large_letters_everything_still_fits(
    here: Site, browser: Browser, width: int, pixels: int
) -> None:
    """Twice as large as usual in a small window, and as large as phones make them on a phone."""
    found = {}
    with (
        another(browser, f"--blink-settings=defaultFontSize={pixels}") as larger,
        visitor(here, larger, width=width) as page,
    ):
        for path in paths(here, signed_in=True):
            show(page, here, path)
            found[path] = troubles(page)
            letters = page.evaluate("getComputedStyle(document.body).fontSize")
            assert letters == f"{pixels}px"
    assert not any(found.values()), found


def test_who_wants_no_motion_sees_none(here: Site, browser: Browser) -> None:
    """Nothing of ours moves at all, and the bar of the browser's that would is not there."""
    with running(here), visitor(here, browser, width=PHONE) as page:
        page.route("**/live", lambda route: route.fulfill(content_type="text/event-stream"))
        page.emulate_media(reduced_motion="reduce")
        go(page, here.host, "/")
        assert page.locator("#live-bar").is_hidden()
        assert page.evaluate("document.getAnimations().length") == 0
        page.emulate_media(reduced_motion="no-preference")
        assert page.locator("#live-bar").is_visible()


@pytest.mark.full
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_no_screen_has_a_barrier_in_any_language(
    here: Site, browser: Browser, language: str, width: int
) -> None:
    """For anybody and signed in, in all colours."""
    found = {}
    for signed_in in (False, True):
        with visitor(here, browser, language=language, width=width, signed_in=signed_in) as page:
            for stop in stops(here, page, signed_in=signed_in, every=True):
                found[stop, signed_in] = all_barriers(page, DEVICES)
    assert not any(found.values()), found
