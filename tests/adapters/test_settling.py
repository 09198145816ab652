"""What became of a step whose answer was lost, by what online holds now."""

from dataclasses import replace

import pytest

from beekeed.core.grade import OnlineGrade
from beekeed.core.model import Kind
from beekeed.core.step import SetGrade, Verdict
from beekeed.moodle.settling import Held, settled
from tests.adapters.online import change


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        ("", 7.0, Verdict.DONE),
        ("", None, Verdict.NOT_TRIED),
        ("", 5.0, Verdict.KEPT),
        ("4", 4.0, Verdict.NOT_TRIED),
        ("4", 5.0, Verdict.KEPT),
        ("4\n1Well done", 4.0, Verdict.NOT_TRIED),
        (None, 5.0, Verdict.NOT_TRIED),
    ],
)
def test_what_a_teacher_set_since_stays(
    before: str | None, now: float | None, verdict: Verdict
) -> None:
    """At the first meeting, too: ours may have arrived, and been corrected by hand."""
    ours = replace(change(Kind.GRADE), value="7")
    step = SetGrade(ours, 9, 3, 4, "quiz", 0, before=before)
    held = Held(grades={(3, 9): {(4, 0): OnlineGrade(0, 10, now, False)}})
    assert settled(step, held).verdict is verdict
