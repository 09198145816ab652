"""The secrets that the settings name: each from systemd's credential, else from its file.

Each is read when it is needed, and no error ever shows what a file holds.
"""

import os
import stat
from pathlib import Path

from beekeed.errors import Code, ConfigError
from beekeed.sections import Settings


def read_token(settings: Settings) -> str:
    """Read the web service token: systemd's credential `token`, else the settings' file.

    Raises ConfigError without ever showing what the file holds.
    """
    path = _secret_file("token", settings.online.token_file)
    token = _read_secret(path, Code.TOKEN_UNREADABLE)
    if not token or any(c.isspace() for c in token):
        detail = "it holds more than one word" if token else "it is empty"
        raise ConfigError(Code.TOKEN_UNREADABLE, path=str(path), detail=detail)
    return token


def read_password(settings: Settings) -> str:
    """Read the password of the box's database: credential `device_password`, else the file.

    Empty where neither is there: the account needs none, or config.php has it.
    Raises ConfigError.
    """
    path = _secret_file("device_password", settings.device.password_file)
    return _read_secret(path, Code.PASSWORD_UNREADABLE) if path != Path() else ""


def read_mail_password(settings: Settings) -> str:
    """Read the password for the mail server: credential `mail_password`, else the file.

    Empty where neither is there. Raises ConfigError, also where everybody may read the file.
    """
    path = _secret_file("mail_password", settings.mail.password_file)
    if path == Path():
        return ""
    password = _read_secret(path, Code.MAIL_PASSWORD_UNREADABLE)
    if path.stat().st_mode & stat.S_IROTH:
        detail = "everybody may read it"
        raise ConfigError(Code.MAIL_PASSWORD_UNREADABLE, path=str(path), detail=detail)
    return password


def _secret_file(credential: str, file: str) -> Path:
    """Tell where a secret is: systemd's credential comes first.

    A blank one stands for a file that is not there, without which systemd would start nothing.
    """
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory:
        handed = Path(directory, credential)
        if handed.exists() and handed.read_bytes().strip():
            return handed
    return Path(file)


def _read_secret(path: Path, trouble: Code) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        detail = str(error.strerror) if isinstance(error, OSError) else "it is not text"
        raise ConfigError(trouble, path=str(path), detail=detail) from error
