"""Server-sent events of the real daemon, as a program of somebody else would read them."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Event:
    """One event; a comment has neither `id` nor `view`."""

    id: str = ""
    view: dict[str, Any] | None = None


class Watch:
    """One connection to `GET /v1/events`; what came is read only when it is asked for."""

    def __init__(self, path: Path, last_id: str = "") -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        # HTTP/1.0: the body comes without chunks, and ends with the connection.
        self.socket.sendall(f"GET /v1/events HTTP/1.0\r\nHost: beekeed\r\n{resume}\r\n".encode())
        self._file = self.socket.makefile("rb")
        self.status = 0

    def head(self) -> dict[str, str]:
        """Read the answer's head."""
        self.status = int(self._file.readline().split()[1])
        lines = iter(lambda: self._file.readline().strip().decode(), "")
        return {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}

    def events(self) -> Iterator[Event]:
        """Read events and comments until the connection ends."""
        if not self.status:
            self.head()
        fields: dict[str, str] = {}
        for line in self._file:
            text = line.decode().rstrip("\n")
            if text:
                name, _, value = text.partition(":")
                fields[name] = value.removeprefix(" ")
            elif "data" in fields:
                yield Event(fields["id"], json.loads(fields["data"]))
                fields = {}
            else:
                if "" in fields:
                    yield Event()
                fields = {}

    def views(self) -> Iterator[dict[str, Any]]:
        """Read the views alone."""
        return (event.view for event in self.events() if event.view is not None)

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        self.socket.close()
