"""Our logs, on standard error: plain, or as systemd's journal reads them."""

import logging
import os
import sys


def set_up_logging(level: str) -> None:
    """Log to standard error, with the priority that the journal reads where it listens."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JournalFormatter(in_journal="JOURNAL_STREAM" in os.environ))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # At its own debug level aiosqlite logs every value, learners' names among them.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    # It logs a traceback for each request that is no HTTP; what fails in ours is logged by us.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


_PRIORITY = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}  # sd-daemon(3)


class _JournalFormatter(logging.Formatter):
    """`<priority>message` for the journal, which has the time; plain elsewhere."""

    def __init__(self, *, in_journal: bool) -> None:
        super().__init__("%(message)s" if in_journal else "%(asctime)s %(levelname)s %(message)s")
        self._in_journal = in_journal

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return f"<{_PRIORITY.get(record.levelname, 6)}>{text}" if self._in_journal else text
