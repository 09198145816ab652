"""What of the settings support may see."""

from pathlib import Path

import pytest

from beekeed import config, sections
from beekeed.disclosure import public

_SECRET = "Zq-secret"


def settings(**values: object) -> sections.Settings:
    """Settings with some set."""
    needed = {"online.address": "https://moodle.example.org", "online.token_file": "/t",
              "device.path": "/box.sqlite"}  # fmt: skip
    file = Path("/beekeed.toml")
    inputs = {key: config.Input(value, file) for key, value in {**needed, **values}.items()}
    return config.build(inputs, file)


@pytest.mark.parametrize(
    "key",
    ["device.name", "device.user", "device.host", "mail.user", "mail.server",
     "accounts.username_prefix"],
)  # fmt: skip
def test_a_text_that_nobody_thought_about_is_not_shown(key: str) -> None:
    """Only that it is set: so a setting that is added later gives nothing away."""
    shown = public(settings(**{key: _SECRET.lower()}))
    assert shown[key] == "set"
    assert _SECRET.lower() not in str(shown)


def test_every_setting_is_there() -> None:
    """Numbers and switches as they are; lists of names by their length."""
    shown = public(settings(**{"accounts.never_touch": ("anna", "boris")}))
    assert shown.keys() == {*sections.setting_keys()}
    assert shown["accounts.never_touch"] == "2 set"
    assert shown["limit.bytes"] == 500_000_000
    assert shown["sync.enabled"] is True
