"""The month's daily chart and the bar of the limit, as numbers for an SVG."""

from dataclasses import dataclass
from datetime import date, timedelta

from beekeed.page.asking import Data

_HEIGHT = 58
_STEP = 9  # a day's bar is 7 wide, and 2 are between
_SMALLEST = 1.5  # what was used at all can be seen


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: where its bar stands, and its bytes both ways."""

    date: str
    x: int
    y: float
    height: float
    total: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A month. `highest`: the bytes of its highest day. `percent`: of the limit, 0 without."""

    bars: list[Bar]
    width: int
    highest: int
    percent: int
    level: str

    @property
    def filled(self) -> int:
        """How much of the bar is filled, in hundredths."""
        return min(self.percent, 100)


def chart(month: Data, limit: Data) -> Chart:
    """Draw a month of `GET /v1/usage` against its limit."""
    spent = {day["date"]: day["sent_bytes"] + day["received_bytes"] for day in month["days"]}
    first, last = date.fromisoformat(month["from"]), date.fromisoformat(month["to"])
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    highest = max(spent.values(), default=0)
    bars = []
    for number, day in enumerate(days):
        if total := spent.get(day.isoformat(), 0):
            height = round(max(_SMALLEST, total * _HEIGHT / highest), 1)
            bars.append(Bar(day.isoformat(), number * _STEP, 59 - height, height, total))
    percent = _percent(month["charged_bytes"], limit)
    level = "bad" if percent >= 100 else "look" if percent >= 75 else "safe"
    return Chart(bars, len(days) * _STEP, highest, percent, level)


def _percent(charged: int, limit: Data) -> int:
    if not limit["enabled"]:
        return 0
    allowed = limit["limit_bytes"] + limit["top_up_bytes"]
    return charged * 100 // allowed if allowed else 100
