"""Settings that are changed while beekeed runs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beekeed import config
from beekeed.errors import BeekeedError, Code
from beekeed.say import say
from beekeed.sqlite.settings import SqliteSettings
from beekeed.sqlite.store import Store, open_store
from beekeed.tuning import Tuning
from tests.engine.school import FakeClock
from tests.test_config import MINIMAL, written


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Our own database."""
    opened = await open_store(tmp_path / "state" / "beekeed.sqlite")
    yield opened
    await opened.close()


async def tuning(tmp_path: Path, store: Store, more: str = "") -> Tuning:
    """The settings as a start finds them."""
    file = written(tmp_path, MINIMAL + more)
    kept = SqliteSettings(store=store, clock=FakeClock())
    made = Tuning(inputs=config.read(file), file=file, store=kept)
    await made.restore()
    return made


async def test_what_is_changed_holds_at_once_and_after_a_restart(
    tmp_path: Path, store: Store
) -> None:
    """All that is asked for together, or nothing of it."""
    now = await tuning(tmp_path, store)
    await now.change({"limit.enabled": True, "limit.bytes": 10**6})
    assert (now.settings.limit.enabled, now.settings.limit.bytes) == (True, 10**6)
    with pytest.raises(BeekeedError):
        await now.change({"limit.bytes": 5, "limit.billing_day": 29})
    again = await tuning(tmp_path, store)
    assert again.settings == now.settings
    assert again.value("limit.bytes") == 10**6


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("limit.billing_day", 0, "limit.billing_day: expected a whole number >= 1"),
        ("limit.bytes", -1, "limit.bytes"),
        ("limit.bytes", "lots", "expected a whole number, got text"),
        ("limit.enabled", 1, "expected true or false"),
        ("limit.charge", "mail", '"sync" or "line"'),
        ("limit.colour", "red", "there is no such setting"),
        ("online.address", "https://other.example", "cannot be changed"),
        ("sync.audit_bytes", 0, "sync.audit_bytes cannot be changed here"),
    ],
)
async def test_a_change_is_held_to_the_rules_of_the_file(
    tmp_path: Path, store: Store, key: str, value: str | int, said: str
) -> None:
    """And refused in the same words; nothing is kept."""
    now = await tuning(tmp_path, store)
    with pytest.raises(BeekeedError) as caught:
        await now.change({key: value})
    assert said in say(caught.value.code, caught.value.params).what or (
        caught.value.code is Code.SETTING_FIXED
    )
    assert await SqliteSettings(store=store, clock=FakeClock()).kept() == {}


async def test_what_the_file_sets_is_fixed(tmp_path: Path, store: Store) -> None:
    """The sentence names the file; a change from before gives way to it."""
    now = await tuning(tmp_path, store)
    await now.change({"limit.bytes": 10**6, "limit.pacing": True})
    folder = tmp_path / "beekeed.toml.d"
    folder.mkdir()
    (folder / "limit.toml").write_text("[limit]\nbytes = 77\n")
    now = await tuning(tmp_path, store)
    assert (now.settings.limit.bytes, now.settings.limit.pacing) == (77, True)
    with pytest.raises(BeekeedError) as caught:
        await now.change({"limit.bytes": 78})
    assert caught.value.code is Code.SETTING_FIXED
    assert str(folder / "limit.toml") in say(caught.value.code, caught.value.params).what
    assert now.fixed("limit.pacing") is None
    assert now.settings.limit.bytes == 77


async def test_a_change_that_no_longer_fits_is_left_out(tmp_path: Path, store: Store) -> None:
    """After an update of beekeed, a start never fails for it."""
    kept = SqliteSettings(store=store, clock=FakeClock())
    await kept.keep({"limit.billing_day": 31, "limit.gone": 1, "limit.bytes": 5})
    now = await tuning(tmp_path, store)
    assert (now.settings.limit.bytes, now.settings.limit.billing_day) == (5, 1)
