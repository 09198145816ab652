"""What a technician does from the settings: check, verify, a test message, a report.

What a check, a test message or a report gives is kept nowhere, so that it is shown at once:
doing it again changes nothing.
"""

import json

from aiohttp import web

from beekeed.page.asking import Data
from beekeed.page.visit import Gone, Served, Shown, Visit


async def ask_check(_: Visit) -> Served:
    """Say what a check does and how long it takes, before it begins."""
    return Shown("check", {"check": None})


async def check(visit: Visit) -> Served:
    """Check: try the whole way, and show what was found."""
    return Shown("check", {"check": await visit.post("check")})


async def verify(visit: Visit) -> Served:
    """Verify: read back everything that had arrived."""
    await visit.post("verify")
    return Gone("/?done=verifying")


async def send_test_mail(visit: Visit) -> Served:
    """Send a test message, and show what the mail server said."""
    return Shown("mail_test", await visit.post("mail", "test"))


async def report(visit: Visit) -> Served:
    """Give the report for support as a file."""
    answer = await visit.get("report")
    text = json.dumps(answer, ensure_ascii=False, indent=1) + "\n"
    disposition = f'attachment; filename="{_file_name(answer)}"'
    return web.Response(
        text=text,
        content_type="application/json",
        headers={"Content-Disposition": disposition},
    )


def _file_name(answer: Data) -> str:
    """Name it by the day and the latest sync, as beekeectl does."""
    parts = ["beekeed-report", answer["made_at"][:10], answer["event_id"] or "no-sync"]
    return "-".join(parts) + ".json"
