"""How MariaDB compares text in Moodle's columns: utf8mb4_unicode_ci, Moodle's own choice.

The one rule: the weights are MariaDB's own (WEIGHT_STRING of 10.11), for the letters of most
scripts that a box may meet; case, accents and blanks at the end do not count. Letters beyond the
16 bits of a plane, emoji among them, are all the same one. Other scripts (Indian ones, say) are in
the order of Unicode. A site on PostgreSQL is stricter; who is safe here is safe there.
"""

from functools import cache
from importlib.resources import files

_IGNORED, _UNKNOWN = "-", "FFFD"
_HAN = range(0x4E00, 0x9FA6)


def key(text: str) -> str:
    """What of a text counts, to compare: equal keys are equal texts to the database."""
    weights = _weights()
    found = (weights.get(char) or _implicit(char) for char in text.rstrip(" "))
    return "".join(weight for weight in found if weight != _IGNORED)


def collate(one: str, other: str) -> int:
    """SQLite's callback: negative, zero or positive as the first is before, the same or after."""
    first, second = key(one), key(other)
    return (first > second) - (first < second)


@cache
def _weights() -> dict[str, str]:
    """By letter: four digits for each weight, "-" for what is ignored; not for all letters.

    A line of the file has the weights of 16 letters, the first one's number before them.
    """
    name = "collation-utf8mb4_unicode_ci.txt"
    text = files(__package__).joinpath(name).read_text(encoding="ascii")
    lines = (line.split() for line in text.splitlines())
    return {
        chr(int(start, 16) + place): weight
        for start, *weights in lines
        for place, weight in enumerate(weights)
        if weight != "?"
    }


def _implicit(char: str) -> str:
    """The weights of a letter that has none of its own, from its number (UCA 4.0)."""
    number = ord(char)
    if number > 0xFFFF:
        return _UNKNOWN
    base = 0xFB40 if number in _HAN else 0xFBC0
    return f"{base + (number >> 15):04X}{number & 0x7FFF | 0x8000:04X}"
