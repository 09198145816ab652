"""The sample with every oddity, brought to the sandbox and compared fact by fact."""

from pathlib import Path

import pytest

from tests.system.world import World
from tests.variety.online import SandboxMoodle
from tests.variety.run import check, show, synchronize
from tests.variety.sandbox import make_online

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.mark.full
def test_every_oddity_against_the_sandbox(tmp_path: Path) -> None:
    """What somebody did online stays, all else arrives, and nobody is mailed."""
    folder = tmp_path / "online"
    folder.mkdir()
    site = World(folder)
    site.online.unlink()
    make_online(site.online, TOKEN)
    site.token.write_text(TOKEN)
    site.start_online()
    try:
        online = SandboxMoodle(site.online, site.address, site.token)
        table = synchronize(tmp_path, online)
    finally:
        site.end()
    show(table)
    check(table)
