"""Fills a box's SQLite from a recorded sample of a real device's tables."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from beekeed.sandbox import database

SAMPLES = Path(__file__).parent / "data"


def fill(box: Path, sample: str) -> None:
    """Make a box's database with every row of a sample (tests/data/<sample>/*.jsonl)."""
    with closing(database.create(box)) as db:
        for file in sorted((SAMPLES / sample).glob("*.jsonl")):
            rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
            insert(db, f"mdl_{file.stem}", rows)


def insert(db: sqlite3.Connection, table: str, rows: list[dict[str, object]]) -> None:
    """Insert rows as they are."""
    for row in rows:
        columns = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))
