"""Invented learners and groups for the random sequences."""

import random
from typing import Any

_FIRST = ("Awa", "Élodie", "سارة", "王", "Jean-Luc", "O'Neil", "Zoë", "Ana María", "Ngozi", "x")
_LAST = ("Diop", "N'Diaye", "Ba & Sons", "van der Berg", "أحمد", "Łuk", "Ñ", "3 < 4", "de la Cruz")
_PLAIN = ("city", "institution", "department", "phone1", "phone2", "address")

GROUPS = (
    "Class A", "class a", "Class B", " Class B ", "6ème", "6eme", "A & B", "Été 1", "فصل", "班",
    "Team 1", "Team 2", "Team 3", "x" * 254, "3 < 4", "TEAM 3",
)  # fmt: skip
"""Some are the same to Moodle's database."""


def new(chance: random.Random, username: str) -> dict[str, Any]:
    """What creates a learner, with a few of the optional fields."""
    learner = {
        "username": username, "firstname": chance.choice(_FIRST), "lastname": chance.choice(_LAST),
        "email": f"{username}@box.invalid", "password": "Xx9!aaaa",
    }  # fmt: skip
    if chance.random() < 0.3:
        learner["idnumber"] = f"N-{chance.randint(1, 30)}"
    return learner | (profile(chance) if chance.random() < 0.4 else {})


def change(chance: random.Random) -> dict[str, Any]:
    """What changes a learner: names, idnumber, profile."""
    changed: dict[str, Any] = {}
    if chance.random() < 0.4:
        changed |= {"firstname": chance.choice(_FIRST), "lastname": chance.choice(_LAST)}
    if chance.random() < 0.2:
        changed["idnumber"] = chance.choice(("", f"N-{chance.randint(1, 30)}"))
    return changed | profile(chance)


def profile(chance: random.Random) -> dict[str, Any]:
    """Some plain and some custom fields of a profile, emptied ones among them."""
    plain = chance.sample(_PLAIN, chance.randint(0, 3))
    given: dict[str, Any] = {name: chance.choice(("", "Kayes", "Été & 3 < 4")) for name in plain}
    if chance.random() < 0.3:
        given["country"] = chance.choice(("", "ML", "SN", "ZZ"))
    values = {
        "region": ("", "Kayes", " Ségou & <b>x</b>"), "level": ("A1", "B & C", "Élevé", "Z9", ""),
        "boarder": ("0", "1"), "nope": ("x",),
    }  # fmt: skip
    custom = chance.sample(list(values), chance.randint(0, 2))
    if custom:
        given["customfields"] = [
            {"type": name, "value": chance.choice(values[name])} for name in custom
        ]
    return given
