"""How often somebody may try a password. Pure.

An address has five tries in a quarter of an hour; then it is held for that long, and twice
as long each time it comes back with wrong ones, up to an hour. All addresses together have a
pool of tries that fills again slowly, because on a learners' network a new address costs
nothing. Somebody who signed in from an address lately needs nothing of the pool, so that
those who guess cannot lock out the administrator's own device.

A try is taken before the password is looked at and given back when it was right: tries that
come at the same moment count as if they came one after the other. Times are seconds of the
monotonic clock.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

TRIES = 5
WINDOW_SECONDS = 15 * 60
LONGEST_HOLD_SECONDS = 3600
FORGOTTEN_AFTER_SECONDS = 3600
"""So long after a hold an address begins anew."""
POOL = 30
"""Wrong tries of all addresses that are let through at once."""
REFILL_SECONDS = 30
"""One more comes back so often: 2,900 guesses a day, from however many addresses."""
MOST_KNOWN = 16


@dataclass(frozen=True, slots=True)
class Tries:
    """What is remembered of one address."""

    at: tuple[float, ...] = ()
    """When it tried, within the last quarter of an hour; fewer than five."""
    hold_seconds: float = 0
    """How long its last hold was."""
    held_until: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Throttle:
    """What is remembered of all."""

    addresses: Mapping[str, Tries] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    """Whence somebody signed in, the latest last."""
    pool: float = POOL
    pool_at: float = 0
    """When so much was in the pool."""


def source(address: str) -> str:
    """Give the name under which an address is counted.

    One IPv6 network counts as one, because a machine has 2^64 addresses in it. What is no
    address counts together under one name, so that leaving it out wins nothing.
    """
    try:
        given = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(given, ipaddress.IPv4Address):
        return str(given)
    if given.ipv4_mapped is not None:
        return str(given.ipv4_mapped)
    return str(ipaddress.ip_network((given, 64), strict=False))


def wait_seconds(throttle: Throttle, name: str, now: float) -> float:
    """Tell how long a source must wait before its next try; 0: it may try now."""
    own = throttle.addresses.get(name, Tries()).held_until - now
    shared = 0.0 if name in throttle.known else (1 - _pool(throttle, now)) * REFILL_SECONDS
    return max(0.0, own, shared)


def taken(throttle: Throttle, name: str, now: float) -> Throttle:
    """Count a try; only for a source that need not wait."""
    pool = _pool(throttle, now) - (name not in throttle.known)
    tries = _counted(throttle.addresses.get(name, Tries()), now)
    return replace(
        throttle,
        addresses={**_remembered(throttle.addresses, now), name: tries},
        pool=pool,
        pool_at=now,
    )


def given_back(throttle: Throttle, name: str, now: float) -> Throttle:
    """Note that a try was the right password: the source begins anew and is known."""
    pool = min(POOL, _pool(throttle, now) + (name not in throttle.known))
    known = (*(each for each in throttle.known if each != name), name)
    addresses = {each: tries for each, tries in throttle.addresses.items() if each != name}
    return Throttle(addresses=addresses, known=known[-MOST_KNOWN:], pool=pool, pool_at=now)


def unlocked(throttle: Throttle, now: float) -> Throttle:
    """Let everybody try again at once."""
    return Throttle(known=throttle.known, pool_at=now)


def _pool(throttle: Throttle, now: float) -> float:
    return min(float(POOL), throttle.pool + (now - throttle.pool_at) / REFILL_SECONDS)


def _counted(tries: Tries, now: float) -> Tries:
    """Add a try; the fifth in the window begins a hold."""
    at = (*(each for each in tries.at if now - each < WINDOW_SECONDS), now)
    is_new = now - tries.held_until >= FORGOTTEN_AFTER_SECONDS
    last = 0 if is_new else tries.hold_seconds
    if len(at) < TRIES:
        return replace(tries, at=at, hold_seconds=last)
    hold = min(LONGEST_HOLD_SECONDS, max(WINDOW_SECONDS, 2 * last))
    return Tries(hold_seconds=hold, held_until=now + hold)


def _remembered(addresses: Mapping[str, Tries], now: float) -> dict[str, Tries]:
    """Forget who behaved for long. The pool bounds how many are left: about 150."""
    return {each: tries for each, tries in addresses.items() if _forgotten_at(tries) > now}


def _forgotten_at(tries: Tries) -> float:
    """Tell when nothing is left to be remembered."""
    tried = tries.at[-1] + WINDOW_SECONDS if tries.at else float("-inf")
    return max(tried, tries.held_until + FORGOTTEN_AFTER_SECONDS)
