"""`GET` and `POST /v1/settings`, and `GET /v1/settings/history`: what may be changed at run time.

The body of the second is JSON: `{"values": {"sync.late_changes": "send", "limit.bytes": null}}`,
where null has the default hold again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.caller import caller
from beekeed.control.history import number_of
from beekeed.errors import BeekeedError, Code

_MOST_CHANGES = 50

SettingValue = str | int | bool | list[str]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as it is now; `fixed`: the file that fixes it, null where it may be changed."""

    key: str
    value: SettingValue
    default: SettingValue
    fixed: str | None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings that may be changed while beekeed runs, or that the file fixes of them."""

    schema: Literal["beekeed.settings/1"] = "beekeed.settings/1"
    settings: Sequence[Setting]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings to change, by `section.key`; null: the default holds again."""

    values: dict[str, SettingValue | None]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody changed; `after` is null where the default holds again."""

    number: int
    at: datetime
    by: str
    key: str
    before: SettingValue
    after: SettingValue | None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed what and when, newest first."""

    schema: Literal["beekeed.settings-history/1"] = "beekeed.settings-history/1"
    changes: Sequence[Change]


async def settings(api: Api, _: web.Request) -> Settings:
    """Show the settings."""
    return Settings(
        settings=[msgspec.convert(each, Setting, from_attributes=True) for each in api.tuner.all()]
    )


async def set_settings(api: Api, request: web.Request) -> Settings:
    """Change some settings, all or none; they hold at once, for a sync from its beginning on."""
    try:
        asked = msgspec.json.decode(await request.read(), type=Asked)
    except msgspec.MsgspecError as error:
        raise BeekeedError(Code.BAD_REQUEST, detail=str(error)) from error
    await api.tuner.change(asked.values, caller(request).who)
    return await settings(api, request)


async def settings_history(api: Api, request: web.Request) -> Changes:
    """List changes, newest first: `limit` (up to 50), of those with numbers under `before`."""
    limit = number_of(request, "limit", 10)
    before = number_of(request, "before", 0)
    if not 1 <= limit <= _MOST_CHANGES:
        raise BeekeedError(Code.BAD_REQUEST, detail=f"limit must be 1 to {_MOST_CHANGES}")
    noted = await api.tuner.changes(limit, before or None)
    return Changes(
        changes=[
            Change(
                number=each.number,
                at=each.at,
                by=each.by,
                key=each.change.key,
                before=msgspec.convert(each.change.before, SettingValue),
                after=msgspec.convert(each.change.after, SettingValue | None),
            )
            for each in noted
        ]
    )
