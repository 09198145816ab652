"""A grade as Moodle writes it for people: the number or the scale's word, range, percentage.

The one rule: as `grade_format_gradevalue` does where neither site nor item asks for letters or
percentages: two decimals, ranges without any.
"""

import sqlite3

from beekeed.sandbox.database import value
from beekeed.sandbox.gradebook import POINTS, SCALE, fixed

_NOTHING = "-"
_DECIMALS = 2


def in_words(db: sqlite3.Connection, item: sqlite3.Row, grade: float | None) -> str:
    """The number with its decimals, the scale's word, or a dash where there is no grade."""
    if item["gradetype"] not in (POINTS, SCALE):
        return ""
    if grade is None:
        return _NOTHING
    decimals = _DECIMALS if item["decimals"] is None else item["decimals"]
    return _written(db, item, grade, decimals)


def range_in_words(db: sqlite3.Connection, item: sqlite3.Row, lowest: float, highest: float) -> str:
    """From the lowest to the highest, a dash as HTML between them."""
    if item["gradetype"] not in (POINTS, SCALE):
        return "&ndash;"
    return f"{_written(db, item, lowest, 0)}&ndash;{_written(db, item, highest, 0)}"


def _written(db: sqlite3.Connection, item: sqlite3.Row, grade: float, decimals: int) -> str:
    if item["gradetype"] == POINTS:
        return str(fixed(grade, decimals))
    words = value(db, "SELECT scale FROM mdl_scale WHERE id = ?", item["scaleid"])
    return [word.strip() for word in str(words).split(",")][int(grade) - 1]


def in_percent(item: sqlite3.Row, grade: float | None, lowest: float, highest: float) -> str:
    """How far up its range a grade is: the lowest one is 0.00 %."""
    if item["gradetype"] not in (POINTS, SCALE):
        return ""
    if grade is None:
        return _NOTHING
    if highest == lowest:
        return ""
    return part_in_percent((grade - lowest) / (highest - lowest))


def part_in_percent(part: float) -> str:
    """A part of one: 0.7937 is 79.37 %."""
    return f"{fixed(part * 100, _DECIMALS)} %"
