"""Makes the pictures of the guides, from the sandbox: docs/pictures/*.png.

    python -m tests.page.pictures [FOLDER]

Run it with what packaging/check installs, when the page looks different. A sandbox box of made-up
learners, its online Moodle, the real daemon and the real page are started, and chromium looks.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.page.chromium import chromium, go
from tests.page.site import Site, site
from tests.page.tour import visitor

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
_WIDTH = 720
_SETTINGS = {
    "schedule.enabled": True, "schedule.daily_at": "18:30",
    "limit.enabled": True, "limit.bytes": 500_000_000,
}  # fmt: skip
_NAMED = "document.querySelector('header small').textContent = 'beekee-1'"
"""The machine's own name is nobody's business."""


def main() -> int:
    """Make them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, site(Path(work), learners=40) as here:
        here.ask("POST", "settings", {"values": _SETTINGS})
        here.sync()
        with chromium() as browser:
            _take(here, browser, folder)
    return 0


def _take(here: Site, browser: Browser, folder: Path) -> None:
    """Take one after the other: all is safe, then learners do more, and somebody signs in."""
    with visitor(here, browser, width=_WIDTH, signed_in=False) as page:
        _shoot(page, here, "/", folder / "safe.png", height=600)
        _shoot(page, here, "/calendar", folder / "calendar.png", height=780)
    here.world.on_box("UPDATE mdl_user SET city = 'Gao' WHERE id > 3")
    here.ask("GET", "preview")
    with visitor(here, browser, width=_WIDTH) as page:
        _shoot(page, here, "/", folder / "start.png", height=680)


def _shoot(page: Page, here: Site, path: str, file: Path, *, height: int) -> None:
    """Keep the upper part of a screen."""
    page.set_viewport_size({"width": _WIDTH, "height": height})
    go(page, here.host, path)
    page.evaluate(_NAMED)
    page.screenshot(path=file)


if __name__ == "__main__":
    sys.exit(main())
