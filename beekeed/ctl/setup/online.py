"""Step 3: the online Moodle: its address, and the token of beekeed's account there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from beekeed.config import Input
from beekeed.ctl.language import _
from beekeed.ctl.setup import reading
from beekeed.ctl.setup.asking import Answers
from beekeed.ctl.setup.record import Record


@dataclass(frozen=True, slots=True)
class Online:
    """Where to send, and with what. `token` is empty where the one that is kept stays."""

    address: str
    token: str


def ask(
    answers: Answers,
    record: Record,
    *,
    by_hand: Mapping[str, Input],
    before: Mapping[str, Any],
    box: str,
    has_token: bool,
) -> Online:
    """Ask for both; `box`: the address of the box's own Moodle, which it is not."""
    record.say(_("Its address as browsers show it, and the token of beekeed's account there."))
    read = reader(by_hand, box)
    address = answers.ask(
        "online.address", _("Address of the online Moodle"), read, _offered(by_hand, before)
    )
    record.say(
        _("Its administrator finds the token under Site administration, Server, Manage tokens.")
    )
    token = answers.ask_secret("online.token", _question(has_token), _token(has_token))
    record.done("online", address=address, token="new" if token else "kept")
    return Online(address, token)


def reader(by_hand: Mapping[str, Input], box: str) -> Callable[[str], str]:
    """Give what reads the address; the settings may allow one without encryption, for trials."""
    allowed = by_hand.get("online.allow_http")
    return reading.address_where(allow_http=bool(allowed and allowed.value), box=box)


def _offered(by_hand: Mapping[str, Input], before: Mapping[str, Any]) -> str:
    """Give what set-up settled on before, else what the settings name, unless as an example."""
    named = by_hand.get("online.address")
    said = str(before.get("online.address") or (named.value if named else ""))
    return "" if "example.org" in said else said


def _question(has_token: bool) -> str:
    if has_token:
        return _("Token (it is not shown; Enter keeps the one that is there)")
    return _("Token (it is not shown)")


def _token(has_token: bool) -> Callable[[str], str]:
    return lambda text: text if has_token and not text else reading.token(text)
