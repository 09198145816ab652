"""To come."""

from tests.live.recorder import Recorder


def run(_: Recorder) -> None:
    """Record nothing yet."""
