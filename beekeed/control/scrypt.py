"""A password's digest by scrypt (RFC 7914), written as a PHC string.

16 MiB and, on a Raspberry Pi, about a second each: whoever calls this does so in a thread,
and one at a time.
"""

import base64
import hashlib
import hmac
import unicodedata

_LOG_N, _R, _P = 14, 8, 5  # as strong as OWASP's N = 2^17, p = 1, with an eighth of its memory
_MEMORY_BYTES = 64 * 2**20  # OpenSSL asks for a little more than the 128 * N * r that it uses
_DIGEST_BYTES = 32


def digest(password: str, salt: bytes) -> str:
    """Give `$scrypt$ln=14,r=8,p=5$SALT$DIGEST`."""
    cost = f"ln={_LOG_N},r={_R},p={_P}"
    return f"$scrypt${cost}${_text(salt)}${_text(_scrypt(password, salt, _LOG_N, _R, _P))}"


def matches(password: str, kept: str) -> bool:
    """Tell whether a password has that digest; the costs are those that the digest names."""
    _, _, cost, salt, wanted = kept.split("$")
    log_n, r, p = (int(each.partition("=")[2]) for each in cost.split(","))
    return hmac.compare_digest(_scrypt(password, _bytes(salt), log_n, r, p), _bytes(wanted))


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    text = unicodedata.normalize("NFC", password)  # keyboards differ in how they type an é
    return hashlib.scrypt(
        text.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=2**log_n,
        r=r,
        p=p,
        maxmem=_MEMORY_BYTES,
        dklen=_DIGEST_BYTES,
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
