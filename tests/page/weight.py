"""What a view of the page weighs, as a real browser asks for it: bytes of both directions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext

from tests.benchmarks.figures import Figure
from tests.page.chromium import PHONE, go
from tests.page.relay import Exchange, Relay
from tests.page.site import PASSWORD, Site

FIRST_BYTES, PAINTED_BYTES, REFRESH_BYTES, REQUESTS = 30_000, 12_000, 5_000, 6
"""A first view in all, its HTML and CSS, a refresh of the overview; requests of a first view.

These are what is aimed at; what may not grow from here is in tests/benchmarks/budgets.toml.
"""
HOW = "python -m tests.benchmarks.page_weight --no-idle"


@dataclass(frozen=True)
class View:
    """A screen: seen for the first time, looked at again, and asked for by its own script."""

    first: Sequence[Exchange]
    again: Sequence[Exchange]
    refresh: Sequence[Exchange]

    @property
    def painted(self) -> int:
        """Bytes of what must be there before anything is seen."""
        return sum(each.bytes for each in self.first if not _is_beside(each.path))


def total(exchanges: Sequence[Exchange]) -> int:
    """Add up bytes."""
    return sum(each.bytes for each in exchanges)


def overview_figures(views: Sequence[View]) -> list[Figure]:
    """Give the most that the overview costs, of several views of it."""
    most = "of the overview, in the heaviest language"
    return [
        Figure("page_weight.overview_first", f"a first view {most}",
               max(total(view.first) for view in views), "B", HOW),
        Figure("page_weight.overview_painted", f"HTML and CSS {most}",
               max(view.painted for view in views), "B", HOW),
        Figure("page_weight.overview_refresh", f"a refresh {most}",
               max(total(view.refresh) for view in views), "B", HOW),
    ]  # fmt: skip


@contextmanager
def relayed(here: Site) -> Iterator[Relay]:
    """Give a way to the page on which bytes are counted."""
    relay = Relay(here.host)
    yield relay
    relay.close()


def weigh(
    here: Site, relay: Relay, browser: Browser, path: str, *, signed_in: bool, language: str = "en"
) -> View:
    """Look at a screen with a browser that has seen nothing of the page but the password."""
    context = browser.new_context(viewport={"width": PHONE, "height": 640}, locale=language)
    try:
        if signed_in:
            sign_in(here, context)
        page = context.new_page()
        relay.taken()
        go(page, relay.host, path)
        first = relay.taken()
        page.reload()
        again = relay.taken()
        page.evaluate("fetch(location.pathname).then((answer) => answer.text())")
        return View(first, again, relay.taken())
    finally:
        context.close()


def sign_in(here: Site, context: BrowserContext) -> None:
    """Bring the cookie of somebody who signed in elsewhere; nothing is in the cache."""
    browser = here.browser()
    browser.sign_in(PASSWORD)
    for each in browser.cookie.split("; "):
        name, _, value = each.partition("=")
        place = here.host.partition(":")[0]
        context.add_cookies([{"name": name, "value": value, "domain": place, "path": "/"}])


def _is_beside(path: str) -> bool:
    """Tell whether a page is painted before this has come."""
    return path == "/live" or path.partition("?")[0].endswith((".js", ".svg"))
