"""What is said of a name that was not found."""

import socket

import pytest

from beekeed.core import name
from beekeed.errors import Code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (socket.EAI_NONAME, Code.NAME_UNKNOWN),
        (socket.EAI_NODATA, Code.NAME_UNKNOWN),
        (socket.EAI_AGAIN, Code.NAME_NOT_FOUND),
        (socket.EAI_FAIL, Code.NAME_NOT_FOUND),
        (None, Code.NAME_NOT_FOUND),
    ],
)
def test_only_a_name_service_knows_that_there_is_no_such_name(
    number: int | None, code: Code
) -> None:
    """Without one the box is taken to be offline."""
    error = name.refused(number, host="moodel.example.org")
    assert (error.code, error.params) == (code, {"host": "moodel.example.org"})
