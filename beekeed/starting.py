"""What both servers' programs share: where the settings are, and how a mistake in them is told."""

import sys
import textwrap

from beekeed.errors import BeekeedError, ConfigError
from beekeed.say import language_of

DEFAULT_CONFIG = "/etc/beekeed/beekeed.toml"
EX_CONFIG = 78  # sysexits.h: systemd is told not to try again (RestartPreventExitStatus)


def told(program: str, error: BeekeedError) -> int:
    """Say on standard error what is wrong, every mistake of its own; gives the exit code."""
    for problem in error.problems if isinstance(error, ConfigError) else (error,):
        said = language_of("en").say(problem.code, problem.params)
        for text, margin in ((f"{program}: {said.what}", ""), (said.remedy, "  ")):
            sys.stderr.write(_folded(text, margin) + "\n")
    return EX_CONFIG if isinstance(error, ConfigError) else 1


def _folded(text: str, margin: str) -> str:
    return textwrap.fill(
        text,
        80,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,  # a path can be copied
        break_on_hyphens=False,
    )
