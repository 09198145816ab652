"""Large letters, names that are very long, and paper: nothing is cut off or out of the window."""

from collections.abc import Iterable, Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from tests.page.busy import busy_site
from tests.page.chromium import DESKTOP, PHONE, another, shoot
from tests.page.fits import troubles
from tests.page.site import Site
from tests.page.test_languages import picture
from tests.page.tour import paths, show, visitor

pytestmark = pytest.mark.full
LETTER = 32
LARGE = f"--blink-settings=defaultFontSize={LETTER}"
FIRST_NAME, LAST_NAME = "M" * 70, "Wolfeschlegelsteinhausen" * 4
LANGUAGES = ("en", "fr", "ar")
BROAD_PHONE = 412


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box where everything is that a screen can show, and everybody's name is very long."""
    with busy_site(tmp_path_factory.mktemp("sizes"), zone="Asia/Kathmandu") as made:
        name_at_length(made)
        yield made


@pytest.fixture(scope="module")
def large(browser: Chromium) -> Iterator[Chromium]:
    """A browser of somebody who needs letters twice as large."""
    with another(browser, LARGE) as made:
        yield made


def name_at_length(here: Site) -> None:
    """Give everybody a name without a space to break it at."""
    here.world.on_box(
        "UPDATE mdl_user SET firstname = ?, lastname = ? WHERE id > 5", FIRST_NAME, LAST_NAME
    )
    here.sync()


def spilt(page: Page, here: Site, screens: Iterable[str], folder: str = "") -> dict[str, list[str]]:
    """What does not fit, by the screen; a text that is longer than its field is scrolled there.

    `folder`: where pictures are kept, if they are.
    """
    found = {}
    for path in screens:
        show(page, here, path)
        if folder:
            shoot(page, f"{folder}/{picture(path)}")
        if told := [each for each in troubles(page) if "place: input" not in each]:
            found[path] = told
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [PHONE, BROAD_PHONE])
def test_every_screen_fits_with_letters_twice_as_large(
    here: Site, large: Chromium, language: str, width: int
) -> None:
    """On a phone: nothing is wider than the window."""
    with visitor(here, large, language=language, width=width) as page:
        assert not spilt(page, here, paths(here, signed_in=True), f"large-{language}-{width}")


def test_with_letters_twice_as_large_a_value_is_below_its_label(
    here: Site, large: Chromium
) -> None:
    """On a phone it is as wide as the window; nothing is wider, in a language of long words."""
    with visitor(here, large, language="fr", width=PHONE) as page:
        assert not spilt(page, here, ("/", "/scheduling", "/calendar", "/history"))
        assert page.evaluate(_NARROWEST) > PHONE - 2 * LETTER


_NARROWEST = (
    "Math.min(...[...document.querySelectorAll('.stack td > span')].map(e => e.offsetWidth))"
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [PHONE, BROAD_PHONE, DESKTOP])
def test_every_screen_fits_with_names_of_160_letters(
    here: Site, browser: Chromium, language: str, width: int
) -> None:
    """At every width, also where there is no space to break them at."""
    with visitor(here, browser, language=language, width=width) as page:
        assert not spilt(page, here, paths(here, signed_in=True), f"long-{language}-{width}")


def test_tables_of_names_of_160_letters_fit(here: Site, browser: Chromium) -> None:
    """On a wide screen, where they are tables."""
    with visitor(here, browser, width=DESKTOP) as page:
        assert not spilt(page, here, ("/set-aside", "/waiting"))


@pytest.mark.parametrize("path", ["/set-aside", "/waiting"])
def test_long_names_fit_on_paper(here: Site, browser: Chromium, path: str) -> None:
    """As wide as a sheet of A4."""
    with visitor(here, browser, width=A4_PIXELS) as page:
        page.emulate_media(media="print")
        show(page, here, path)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= A4_PIXELS


A4_PIXELS = 718  # 190 mm between the margins, at 96 to the inch


def test_paper_has_the_timetable(here: Site, browser: Chromium) -> None:
    """Of who is signed in as well: the hours, the daily time, and no button."""
    with visitor(here, browser, width=A4_PIXELS) as page:
        page.emulate_media(media="print")
        show(page, here, "/scheduling")
        assert page.get_by_label("Monday 08:00").is_visible()
        assert page.get_by_label("Time, in UTC").is_visible()
        assert page.get_by_role("button").count() == 0
        assert not page.get_by_role("link", name="Reset").is_visible()


@pytest.mark.parametrize("media", ["screen", "print"])
def test_every_day_of_a_list_is_seen(here: Site, browser: Chromium, media: str) -> None:
    """Lists of days do not scroll within themselves, where they would look complete."""
    with visitor(here, browser, width=DESKTOP, signed_in=False) as page:
        page.emulate_media(media="print" if media == "print" else "screen")
        for path in (each for each in paths(here, signed_in=False) if "/calendar" in each):
            show(page, here, path)
            days = page.locator(".days")
            assert days.count() > 0
            assert days.evaluate_all("(all) => all.every((e) => e.scrollHeight <= e.clientHeight)")
