"""Step 8: what is set now, where the page is, and what is left to do."""

import socket
from typing import Any

from beekeed import config
from beekeed.client import Client
from beekeed.ctl.language import _, size
from beekeed.ctl.schedule import next_sync
from beekeed.ctl.setup.files import Files
from beekeed.ctl.setup.record import Record
from beekeed.ctl.terminal import Terminal
from beekeed.errors import ConfigError

_PORT = 8088  # of beekeed-page.socket


def show(record: Record, client: Client, terminal: Terminal, files: Files) -> None:
    """Print all of it, in short."""
    addresses = page_addresses(client, files)
    record.done("page", addresses=addresses)
    if terminal.as_json:
        return
    status, limit = client.get("status"), client.get("limit")
    month = size(limit["limit_bytes"]) if limit["enabled"] else _("no limit")
    password = client.get("password")["is_set"]
    terminal.fields(
        [
            (_("Online Moodle"), status["target"]["address"]),
            (_("Next sync"), next_sync(terminal, status)),
            (_("Data a month"), month),
            (_("Status page"), "  ".join(addresses)),
            (_("Sign in there"), _("with the password") if password else _("nobody can")),
        ]
    )


def page_addresses(client: Client, files: Files) -> list[str]:
    """Give where browsers find the page: by the box's name, and by its addresses."""
    names = [f"{socket.gethostname()}.local"]
    for each in _interfaces(client):
        if not each["loopback"]:
            names += [address for address in each["addresses"] if ":" not in address]
    scheme = "https" if _has_certificate(files) else "http"
    return [f"{scheme}://{name}:{_PORT}" for name in names]


def _interfaces(client: Client) -> list[dict[str, Any]]:
    interfaces: list[dict[str, Any]] = client.get("link")["interfaces"]
    return interfaces


def _has_certificate(files: Files) -> bool:
    try:
        given = config.read(files.settings).get("page.certificate_file")
    except ConfigError:
        return False
    return bool(given and given.value)
