"""A password's digest by scrypt (RFC 7914), written as a PHC string.

16 MiB and, on a Raspberry Pi, about a second each: whoever calls this does so in a thread,
and one at a time.
"""

import base64
import hashlib
import hmac
import unicodedata
from dataclasses import dataclass

_MEMORY_BYTES = 64 * 2**20  # OpenSSL asks for a little more than the 128 * N * r that it uses
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Costs:
    """What guessing costs: as OWASP's N = 2^17, p = 1 nearly, with an eighth of its memory."""

    log_n: int = 14
    r: int = 8
    p: int = 5


def digest(password: str, salt: bytes, costs: Costs) -> str:
    """Give `$scrypt$ln=14,r=8,p=5$SALT$DIGEST`."""
    named = f"ln={costs.log_n},r={costs.r},p={costs.p}"
    return f"$scrypt${named}${_text(salt)}${_text(_scrypt(password, salt, costs))}"


def matches(password: str, kept: str) -> bool:
    """Tell whether a password has that digest; the costs are those that the digest names."""
    _, _, named, salt, wanted = kept.split("$")
    costs = Costs(*(int(each.partition("=")[2]) for each in named.split(",")))
    return hmac.compare_digest(_scrypt(password, _bytes(salt), costs), _bytes(wanted))


def _scrypt(password: str, salt: bytes, costs: Costs) -> bytes:
    text = unicodedata.normalize("NFC", password)  # keyboards differ in how they type an é
    return hashlib.scrypt(
        text.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=2**costs.log_n,
        r=costs.r,
        p=costs.p,
        maxmem=_MEMORY_BYTES,
        dklen=_DIGEST_BYTES,
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
