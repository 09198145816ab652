"""A site for the tests of one file."""

from collections.abc import Iterator

import pytest

from tests.page.browser import Browser
from tests.page.site import Site, site


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box of 4 learners, its online Moodle, the daemon and the page; one for each file."""
    with site(tmp_path_factory.mktemp("page")) as made:
        yield made


@pytest.fixture(scope="module")
def admin(here: Site) -> Browser:
    """A browser that somebody signed in with."""
    return here.signed_in()


@pytest.fixture
def anyone(here: Site) -> Browser:
    """A browser that nobody signed in with."""
    return here.browser()
