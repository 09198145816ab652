"""How long to leave a silent site alone while a sync waits for it. Pure."""

_LONGEST_MINUTES = 15


def seconds_to_next_try(tries: int) -> float:
    """Give how long to wait before a bare connection is tried, after so many in vain.

    1, 2, 4, 8 and then 15 minutes: a connection that nobody accepts costs 180 to 420 bytes,
    so that a site silent for a whole day costs about 40 kB at the most.
    """
    return 60.0 * min(_LONGEST_MINUTES, 2.0 ** min(tries, 10))
