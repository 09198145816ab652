"""Steps of each kind, as a sync has them sent."""

from collections.abc import Mapping, Sequence

from beekeed.core.model import Change, Comment, Completion, Key, Kind, Learner, Receipt
from beekeed.core.step import Complete, CreateAccount, EditProfile, Enrol, JoinGroup, SetGrade, Step
from beekeed.moodle import functions

_LEARNER = Learner("sara", "سارة", "Keïta & Co", "sara@example.org", "S-1", "Gao", "ML", 7, None)


def _change(kind: Kind, value: str, base: str | None = None) -> Change:
    """Make a change; `base`: what online acknowledged before."""
    key = Key(kind, 1, 1, 7)
    return Change(key, value, None, base=None if base is None else Receipt(key, base, base))


STEPS: Mapping[str, Sequence[Step]] = {
    "create": [CreateAccount(_change(Kind.ACCOUNT, "sara"), _LEARNER, "sara")],
    "enrol": [
        Enrol(_change(Kind.ENROLMENT, value, base), 7, 2, suspended=suspended, ends_at=0)
        for value, base, suspended in (("1", None, False), ("left", "made", True))
    ],
    "complete": [Complete(_change(Kind.COMPLETION, "1"), 7, 2, 5, Completion.COMPLETE)],
    "undo": [Complete(_change(Kind.COMPLETION, "0", "1"), 7, 2, 5, Completion.INCOMPLETE)],
    "grade": [
        SetGrade(_change(Kind.GRADE, points), online_id, 2, 5, "quiz", 0)
        for online_id, points in ((7, "7.5"), (8, "3"))
    ],
    "assignment": [
        SetGrade(
            _change(Kind.GRADE, "7.5"),
            online_id=7,
            course_online_id=2,
            cmid=5,
            modname="assign",
            item=0,
            assignment=3,
            comment=Comment("Good", 1),
        )
    ],
    "join": [JoinGroup(_change(Kind.MEMBERSHIP, "member"), 7, 2, 4)],
    "edit": [EditProfile(_change(Kind.PROFILE, "Gao"), 7, 2, "city")],
}  # fmt: skip
"""By a word."""

FUNCTIONS: Mapping[str, str] = {
    "create": functions.CREATE,
    "enrol": functions.ENROL,
    "complete": functions.COMPLETE,
    "undo": functions.COMPLETE,
    "grade": functions.GRADE,
    "assignment": functions.GRADE_ASSIGNMENT,
    "join": functions.JOIN_GROUP,
    "edit": functions.UPDATE,
}
"""What each is done by."""
