"""What is recorded, by name: each script makes its calls through a recorder."""

from collections.abc import Callable, Mapping

from tests.live.recorder import Recorder
from tests.live.scripts import flags, grading, more, sequences

SCRIPTS: Mapping[str, Callable[[Recorder], None]] = {
    "flags": flags.run,
    "grading": grading.run,
    "more": more.run,
    "sequences": sequences.run,
}
