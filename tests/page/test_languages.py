"""Every screen in the languages: none of our words is in English only, and all of it fits."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from beekeed.say import LANGUAGES, clean, language_of
from tests.page.busy import busy_site
from tests.page.chromium import DESKTOP, PHONE, go, opened, shoot
from tests.page.fits import troubles
from tests.page.marked import unmarked
from tests.page.site import Site
from tests.page.tour import answers, from_elsewhere, paths, running, show, visitor

PSEUDO = "en-XA"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box in Kathmandu where everything is that a screen can show."""
    with busy_site(tmp_path_factory.mktemp("languages"), zone="Asia/Kathmandu") as made:
        yield made


@pytest.fixture(scope="module")
def allowed(here: Site) -> set[str]:
    """What is shown as it is."""
    return {*from_elsewhere(here), "Asia/Kathmandu", "UTC+05:45"}


def strange(seen: dict[str, str], allowed: set[str]) -> dict[str, list[str]]:
    """The words that are nobody's, by the screen that they are on."""
    found = {path: unmarked(html, allowed) for path, html in seen.items()}
    return {path: words for path, words in found.items() if words}


@pytest.mark.parametrize("signed_in", [False, True], ids=["anybody", "signed in"])
def test_no_word_is_in_english_only(here: Site, allowed: set[str], *, signed_in: bool) -> None:
    """Text, titles, labels: each is said in the pseudo-language, or comes from elsewhere."""
    browser = here.signed_in() if signed_in else here.browser()
    browser.language = PSEUDO
    seen = {path: browser.send("GET", path).html for path in paths(here, signed_in=signed_in)}
    with running(here):
        seen["running"] = browser.get("/").html
    if signed_in:
        seen |= {path: answer.html for path, answer in answers(browser)}
    else:
        wrong = browser.send("POST", "/sign-in", {"password": "x", "then": "/"})
        seen["wrong password"] = wrong.html
    assert not strange(seen, allowed)


def test_everything_fits_on_a_phone_in_either_direction(here: Site, browser: Chromium) -> None:
    """In the pseudo-language, which is longer than English, and the same from right to left."""
    found = {}
    with visitor(here, browser, language=PSEUDO, width=PHONE) as page:
        for path in paths(here, signed_in=True):
            show(page, here, path)
            for direction in ("ltr", "rtl"):
                page.evaluate("(direction) => { document.dir = direction; }", direction)
                if told := troubles(page):
                    found[f"{path} {direction}"] = told
    assert not found


def test_what_is_drawn_while_a_sync_runs_is_written_like_the_rest(
    here: Site, browser: Chromium
) -> None:
    """Bytes: the script writes them as the page does, in each language."""
    counts = (1, 999, 1000, 1049, 999_999, 1_000_000, 12_345_678, 10**9, 10**13)
    with running(here), opened(browser) as page:
        run = here.ask("GET", "status")["running"]
        told = "".join(_told(run, count) for count in counts)
        page.route("**/live", lambda route: route.fulfill(content_type=_EVENTS, body=told))
        page.add_init_script(_NOTE_WHAT_IS_DRAWN)
        for code in (PSEUDO, *LANGUAGES):
            size = language_of(code).size
            go(page, here.host, f"/?language={code}")
            expect(page.locator("#live-text")).to_contain_text(size(counts[-1]))
            drawn = [clean(each) for each in page.evaluate("window.drawn")]
            assert drawn[: len(counts)] == [f"↑ {size(count)} ↓ {size(count)}" for count in counts]


_EVENTS = "text/event-stream"
_NOTE_WHAT_IS_DRAWN = """
window.drawn = [];
document.addEventListener("DOMContentLoaded", () => new MutationObserver((records) => {
  for (const each of records) window.drawn.push(...[...each.addedNodes].map((node) => node.data));
}).observe(document.getElementById("live-text"), { childList: true }));
"""


def _told(run: str, count: int) -> str:
    """What the page's process tells of a run that sent and received so many bytes."""
    told = {"phase": "sending", "event_id": run, "status": "running", "total": 0}
    return f"data: {json.dumps(told | {'sent': count, 'received': count})}\n\n"


@pytest.mark.full
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("language", [PSEUDO, "ar", "fr"])
def test_every_screen_fits_and_has_its_picture(
    here: Site, browser: Chromium, language: str, width: int
) -> None:
    """Nothing is wider than the window, cut off or under something else."""
    found = {}
    with visitor(here, browser, language=language, width=width) as page:
        for path in paths(here, signed_in=True):
            show(page, here, path)
            shoot(page, f"{language}/{picture(path)}-{width}")
            if told := troubles(page):
                found[path] = told
    assert not found


def picture(path: str) -> str:
    """Name the picture of a screen; a sync by where it is in the history."""
    name = re.sub(r"/(\d{4})-\w+$", r"-\1", path)
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-") or "overview"
