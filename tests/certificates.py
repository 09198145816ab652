"""Certificates of every kind, made by openssl: good ones, and each fault."""

import os
import ssl
import subprocess
from pathlib import Path

from tests.faketime import preloaded

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Certificates:
    """A folder with an authority that the box knows, `known`, and servers' certificates."""

    def __init__(self, folder: Path, host: str) -> None:
        folder.mkdir()
        self._folder = folder
        self._host = host
        self.known = self._authority("authority")
        self._authority("stranger")

    def context(
        self,
        name: str = "",
        *,
        issuer: str = "authority",
        since: str = "2026-01-01",
        days: int = 2000,
    ) -> ssl.SSLContext:
        """Give a server with a certificate, for the site's name unless told, by an issuer."""
        name = name or self._host
        file = f"{name}-{issuer}-{since}-{days}"
        ask = [
            "req",
            *_KEY,
            "-keyout",
            f"{file}.key",
            "-out",
            f"{file}.csr",
            "-subj",
            f"/CN={name}",
        ]
        self._openssl(*ask, "-addext", f"subjectAltName=DNS:{name}")
        signed = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"]
        by = signed if issuer else ["-signkey", f"{file}.key"]
        self._openssl(
            "x509", "-req", "-in", f"{file}.csr", *by, "-days", str(days), "-copy_extensions",
            "copy", "-out", f"{file}.pem", at=since,
        )  # fmt: skip
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.load_cert_chain(self._folder / f"{file}.pem", self._folder / f"{file}.key")
        return made

    def _authority(self, name: str) -> Path:
        self._openssl(
            "req", "-x509", *_KEY, "-keyout", f"{name}.key", "-out", f"{name}.pem",
            "-subj", f"/CN={name}", "-days", "6000", at="2024-01-01",
        )  # fmt: skip
        return self._folder / f"{name}.pem"

    def _openssl(self, *words: str, at: str = "") -> None:
        faked = preloaded() | {"FAKETIME": f"{at} 00:00:00"} if at else {}
        subprocess.run(
            ["openssl", *words],
            cwd=self._folder,
            env=os.environ | faked,
            capture_output=True,
            check=True,
        )
