"""How long what endures may take: its share of the normal check, or with --endurance."""

import pytest


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether there is as much time as an endurance run has."""
    return bool(request.config.getoption("--endurance"))
