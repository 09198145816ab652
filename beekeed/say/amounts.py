"""Bytes, durations and times as people read them."""

from datetime import UTC, datetime


def size(count: int) -> str:
    """Show bytes as people count them on a mobile plan: 1 kB is 1,000 bytes."""
    if count < 1000:
        return f"{count} B"
    for unit in ("kB", "MB"):
        count_in_unit = count / {"kB": 1e3, "MB": 1e6}[unit]
        if count_in_unit < 1000:
            return f"{count_in_unit:.1f} {unit}"
    return f"{count / 1e9:.1f} GB"


def span(seconds: float | None) -> str:
    """Show a duration."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def minute(moment: datetime) -> str:
    """Show a time, in UTC to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
