"""Light, dark and high contrast: as the device has it, or as somebody chose on the page."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from tests.page.browser import Browser
from tests.page.chromium import PHONE, go
from tests.page.site import Site
from tests.page.tour import visitor

TEXT = [
    *((text, back) for text in ("text", "soft", "link", "safe", "look", "bad", "waiting")
      for back in ("back", "card", "waiting-back")),
    *((text, back) for text in ("text", "link")
      for back in ("safe-back", "look-back", "bad-back")),
    ("soft", "safe-back"), ("soft", "look-back"), ("safe", "safe-back"), ("look", "look-back"),
    ("bad", "bad-back"), ("on", "go"), ("on", "stop"),
]  # fmt: skip
"""What is written on what: variables of the style sheet."""
FRAMES = [
    *((frame, back) for frame in ("soft", "safe", "bad") for back in ("back", "card")),
    ("soft", "waiting-back"), ("link", "safe-back"),
]  # fmt: skip
"""Frames of controls and of the focus, and bars, on what they stand."""
DARK = {"color_scheme": "dark"}
DEVICES: Mapping[str, dict[str, Any]] = {
    "light": {},
    "dark": DARK,
    "more contrast": {"contrast": "more"},
    "more contrast, dark": DARK | {"contrast": "more"},
    "forced colours": {"forced_colors": "active"},
    "forced colours, dark": DARK | {"forced_colors": "active"},
}
_COLOURS = """(names) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.forcedColorAdjust = "none";
  return Object.fromEntries(names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  }));
}"""


def colours(page: Page) -> dict[str, tuple[float, float, float]]:
    """What the variables of the style sheet are on this device."""
    names = sorted({name for pair in (*TEXT, *FRAMES) for name in pair})
    found = page.evaluate(_COLOURS, names)
    parts = {name: re.findall(r"[\d.]+", colour) for name, colour in found.items()}
    assert all(len(each) == 3 for each in parts.values()), found
    return {name: (float(r), float(g), float(b)) for name, (r, g, b) in parts.items()}


def ratio(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """The contrast of two colours (WCAG 2.2, contrast ratio)."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def luminance(colour: tuple[float, float, float]) -> float:
    """How bright a colour is (WCAG 2.2, relative luminance)."""
    parts = [each / 255 for each in colour]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def too_low(page: Page, least: float) -> dict[str, float]:
    """Which pairs have too little contrast."""
    found = colours(page)
    wanted = [(pair, least) for pair in TEXT] + [(pair, 3.0) for pair in FRAMES]
    ratios = [(f"{a} on {b}", ratio(found[a], found[b]), most) for (a, b), most in wanted]
    return {pair: round(value, 2) for pair, value, most in ratios if value < most}


def test_every_colour_stands_out_in_every_theme(here: Site, browser: Chromium) -> None:
    """4.5 to 1 for text and 3 to 1 for frames; in high contrast 7 to 1 for text.

    Whether the device asks for it or somebody chose it.
    """
    found = {}
    with visitor(here, browser, width=PHONE, signed_in=False) as page:
        for theme in ("device", "light", "dark", "contrast"):
            go(page, here.host, f"/theme/{theme}?then=/")
            for name, media in DEVICES.items():
                page.emulate_media(
                    **{"color_scheme": "light", "contrast": "no-preference",
                       "forced_colors": "none"} | media
                )  # fmt: skip
                is_high = theme == "contrast" or not media.keys() <= DARK.keys()
                found[theme, name] = too_low(page, 7.0 if is_high else 4.5)
    assert not any(found.values()), found


def test_a_choice_comes_before_the_device_and_paper_before_both(
    here: Site, browser: Chromium
) -> None:
    """Whoever chose dark prints dark on light all the same."""
    with visitor(here, browser, width=PHONE, signed_in=False) as page:
        for chosen, scheme, is_dark in (
            ("device", "light", False), ("device", "dark", True),
            ("light", "dark", False), ("dark", "light", True),
        ):  # fmt: skip
            page.emulate_media(color_scheme=scheme, media="screen")  # type: ignore[arg-type]
            go(page, here.host, "/history")
            page.locator(f"footer a[href^='/theme/{chosen}']").click()
            assert page.url.endswith("/history")
            assert page.locator("footer nav:last-of-type [aria-current]").count() == 1
            found = colours(page)
            assert (luminance(found["text"]) > luminance(found["card"])) is is_dark
            page.emulate_media(color_scheme=scheme, media="print")  # type: ignore[arg-type]
            if chosen != "device":
                found = colours(page)
                assert luminance(found["text"]) < luminance(found["card"])


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/theme/dark?then=/calendar%3Fmonth%3D2026-11", "/calendar?month=2026-11"),
        ("/theme/dark?then=//evil.example/", "/"),
        ("/theme/dark?then=https://evil.example/", "/"),
        ("/theme/dark", "/"),
    ],
)
def test_a_choice_leads_back_to_a_page_of_ours(anyone: Browser, path: str, location: str) -> None:
    """And is kept in the browser."""
    seen = anyone.send("GET", path)
    assert (seen.status, seen.to) == (303, location)
    assert 'data-theme="dark"' in anyone.get("/").html


def test_what_is_no_theme_is_not_kept(anyone: Browser) -> None:
    """A link from elsewhere, or a cookie of something else."""
    assert anyone.send("GET", '/theme/x"><script>').status == 303
    assert 'data-theme="device"' in anyone.get("/").html
    seen = anyone.send("GET", "/", headers={"Cookie": "beekeed-theme=evil"})
    assert 'data-theme="device"' in seen.html
