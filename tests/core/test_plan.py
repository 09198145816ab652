"""The one order of value."""

from beekeed.core import plan
from beekeed.core.model import Change, Key, Kind


def test_the_order_of_value() -> None:
    """features.md, row 19; accounts are brought by the others."""
    assert plan.ORDER == (
        Kind.GRADE, Kind.COMPLETION, Kind.MEMBERSHIP, Kind.ENROLMENT, Kind.PROFILE,
    )  # fmt: skip
    assert set(plan.ORDER) | {Kind.ACCOUNT} == set(Kind)


def test_each_change_brings_what_it_needs_once() -> None:
    """Two grades of one learner need one account and one enrolment; a profile no enrolment."""
    changes = [
        Change(Key(kind, course, part, 7), "", None)
        for kind, course, part in ((Kind.GRADE, 1, 1), (Kind.GRADE, 1, 2), (Kind.PROFILE, 0, 3))
    ]
    assert plan.account_keys(changes) == [Key(Kind.ACCOUNT, 0, 0, 7)]
    assert plan.enrolment_keys(changes) == [Key(Kind.ENROLMENT, 1, 0, 7)]
