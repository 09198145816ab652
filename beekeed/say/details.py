"""Texts that stand within a sentence: what is wrong with something, where we say it ourselves.

They are parameters of a sentence, in English as a program reads them; `say` puts them into the
reader's language, found again by their form: `{name}` stands for what was put in. What another
program said (an operating system, a database) stays as it said it.
"""

import functools
import re
from collections.abc import Mapping, Sequence

OURS = frozenset({"detail", "what", "suggestion", "wrong", "example", "field", "kind", "given"})
"""The parameters that may be one; what is in others is somebody's name for something."""

# What holds less of its own comes after what holds more: the first that fits is taken.
DETAILS: Sequence[str] = (
    # What is wrong with a setting, and what else.
    "{key} cannot be changed here",
    "{key} must be set as well, in [{section}]: {example}",
    # What is wrong with a request.
    "it says nothing to change",
    "something is given twice",
    "its body cannot be read",
    "the body is no JSON",
    "the body must be {kind}, not {given}",
    "{name} is missing",
    "{name} must be {kind}, not {given}",
    "{name} must be {kind} of length {bound}",
    "{name} must be {kind} {bound}",
    "{name} cannot be {value}",
    "there is no {typed} here; it takes nothing",
    "there is no {typed} here; it takes {names}",
    "ask for a day, or a month, or for days with from and to",
    "{first} is after {last}; put the earlier day first",
    "{first} is still to come; today is {today}, in UTC",
    '"{text}" is not a day; write it as year, month and day, like 2026-11-30',
    '"{text}" is not a month; write it as year and month, like 2026-11',
    # What something must be, and is.
    "text",
    "text in quotes",
    "a whole number",
    "a number",
    "true or false",
    "a list",
    "a table",
    "a JSON object",
    "text or null",
    "a whole number or null",
    "true or false or null",
    "a list or null",
    # What is wrong with a setting: of the last one, what else.
    "there is no such setting",
    "Did you mean {key}?",
    "Remove it.",
    "in [{section}]: {example}",
    "expected {kind}, got {given}",
    "expected {kind} of length {bound}",
    "expected {kind} {bound}",
    "it must be set as well",
    "it must be a full path, beginning with /",
    'it must be "mariadb", "mysql" or "postgresql", or empty',
    "it must be small letters, digits and _, or empty",
    "it must be the web address of the site, without a page, a question mark or a password",
    'it must be "assignment" or "gradebook"',
    "it must be what a Moodle username may hold: small letters, digits and -.@_",
    'it must be "random" or "mailed"',
    'it must be "ignore" or "suspend"',
    "it must be a number of bytes from 0 to 10000000",
    "it must be a whole number of bytes, like 500000000",
    "it must be a day of the month from 1 to 28",
    "it must be a percentage from 0 to 90",
    'it must be "sync" or "line"',
    "it must be a number of minutes from 0 to 45",
    'it must be a time of the day in UTC like "02:00"',
    'it must be a list of hours of the week in UTC like "mon-08" or "sun-23"',
    'it must be "off", "all" or "failures"',
    "it must be an e-mail address, without a name",
    "it must be the name of a host or its address, without a port or a zone",
    "it must be a port from 0 to 65535",
    'it must be "starttls", "tls" or "none"',
    'it must be "en", "fr", "es" or "ar"',
    'it must be a list of hosts like "box.school.lan" or "10.0.0.1", without https://, a port or'
    " a page",
    'it must be "debug", "info", "warning" or "error"',
    "{key}: {detail}",
    # What there is not.
    "page {path}",
    "sync {event_id}",
    "sync yet",
    "such learner",
    "question about {kind} in {course}",
    "question about {course}",
    # What could not be understood of the online Moodle's answer.
    "created accounts",
    "completion",
    "completion state",
    "enrolment",
    "grade",
    "group member",
    "JSON of something else",
    # What of an account the online Moodle would refuse, by Moodle's names.
    "username",
    "email",
    "firstname",
    "lastname",
    # The other parts of a profile.
    "idnumber",
    "city",
    "country",
    "institution",
    "department",
    "address",
    # What is wrong with a file, a program or our own database.
    "it is empty",
    "it is not text",
    "it holds more than one word",
    "everybody may read it",
    "{file}: it is not text",
    "cannot write {file}: {detail}",
    "it does not answer",
    "synchronous is {value}",
    "journal_mode is {value}",
    "systemctl did not end",
    "systemctl ended with {code}",
    "psql is not there, or did not end",
    "psql ended with {code}",
    "beekeed's user may not read it",
    # What became of a connection.
    "no answer",
    "it hung up",
    "it has no address",
    "its name was not found",
    # Who did something, as the books name them.
    "signed in at {address} (uid {user}, process {process})",
    "somebody at {address} (uid {user}, process {process})",
    "uid {user}, process {process}",
    "somebody who has gone",
)

_PUT_IN = re.compile(r"\{([a-z_]+)\}")
_FORMS: Mapping[str, str] = {
    "key": r"[a-z]+\.[a-z_]+",
    "name": r"[a-z_]+(?:\.[a-z_]+|\[[0-9.]*\])*",
    "bound": r"[<>]=? [0-9]+",
    "text": r".*?",
}
"""What some of the values look like; any other may be anything."""


def detail_of(text: str) -> tuple[str, Mapping[str, str]] | None:
    """Find the text of ours that was made into this one, and what was put into it."""
    fixed, made = _sorted()
    if text in fixed:
        return text, {}
    for detail, parts in made.items():
        found = re.fullmatch(_pattern(parts), text, re.DOTALL) if _is_like(text, parts) else None
        if found:
            return detail, found.groupdict()
    return None


@functools.cache
def _sorted() -> tuple[frozenset[str], Mapping[str, Sequence[str]]]:
    """Give those that hold no values, and the others by their parts: a text, a name, a text, …"""
    parts = {detail: _PUT_IN.split(detail) for detail in DETAILS}
    fixed = frozenset(detail for detail, found in parts.items() if len(found) == 1)
    return fixed, {detail: found for detail, found in parts.items() if detail not in fixed}


def _is_like(text: str, parts: Sequence[str]) -> bool:
    """Tell whether a text may have these parts, without a pattern, which takes long to make."""
    is_framed = text.startswith(parts[0]) and text.endswith(parts[-1])
    return is_framed and all(part in text for part in parts[2:-1:2])


def _pattern(parts: Sequence[str]) -> str:
    return "".join(
        f"(?P<{part}>{_FORMS.get(part, '.+?')})" if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    )
