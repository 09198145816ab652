"""The page as one table: what is shown where, and what a form does. Each file has one screen's.

A screen reads, an action changes something and then sends the browser to a screen. Who may
is decided by the daemon, by the route of its API that they ask.
"""

from dataclasses import dataclass

from beekeed.page.calendar import calendar, synchronize
from beekeed.page.care import ask_check, check, report, send_test_mail, verify
from beekeed.page.history import custom, history
from beekeed.page.information import information
from beekeed.page.link import link, try_link
from beekeed.page.overview import overview, set_enabled, start, stop
from beekeed.page.scheduling import ask_reset, reset, save, scheduling
from beekeed.page.set_aside import accept, ask_accept, confirm, retry, set_aside
from beekeed.page.settings import save_settings, set_notifications, settings, top_up
from beekeed.page.sign_in import enter, leave, sign_in
from beekeed.page.theme import choose
from beekeed.page.visit import Serve
from beekeed.page.waiting import waiting


@dataclass(frozen=True, slots=True)
class Screen:
    """One line of the table.

    `needs_session`: it is for nobody who is not signed in; `is_shared`: it is the same for all
    who are not (sharing.py); `own`: where the form of a POST stands; `asks`: it is nothing without
    the daemon.
    """

    method: str
    path: str
    serve: Serve
    needs_session: bool = False
    is_shared: bool = False
    own: str = ""
    asks: bool = True


SCREENS = (
    Screen("GET", "/", overview, is_shared=True),
    Screen("POST", "/sync", start, needs_session=True, own="/"),
    Screen("POST", "/stop", stop, needs_session=True, own="/"),
    Screen("POST", "/enabled", set_enabled, needs_session=True, own="/"),
    Screen("GET", "/calendar", calendar, is_shared=True),
    Screen("POST", "/calendar", synchronize, needs_session=True, own="/calendar"),
    Screen("GET", "/scheduling", scheduling, is_shared=True),
    Screen("POST", "/scheduling", save, needs_session=True, own="/scheduling"),
    Screen("GET", "/scheduling/reset", ask_reset, needs_session=True),
    Screen("POST", "/scheduling/reset", reset, needs_session=True, own="/scheduling"),
    Screen("GET", "/history", history, is_shared=True),
    Screen("POST", "/history", custom, needs_session=True, own="/history"),
    Screen("GET", "/history/{event_id}", information, is_shared=True),
    Screen("GET", "/set-aside", set_aside, needs_session=True),
    Screen("POST", "/set-aside/retry", retry, needs_session=True, own="/set-aside"),
    Screen("GET", "/set-aside/accept", ask_accept, needs_session=True),
    Screen("POST", "/set-aside/accept", accept, needs_session=True, own="/set-aside"),
    Screen("POST", "/set-aside/confirm", confirm, needs_session=True, own="/set-aside"),
    Screen("GET", "/waiting", waiting, needs_session=True),
    Screen("GET", "/link", link, is_shared=True),
    Screen("POST", "/link", try_link, needs_session=True, own="/link"),
    Screen("GET", "/settings", settings, needs_session=True),
    Screen("POST", "/settings", save_settings, needs_session=True, own="/settings"),
    Screen("POST", "/settings/top-up", top_up, needs_session=True, own="/settings#limit"),
    Screen("POST", "/notifications", set_notifications, needs_session=True, own="/"),
    Screen("POST", "/mail-test", send_test_mail, needs_session=True, own="/settings#mail"),
    Screen("GET", "/check", ask_check, needs_session=True),
    Screen("POST", "/check", check, needs_session=True, own="/check"),
    Screen("POST", "/verify", verify, needs_session=True, own="/settings"),
    Screen("GET", "/report", report, needs_session=True),
    Screen("GET", "/theme/{theme}", choose, asks=False),
    Screen("GET", "/sign-in", sign_in),
    Screen("POST", "/sign-in", enter, own="/sign-in"),
    Screen("POST", "/sign-out", leave, needs_session=True, own="/"),
)

OWN = {screen.path: screen.own for screen in SCREENS if screen.own}
"""Where the form stands whose answer has an address."""
