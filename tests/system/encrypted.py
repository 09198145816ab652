"""A world whose online Moodle has encryption in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.certificates import Certificates
from tests.front import Front
from tests.system.world import World


@contextmanager
def encrypted_world(folder: Path, **options: int) -> Iterator[World]:
    """Make a world whose online Moodle is reached over https, by who knows its certificate."""
    authority = Certificates(folder / "certificates", "localhost")
    front, made = Front(authority.context()), World(folder, **options)
    front.start()
    address = f"https://localhost:{front.port}"
    try:
        made.start_online(wwwroot=address)
        front.port_behind = int(made.address.rpartition(":")[2])
        made.address = address
        made.environment |= {"SSL_CERT_FILE": str(authority.known)}
        yield made
    finally:
        made.end()
        front.stop()
