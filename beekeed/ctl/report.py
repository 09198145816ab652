"""`beekeectl report`: one file for support, which names nobody and holds no secret."""

import argparse
import json
from pathlib import Path
from typing import Any

from beekeed.client import Client, Refused
from beekeed.ctl.exits import Exit
from beekeed.ctl.language import _, size
from beekeed.ctl.terminal import Terminal

SUMMARY = "write a file for support: no learner's data, no secrets"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe what `beekeectl report` takes."""
    parser.add_argument(
        "file",
        nargs="?",
        metavar=_("FILE"),
        help=_(
            "where to; - for standard output (a file here, named by the day and the latest sync)"
        ),
    )


def run(client: Client, terminal: Terminal, arguments: argparse.Namespace) -> Exit:
    """Write the report as it is: JSON, to be read by people as well."""
    answer = client.get("report")
    if terminal.as_json or arguments.file == "-":
        terminal.json(answer)
        return Exit.OK
    file = Path(arguments.file or _name(answer))
    written = _write(file, json.dumps(answer, ensure_ascii=False, indent=1) + "\n")
    terminal.line(_("Written to {file} ({size}).", file=file, size=size(written)))
    if answer["event_id"]:
        terminal.line(
            _(
                "Hand it to support, with the Sync Event ID: {event_id}.",
                event_id=answer["event_id"],
            )
        )
    terminal.line(_("It holds no learner's data, no token and no password; read it before you do."))
    return Exit.OK


def _name(answer: dict[str, Any]) -> str:
    """Name the file by the day and the latest sync."""
    parts = ["beekeed-report", answer["made_at"][:10], answer["event_id"] or "no-sync"]
    return "-".join(parts) + ".json"


def _write(file: Path, text: str) -> int:
    """Write it; gives its bytes. Raises Refused where that cannot be."""
    try:
        return file.write_bytes(text.encode())
    except OSError as error:
        detail = f"cannot write {file}: {error.strerror}"
        raise Refused("bad_request", {"detail": detail}) from error
