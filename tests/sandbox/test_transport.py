"""HTTP: who is redirected, what is counted, how a form is read."""

import asyncio
import gzip
import sqlite3
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from beekeed.sandbox.rest import parse_form

from .client import PATH, Caller
from .conftest import NOW, TOKEN

Sql = Callable[..., list[sqlite3.Row]]


async def exchange(address: str, message: bytes) -> bytes:
    """Sends bytes to the site and reads all it sends back."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(message)
    await writer.drain()
    received = await reader.read()
    writer.close()
    await writer.wait_closed()
    return received


def request(call: Caller, body: bytes, *headers: str, host: str | None = None) -> bytes:
    """A POST to the web service as it stands on the socket; the connection ends with it."""
    lines = [
        f"POST {PATH} HTTP/1.1",
        f"Host: {host or call.address.removeprefix('http://')}",
        "Content-Type: application/x-www-form-urlencoded",
        "Connection: close",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


def form(function: str, **fields: str) -> bytes:
    """A form body."""
    own = {"wstoken": TOKEN, "wsfunction": function, "moodlewsrestformat": "json"}
    return urlencode(own | fields).encode()


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_every_byte_of_both_messages_is_counted(
    call: Caller, sql: Sql, encoding: str
) -> None:
    """The account of a request is what stood on the socket, heads and framing included."""
    body = form("core_course_get_contents", courseid="2")
    sent = request(call, body, f"Content-Length: {len(body)}", f"Accept-Encoding: {encoding}")
    received = await exchange(call.address, sent)
    row = sql("SELECT * FROM sandbox_request")[-1]
    assert (row["bytes_up"], row["bytes_down"]) == (len(sent), len(received))
    assert (row["status"], row["function"], row["at"]) == (200, "core_course_get_contents", NOW)


async def test_a_chunked_request_is_read_and_counted(call: Caller, sql: Sql) -> None:
    """Chunks count with their sizes."""
    body = form("core_webservice_get_site_info")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:20], body[20:])) + b"0\r\n\r\n"
    sent = request(call, chunks, "Transfer-Encoding: chunked")
    received = await exchange(call.address, sent)
    assert b'"username":"beekeesync"' in received
    assert sql("SELECT * FROM sandbox_request")[-1]["bytes_up"] == len(sent)


async def test_answers_are_compressed_for_who_takes_it(call: Caller) -> None:
    """nginx in front of Moodle compresses JSON; contents shrink to a tenth."""
    body = form("core_course_get_contents", courseid="2")
    head = f"Content-Length: {len(body)}"
    plain = await exchange(call.address, request(call, body, head))
    zipped = await exchange(call.address, request(call, body, head, "Accept-Encoding: gzip"))
    assert b"Content-Encoding: gzip" in zipped
    assert len(zipped) * 4 < len(plain)
    chunk = zipped.split(b"\r\n\r\n", 1)[1]
    size, _, rest = chunk.partition(b"\r\n")
    assert gzip.decompress(rest[: int(size, 16)]) in plain


async def test_a_compressed_request_is_not_understood(call: Caller) -> None:
    """PHP sees garbage, so there is no token."""
    body = gzip.compress(form("core_webservice_get_site_info"))
    sent = request(call, body, f"Content-Length: {len(body)}", "Content-Encoding: gzip")
    received = await exchange(call.address, sent)
    assert b"invalidtoken" in received or b"EXCEPTION" in received


async def test_another_host_is_redirected_to_the_sites_own(call: Caller, sql: Sql) -> None:
    """HTML and 303, nothing done; the site's address is its wwwroot."""
    body = form("core_webservice_get_site_info")
    sent = request(call, body, f"Content-Length: {len(body)}", host="portal.example")
    received = await exchange(call.address, sent)
    assert received.startswith(b"HTTP/1.1 303 ")
    assert f"Location: {call.address}{PATH}".encode() in received
    assert b"text/html" in received
    sql("UPDATE mdl_config SET value = 'https://moodle.example' WHERE name = 'wwwroot'")
    reply = await call("core_webservice_get_site_info")
    assert (reply.status, reply.headers["Location"]) == (303, f"https://moodle.example{PATH}")


async def test_a_get_is_served_as_well(call: Caller) -> None:
    """Moodle's REST takes its fields from the query too."""
    query = form("core_course_get_courses_by_field", field="shortname", value="BK-FR").decode()
    async with call.session.get(f"{call.address}{PATH}?{query}") as response:
        courses = (await response.json())["courses"]
    assert [course["shortname"] for course in courses] == ["BK-FR"]


async def test_the_query_is_never_noted(call: Caller, sql: Sql) -> None:
    """It may hold the token."""
    async with call.session.get(f"{call.address}/elsewhere?wstoken={TOKEN}") as response:
        assert response.status == 404
    assert TOKEN not in str([tuple(row) for row in sql("SELECT * FROM sandbox_request")])


async def test_without_the_format_an_error_is_xml(call: Caller) -> None:
    """Moodle's default format is XML."""
    reply = await call.post([("wstoken", "no"), ("wsfunction", "x")])
    assert reply.content_type.startswith("application/xml")
    assert "<ERRORCODE>invalidtoken</ERRORCODE>" in reply.body


async def test_a_kept_connection_serves_many_requests(call: Caller, sql: Sql) -> None:
    """Two requests written at once are answered in order."""
    body = form("core_webservice_get_site_info")
    head = f"Content-Length: {len(body)}"
    first = request(call, body, head).replace(b"Connection: close\r\n", b"")
    received = await exchange(call.address, first + request(call, body, head))
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert len(sql("SELECT * FROM sandbox_request")) == 2


async def test_json_is_written_as_php_writes_it(call: Caller) -> None:
    """No blanks, a backslash before each slash, escapes for all but ASCII: that is what counts."""
    body = form("core_user_get_users_by_field", **{"field": "username", "values[0]": "pupil.noor"})
    received = await exchange(call.address, request(call, body, f"Content-Length: {len(body)}"))
    assert rb'"firstname":"\u0646\u0648\u0631","lastname":' in received
    assert rb'"profileimageurl":"http:\/\/127.0.0.1:' in received


async def test_a_caller_who_hangs_up_disturbs_nobody(call: Caller) -> None:
    """Half a request is no request."""
    body = form("core_webservice_get_site_info")
    whole = request(call, body, f"Content-Length: {len(body)}")
    host, port = call.address.removeprefix("http://").split(":")
    for part in (whole[:30], whole[:-5], b"nonsense\r\n\r\n"):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(part)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    assert (await call("core_webservice_get_site_info")).status == 200


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a[b][0][c]=1&a[b][0][d]=2", {"a": {"b": {0: {"c": "1", "d": "2"}}}}),
        (b"a[]=1&a[]=2", {"a": {0: "1", 1: "2"}}),
        (b"a[5]=1&a[]=2", {"a": {5: "1", 6: "2"}}),
        (b"a[01]=1&a[-3]=2", {"a": {"01": "1", -3: "2"}}),
        (b"a%5Bb%5D=%2B+x", {"a": {"b": "+ x"}}),
        ("a[n]=Ndéye [\"{}]'".encode(), {"a": {"n": "Ndéye [\"{}]'"}}),
        (b"a.b c=1", {"a_b_c": "1"}),
        (b"a[b=1", {"a_b": "1"}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
        (b"&&a", {"a": ""}),
    ],
    ids=str,
)
def test_a_form_is_read_as_php_reads_it(encoded: bytes, expected: dict[str, object]) -> None:
    """Brackets make arrays, whole numbers make list keys, raw UTF-8 needs no escaping."""
    assert parse_form(encoded, 1000) == expected
