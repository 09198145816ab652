"""What answered where a Moodle should: judged whatever it said."""

import pytest

from beekeed.core.answer import Answer, misfit
from beekeed.errors import Code

ADDRESS = "http://moodle.example.org"


@pytest.mark.parametrize("where", ["http://[", "http://[fe80::%zz"])
def test_a_redirect_to_what_is_no_address_is_one_all_the_same(where: str) -> None:
    """It is told as it stands: a technician knows it again."""
    reason = misfit(Answer(302, "Found", {"location": where}, b""), ADDRESS)
    assert reason is not None
    assert (reason.code, reason.params) == (Code.REDIRECTED, {"where": where})


@pytest.mark.parametrize("errorcode", ["[]", "{}", "null", "7"])
def test_an_errorcode_that_is_no_text_is_not_understood(errorcode: str) -> None:
    """Whoever answers may say anything there."""
    body = f'{{"exception": "x", "errorcode": {errorcode}}}'.encode()
    assert misfit(Answer(200, "OK", {}, body), ADDRESS) is None
