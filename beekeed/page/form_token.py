"""The token of a session's forms, written differently in each answer.

Answers are compressed, and their length tells what stands in them twice (BREACH, 2013): whoever
gets words of his own shown on a page, and sees how long its answers are, could guess a token
that always looks the same, a letter at a time. Under a random pad there is nothing to guess.
"""

import secrets


def masked(token: str) -> str:
    """Give a token, which is hexadecimal, under a pad of its own length, which goes before it."""
    plain = bytes.fromhex(token)
    pad = secrets.token_bytes(len(plain))
    return (pad + _xor(plain, pad)).hex()


def unmasked(given: str) -> str:
    """Take the pad off what a form sent; empty where that cannot be a token."""
    try:
        both = bytes.fromhex(given)
    except ValueError:
        return ""
    half = len(both) // 2
    return _xor(both[half:], both[:half]).hex() if len(both) == 2 * half else ""


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
