"""A real browser sets every setting of the page; what it saved is read back past the page."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.chromium import go
from tests.page.hands import Mouse
from tests.page.site import Site

WANTED: dict[str, Any] = {
    "limit.enabled": True,
    "limit.bytes": 600_000_000,
    "limit.billing_day": 15,
    "limit.pacing": True,
    "limit.reserve_percent": 20,
    "limit.charge": "line",
    "sync.enabled": False,
    "sync.late_changes": "send",
    "sync.audit_bytes": 2500,
    "schedule.jitter_minutes": 5,
    "accounts.username_prefix": "gao-",
    "accounts.never_touch": ["head", "deputy"],
    "accounts.password": "mailed",
    "accounts.removed_enrolments": "suspend",
    "online.assignment_grades": "gradebook",
    "online.tell_learners": True,
    "mail.to": "school@example.org",
    "mail.sender": "box@example.org",
    "mail.server": "mail.example.org",
    "mail.port": 587,
    "mail.security": "tls",
    "mail.user": "school",
    "mail.notify": "failures",
    "mail.language": "fr",
}
"""Another value than its default for each, in the order in which they can be set."""
ELSEWHERE = {"schedule.enabled", "schedule.daily_at", "schedule.grid_active", "schedule.hours"}
"""Those that the screen Scheduling sets."""
SHOWN = {"limit.bytes": "600", "sync.audit_bytes": "2.5"}
"""What is typed, where it counts in other units."""


def put(hands: Mouse, key: str, value: Any) -> None:
    """Set the control of a setting as somebody would."""
    page = hands.page
    control = page.locator(f"[name='{key}']:not([type=hidden])")
    match value:
        case bool():
            hands.tick(control, on=value)
        case list():
            hands.write(control, "\n".join(value))
        case _ if control.first.get_attribute("type") == "radio":
            hands.tick(page.locator(f"[name='{key}'][value='{value}']"))
        case _ if control.evaluate("each => each.tagName") == "SELECT":
            control.select_option(value)
        case _:
            hands.write(control, SHOWN.get(key, str(value)))


@pytest.fixture
def defaults(here: Site) -> None:
    """Every setting as it comes."""
    found = here.ask("GET", "settings")["settings"]
    free = {each["key"]: each["default"] for each in found if not each["fixed"]}
    here.ask("POST", "settings", {"values": free})


@pytest.mark.parametrize(
    "way",
    [
        "no-scripts",
        *(pytest.param(each, marks=pytest.mark.full) for each in ("keyboard", "scripts")),
    ],
    indirect=True,
    scope="module",
)
def test_every_setting_is_set_by_its_control(
    here: Site, page: Page, hands: Mouse, defaults: None
) -> None:
    """Each section's form at once; the screen shows it again as it is now."""
    found = here.ask("GET", "settings")["settings"]
    assert {each["key"] for each in found} == WANTED.keys() | ELSEWHERE
    fixed = {each["key"] for each in found if each["fixed"]}
    sections = ("limit", "sync", "accounts", "mail")
    for section in sections:
        go(page, here.host, "/settings")
        form = page.locator(f"form:has([name=section][value={section}])", has_text="Save").first
        names = set(form.locator("[name]").evaluate_all("all => all.map(each => each.name)"))
        for key in (key for key in WANTED if key in names - fixed):
            put(hands, key, WANTED[key])
        hands.press(form.get_by_role("button", name="Save"))
        expect(page.get_by_role("status")).to_contain_text("Saved.")
    now = {each["key"]: each["value"] for each in here.ask("GET", "settings")["settings"]}
    wrong = {key: now[key] for key in WANTED.keys() - fixed if now[key] != WANTED[key]}
    assert not wrong
    assert len(WANTED.keys() - fixed) >= 20
    for key in ("limit.bytes", "sync.audit_bytes"):
        expect(page.locator(f"[name='{key}']")).to_have_value(SHOWN[key])
