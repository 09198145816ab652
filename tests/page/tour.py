"""Every screen of the page by its address, and every answer to a form that is a screen."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from beekeed.page.asking import Data
from beekeed.page.screens import SCREENS
from beekeed.say import LANGUAGES
from tests.page.browser import Browser, Seen
from tests.page.chromium import go, opened
from tests.page.site import PASSWORD, Site

NOT_SCREENS = frozenset({"/report"})


def paths(here: Site, *, signed_in: bool) -> list[str]:
    """Every address that shows a screen, each in the ways that it has."""
    runs = here.ask("GET", "runs")["runs"]
    found = [
        each.path
        for each in SCREENS
        if each.method == "GET"
        and each.path not in NOT_SCREENS
        and "{" not in each.path
        and (signed_in or not each.needs_session)
    ]
    if signed_in:
        found.remove("/sign-in")  # it leads away
        found.remove("/set-aside/accept")  # without a question as well
        found.append("/?cost=1")
    found += [f"/history/{run['event_id']}" for run in runs]
    found += [
        f"/set-aside/accept?number={each['number']}" for each in guards(here)[:1] if signed_in
    ]
    found += ["/history?size=20&page=9", "/nothing", "/?done=started"]
    return [*found, *days(here)]


def guards(here: Site) -> list[Data]:
    """What the guard asks."""
    found: list[Data] = here.ask("GET", "guard")["guards"]
    return found


def days(here: Site) -> Iterator[str]:
    """A day in the calendar of each state."""
    month = here.ask("GET", "calendar")
    states = {day["state"]: day["date"] for day in month["days"] if not day["is_to_come"]}
    for day in states.values():
        yield f"/calendar?month={month['month']}&day={day}"


def answers(admin: Browser) -> Iterator[tuple[str, Seen]]:
    """What the page says to forms, mostly to wrong ones."""
    forms = [
        ("/settings", {"section": "limit", "limit.bytes": "plenty"}),
        ("/settings", {"section": "limit", "limit.reserve_percent": "95"}),
        ("/settings", {"section": "mail", "mail.to": "nobody"}),
        ("/settings", {"section": "mail", "mail.to": ""}),
        ("/settings/top-up", {"section": "limit", "top_up": "much"}),
        ("/history", {"from": "2026-02-02", "to": "2026-02-01"}),
        ("/history", {"from": "2999-02-02", "to": "2999-02-03"}),
        ("/history", {"from": "", "to": ""}),
        ("/calendar", {"month": "May"}),
        ("/scheduling", {"daily_at": "25:00", "enabled": "on"}),
        ("/set-aside/accept", {"number": "99"}),
        ("/set-aside/confirm", {"username": "nobody.of.that.name"}),
        ("/set-aside/confirm", {}),
        ("/mail-test", {}),
        ("/check", {}),
        ("/link", {}),
    ]
    for path, form in forms:
        yield f"{path} {form}", admin.post(path, form)


@contextmanager
def visitor(
    here: Site, browser: Chromium, *, language: str = "en", width: int, signed_in: bool = True
) -> Iterator[Page]:
    """Somebody with a window of a width, who chose a language and mostly signed in."""
    with opened(browser, width=width) as page:
        go(page, here.host, f"/sign-in?language={language}")
        if signed_in:
            page.locator("#password").fill(PASSWORD)
            page.locator("button.main").click()
            page.locator("form[action='/sign-out']").wait_for()
        yield page


def show(page: Page, here: Site, path: str) -> None:
    """Open a screen, and all that is folded on it."""
    go(page, here.host, path)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


@contextmanager
def running(here: Site) -> Iterator[None]:
    """Have a sync run while the body does."""
    city = f"Gao {here.ask('GET', 'runs')['total']}"
    here.world.on_box("UPDATE mdl_user SET city = ? WHERE id > 3", city)
    here.world.switch("hold_before", "*")
    event_id = here.ask("POST", "sync", {})["event_id"]
    try:
        yield
    finally:
        here.ask("POST", "stop", {})
        here.world.switch("hold_before", None)
        here.ended(event_id)
        here.sync()


def from_elsewhere(here: Site) -> set[str]:
    """All that comes from people and from other programs, and is shown as it is."""
    world = here.world
    found = {"NetworkManager", socket.gethostname(), world.address, *LANGUAGES.values()}
    found |= {str(world.folder / "beekeed.toml"), "head@school.example", "box@school.example"}
    for query in _PEOPLES:
        for ask in (world.on_box, world.on_online):
            found |= {str(value) for row in ask(query) for value in row if value}
    people = here.ask("GET", "waiting")["learners"] + here.ask("GET", "set-aside")["changes"]
    found |= {f"{each['first_name']} {each['last_name']}" for each in people}
    found |= {run["event_id"] for run in here.ask("GET", "runs")["runs"]}
    way = here.ask("GET", "link")
    found |= {text for each in way["interfaces"] for text in (each["name"], *each["addresses"])}
    steps = here.ask("POST", "check")["steps"]
    facts = {name: fact for step in steps for name, fact in step["facts"].items()}
    found |= {each["key"] for each in here.ask("GET", "settings")["settings"]}
    for run in here.ask("GET", "runs")["runs"]:
        actions = here.ask("GET", f"runs/{run['event_id']}/actions")["actions"]
        found |= {each["part"] for each in actions if each["part"] and each["kind"] != "profile"}
    return found | {facts["release"], facts["account"], facts["name"], *_TYPED, _OF_SYSTEM}


_TYPED = ("/nothing", "nobody.of.that.name", "May", "Gao")
_OF_SYSTEM = "Connect call failed"
_PEOPLES = (
    "SELECT username, firstname, lastname, city, institution, idnumber FROM mdl_user",
    "SELECT shortname, fullname FROM mdl_course",
    "SELECT itemname FROM mdl_grade_items",
    "SELECT name FROM mdl_groups",
    "SELECT name FROM mdl_user_info_field",
    "SELECT data FROM mdl_user_info_data",
    "SELECT name FROM mdl_course_sections",
    "SELECT shortname FROM mdl_role",
)
