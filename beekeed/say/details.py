"""Texts that stand within a sentence: what is wrong with something, where we say it ourselves.

They are parameters of a sentence, in English as a program reads them; `say` puts them into the
reader's language, found again by their form: `{name}` stands for what was put in. What another
program said (an operating system, a database) stays as it said it.
"""

import functools
import re
from collections.abc import Mapping, Sequence

DETAILS: Sequence[str] = (
    # What is wrong with a request.
    "it says nothing to change",
    "something is given twice",
    "its body cannot be read",
    "ask for a day, or a month, or for days with from and to",
    "{first} is after {last}; put the earlier day first",
    "{first} is still to come; today is {today}, in UTC",
    '"{text}" is not a day; write it as year, month and day, like 2026-11-30',
    '"{text}" is not a month; write it as year and month, like 2026-11',
    # What is wrong with a setting: of the last one, what else.
    "there is no such setting",
    "{key} cannot be changed here",
    "it must be set as well",
    "{key} must be set as well, in [{section}]: {example}",
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
    'it must be two small letters, like "en"',
    'it must be a list of hosts like "box.school.lan" or "10.0.0.1", without https://, a port or'
    " a page",
    'it must be "debug", "info", "warning" or "error"',
    "{key}: {detail}",
    # What there is not.
    "page {path}",
    "sync {event_id}",
    "such learner",
    "question about {course}",
    # What could not be understood of the online Moodle's answer.
    "created accounts",
    "completion",
    "completion state",
    # What of an account the online Moodle would refuse, by Moodle's names.
    "username",
    "email",
    "firstname",
    "lastname",
    # Who did something, as the books name them.
    "signed in at {address} (uid {user}, process {process})",
    "somebody at {address} (uid {user}, process {process})",
    "uid {user}, process {process}",
    "somebody who has gone",
)

_PUT_IN = re.compile(r"\{([a-z_]+)\}")
_SETTING = r"[a-z]+\.[a-z_]+"


def detail_of(text: str) -> tuple[str, Mapping[str, str]] | None:
    """Find the text of ours that was made into this one, and what was put into it."""
    for detail, pattern in _patterns().items():
        if found := pattern.fullmatch(text):
            return detail, found.groupdict()
    return None


@functools.cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    return {detail: re.compile(_pattern(detail), re.DOTALL) for detail in DETAILS}


def _pattern(detail: str) -> str:
    """Write the form of a text: what is put in may be anything, a setting's key only a key."""
    parts = _PUT_IN.split(detail)
    for place, part in enumerate(parts):
        is_key = part == "key"
        parts[place] = (
            f"(?P<{part}>{_SETTING if is_key else '.+?'})" if place % 2 else re.escape(part)
        )
    return "".join(parts)
