"""Certificates as a common site on the internet has them, made by openssl.

A root that clients know (RSA 4096), an intermediate (P-384) and a server's own (P-256) with
two signed timestamps of a transparency log: the kinds, sizes and extensions of Let's
Encrypt's, of which the last two go over the line in each new connection. The root's key has
four primes, because such a key is made in a moment and signs as large.
"""

import ssl
import subprocess
from pathlib import Path

_SCRIPT = """
openssl req -x509 -newkey rsa:4096 -pkeyopt rsa_keygen_primes:4 -nodes -keyout root.key \
  -out root.pem -days 3650 -subj "/C=US/O=Internet Security Research Group/CN=Root X1"
ec="-newkey ec -nodes -pkeyopt ec_paramgen_curve"
openssl req $ec:P-384 -keyout between.key -out between.csr -subj "/C=US/O=Let's Encrypt/CN=E7"
openssl x509 -req -in between.csr -CA root.pem -CAkey root.key -CAcreateserial -days 1000 \
  -extfile between.cnf -out between.crt
openssl req $ec:P-256 -keyout site.key -out site.csr -subj /CN=HOST
openssl x509 -req -in site.csr -CA between.crt -CAkey between.key -CAcreateserial -days 90 \
  -extfile site.cnf -out site.crt
cat site.crt between.crt > chain.pem
"""
_BETWEEN = """
keyUsage = critical, digitalSignature, keyCertSign, cRLSign
extendedKeyUsage = clientAuth, serverAuth
basicConstraints = critical, CA:TRUE, pathlen:0
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
authorityInfoAccess = caIssuers;URI:http://x1.i.example.org/
certificatePolicies = 2.23.140.1.2.1
crlDistributionPoints = URI:http://x1.c.example.org/
"""
_SITE = f"""
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
basicConstraints = critical, CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
authorityInfoAccess = caIssuers;URI:http://e7.i.example.org/
subjectAltName = DNS:HOST
certificatePolicies = 2.23.140.1.2.1
crlDistributionPoints = URI:http://e7.c.example.org/42.crl
1.3.6.1.4.1.11129.2.4.2 = DER:0481F2{bytes(range(242)).hex()}
"""


class Chain:
    """A folder with the root that clients know, `root`, and a server's chain for a name."""

    def __init__(self, folder: Path, host: str) -> None:
        folder.mkdir()
        self._folder = folder
        self.root = folder / "root.pem"
        (folder / "between.cnf").write_text(_BETWEEN)
        (folder / "site.cnf").write_text(_SITE.replace("HOST", host))
        script = ["sh", "-ec", _SCRIPT.replace("HOST", host)]
        subprocess.run(script, cwd=folder, check=True, capture_output=True)

    def context(self) -> ssl.SSLContext:
        """Give a server with it."""
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.load_cert_chain(self._folder / "chain.pem", self._folder / "site.key")
        return made
