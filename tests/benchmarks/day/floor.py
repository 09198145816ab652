"""The least that a day could take: its changes as columns, packed by xz. Pure.

Both sides are taken to know who and what there is: a learner is a place in the list of
learners, an activity one in the list of activities. What stands in the columns: for each
lesson, quiz and essay who did it, in the cheaper of two ways to write it (a bit for each
learner, or the gaps between those who did); points in halves; newcomers' usernames, names,
towns and countries, a column each; who moved, and where to. No times: no way that is measured
here carries them. xz (LZMA2) without its container, with the best of its settings.
"""

import itertools
import lzma
from collections.abc import Iterable, Iterator, Sequence

from tests.benchmarks.day.work import ESSAYS, LESSONS, QUIZZES, Day

_SETTINGS = [
    {"lc": lc, "lp": lp, "pb": pb}
    for lc, lp, pb in itertools.product(range(5), range(3), range(3))
    if lc + lp <= 4  # liblzma's own limit
]


def floor_bytes(day: Day, learners: int) -> int:
    """Give how few bytes a day can be written in."""
    return min(_packed_bytes(written(day, learners, by_gaps=each)) for each in (False, True))


def written(day: Day, learners: int, *, by_gaps: bool) -> bytes:
    """Write a day so that it could be read again; the first byte tells how it is written."""
    return bytes([by_gaps]) + b"".join(_columns(day, learners, by_gaps=by_gaps))


def _columns(day: Day, learners: int, *, by_gaps: bool) -> Iterator[bytes]:
    did = [*day.completions, *((who, what) for who, what, _ in day.grades)]
    for activity in (*LESSONS, *QUIZZES, *ESSAYS):
        who = sorted(learner for learner, what in did if what == activity)
        yield _gaps(who) if by_gaps else _bits(who, learners)
    order = {name: place for place, name in enumerate((*QUIZZES, *ESSAYS))}
    marked = sorted(day.grades, key=lambda grade: (order[grade[1]], grade[0]))
    yield bytes(round(points * 2) for _, _, points in marked)
    yield bytes([len(day.newcomers)])
    for column in ("username", "first", "last", "city", "country"):
        yield _lines(str(getattr(name, column)) for name in day.newcomers)
    moved = sorted(day.edits)
    yield _gaps([who for who, _ in moved]) + _lines(town for _, town in moved)


def _lines(texts: Iterable[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def _gaps(numbers: Sequence[int]) -> bytes:
    """Write rising numbers as gaps of at most 255, a byte each; a zero ends them."""
    return bytes(number - before for before, number in itertools.pairwise((-1, *numbers))) + b"\0"


def _bits(numbers: Sequence[int], count: int) -> bytes:
    """Write numbers below a count as a bit each; nothing but a zero where there are none."""
    if not numbers:
        return b"\0"
    return b"\1" + sum(1 << number for number in numbers).to_bytes((count + 7) // 8)


def _packed_bytes(data: bytes) -> int:
    best = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 16}
    return min(
        len(lzma.compress(data, lzma.FORMAT_RAW, filters=[{**best, **settings}]))
        for settings in _SETTINGS
    )
