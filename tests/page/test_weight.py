"""The page is light enough for weak Wi-Fi; `tests/benchmarks/page_weight.py` prints the figures."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from beekeed.say import LANGUAGES
from tests.benchmarks import budgets
from tests.conftest import TOLD
from tests.page.busy import busy_site
from tests.page.relay import Relay
from tests.page.site import Site
from tests.page.weight import (
    FIRST_BYTES,
    PAINTED_BYTES,
    REFRESH_BYTES,
    REQUESTS,
    View,
    overview_figures,
    relayed,
    total,
    weigh,
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box in Kathmandu where everything is that a screen can show."""
    with busy_site(tmp_path_factory.mktemp("weight"), zone="Asia/Kathmandu") as made:
        yield made


@pytest.fixture(scope="module")
def relay(here: Site) -> Iterator[Relay]:
    """A way to the page on which bytes are counted."""
    with relayed(here) as made:
        yield made


@pytest.fixture(scope="module")
def overviews(request: pytest.FixtureRequest) -> Iterator[list[View]]:
    """Every overview that is weighed; at the end it is told which budgets can be lowered."""
    made: list[View] = []
    yield made
    if len(made) == len(LANGUAGES):
        wide = budgets.wide(overview_figures(made), budgets.read())
        request.config.stash[TOLD].extend(wide)


def over_budget(view: View) -> str:
    """Say what has grown by more than a tenth."""
    most = budgets.read()
    return "\n\n".join(
        budgets.complaint(each, most[each.name])
        for each in overview_figures([view])
        if budgets.is_passed(each.value, most[each.name])
    )


def too_heavy(view: View) -> dict[str, int]:
    """What is above its budget."""
    found = {
        "first view": (total(view.first), FIRST_BYTES),
        "HTML and CSS": (view.painted, PAINTED_BYTES),
        "requests": (len(view.first), REQUESTS),
    }
    return {what: bytes_ for what, (bytes_, most) in found.items() if bytes_ > most}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_overview_is_light(
    here: Site, relay: Relay, browser: Browser, overviews: list[View], language: str
) -> None:
    """In each language, signed in, where it says the most; a refresh as well; and as light as
    it was."""
    view = weigh(here, relay, browser, "/", signed_in=True, language=language)
    assert not too_heavy(view)
    assert total(view.refresh) <= REFRESH_BYTES
    overviews.append(view)
    assert not over_budget(view), over_budget(view)
    assert {each.path.partition("?")[0] for each in view.again} == {"/", "/live"}


@pytest.mark.full
def test_every_screen_is_light(here: Site, relay: Relay, browser: Browser) -> None:
    """Also those with long tables, and the forms."""
    first = here.ask("GET", "runs?limit=50")["runs"][-1]["event_id"]
    for path in ("/calendar", "/scheduling", f"/history/{first}", "/set-aside", "/settings"):
        view = weigh(here, relay, browser, path, signed_in=True)
        assert not too_heavy(view), path
