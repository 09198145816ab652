"""Who is not safe yet, in our own database."""

import random
from datetime import UTC, datetime

from beekeed.ports.waiting import WaitingLearner
from beekeed.sqlite.changes import SqliteChanges
from beekeed.sqlite.store import Store
from beekeed.sqlite.waiting import SqliteWaitingLearners

TARGET, OTHER = 1, 2
SEEN = 1_793_000_000
HOUR = 3600
PEOPLE = {  # in the order in which they are to be listed
    "ann": ("Ann", "de Vries"),
    "bo": ("Bo", "Devries"),
    "emile2": ("Émile", "Dupont"),
    "emile10": ("émile", "DUPONT"),
    "zoe": ("Zoé", "Éluard"),
    "abel": ("Abel", "Zola"),
    "li": ("丽", "王"),
}


async def fill(store: Store) -> None:
    """Two targets, the learners in no order, and three courses; nothing waits."""
    async with store.write() as db:
        for id_ in (TARGET, OTHER):
            await db.execute(
                "INSERT INTO target (id, address, token_digest, first_used_at, read_at)"
                " VALUES (?, ?, 'x', 1, 1)",
                (id_, f"https://{id_}.example"),
            )
        for number, username in enumerate(sorted(PEOPLE, reverse=True), 1):
            await db.execute(
                "INSERT INTO learner (id, username, first_name, last_name, email, idnumber, city,"
                " country, device_id) VALUES (?, ?, ?, ?, '', '', '', '', ?)",
                (number, username, *PEOPLE[username], number),
            )
        for id_, name in ((1, "SCIENCE"), (2, "ART, and more"), (3, "MATHS")):
            await db.execute("INSERT INTO course VALUES (?, ?, ?)", (id_, name, name))


async def note(store: Store, username: str, **columns: object) -> None:
    """A change that waits; what is not said is a completion of MATHS, seen at SEEN."""
    row = {"target_id": TARGET, "kind": 3, "course_id": 3, "part_id": 1, "value": "1",
           "first_seen_at": SEEN, **columns}  # fmt: skip
    async with store.write() as db:
        await db.execute(
            f"INSERT INTO change (learner_id, {', '.join(row)})"
            f" SELECT id, {', '.join('?' for _ in row)} FROM learner WHERE username = ?",
            (*row.values(), username),
        )


async def listed(
    store: Store, after: str | None = None, limit: int = 100, target_id: int = TARGET
) -> list[WaitingLearner]:
    """The learners of a page that is there."""
    page = await SqliteWaitingLearners(store=store).page(target_id, after, limit)
    assert page is not None
    return list(page.learners)


def at(seconds: int) -> datetime:
    """A moment as it is shown."""
    return datetime.fromtimestamp(seconds, UTC)


async def test_each_learner_is_there_once_with_all_that_waits(store: Store) -> None:
    """Counted by why it is not sent, with the courses by name, and since the oldest."""
    await fill(store)
    await note(store, "ann", kind=1, course_id=0, part_id=0)
    await note(store, "ann", happened_at=SEEN - HOUR, late=1)
    await note(store, "ann", course_id=2, aside_code="never_touch", happened_at=SEEN - 2 * HOUR)
    await note(store, "ann", course_id=1, happened_at=SEEN - 3 * HOUR, happened_trusted=0)
    await note(store, "ann", part_id=3, happened_at=SEEN + HOUR)
    await note(store, "bo", kind=1, course_id=0, part_id=0, first_seen_at=SEEN + 5)
    await note(store, "zoe", target_id=OTHER)
    ann, bo = await listed(store)
    assert ann == WaitingLearner(
        "ann",
        "Ann",
        "de Vries",
        5,
        1,
        1,
        ["ART, and more", "MATHS", "SCIENCE"],
        at(SEEN - 2 * HOUR),
    )
    assert bo == WaitingLearner("bo", "Bo", "Devries", 1, 0, 0, [], at(SEEN + 5))
    assert [each.username for each in await listed(store, target_id=OTHER)] == ["zoe"]


async def test_what_is_only_read_again_is_safe(store: Store) -> None:
    """It was acknowledged; unless that could not be told and it is set aside."""
    await fill(store)
    await note(store, "ann", again=1)
    await note(store, "bo", again=1, aside_code="not_applied")
    assert [each.username for each in await listed(store)] == ["bo"]


async def test_they_are_listed_by_name_as_people_do_it(store: Store) -> None:
    """Neither capitals nor accents nor spaces count; who has the same name, by username."""
    await fill(store)
    for username in PEOPLE:
        await note(store, username)
    expected = [*PEOPLE]
    expected[2:4] = sorted(expected[2:4])
    assert [each.username for each in await listed(store)] == expected


async def test_pages_of_any_size_are_the_whole(store: Store) -> None:
    """Each learner once, also where the last one of a page has nothing more that waits."""
    await fill(store)
    for username in PEOPLE:
        await note(store, username)
    whole = [each.username for each in await listed(store)]
    for limit in range(1, len(whole) + 2):
        found: list[str] = []
        more, after = True, None
        while more:
            page = await SqliteWaitingLearners(store=store).page(TARGET, after, limit)
            assert page is not None
            assert (page.total, len(page.learners) <= limit) == (len(whole), True)
            found += [each.username for each in page.learners]
            more, after = page.more, found[-1]
            assert more == (len(found) < len(whole))
        assert found == whole
    async with store.write() as db:
        await db.execute("DELETE FROM change WHERE learner_id = (SELECT id FROM learner"
                         " WHERE username = ?)", (whole[2],))  # fmt: skip
    assert [each.username for each in await listed(store, whole[2])] == whole[3:]
    assert await SqliteWaitingLearners(store=store).page(TARGET, "nobody", 3) is None


async def test_the_numbers_are_those_of_the_status(store: Store) -> None:
    """Whoever adds them up finds what the first sentence says."""
    await fill(store)
    draw = random.Random(7)
    for number in range(200):
        aside = draw.choice([None, None, "never_touch"])
        username = draw.choice([*PEOPLE])
        late = int(aside is None and draw.random() < 0.3)
        await note(store, username, part_id=number, aside_code=aside, late=late)
    learners = await listed(store)
    changes = SqliteChanges(store=store)
    assert sum(each.waiting for each in learners) == await changes.waiting(TARGET) == 200
    assert sum(each.aside for each in learners) == await changes.set_aside_count(TARGET)
    assert 0 < sum(each.late for each in learners) < 200
