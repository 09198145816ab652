"""The way to the mail server: encrypted, with a login, and whom it trusts."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from beekeed.core.mail import Security
from beekeed.errors import BeekeedError, Code
from beekeed.sqlite.store import Store
from tests.adapters.post import REFUSED, SENT, Post
from tests.certificates import Certificates
from tests.conftest import TOLD
from tests.mailserver import MailServer, mail_server

pytestmark = pytest.mark.usefixtures("alone")  # the bytes are told by the kernel

HOST = "localhost"
LOGIN = ("box", "it is a secret")
STARTTLS, TLS = Security.STARTTLS, Security.TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates for the mail server's name."""
    return Certificates(tmp_path_factory.mktemp("certificates") / "made", HOST)


@pytest.fixture(autouse=True)
def known(authority: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the box know that authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.known))


@contextmanager
def encrypted(
    security: Security, context: ssl.SSLContext, login: tuple[str, str] | None = LOGIN
) -> Iterator[MailServer]:
    """A mail server that wants a login, encrypted in one of two ways."""
    how = {"tls": context} if security is TLS else {"starttls": context}
    with mail_server(host="127.0.0.1", login=login, **how) as made:  # type: ignore[arg-type]
        yield made


def post_to(store: Store, server: MailServer, security: Security) -> Post:
    """A box that mails through it."""
    made = Post(store, server.port)
    made.set(server=HOST, security=security, user=LOGIN[0])
    made.password = LOGIN[1]
    return made


@pytest.mark.parametrize("security", [STARTTLS, TLS])
async def test_it_is_encrypted_and_logged_in(
    store: Store, authority: Certificates, security: Security, pytestconfig: pytest.Config
) -> None:
    """By STARTTLS or TLS from the start; what it costs is told, for a small mail with a login."""
    with encrypted(security, authority.context()) as server:
        post = post_to(store, server, security)
        await post.ran(actions=[SENT, REFUSED], set_aside=3)
        (mail,) = server.taken
        assert server.logins == [LOGIN]
        (entry,) = post.ledger.entries.values()
        cost = f"{entry.spent.sent} up, {entry.spent.received} down"
        pytestconfig.stash[TOLD].append(f"{security}: a mail of {len(mail.raw)} bytes cost {cost}")
        assert entry.spent.sent < len(mail.raw) + 2_500
        assert entry.spent.received < 4_500
        hellos = [each for each in server.commands if each.startswith("EHLO")]
        assert hellos == ["EHLO [127.0.0.1]"] * (2 if security is STARTTLS else 1)


@pytest.mark.parametrize("security", [STARTTLS, TLS])
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"issuer": "stranger"}, Code.MAIL_CERTIFICATE_REFUSED),
        ({"issuer": ""}, Code.MAIL_CERTIFICATE_REFUSED),
        ({"name": "mail.example.org"}, Code.MAIL_CERTIFICATE_REFUSED),
        ({"since": "2024-06-01", "days": 30}, Code.MAIL_CERTIFICATE_REFUSED),
    ],
    ids=["stranger", "self-signed", "another name", "out of date"],
)
async def test_who_is_not_the_server_gets_neither_password_nor_mail(
    store: Store, authority: Certificates, security: Security, wrong: dict[str, str], code: Code
) -> None:
    """It is told with a sentence, and the mail waits."""
    with encrypted(security, authority.context(**wrong)) as server:  # type: ignore[arg-type]
        post = post_to(store, server, security)
        await post.ran()
        assert await post.trouble() is code
        assert await post.states() == ["waiting"]
        assert server.logins == []
        assert server.came == []


async def test_a_wrong_clock_is_named_where_it_is_what_is_wrong(
    store: Store, authority: Certificates
) -> None:
    """A certificate that is out of date by a clock that is not trusted."""
    context = authority.context(since="2024-06-01", days=30)
    with encrypted(TLS, context) as server:
        post = post_to(store, server, TLS)
        post.trust.trusted = False
        await post.ran()
        assert await post.trouble() is Code.CLOCK_WRONG


async def test_a_server_without_starttls_gets_nothing(store: Store) -> None:
    """Whoever is in the way takes the offer out: then nothing goes on."""
    with mail_server() as server:
        post = post_to(store, server, STARTTLS)
        await post.ran()
        assert await post.trouble() is Code.MAIL_NOT_ENCRYPTED
        assert server.came == []
        assert server.logins == []


async def test_what_speaks_no_tls_is_a_trouble_with_a_sentence(store: Store) -> None:
    """The port of STARTTLS with `tls`."""
    with mail_server() as server:
        post = post_to(store, server, TLS)
        await post.ran()
        assert await post.trouble() is Code.MAIL_NOT_ENCRYPTED


async def test_a_login_that_is_refused_is_told_and_the_mail_waits(
    store: Store, authority: Certificates
) -> None:
    """Nothing is shown of the password."""
    with encrypted(STARTTLS, authority.context()) as server:
        post = post_to(store, server, STARTTLS)
        post.password = "wrong"
        await post.ran()
        trouble = await post.book.trouble()
        assert trouble is not None
        assert trouble.reason.code is Code.MAIL_LOGIN_REFUSED
        assert trouble.reason.params["user"] == "box"
        assert "wrong" not in str(trouble)
        assert await post.states() == ["waiting"]
        assert server.came == []


async def test_a_server_that_has_no_login_is_told(store: Store, authority: Certificates) -> None:
    """Where the settings name a user."""
    with encrypted(STARTTLS, authority.context(), login=None) as server:
        server.hidden = {"AUTH LOGIN PLAIN", "AUTH PLAIN LOGIN"}
        post = post_to(store, server, STARTTLS)
        await post.ran()
        assert await post.trouble() is Code.MAIL_LOGIN_REFUSED


async def test_no_password_goes_out_for_everybody_to_read(store: Store) -> None:
    """Without encryption a login is for loopback alone; without one it is a warning."""
    post = Post(store, 25)
    post.set(server="mail.example.org", user="box")
    await post.ran()
    assert await post.trouble() is Code.MAIL_PASSWORD_EXPOSED
    assert post.ledger.entries == {}
    with pytest.raises(BeekeedError):
        await post.mailer.test()
    post.set(user="")
    warning = post.mailer.warning()
    assert warning is not None
    assert warning.code is Code.MAIL_EXPOSED
    post.set(server="127.0.0.1")
    assert post.mailer.warning() is None
