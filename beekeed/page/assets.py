"""The style sheet, the script and the icon: read once, compressed ahead, cached for good.

Each is asked for with its digest in the address, so that a new version is another address.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from importlib import resources

from aiohttp import web

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_NOT_AT_ALL = re.compile(r"q\s*=\s*0(\.0*)?", re.IGNORECASE)
_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is sent."""

    content_type: str
    plain: bytes
    gzipped: bytes
    digest: str


class Assets:
    """All of them."""

    def __init__(self) -> None:
        folder = resources.files("beekeed.page") / "static"
        self._found = {
            each.name: _read(each.name, each.read_bytes())
            for each in folder.iterdir()
            if each.name.rpartition(".")[2] in _TYPES
        }

    def address(self, name: str) -> str:
        """Give where a file is asked for."""
        return f"/static/{name}?{self._found[name].digest}"

    async def serve(self, request: web.Request) -> web.Response:
        """Serve one."""
        found = self._found.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"}
        is_small = takes_gzip(request)
        if is_small:
            headers["Content-Encoding"] = "gzip"
        body = found.gzipped if is_small else found.plain
        return web.Response(body=body, content_type=found.content_type, headers=headers)


def takes_gzip(request: web.Request) -> bool:
    """Tell whether a browser takes what is compressed (RFC 9110, 12.5.3)."""
    for each in request.headers.get("Accept-Encoding", "").split(","):
        coding, _, weight = each.partition(";")
        if coding.strip().lower() == "gzip":
            return not _NOT_AT_ALL.fullmatch(weight.strip())
    return False


def _read(name: str, plain: bytes) -> Asset:
    return Asset(
        content_type=_TYPES[name.rpartition(".")[2]],
        plain=plain,
        gzipped=gzip.compress(plain, 9, mtime=0),
        digest=hashlib.sha256(plain).hexdigest()[:12],
    )
