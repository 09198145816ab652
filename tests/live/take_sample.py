"""Takes a sample of a real device's Moodle: every row of the tables that beekeed may read.

    python -m tests.live.take_sample CONFIG_PHP FOLDER

writes FOLDER/<table>.jsonl, as tests/data/device-sample/ has them: for devices of other
versions, or with other oddities. Only of invented learners: names are kept as they are.
Password hashes and keys are taken out.
"""

import json
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from beekeed.moodle.login import Login, complete
from tests.servers import COLUMNS, connect

_SECRETS = {"password": "not cached", "secret": ""}


def main(config: Path, folder: Path) -> None:
    """Take the sample of one device."""
    login = complete(Login(), config)
    folder.mkdir(parents=True)
    with closing(connect(login)) as database:
        for table in sorted(COLUMNS.keys() - {"config"}):
            cursor = database.cursor()
            cursor.execute(f"SELECT * FROM {login.prefix}{table} ORDER BY id")
            names = [column[0] for column in cursor.description]
            lines = [
                json.dumps(dict(zip(names, row, strict=True)) | _secrets(names),
                           ensure_ascii=False, default=_plain)
                for row in cursor.fetchall()
            ]  # fmt: skip
            (folder / f"{table}.jsonl").write_text("\n".join(lines), "utf-8")
            print(f"{table}: {len(lines)} rows")


def _secrets(names: list[str]) -> dict[str, str]:
    return {name: text for name, text in _SECRETS.items() if name in names}


def _plain(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"a {type(value).__name__} in a Moodle table")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
