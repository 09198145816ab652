"""Values in words: what the two sides hold of a change, and what a check found."""

import html
import json
import re

from beekeed.say import Language, clean

_LONGEST = 60  # of a comment: a teacher knows it again by its beginning
_MARKUP = re.compile(r"<[^>]*>")


def value(kind: str, held: str | None, language: Language) -> str:
    """Say what one side holds of a change of some kind; None: it was not read."""
    if held is None:
        return language.word("not_read")
    if not held:
        return language.word("nothing")
    match kind:
        case "completion":
            return language.word(f"state_{held}")
        case "grade":
            return _grade(held)
        case "account":
            return _person(held, language)
        case "enrolment":
            return language.word(f"enrolment_{held.partition(':')[0]}")
        case "membership":
            return language.word("member")
        case _:
            return clean(held)


def fact(name: str, found: str | int, language: Language) -> str:
    """Say the value of a fact that a check found."""
    match name:
        case "trust":
            return language.word(str(found))
        case "sent":
            return language.word(f"notify_{found}")
        case _:
            return clean(str(found))


def _grade(held: str) -> str:
    """A grade as the core writes it: the number, and below it the comment's format and text."""
    points, _, comment = held.partition("\n")
    said = " ".join(clean(html.unescape(_MARKUP.sub(" ", comment[1:]))).split())
    if not said:
        return clean(points)
    short = said if len(said) <= _LONGEST else f"{said[:_LONGEST].rstrip()} …"
    return f"{clean(points)} “{short}”"


def _person(held: str, language: Language) -> str:
    """Somebody's names and ID number; of an account that was made only that."""
    if not held.startswith("{"):
        return language.word("there")
    names = json.loads(held)
    number = f" ({clean(names['idnumber'])})" if names["idnumber"] else ""
    return clean(f"{names['first_name']} {names['last_name']}") + number
