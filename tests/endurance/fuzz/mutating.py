"""Changes JSON where it stands: libFuzzer's own changes of bytes mostly break it.

What is changed is one part of what is tried: an answer of several, a body behind its head.
"""

import copy
import json
import random
import re
from collections.abc import Callable
from typing import Any

Mutate = Callable[[bytes, int], bytes]

_STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 7, 0.5, 2**63, -(2**63) - 1, 10**30, 1e308, float("nan")),
    *("", "0", "nan", "1" * 30, "\ud800", "\0", "سارة", "<b>", "x" * 300, [], {}, [[]], {"": []}),
)


_BETWEEN = re.compile(rb"(\n\n|\n====\n)")


def mutated(data: bytes, most_bytes: int, seed: int, mutate: Mutate) -> bytes:
    """Give something else; `mutate`: libFuzzer's own way."""
    chance = random.Random(seed)
    parts = _BETWEEN.split(data)
    place = chance.randrange((len(parts) + 1) // 2) * 2
    if chance.random() < 0.5:
        return mutate(data, most_bytes)
    try:
        value = json.loads(parts[place])
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            value = _changed(value, chance)
    except (ValueError, RecursionError):
        return mutate(data, most_bytes)
    parts[place] = json.dumps(value).encode()
    return b"".join(parts)[:most_bytes]


def _changed(value: Any, chance: random.Random) -> Any:
    """Change one thing somewhere in a value; JSON within text as well, as in a batch's answer."""
    if isinstance(value, str) and value[:1] in ("{", "[") and chance.random() < 0.9:
        return json.dumps(_changed(json.loads(value), chance))
    keys: list[Any] = list(value) if isinstance(value, dict) else []
    if isinstance(value, list):
        keys = list(range(len(value)))
    if not keys or chance.random() < 0.1:
        return copy.deepcopy(chance.choice(_STRANGE))
    key = chance.choice(keys)
    match chance.randrange(8):
        case 0:
            del value[key]
        case 1 if isinstance(value, list):
            value.insert(key, copy.deepcopy(value[key]))
        case _:
            value[key] = _changed(value[key], chance)
    return value
