"""A real browser walks every control of the page; what it clicked is read back past the page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.browser import dated
from tests.page.chromium import DESKTOP, PHONE, go, opened, shoot, sign_in
from tests.page.hands import Mouse
from tests.page.site import PASSWORD, Site, site

COMPLETE = "core_completion_override_activity_completion_status"
SCREENS = ("/", "/calendar", "/scheduling", "/history", "/set-aside", "/waiting", "/link",
           "/settings", "/check")  # fmt: skip


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box of 6 learners."""
    with site(tmp_path_factory.mktemp("walk"), learners=6) as made:
        yield made


def press(hands: Mouse, name: str) -> None:
    """Press the one button of that name."""
    main = hands.page.get_by_role("main")
    hands.press(main.get_by_role("button", name=name, exact=True))


def setting(here: Site, key: str) -> Any:
    """A setting as the daemon has it."""
    found = here.ask("GET", "settings")["settings"]
    return next(each["value"] for each in found if each["key"] == key)


def test_enable_sync_off_and_on(here: Site, page: Page, hands: Mouse) -> None:
    """Row 1."""
    go(page, here.host, "/")
    press(hands, "Switch off")
    expect(page.get_by_text("Syncs are switched off. Nothing runs")).to_be_visible()
    assert here.ask("GET", "status")["enabled"] is False
    press(hands, "Switch on")
    assert here.ask("GET", "status")["enabled"] is True


def test_start_progress_and_stop(
    here: Site, page: Page, hands: Mouse, way: str, scripts: bool
) -> None:
    """Rows 2, 7 and 14: a sync is started, seen under way, and stopped."""
    here.world.on_box("UPDATE mdl_user SET city = ? WHERE id > 3", f"Gao {way}")
    here.world.switch("hold_before", "core_user_update_users")
    if not here.ask("GET", "runs")["total"]:
        here.world.switch("hold_before", COMPLETE)
    go(page, here.host, "/")
    hands.press(page.get_by_text("Force Sync", exact=True))
    hands.tick(page.get_by_label("Force this sync"))
    press(hands, "Start Sync Now")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    running = here.ask("GET", "status")["running"]
    assert running
    if scripts:
        expect(page.locator("#live-text")).to_contain_text("/")
        shoot(page, "overview-running")
    press(hands, "Stop")
    here.world.switch("hold_before", None)
    assert here.ended(running)["status"] in ("stopped", "completed")
    if scripts:  # it sees the end by itself
        expect(page.get_by_role("button", name="Start Sync Now")).to_be_visible()
    here.sync()


def test_calendar_a_day_and_a_month_again(here: Site, page: Page, hands: Mouse) -> None:
    """Row 11."""
    here.sync()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    go(page, here.host, f"/calendar?month={yesterday:%Y-%m}")
    hands.press(page.locator(f"a[href*='day={yesterday}']").first)
    main = page.get_by_role("main")
    hands.press(main.get_by_role("button", name=dated(yesterday)))
    run = here.latest()
    assert run["period"] == {"from": str(yesterday), "to": str(yesterday)}
    go(page, here.host, f"/calendar?month={yesterday:%Y-%m}")
    hands.press(main.get_by_role("button", name="Resynchronize the whole month"))
    assert here.latest()["period"]["from"] == f"{yesterday:%Y-%m}-01"
    go(page, here.host, "/calendar?month=2026-11")
    hands.press(main.get_by_role("link", name="<").or_(main.get_by_label("October 2026")).first)
    expect(page.get_by_role("heading", name="October 2026")).to_be_visible()


def test_scheduling_is_set_saved_and_cleared(here: Site, page: Page, hands: Mouse) -> None:
    """Rows 4 and 12; no single press clears all hours."""
    go(page, here.host, "/scheduling")
    hands.tick(page.get_by_label("on", exact=True))
    hands.set_time(page.get_by_label("Time, in UTC"), "03:30")
    hands.tick(page.get_by_label("Active", exact=True))
    hands.tick(page.get_by_label("Monday 08:00"))
    hands.tick(page.get_by_label("Sunday 23:00"))
    press(hands, "Save")
    found = here.ask("GET", "schedule")
    assert (found["enabled"], found["daily_at"], found["grid_active"]) == (True, "03:30", True)
    assert found["hours"] == ["mon-08", "sun-23"]
    hands.tick(page.get_by_label("Inactive"))
    press(hands, "Save")
    assert here.ask("GET", "schedule")["hours"] == ["mon-08", "sun-23"]
    hands.press(page.get_by_role("link", name="Reset"))
    expect(page.get_by_text("2 hours of the week are ticked")).to_be_visible()
    assert here.ask("GET", "schedule")["hours"] == ["mon-08", "sun-23"]
    press(hands, "Clear all hours")
    found = here.ask("GET", "schedule")
    assert (found["hours"], found["grid_active"]) == ([], False)
    hands.tick(page.get_by_label("off", exact=True))
    press(hands, "Save")
    assert here.ask("GET", "schedule")["enabled"] is False


def test_the_grid_is_used_by_keyboard_alone(here: Site, page: Page) -> None:
    """Row 12: the boxes are reached one after the other, and the space bar selects."""
    go(page, here.host, "/scheduling")
    first = page.get_by_label("Monday 00:00")
    first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(first).to_be_checked()
    expect(page.get_by_label("Tuesday 00:00")).to_be_checked()


def test_history_custom_sync_and_information(here: Site, page: Page, hands: Mouse) -> None:
    """Rows 5 and 13."""
    today = datetime.now(UTC).date()
    go(page, here.host, "/history?size=20")
    hands.set_date(page.get_by_label("Start date"), today - timedelta(days=3))
    hands.set_date(page.get_by_label("End date"), today)
    press(hands, "Start Custom Sync")
    run = here.latest()
    assert run["period"] == {"from": f"{today - timedelta(days=3)}", "to": f"{today}"}
    go(page, here.host, "/history")
    hands.press(page.get_by_role("link", name="20", exact=True))
    assert page.url.endswith("/history?size=20&page=1")
    hands.press(page.get_by_role("link", name="Information about").first)
    main = page.get_by_role("main")
    for text in ("Sync Event ID", run["event_id"], "Duration", "Synced courses"):
        expect(main.get_by_text(text).first).to_be_visible()


def test_link_is_tried(here: Site, page: Page, hands: Mouse) -> None:
    """Row 22's clock, and the way to the online Moodle."""
    go(page, here.host, "/link")
    press(hands, "Try the link")
    expect(page.get_by_text("The link was tried")).to_be_visible()
    assert here.ask("GET", "link")["contact"]["source"] == "check"


def test_settings_limit_and_notifications(here: Site, page: Page, hands: Mouse) -> None:
    """Rows 6, 7 and 24: set, topped up, and refused where it is wrong, with what was typed kept."""
    go(page, here.host, "/settings")
    form = page.locator("form", has=page.locator("input[name=section][value=limit]")).first
    hands.tick(form.get_by_label("Limit Data Usage"))
    hands.write(form.locator("[name='limit.bytes']"), "250")
    hands.press(form.get_by_role("button", name="Save"))
    limit = here.ask("GET", "limit")
    assert (limit["enabled"], limit["limit_bytes"]) == (True, 250_000_000)
    hands.write(page.locator("#top_up"), "20")
    press(hands, "Allow more")
    assert here.ask("GET", "limit")["top_up_bytes"] % 20_000_000 == 0
    hands.write(form.locator("[name='limit.bytes']"), "plenty")
    hands.press(form.get_by_role("button", name="Save"))
    assert page.locator("[name='limit.bytes']").input_value() == "plenty"
    assert here.ask("GET", "limit")["limit_bytes"] == 250_000_000
    here.ask("POST", "settings", {"values": {"limit.enabled": False}})


def test_verify_check_and_report(here: Site, page: Page, hands: Mouse) -> None:
    """What a technician does, or is asked for."""
    go(page, here.host, "/settings")
    press(hands, "Verify")
    assert here.latest()["cause"] == "verify"
    go(page, here.host, "/check")
    press(hands, "Check now")
    expect(page.get_by_text("token").first).to_be_visible()
    go(page, here.host, "/settings")
    with page.expect_download() as downloading:
        hands.press(page.get_by_role("link", name="report").first)
    assert Path(downloading.value.path()).stat().st_size > 500


def test_signing_out(here: Site, page: Page, hands: Mouse) -> None:
    """And what that hides."""
    go(page, here.host, "/")
    hands.press(page.get_by_role("button", name="Sign out"))
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button", name="Start Sync Now")).to_have_count(0)


@pytest.mark.parametrize("width", [PHONE, pytest.param(DESKTOP, marks=pytest.mark.full)])
def test_every_screen_has_its_picture_and_fits(here: Site, browser: Browser, width: int) -> None:
    """Nothing is wider than the screen, on a phone of 320 pixels neither; no id stands twice."""
    with opened(browser, width=width) as page:
        for signed_in in (False, True):
            if signed_in:
                go(page, here.host, "/sign-in")
                shoot(page, f"sign-in-{width}")
                sign_in(page, PASSWORD)
            latest = here.ask("GET", "status")["latest"]["event_id"]
            for path in (*SCREENS, f"/history/{latest}"):
                go(page, here.host, path)
                name = path.strip("/").partition("/")[0] or "overview"
                name = "information" if path.startswith("/history/") else name
                shoot(page, f"{name}-{width}{'-signed-in' if signed_in else ''}")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
                assert len(ids) == len(set(ids)), path
