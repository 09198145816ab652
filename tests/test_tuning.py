"""Settings that are changed while beekeed runs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beekeed import config
from beekeed.errors import BeekeedError, Code, ConfigError
from beekeed.ports.settings import Change, Value
from beekeed.say import language_of
from beekeed.sqlite.opening import open_store
from beekeed.sqlite.settings import SqliteSettings
from beekeed.sqlite.store import Store
from beekeed.tuning import Tuning
from tests.clock import START, FakeClock
from tests.test_config import MINIMAL, written

ADMIN = "uid 0, process 1"


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
    await now.change({"limit.enabled": True, "limit.bytes": 10**6}, ADMIN)
    assert (now.settings.limit.enabled, now.settings.limit.bytes) == (True, 10**6)
    with pytest.raises(BeekeedError):
        await now.change({"limit.bytes": 5, "limit.billing_day": 29}, ADMIN)
    again = await tuning(tmp_path, store)
    assert again.settings == now.settings
    assert again.value("limit.bytes") == 10**6


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("limit.billing_day", 0, "limit.billing_day: it must be a day of the month from 1 to 28"),
        ("limit.bytes", -1, "limit.bytes"),
        ("limit.bytes", "lots", "it must be a whole number of bytes"),
        ("limit.enabled", 1, "expected true or false"),
        ("limit.charge", "mail", '"sync" or "line"'),
        ("limit.colour", "red", "there is no such setting"),
        ("limit.colour", None, "there is no such setting"),
        ("online.address", "https://other.example", "cannot be changed"),
        ("mail.password_file", "/etc/shadow", "mail.password_file cannot be changed here"),
        ("mail.notify", "all", 'mail.to must be set as well, in [mail]: to = "school@example.org"'),
        ("mail.to", "Amina <amina@example.org>", "an e-mail address, without a name"),
        ("mail.to", "a@example.org\nBcc: b@example.org", "an e-mail address, without a name"),
        ("mail.to", "a@b@c", "an e-mail address, without a name"),
        ("mail.to", "a" * 65 + "@example.org", "an e-mail address, without a name"),
        ("mail.to", "a@" + 40 * "school." + "example", "an e-mail address, without a name"),
        ("mail.to", "a@example.org\n", "an e-mail address, without a name"),
        ("schedule.daily_at", "02:00\n", "a time of the day in UTC"),
        ("schedule.daily_at", "24:00", "a time of the day in UTC"),
        ("schedule.hours", ["mon-24"], "a list of hours of the week"),
    ],
)
async def test_a_change_is_held_to_the_rules_of_the_file(
    tmp_path: Path, store: Store, key: str, value: str | int, said: str
) -> None:
    """And refused in the same words; nothing is kept."""
    now = await tuning(tmp_path, store)
    with pytest.raises(BeekeedError) as caught:
        await now.change({key: value}, ADMIN)
    assert said in language_of("en").say(caught.value.code, caught.value.params).what or (
        caught.value.code is Code.SETTING_FIXED
    )
    assert await SqliteSettings(store=store, clock=FakeClock()).kept() == {}


async def test_what_the_file_sets_is_fixed(tmp_path: Path, store: Store) -> None:
    """The sentence names the file; a change from before gives way to it."""
    now = await tuning(tmp_path, store)
    await now.change({"limit.bytes": 10**6, "limit.pacing": True}, ADMIN)
    folder = tmp_path / "beekeed.toml.d"
    folder.mkdir()
    (folder / "limit.toml").write_text("[limit]\nbytes = 77\n")
    now = await tuning(tmp_path, store)
    assert (now.settings.limit.bytes, now.settings.limit.pacing) == (77, True)
    with pytest.raises(BeekeedError) as caught:
        await now.change({"limit.bytes": 78}, ADMIN)
    assert caught.value.code is Code.SETTING_FIXED
    assert (
        str(folder / "limit.toml")
        in language_of("en").say(caught.value.code, caught.value.params).what
    )
    assert now.fixed("limit.pacing") is None
    assert now.settings.limit.bytes == 77


async def test_a_change_that_no_longer_fits_is_left_out(tmp_path: Path, store: Store) -> None:
    """After an update of beekeed, a start never fails for it."""
    kept = SqliteSettings(store=store, clock=FakeClock())
    made = {"limit.billing_day": 31, "limit.gone": 1, "limit.bytes": 5}
    await kept.keep([Change(key, 0, value) for key, value in made.items()], ADMIN)
    now = await tuning(tmp_path, store)
    assert (now.settings.limit.bytes, now.settings.limit.billing_day) == (5, 1)


async def test_who_changed_what_and_when_is_kept(tmp_path: Path, store: Store) -> None:
    """The newest first, with what held before; what changes nothing is no change."""
    now = await tuning(tmp_path, store)
    await now.change({"schedule.hours": ["mon-08", "tue-09"], "limit.pacing": False}, ADMIN)
    await now.change({"schedule.hours": ["mon-08", "tue-09"]}, "uid 7, process 8")
    await now.change({"schedule.hours": None}, "uid 5, process 6")
    noted = await now.changes(10)
    assert [(each.by, each.change) for each in noted] == [
        ("uid 5, process 6", Change("schedule.hours", ["mon-08", "tue-09"], None)),
        (ADMIN, Change("schedule.hours", [], ["mon-08", "tue-09"])),
    ]
    assert {each.at for each in noted} == {START}
    assert list(await now.changes(10, before=noted[0].number)) == [noted[1]]


async def test_a_setting_goes_back_to_its_default(tmp_path: Path, store: Store) -> None:
    """And stays there after a restart."""
    now = await tuning(tmp_path, store)
    await now.change({"limit.bytes": 7, "sync.late_changes": "send"}, ADMIN)
    await now.change({"limit.bytes": None}, ADMIN)
    for each in (now, await tuning(tmp_path, store)):
        assert each.value("limit.bytes") == 500_000_000
        assert each.value("sync.late_changes") == "send"


async def test_all_that_may_be_changed_is_listed(tmp_path: Path, store: Store) -> None:
    """With what holds, its default and what fixes it; no secret's file and no other part."""
    now = await tuning(tmp_path, store, "[limit]\nbytes = 77\n")
    await now.change({"sync.enabled": False}, ADMIN)
    listed = {each.key: each for each in now.all()}
    assert (listed["sync.enabled"].value, listed["sync.enabled"].default) == (False, True)
    assert listed["limit.bytes"].fixed == str(tmp_path / "beekeed.toml")
    assert listed["sync.enabled"].fixed is None
    assert {"online.tell_learners", "accounts.never_touch", "mail.to"} <= listed.keys()
    assert not {"mail.password_file", "online.address", "device.path", "daemon.log_level"} & set(
        listed
    )


async def test_what_hangs_together_comes_back_together(tmp_path: Path, store: Store) -> None:
    """Mails need an address, a sender and a server: no order of taking them up loses them."""
    now = await tuning(tmp_path, store)
    wanted = {
        "mail.notify": "all",
        "mail.to": "school@example.org",
        "mail.sender": "box@example.org",
        "mail.server": "smtp.example.org",
    }
    await now.change(wanted, ADMIN)
    assert (await tuning(tmp_path, store)).settings == now.settings


async def test_two_changes_at_once_are_both_made(tmp_path: Path, store: Store) -> None:
    """The second is made to what the first left, and held to the rules with it."""
    now = await tuning(tmp_path, store)
    await asyncio.gather(
        now.change({"limit.bytes": 5}, ADMIN), now.change({"limit.billing_day": 7}, ADMIN)
    )
    assert (now.value("limit.bytes"), now.value("limit.billing_day")) == (5, 7)
    assert (await tuning(tmp_path, store)).settings == now.settings


async def test_one_that_no_longer_fits_takes_no_other_with_it(tmp_path: Path, store: Store) -> None:
    """Also where the others fit only together."""
    kept = SqliteSettings(store=store, clock=FakeClock())
    made: dict[str, Value] = {
        "limit.billing_day": 31,
        "mail.notify": "all",
        "mail.to": "school@example.org",
        "mail.sender": "box@example.org",
        "mail.server": "smtp.example.org",
    }
    await kept.keep([Change(key, 0, value) for key, value in made.items()], ADMIN)
    assert (await tuning(tmp_path, store)).value("mail.notify") == "all"


async def test_the_file_is_read_again(tmp_path: Path, store: Store) -> None:
    """What it says of settings that may be changed holds at once, also over earlier changes; what
    it no longer says may be changed again. Of the others those that wait are named."""
    now = await tuning(tmp_path, store, "[limit]\nbytes = 77\n")
    await now.change({"limit.pacing": True, "limit.billing_day": 9}, ADMIN)
    told: list[object] = []
    now.tell(lambda: told.append(now.settings.limit))
    written(tmp_path, MINIMAL + "[limit]\nbillling_day = 3\n")
    with pytest.raises(ConfigError):
        await now.reload()
    assert (now.value("limit.bytes"), now.value("limit.billing_day"), told) == (77, 9, [])
    written(
        tmp_path,
        MINIMAL + "timeout_seconds = 33\n[page]\nnames = ['a']\n[limit]\nbilling_day = 3\n",
    )
    assert await now.reload() == ["online.timeout_seconds"]
    assert (now.value("limit.bytes"), now.value("limit.billing_day")) == (500_000_000, 3)
    assert now.value("limit.pacing") is True
    assert told == [now.settings.limit]
    assert now.settings.online.timeout_seconds == 120
    with pytest.raises(BeekeedError):
        await now.change({"limit.billing_day": 4}, ADMIN)
    await now.change({"limit.bytes": 78}, ADMIN)
    written(tmp_path, MINIMAL)
    assert await now.reload() == []
    assert (now.value("limit.bytes"), now.value("limit.billing_day")) == (78, 9)
