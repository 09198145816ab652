"""The three kinds of database that a box's Moodle may use, each as one read-only session.

One file a kind; `device.py` asks the same questions of each. A session lives in
one thread, and everything that it sends reads.
"""

from beekeed.errors import Code, DeviceUnreadable
from beekeed.moodle.databases.session import Session
from beekeed.moodle.login import Login


def new_session(login: Login, statement_seconds: int) -> Session:
    """Give a session that is not connected yet. Raises DeviceUnreadable."""
    match login.kind:
        case "sqlite":
            from beekeed.moodle.databases.sqlite import SqliteSession

            return SqliteSession(login)
        case "postgresql":
            try:
                from beekeed.moodle.databases.postgresql import PostgresqlSession
            except ImportError as error:  # psycopg, or the libpq that it loads
                raise DeviceUnreadable(Code.DRIVER_MISSING, detail=str(error)) from error
            return PostgresqlSession(login, statement_seconds)
        case _:
            from beekeed.moodle.databases.mysql import MysqlSession

            return MysqlSession(login, statement_seconds)
