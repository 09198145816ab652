"""A disk that is full."""

import os
from pathlib import Path


def fill(folder: Path) -> Path:
    """Take all room that is left, to the last page; gives the file that did."""
    filler = folder / "filler"
    size = 2**16
    with filler.open("wb", buffering=0) as file:
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    assert os.statvfs(filler).f_bfree == 0
    return filler
