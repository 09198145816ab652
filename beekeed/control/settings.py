"""`GET` and `POST /v1/settings`, and `GET /v1/settings/history`: what may be changed at run time.

The body of the second is JSON: `{"values": {"sync.late_changes": "send", "limit.bytes": null}}`,
where null has the default hold again.
"""

from typing import Annotated, Literal

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.asked import Asked, Number, body_of, query_of
from beekeed.control.caller import caller
from beekeed.control.envelope import Time

SettingValue = str | int | bool | list[str]


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as it is now; `fixed`: the file that fixes it, null where it may be changed."""

    key: str
    value: SettingValue
    default: SettingValue
    fixed: str | None


class SettingsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All settings that may be changed while beekeed runs, or that the file fixes of them."""

    schema: Literal["beekeed.settings/1"] = "beekeed.settings/1"
    settings: list[SettingView]


class SettingsAsked(Asked, frozen=True, kw_only=True):
    """Settings to change, by `section.key`; null: the default holds again."""

    values: dict[str, SettingValue | None]


class SettingChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody changed; `after` is null where the default holds again."""

    number: int
    at: Time
    by: str
    key: str
    before: SettingValue
    after: SettingValue | None


class SettingsHistoryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed what and when, newest first."""

    schema: Literal["beekeed.settings-history/1"] = "beekeed.settings-history/1"
    changes: list[SettingChangeView]


class SettingsHistoryQuery(Asked, frozen=True, kw_only=True):
    """Which changes: `limit` of those with numbers under `before`; 0: of all."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 10
    before: Number = 0


async def settings(api: Api, _: web.Request) -> SettingsAnswer:
    """Show the settings."""
    return SettingsAnswer(
        settings=[
            msgspec.convert(each, SettingView, from_attributes=True) for each in api.tuner.all()
        ]
    )


async def set_settings(api: Api, request: web.Request) -> SettingsAnswer:
    """Change some settings, all or none; they hold at once, for a sync from its beginning on."""
    asked = body_of(request, SettingsAsked)
    await api.tuner.change(asked.values, caller(request).who)
    return await settings(api, request)


async def settings_history(api: Api, request: web.Request) -> SettingsHistoryAnswer:
    """List changes, newest first: `limit`, of those with numbers under `before`."""
    asked = query_of(request, SettingsHistoryQuery)
    noted = await api.tuner.changes(asked.limit, asked.before or None)
    return SettingsHistoryAnswer(
        changes=[
            SettingChangeView(
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
