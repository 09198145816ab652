"""Secrets: how they are kept in files that are root's, and what a token looks like.

They never go through the daemon: systemd hands the files on (LoadCredential=).
"""

import os
import re
from contextlib import suppress
from pathlib import Path

_TOKEN = re.compile(r"[0-9a-f]{32}")  # md5 in hexadecimal: external_generate_token of Moodle's


def is_token(text: str) -> bool:
    """Tell whether a text has the form of a web service token of Moodle's."""
    return bool(_TOKEN.fullmatch(text))


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. Raises OSError.

    Where there is one already its owner stays: beekeed may read it without systemd's help.
    """
    write_whole(path, f"{text}\n", mode=0o600)


def write_whole(path: Path, text: str, *, mode: int) -> None:
    """Write a file, whole or not at all, also where the power fails. Raises OSError.

    Where there is one already its owner stays.
    """
    path = path.resolve()  # a link stays one
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    handle = os.open(beside, flags, mode & 0o600)
    try:
        with os.fdopen(handle, "w") as new:
            with suppress(FileNotFoundError):
                before = path.stat()
                os.fchown(new.fileno(), before.st_uid, before.st_gid)
            os.fchmod(new.fileno(), mode)
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # the power may fail now
    finally:
        os.close(folder)
