"""The page as one table: what is shown where, and what a form does. Each file has one screen's.

A screen reads, an action changes something and then sends the browser to a screen. Who may
is decided by the daemon, by the route of its API that they ask.
"""

from dataclasses import dataclass

from beekeed.page.overview import overview, set_enabled, start, stop
from beekeed.page.sign_in import enter, leave, sign_in
from beekeed.page.visit import Serve


@dataclass(frozen=True, slots=True)
class Screen:
    """One line of the table. `needs_session`: it is for nobody who is not signed in."""

    method: str
    path: str
    serve: Serve
    needs_session: bool = False


SCREENS = (
    Screen("GET", "/", overview),
    Screen("POST", "/sync", start, needs_session=True),
    Screen("POST", "/stop", stop, needs_session=True),
    Screen("POST", "/enabled", set_enabled, needs_session=True),
    Screen("GET", "/sign-in", sign_in),
    Screen("POST", "/sign-in", enter),
    Screen("POST", "/sign-out", leave, needs_session=True),
)
