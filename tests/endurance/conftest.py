"""How long what endures may take: its share of the normal check, or with --endurance."""

import pytest


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether there is as much time as an endurance run has."""
    return bool(request.config.getoption("--endurance"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that the others run beside it and not before."""
    if config.getoption("--endurance"):
        items.sort(key=lambda item: item.path.name != "test_leak.py")
