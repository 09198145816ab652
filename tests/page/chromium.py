"""Debian's chromium, headless, and what it saw."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserType, Page, expect, sync_playwright

SHOTS = Path(__file__).parent.parent.parent / "build" / "screenshots"
"""Pictures of every screen, to be looked at; not kept in git."""
PHONE, DESKTOP = 320, 1100


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; one for a file, as starting it takes seconds."""
    with sync_playwright() as playwright:
        browser = _launched(playwright.chromium)
        yield browser
        browser.close()


@contextmanager
def another(browser: Browser, *options: str) -> Iterator[Browser]:
    """Another browser beside one, started with some options."""
    made = _launched(browser.browser_type, *options)
    yield made
    made.close()


def _launched(kind: BrowserType, *options: str) -> Browser:
    program = shutil.which("chromium")
    assert program, "chromium is missing: packaging/check says which packages the tests need"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return kind.launch(executable_path=program, args=[*arguments, *options])


@contextmanager
def opened(browser: Browser, *, scripts: bool = True, width: int = DESKTOP) -> Iterator[Page]:
    """A window, with JavaScript or without. What the browser complains of is an error."""
    context = browser.new_context(
        java_script_enabled=scripts, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    unexpected = [each for each in complaints if "status of 4" not in each]  # refused on purpose
    assert not unexpected, unexpected


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    file = SHOTS / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=True)


def sign_in(page: Page, password: str) -> None:
    """Sign in."""
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def go(page: Page, host: str, path: str) -> None:
    """Open a screen."""
    page.goto(f"http://{host}{path}")
