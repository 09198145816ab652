"""What NetworkManager knows of the network, where it runs. It is never started by asking."""

from typing import Any

from beekeed.link import bus
from beekeed.ports.link import Managed

_NAME, _PATH = "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"
_PATIENCE_SECONDS = 2.0
# NetworkManager's D-Bus interface: NMConnectivityState, NMMetered.
_CONNECTIVITY = ("unknown", "none", "portal", "limited", "full")
_METERED = ("unknown", "yes", "no", "guess_yes", "guess_no")


class NetworkManager:
    """See ports.Manager."""

    async def ask(self) -> Managed | None:
        """See ports.Manager."""
        found = await bus.ask(
            _NAME, _PATH, "GetAll", _NAME, seconds=_PATIENCE_SECONDS, starts=False
        )
        if found is None:
            return None
        return Managed(
            _word(_CONNECTIVITY, found.get("Connectivity")), _word(_METERED, found.get("Metered"))
        )


def _word(words: tuple[str, ...], given: Any) -> str:
    number = getattr(given, "value", None)
    return words[number] if isinstance(number, int) and 0 <= number < len(words) else "unknown"
