"""Where the focus is: Tab takes it to every control in order, a live update takes it nowhere."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.chromium import PHONE, go
from tests.page.site import Site
from tests.page.test_live import soon
from tests.page.tour import paths, running, visitor

_NOTE = """() => {
  window.noted = [];
  document.addEventListener("focusin", ({ target }) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(target);
    const { width, height } = target.getBoundingClientRect();
    const framed = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && width * height > 0;
    window.noted.push([target, framed]);
  });
}"""
_CONTROLS = """() => [...document.querySelectorAll(
    "a[href], button, select, textarea, summary, [tabindex='0'], input:not([type=hidden])")]
  .filter((e) => e.checkVisibility() && !e.disabled && !e.closest("fieldset:disabled"))
  .filter((e) => e.type !== "radio" || e.checked || !e.form?.elements[e.name].value)
"""
_IS_LAST = f"() => document.activeElement === ({_CONTROLS})().at(-1)"
_MOST_STEPS = 300
_WRONG = f"""() => {{
  const name = (e) => e.outerHTML.slice(0, 120);
  const reached = window.noted.map(([e]) => e);
  const missed = ({_CONTROLS})().filter((e) => !reached.includes(e));
  const back = reached.filter((e, at) => at
    && !(reached[at - 1].compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING));
  const unseen = window.noted.filter(([, framed]) => !framed).map(([e]) => e);
  return [["not reached", missed], ["out of order", back], ["not seen", unseen]]
    .filter(([, all]) => all.length).map(([what, all]) => [what, all.map(name)]);
}}"""
_HEAR = """() => {
  window.heard = [];
  new MutationObserver(() => window.heard.push(document.getElementById("live-said").textContent))
    .observe(document.getElementById("live-said"), { childList: true });
}"""
_IS_ON = "(query) => document.activeElement.matches(query)"


@pytest.fixture
def page(here: Site, browser: Browser) -> Iterator[Page]:
    """Somebody who signed in."""
    with visitor(here, browser, width=PHONE) as found:
        yield found


@pytest.mark.full
def test_tab_goes_through_every_control_in_order(here: Site, page: Page) -> None:
    """On each screen; and whatever has the focus has a frame around it."""
    here.sync()
    found = {}
    for path in paths(here, signed_in=True):
        if "done=" not in path:  # there it does not begin on top
            go(page, here.host, path)
            page.evaluate(_NOTE)
            for _ in range(_MOST_STEPS):
                page.keyboard.press("Tab")
                if page.evaluate(_IS_LAST):
                    break
            assert page.evaluate("window.noted.length") > 10
            found[path] = page.evaluate(_WRONG)
    assert not any(found.values()), found


def test_the_first_control_skips_to_the_content(here: Site, page: Page) -> None:
    """Past the menu."""
    go(page, here.host, "/history")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(_IS_ON, "main input#from")


def test_what_was_done_has_the_focus(here: Site, page: Page) -> None:
    """So that it is heard first, and what comes next is what is below it."""
    go(page, here.host, "/scheduling")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert page.evaluate(_IS_ON, "main [role=status]")


@pytest.mark.parametrize("path", ["/settings", "/history"])
def test_what_is_wrong_has_the_focus_and_begins_the_title(
    here: Site, page: Page, path: str
) -> None:
    """So that it is heard first; from there a link leads to the field."""
    go(page, here.host, path)
    form, field, text = {
        "/settings": ("form:has([value=limit])", "[name='limit.bytes']", "plenty"),
        "/history": ("form.row", "#from", ""),
    }[path]
    page.locator(field).fill(text)
    page.locator(form).first.evaluate("(form) => { form.noValidate = true; }")
    page.locator(form).first.get_by_role("button").press("Enter")
    expect(page).to_have_title(re.compile("^Error: "))
    assert page.evaluate(_IS_ON, "main .notice.bad[role=alert]")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate(_IS_ON, field)


def test_a_live_update_leaves_the_focus_and_what_was_opened(here: Site, page: Page) -> None:
    """The very same control has it when a sync has begun, and when it has ended."""
    here.sync()
    go(page, here.host, "/")
    page.get_by_text("Show Advanced Settings").press("Enter")
    control = page.get_by_role("button", name="Switch off")
    control.focus()
    page.evaluate("window.had = document.activeElement")
    with running(here):
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        assert page.evaluate("document.activeElement === window.had")
    expect(page.get_by_role("button", name="Start Sync Now")).to_be_visible()
    assert page.evaluate("document.activeElement === window.had")
    expect(page.get_by_text("Target Server")).to_be_visible()


def test_where_the_focus_was_is_gone_its_part_of_the_page_has_it(here: Site, page: Page) -> None:
    """Never another button, which somebody might press without looking; Tab goes on from there."""
    go(page, here.host, "/")
    page.get_by_role("button", name="Start Sync Now").focus()
    with running(here):
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        assert page.evaluate(_IS_ON, "section[aria-labelledby=sync]")
        page.keyboard.press("Tab")
        assert page.evaluate(_IS_ON, "form[action='/stop'] button")
    expect(page.get_by_role("button", name="Start Sync Now")).to_be_visible()
    assert page.evaluate(_IS_ON, "section[aria-labelledby=sync]")


def test_screen_readers_hear_phases_and_the_end_and_no_more(here: Site, page: Page) -> None:
    """Each change once, politely; nothing of the bytes that go by."""
    go(page, here.host, "/")
    assert page.locator("#live-said").get_attribute("role") == "status"
    page.evaluate(_HEAR)
    began = time.monotonic()
    with running(here):
        expect(page.locator("#live-bar")).to_be_visible()
    soon(lambda: "safe" in page.evaluate("window.heard.at(-1)"))
    heard = page.evaluate("window.heard")
    assert len(heard) <= 8 + (time.monotonic() - began) / 10, heard
    assert len(set(heard)) > 1
    assert not any(word in each for each in heard for word in ("↑", "kB")), heard
