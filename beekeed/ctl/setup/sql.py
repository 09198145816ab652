"""The SQL that makes an account which only reads, for each kind of server. Runs nothing.

Each statement may be run again: it changes nothing then.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from beekeed.moodle.login import Login

ACCOUNT = "beekeed"
"""The account's name."""

_ROUNDS = 4096  # PostgreSQL's own (scram_iterations)


def for_mysql(login: Login, hosts: Sequence[str], identified: str) -> list[str]:
    """Give the statements for MariaDB and MySQL; `identified`: what follows IDENTIFIED BY."""
    name = login.name.replace("`", "``").replace("_", "\\_").replace("%", "\\%")
    statements = []
    for host in hosts:
        account = f"'{ACCOUNT}'@'{host}'"
        statements += [
            f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY {identified}",
            f"ALTER USER {account} IDENTIFIED BY {identified}",
            f"GRANT SELECT ON `{name}`.* TO {account}",
        ]
    return statements


def for_postgresql(login: Login, owner: str, password: str) -> list[str]:
    """Give the statements for PostgreSQL, to be run in Moodle's database.

    `owner`: the account that makes Moodle's tables, so that those of later plugins can be read
    as well; empty where nobody knows. `password`: as it stands in the statement.
    """
    return [
        f"DO $$ BEGIN CREATE ROLE {ACCOUNT} LOGIN; EXCEPTION WHEN DUPLICATE_OBJECT THEN NULL;"
        " END $$",
        f"ALTER ROLE {ACCOUNT} LOGIN PASSWORD '{password}'",
        *_grants(login, owner),
    ]


def shown(login: Login, owner: str, hosts: Sequence[str]) -> list[str]:
    """Give the statements for whoever runs them by hand; three dots stand for a password."""
    if login.kind == "postgresql":
        return [f"CREATE ROLE {ACCOUNT} LOGIN PASSWORD '...'", *_grants(login, owner)]
    create, _alter, grant = for_mysql(login, hosts[-1:], "'...'")
    return [create, grant]


def _grants(login: Login, owner: str) -> list[str]:
    schema = _quoted(login.schema or "public")
    statements = [
        f"GRANT CONNECT ON DATABASE {_quoted(login.name)} TO {ACCOUNT}",
        f"GRANT USAGE ON SCHEMA {schema} TO {ACCOUNT}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {ACCOUNT}",
    ]
    if owner:
        statements.append(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {_quoted(owner)} IN SCHEMA {schema}"
            f" GRANT SELECT ON TABLES TO {ACCOUNT}"
        )
    return statements


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def native_hash(password: str) -> str:
    """Give what MariaDB keeps of a password, so that no log of the server has the password."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324 - mysql_native_password's own
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324


def scram_verifier(password: str) -> str:
    """Give what PostgreSQL keeps of a password (RFC 5803), for the same reason."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (
        base64.b64encode(each).decode() for each in (salt, stored, server)
    )
    return f"SCRAM-SHA-256${_ROUNDS}:{salt_text}${stored_text}:{server_text}"
