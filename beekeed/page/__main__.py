"""`beekeed-page`: argv -> settings -> the page."""

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import beekeed
from beekeed import config, logs
from beekeed.errors import BeekeedError
from beekeed.page import server
from beekeed.starting import DEFAULT_CONFIG, told


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page; gives the exit code."""
    arguments = parser().parse_args(argv)
    sockets = server.activated()
    if not (sockets or arguments.listen):
        parser().error("systemd opened no socket, so it must be told where: --listen 0.0.0.0:8088")
    logs.set_up_logging("info")
    try:
        asyncio.run(_serve(arguments, sockets))
    except BeekeedError as error:
        return told("beekeed-page", error)
    return 0


def parser() -> argparse.ArgumentParser:
    """Describe the command line of `beekeed-page`."""
    top = argparse.ArgumentParser(prog="beekeed-page", description=beekeed.page.__doc__)
    top.add_argument("--version", action="version", version=beekeed.__version__)
    top.add_argument(
        "--config",
        default=DEFAULT_CONFIG,
        metavar="FILE",
        help=f"the settings (default: {DEFAULT_CONFIG})",
    )
    top.add_argument(
        "--listen",
        type=_place,
        metavar="HOST:PORT",
        help="where to serve, if systemd opened no socket; port 0: any, which is printed",
    )
    return top


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"no host and port like 0.0.0.0:8088: {text}")
    return host.strip("[]"), int(port)


async def _serve(arguments: argparse.Namespace, sockets: Sequence[socket.socket]) -> None:
    settings = config.read_page(Path(arguments.config))
    is_activated = bool(sockets)
    tls = server.tls_of(settings.page.certificate_file, settings.page.key_file)
    if not is_activated:
        sockets = [server.opened(*arguments.listen)]
        host, port = sockets[0].getsockname()[:2]
        scheme = "https" if tls else "http"
        shown = f"[{host}]" if ":" in host else host
        print(f"{scheme}://{shown}:{port}/", flush=True)
    await server.run(
        sockets,
        page_socket=settings.page_socket,
        names=settings.page.names,
        tls=tls,
        ends_when_idle=is_activated,
    )


if __name__ == "__main__":
    sys.exit(main())
