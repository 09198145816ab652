"""The sandbox compares text as MariaDB does: held to a MariaDB."""

from collections.abc import Callable
from contextlib import closing
from itertools import chain

import pytest

from beekeed.sandbox.collation import collate, key
from tests.servers import Server, connect

_WEIGHTS = "SELECT HEX(WEIGHT_STRING(CONVERT(%s USING utf8mb4) COLLATE utf8mb4_unicode_ci))"
_LETTERS = chain(range(0x20), range(0x21, 0x700), range(0x1200, 0x1380), range(0x1E00, 0x20D0))


def test_letters_have_the_weights_of_mariadb(server_of: Callable[[str], Server]) -> None:
    """Each letter of the scripts that are in the file, and some of those that are not."""
    login = server_of("mariadb").new_database()
    with closing(connect(login)) as database, database.cursor() as cursor:
        for letter in map(chr, (*_LETTERS, *map(ord, "班한ߊ😀"))):
            cursor.execute(_WEIGHTS, (letter,))
            assert (letter, key(letter)) == (letter, cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Class A", "class á "),
        ("Straße", "STRASSE"),
        ("Team 😀", "Team 😁"),
        ("Group ١", "group 1"),
    ],
)
def test_the_same_to_the_database(one: str, other: str) -> None:
    """Case, accents and blanks at the end do not count, and all emoji are one letter."""
    assert collate(one, other) == 0


@pytest.mark.parametrize(
    ("one", "other"), [("L", "Ł"), ("Łuk", "M"), ("Class  A", "Class A"), ("a b", "ab"), ("", "a")]
)
def test_one_before_the_other(one: str, other: str) -> None:
    """A letter with a stroke is one of its own; blanks within count."""
    assert collate(one, other) == -1
    assert collate(other, one) == 1
