"""From each released version to this one: nothing that its database held is lost."""

from collections.abc import Iterator

import pytest

from tests.databases.kept import SAYINGS, Kept, releases
from tests.system.world import World

RELEASES = releases()


def test_there_are_releases() -> None:
    """A database of the first one, at least."""
    assert "0.1.0" in {each.version for each in RELEASES}


@pytest.mark.parametrize("kept", RELEASES, ids=lambda each: each.version)
def test_what_a_release_knew_is_known_after_the_upgrade(here: World, kept: Kept) -> None:
    """History, actions, what is set aside, settings and who changed them, mails that wait.

    What later versions tell besides is no difference.
    """
    kept.unpack(here.state)
    here.token.write_text(kept.token)
    here.start_daemon(online__address=f'"{kept.address}"')
    for words in SAYINGS:
        name = " ".join(words)
        assert within(kept.said[name], here.ctl(*words, "--json").json), name


def within(before: object, now: object) -> bool:
    """Tell whether all that was said before is said now."""
    if isinstance(before, dict):
        return isinstance(now, dict) and all(
            key in now and within(value, now[key]) for key, value in before.items()
        )
    if isinstance(before, list):
        others: Iterator[object] = iter(now if isinstance(now, list) else ())  # in that order
        return all(any(within(each, other) for other in others) for each in before)
    return before == now
