"""Profiles: what is sent, and what stays as it is online."""

from datetime import UTC, datetime

import pytest

from beekeed.core import profile
from beekeed.core.model import Change, Key, Kind, Learner, Receipt
from beekeed.core.step import Verdict

KEY = Key(Kind.PROFILE, 0, 4, 7)


@pytest.mark.parametrize(
    ("ours", "base", "theirs", "verdict"),
    [
        ("Gao", None, {}, None),
        ("Gao", None, {"city": ""}, None),
        ("Gao", None, {"city": "Gao"}, Verdict.ALREADY),
        ("Gao", None, {"city": "Mopti"}, Verdict.KEPT),
        ("Gao", "Kayes", {"city": "Kayes"}, None),
        ("Gao", "Kayes", {"city": " Kayes "}, None),
        ("Gao", "Kayes", {"city": "Mopti"}, Verdict.KEPT),
        ("Gao", "Kayes", {}, None),
        ("", "Kayes", {"city": "Kayes"}, None),
        ("", "Kayes", {"city": "Mopti"}, Verdict.KEPT),
        ("", "Kayes", {}, Verdict.ALREADY),
    ],
)
def test_three_way(
    ours: str, base: str | None, theirs: dict[str, str], verdict: Verdict | None
) -> None:
    """features.md, row 18; None: it is sent. Moodle leaves out what is empty."""
    receipt = Receipt(KEY, base, base) if base is not None else None
    outcome = profile.decide(Change(KEY, ours, None, base=receipt), "city", theirs)
    assert (outcome.verdict if outcome else None) == verdict


def test_the_fields_have_moodles_names() -> None:
    """As in its upload of users: custom ones with profile_field_ before their shortname."""
    learner = Learner(
        username="amina", first_name="Amina", last_name="Diallo", email="a@x.org", idnumber="",
        city="Gao", country="ML", device_id=3, created_at=datetime(2026, 1, 1, tzinfo=UTC),
        more={"institution": "", profile.custom_name("village"): "Kati"},
    )  # fmt: skip
    assert profile.fields(learner) == {
        "firstname": "Amina", "lastname": "Diallo", "email": "a@x.org", "idnumber": "",
        "city": "Gao", "country": "ML", "institution": "", "profile_field_village": "Kati",
    }  # fmt: skip
    assert profile.custom_shortname("profile_field_village") == "village"
    assert profile.custom_shortname("city") == ""
