"""A site for the tests of one file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.page.browser import Browser
from tests.page.chromium import chromium, go, opened
from tests.page.hands import Keyboard, Mouse
from tests.page.site import PASSWORD, Site, site

WAYS = ("no-scripts", "keyboard", pytest.param("scripts", marks=pytest.mark.full))
"""With a mouse and no JavaScript, with the keyboard alone and JavaScript, with both."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box of 4 learners, its online Moodle, the daemon and the page; one for each file."""
    with site(tmp_path_factory.mktemp("page")) as made:
        yield made


@pytest.fixture(scope="module")
def admin(here: Site) -> Browser:
    """A browser that somebody signed in with."""
    return here.signed_in()


@pytest.fixture
def anyone(here: Site) -> Browser:
    """A browser that nobody signed in with."""
    return here.browser()


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """How somebody uses the page."""
    return str(request.param)


@pytest.fixture(scope="module")
def scripts(way: str) -> bool:
    """Whether the browser runs JavaScript."""
    return way != "no-scripts"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """The browser."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def window(browser: Chromium, scripts: bool) -> Iterator[Page]:
    """A window with JavaScript or without."""
    with opened(browser, scripts=scripts) as found:
        yield found


@pytest.fixture
def hands(window: Page, way: str) -> Mouse:
    """What somebody uses the page with."""
    return Keyboard(window) if way == "keyboard" else Mouse(window)


@pytest.fixture
def page(here: Site, window: Page, hands: Mouse) -> Page:
    """Somebody who signed in."""
    go(window, here.host, "/sign-in")
    if window.get_by_role("button", name="Sign out").count() == 0:
        hands.write(window.get_by_label("Password"), PASSWORD)
        hands.press(window.get_by_role("main").get_by_role("button", name="Sign in"))
        expect(window.get_by_role("button", name="Sign out")).to_be_visible()
    return window
