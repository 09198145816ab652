"""What goes first: the one order of value, which is the order of sending (features.md, row 19).

Each change brings first what it needs: a grade or a completion brings its learner's
enrolment, a membership the enrolment and the group, an enrolment the account. Grades go
before completions: Moodle itself decides by them what is passed. Accounts are never sent
alone: a learner without a synchronized course has nothing to do online.
"""

from collections.abc import Iterable

from beekeed.core.model import Change, Key, Kind

ORDER = (Kind.GRADE, Kind.COMPLETION, Kind.MEMBERSHIP, Kind.ENROLMENT, Kind.PROFILE)

BROUGHT = frozenset({Kind.ACCOUNT, Kind.ENROLMENT})
"""What other changes need: no learner's own work."""


EXTRA = frozenset({Kind.MEMBERSHIP, Kind.PROFILE})
"""What may wait without any achievement being unsafe."""

ACHIEVED = frozenset(Kind) - EXTRA
"""All else: what learners achieved, and what that needs."""


def account_keys(changes: Iterable[Change]) -> list[Key]:
    """Give the accounts that some changes need, each once, in order."""
    return list(dict.fromkeys(Key(Kind.ACCOUNT, 0, 0, c.key.learner_id) for c in changes))


def enrolment_keys(changes: Iterable[Change]) -> list[Key]:
    """Give the enrolments that some changes need, each once, in order."""
    return list(
        dict.fromkeys(
            Key(Kind.ENROLMENT, c.key.course_id, 0, c.key.learner_id)
            for c in changes
            if c.key.course_id
        )
    )
