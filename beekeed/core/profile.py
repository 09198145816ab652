"""Profiles: which fields cross, when one is sent, and what stays as it is online.

Only those fields that can be read back online: what is to be replaced is read first
(features.md, row 18). Moodle shows a service account no phone numbers (seen on 4.5.6), so
these stay on the box.
"""

from collections.abc import Mapping

from beekeed.core.model import Change, Learner, Reason
from beekeed.core.step import Outcome, Verdict
from beekeed.errors import Code

_CUSTOM = "profile_field_"
"""As in Moodle's own upload of users."""


def fields(learner: Learner) -> dict[str, str]:
    """Give the fields of a learner's profile by Moodle's names; empty ones as well.

    Custom ones as `custom_name`.
    """
    return {
        "firstname": learner.first_name,
        "lastname": learner.last_name,
        "email": learner.email,
        "idnumber": learner.idnumber,
        "city": learner.city,
        "country": learner.country,
    } | dict(learner.more)


def custom_name(shortname: str) -> str:
    """Give the name of a custom field."""
    return _CUSTOM + shortname


def custom_shortname(name: str) -> str:
    """Give the shortname of a custom field, or nothing for one of Moodle's own."""
    return name.removeprefix(_CUSTOM) if name.startswith(_CUSTOM) else ""


def may_be_dropped(name: str) -> bool:
    """Tell whether Moodle may drop a value without a word: it is read back then.

    So it does with custom fields that it does not have, or that lack the value (recorded).
    """
    return bool(custom_shortname(name))


def creatable(learner: Learner) -> dict[str, str]:
    """Give the fields that go with a new account.

    What Moodle might refuse and nobody needs to sign in goes afterwards, as an edit: one
    department with markup in it must not cost the account (recorded).
    """
    return {
        name: value
        for name, value in fields(learner).items()
        if value and (name in _NEEDED or ("<" not in value and len(value) <= _LONGEST))
    }


_NEEDED = frozenset({"firstname", "lastname", "email"})
_LONGEST = 100  # the shortest of Moodle's columns for them has 120


def shown_name(part: str | None) -> str | None:
    """Give the name of an activity, a group or a field as people know it."""
    return (custom_shortname(part) or part) if part else None


def decide(change: Change, name: str, theirs: Mapping[str, str]) -> Outcome | None:
    """Decide what becomes of an edit when online the profile holds `theirs`; None: send it.

    Three-way (features.md, row 18). What a person set online stays.
    """
    online = theirs.get(name, "")
    if online.strip() == change.value.strip():
        return Outcome(Verdict.ALREADY, online)
    base = change.base.online_value if change.base is not None else ""
    if online.strip() in ("", base.strip()):
        return None
    return Outcome(Verdict.KEPT, online, Reason(Code.PROFILE_DIFFERS_ONLINE))
