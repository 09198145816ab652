"""Sign in: the administrator's password for a session, which the daemon keeps."""

from beekeed.client import Refused
from beekeed.page.language import LONGEST
from beekeed.page.visit import Gone, Served, Shown, Visit


async def sign_in(visit: Visit) -> Served:
    """Ask for the password; where none is set, say how to set one."""
    then = own_path(visit.query("then"))
    if visit.is_signed_in:
        return Gone(then)
    reason = {"code": "session_ended", "params": {}} if visit.query("ended") else None
    return Shown("sign_in", {"then": then, "reason": reason})


async def enter(visit: Visit) -> Served:
    """Open a session for who knows the password."""
    then = own_path(visit.given("then"))
    if visit.is_signed_in:  # in another window meanwhile
        return Gone(then)
    try:
        password = visit.form.get("password", [""])[0]
        ticket = await visit.post("session", body={"password": password})
    except Refused as refused:
        wait = refused.params.get("seconds")
        headers = {"Retry-After": str(wait)} if wait else {}
        return Shown("sign_in", {"then": then, "reason": refused.reason}, refused.status, headers)
    return Gone(then, cookie=ticket["session_id"])


async def leave(visit: Visit) -> Served:
    """End the session."""
    await visit.send("DELETE", "session")
    return Gone("/", cookie="")


def own_path(path: str) -> str:
    """Give a path of this page where it is one; else that of the overview.

    Never another site's: `//host/` and `/\\host/` are addresses of others to a browser.
    """
    is_own = path.startswith("/") and path[1:2] not in ("/", "\\")
    return path if is_own and path.isprintable() and len(path) <= LONGEST else "/"
