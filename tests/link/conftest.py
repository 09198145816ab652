"""A line with a net at its other end, and boxes whose daemons run on it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import namespaces
from tests.link.certificates import Certificates
from tests.link.net import HOST, Net
from tests.namespaces import ip
from tests.system.world import World


@pytest.fixture(scope="module")
def net() -> Iterator[Net]:
    """A line that is up, with a default route and a name service at its other end."""
    with namespaces.line("way", subnet="10.79.0") as line:
        ip("-n", line.box, "route", "add", "default", "via", line.net_address)
        settings = Path("/etc/netns", line.box)
        settings.mkdir(parents=True)
        text = f"nameserver {line.net_address}\noptions timeout:1 attempts:1\n"
        (settings / "resolv.conf").write_text(text)
        made = Net(line)
        yield made
        made.close()
        shutil.rmtree(settings)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates for the site's name."""
    return Certificates(tmp_path_factory.mktemp("certificates") / "made", HOST)


def box(folder: Path, net: Net, address: str, **environment: str) -> World:
    """A box whose daemon runs on the line, for a site with an address."""
    made = World(folder, learners=2)
    made.address = address
    made.environment |= environment
    made.start_daemon(inside=net.line.box, online__timeout_seconds="5")
    return made


@pytest.fixture(scope="module")
def https(
    net: Net, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A box whose site's address is encrypted, as it should be."""
    folder = tmp_path_factory.mktemp("https")
    made = box(folder, net, f"https://{HOST}", SSL_CERT_FILE=str(certificates.authority))
    yield made
    made.end()


@pytest.fixture(scope="module")
def http(net: Net, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A box whose site's address is not encrypted, as in trials."""
    made = box(tmp_path_factory.mktemp("http"), net, f"http://{HOST}")
    yield made
    made.end()
