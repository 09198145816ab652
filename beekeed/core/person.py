"""Who is who: when an account online is the same person as a learner on the box.

Fifty boxes have a `student1`: a username alone never joins two people
(features.md, rows 16 and 17).
"""

import re
import unicodedata
from collections.abc import Collection
from difflib import SequenceMatcher
from typing import Protocol

from beekeed.core.model import Account, Learner, OnlinePerson, Reason
from beekeed.errors import Code


class Named(Protocol):
    """Whoever has the names that tell people apart."""

    @property
    def first_name(self) -> str:
        """As it stands in Moodle."""
        ...

    @property
    def last_name(self) -> str:
        """As it stands in Moodle."""
        ...

    @property
    def idnumber(self) -> str:
        """Moodle's ID number; empty where none was given."""
        ...


def folded(name: str) -> str:
    """Tell what is left of a name without case, accents, spaces and control characters."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(c for c in decomposed if not _folds_away(c))


_SPACES_AND_CONTROLS = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def _folds_away(c: str) -> bool:
    """Tell accents from letters: the vowel signs of Devanagari or Thai are letters of a name.

    By Unicode's combining classes: 200 and above are accents above, below or
    attached; 10 to 35 are the points of Hebrew and Arabic.
    """
    place = unicodedata.combining(c)
    return unicodedata.category(c) in _SPACES_AND_CONTROLS or place >= 200 or 10 <= place <= 35


def name_order(last_name: str, first_name: str) -> tuple[str, str]:
    """Give what a list of people is put in order by: É stands beside E, and no case counts."""
    return folded(last_name), folded(first_name)


def names_agree(one: Named, other: Named) -> bool:
    """Tell whether first and last names are the same but for case, accents and spaces."""
    first, last = folded(one.first_name), folded(one.last_name)
    return bool(first or last) and (first, last) == (
        folded(other.first_name),
        folded(other.last_name),
    )


def idnumbers_agree(one: Named, other: Named) -> bool:
    """Tell whether both have the same ID number, and have one."""
    return bool(one.idnumber.strip()) and one.idnumber.strip() == other.idnumber.strip()


def idnumbers_differ(one: Named, other: Named) -> bool:
    """Tell whether both have an ID number, and not the same."""
    numbers = {one.idnumber.strip(), other.idnumber.strip()}
    return len(numbers - {""}) == 2


def same_person(one: Named, other: Named) -> bool:
    """Tell whether two records of one username are one person, as far as records tell.

    Two different ID numbers are two people, whatever their names.
    """
    if idnumbers_agree(one, other):
        return True
    return names_agree(one, other) and not idnumbers_differ(one, other)


def reused(learner: Learner, account: Account) -> bool:
    """Tell whether a username that we know is now used on the box by somebody else.

    Two different ID numbers are two people. A record that kept its id and its
    first name was edited (a marriage), or kept its last name with a first name
    that is nearly the same (a misspelling). Another child of the family is not.
    """
    if same_person(learner, account):
        return False
    if idnumbers_differ(learner, account):
        return True
    return learner.device_id != account.device_id or not may_be_edited(learner, account)


def may_be_edited(one: Named, other: Named) -> bool:
    """Tell whether two records of one number look like one person before and after an edit."""
    first, before = folded(one.first_name), folded(other.first_name)
    if first == before:
        return bool(first)
    same_last = folded(one.last_name) == folded(other.last_name) != ""
    return same_last and SequenceMatcher(None, first, before).ratio() >= _NEARLY


_NEARLY = 0.6  # Aminta and Amina: 0.91; Fatou and Fatoumata: 0.71; Amina and Yusuf: 0


def meets(learner: Learner, online: OnlinePerson) -> Reason | None:
    """Tell why an account that beekeed did not make is not this learner, or None if it is."""
    if same_person(learner, online):
        return None
    return Reason(Code.OTHER_PERSON_ONLINE)


def untouchable(
    username: str, roles: Collection[str], learner_roles: Collection[str], never: Collection[str]
) -> Reason | None:
    """Tell why an online account must be left alone, or None.

    `roles`: shortnames of its roles in the synchronized courses. Whoever holds
    any other role than a learner's is never touched (features.md, row 17).
    `never`: usernames, in whatever case somebody wrote them.
    """
    if username.casefold() in {each.strip().casefold() for each in never}:
        return Reason(Code.NEVER_TOUCH)
    others = sorted(set(roles) - set(learner_roles))
    if others:
        return Reason(Code.OTHER_ROLE_ONLINE, {"roles": ", ".join(others)})
    return None


_LONGEST_NAME = 100  # Moodle's column; a longer one is a database error (recorded)
_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")


def creatable(learner: Learner, username: str) -> Reason | None:
    """Tell what Moodle would refuse in a new account for this learner, or None.

    Only what is certain from the recorded refusals of `core_user_create_users`;
    an address that is taken shows only there.
    """
    wrong = ""
    if username != username.lower() or any(c.isspace() for c in username):
        wrong = "username"
    elif not _EMAIL.fullmatch(learner.email):
        wrong = "email"
    elif _bad_name(learner.first_name):
        wrong = "firstname"
    elif _bad_name(learner.last_name):
        wrong = "lastname"
    return Reason(Code.ACCOUNT_NOT_CREATABLE, {"field": wrong}) if wrong else None


def _bad_name(name: str) -> bool:
    return not name.strip() or len(name) > _LONGEST_NAME or "<" in name
