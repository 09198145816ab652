"""What is wrong with a certificate: told by OpenSSL's number for it. Pure.

A wrong clock shows here first: to it a good certificate is not valid yet, or no longer.
"""

from collections.abc import Mapping

from beekeed.core.clocktrust import Moment, told
from beekeed.errors import Code, LinkDown

# openssl/x509_vfy.h.
_NOT_YET_VALID, _EXPIRED = 9, 10
_FAULTS: Mapping[int, Code] = {
    2: Code.CERTIFICATE_UNKNOWN_ISSUER,  # unable to get issuer certificate
    _NOT_YET_VALID: Code.CERTIFICATE_NOT_YET_VALID,
    _EXPIRED: Code.CERTIFICATE_EXPIRED,
    18: Code.CERTIFICATE_SELF_SIGNED,
    19: Code.CERTIFICATE_UNKNOWN_ISSUER,  # the chain ends at a root that the box does not know
    20: Code.CERTIFICATE_UNKNOWN_ISSUER,
    21: Code.CERTIFICATE_UNKNOWN_ISSUER,
    62: Code.CERTIFICATE_WRONG_NAME,
    64: Code.CERTIFICATE_WRONG_NAME,  # where the settings have an address in the name's place
}

DATED = frozenset({Code.CLOCK_WRONG, Code.CERTIFICATE_EXPIRED, Code.CERTIFICATE_NOT_YET_VALID})
"""The faults of time: who answers is who should, or somebody who was at some time."""


def refused(number: int, words: str, *, host: str, now: Moment | None) -> LinkDown:
    """Give the error for a certificate that OpenSSL refused, by its number and words for it.

    What is only out of date is the clock's fault where the clock is not trusted. `now` is
    None where nobody knows the time.
    """
    code = _FAULTS.get(number, Code.CERTIFICATE_REFUSED)
    if number in (_NOT_YET_VALID, _EXPIRED) and now is not None and not now.is_trusted:
        code = Code.CLOCK_WRONG
    return LinkDown(code, host=host, now=told(now.at) if now else "", detail=words)
