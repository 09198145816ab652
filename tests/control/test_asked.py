"""What a request asks for: read by its types, and a slip is a sentence."""

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from beekeed.control.asked import Asked, sentence
from beekeed.core.model import Kind


class Sample(Asked, frozen=True, kw_only=True):
    """One of each."""

    which: str
    limit: Annotated[int, Meta(ge=1, le=50)] = 5
    force: bool = False
    names: tuple[Annotated[str, Meta(min_length=2)], ...] = ()
    kind: Kind | None = None
    month: str | None = None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"{", "the body is no JSON"),
        (b"\xff", "the body is no JSON"),
        (b'{"which": "a"} {', "the body is no JSON"),
        (b"[]", "the body must be a JSON object, not a list"),
        (b"null", "the body must be a JSON object, not null"),
        (b"{}", "which is missing"),
        (b'{"which": 1}', "which must be text, not a whole number"),
        (b'{"which": "a", "limit": 0}', "limit must be a whole number >= 1"),
        (b'{"which": "a", "limit": "5"}', "limit must be a whole number, not text"),
        (b'{"which": "a", "force": 1}', "force must be true or false, not a whole number"),
        (b'{"which": "a", "names": ["b"]}', "names[0] must be text of length >= 2"),
        (b'{"which": "a", "kind": "x"}', "kind cannot be 'x'"),
        (b'{"which": "a", "month": 1}', "month must be text or null, not a whole number"),
        (
            b'{"which": "a", "limti": 1}',
            "there is no limti here; it takes which, limit, force, names, kind, month",
        ),
    ],
)
def test_a_slip_is_said_in_words(given: bytes, said: str) -> None:
    """For whoever wrote the request, who may not know the library that reads it."""
    with pytest.raises(msgspec.MsgspecError) as caught:
        msgspec.json.decode(given, type=Sample)
    assert sentence(str(caught.value), Sample) == said


def test_what_takes_nothing_says_so() -> None:
    """And a name that somebody made up is not repeated without end."""
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({"x" * 5000: "1"}, Asked)
    assert sentence(str(caught.value), Asked) == f"there is no {'x' * 60} here; it takes nothing"
