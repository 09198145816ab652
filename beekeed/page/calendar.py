"""Calendar: which days are safe online, and syncs of some of them (features.md, row 11)."""

from datetime import date

from beekeed.page.asking import Data
from beekeed.page.overview import started
from beekeed.page.visit import Served, Shown, Visit

_LONGEST = 80  # of what is no month, so much is said again
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


async def calendar(visit: Visit) -> Served:
    """Show a month, this one where none is named, and the day that was chosen in it."""
    named = visit.query("month")[:_LONGEST]
    month = await visit.get("calendar", **({"month": named} if named else {}))
    days = month["days"]
    return Shown(
        "calendar",
        {
            "month": month,
            "week": WEEK,
            "weeks": weeks(days),
            "has_begun": not days[0]["is_to_come"],
            "chosen": _chosen(days, visit.query("day")),
        },
    )


async def synchronize(visit: Visit) -> Served:
    """Resynchronize a month up to today, or a day; Sync now for a day that was not yet."""
    name = "day" if visit.given("day") else "month"
    return started(await visit.post("sync", body={name: visit.given(name)}))


def weeks(days: list[Data]) -> list[list[Data | None]]:
    """Lay a month's days out in weeks from Monday; None where a week has another month's."""
    before: list[Data | None] = [None] * date.fromisoformat(days[0]["date"]).weekday()
    cells = [*before, *days]
    cells += [None] * (-len(cells) % 7)
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def _chosen(days: list[Data], day: str) -> Data | None:
    """Give the day of the month that was chosen; one that is to come cannot be."""
    return next((each for each in days if each["date"] == day and not each["is_to_come"]), None)
