"""A caller of the sandbox's web services for the tests: no code of ours, aiohttp's own encoding."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

PATH = "/webservice/rest/server.php"


@dataclass(frozen=True)
class Reply:
    """What came back: `body` is parsed where it is JSON, else text."""

    status: int
    content_type: str
    body: Any
    headers: Mapping[str, str]

    @property
    def errorcode(self) -> str | None:
        """The errorcode of a Moodle exception, None for anything else."""
        is_error = isinstance(self.body, dict) and "exception" in self.body
        return self.body.get("errorcode") if is_error else None


@dataclass(frozen=True)
class Caller:
    """Calls functions at an address with a token."""

    session: aiohttp.ClientSession
    address: str
    token: str

    async def __call__(self, function: str, **parameters: Any) -> Reply:
        """Calls one function and reads its answer, whatever it is."""
        return await self.send(function, parameters, token=self.token)

    async def send(self, function: str, parameters: Mapping[str, Any], *, token: str) -> Reply:
        """The same with another token."""
        fields = [
            ("wstoken", token),
            ("wsfunction", function),
            ("moodlewsrestformat", "json"),
            *flat(parameters),
        ]
        return await self.post(fields)

    async def post(
        self, fields: list[tuple[str, str]], headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Posts any fields at all."""
        async with self.session.post(
            self.address + PATH, data=fields, headers=headers, allow_redirects=False
        ) as response:
            is_json = response.content_type == "application/json"
            body = await response.json() if is_json else await response.text()
            content_type = response.headers.get("Content-Type", "")
            return Reply(response.status, content_type, body, response.headers)

    async def batch(self, *calls: tuple[str, str]) -> Reply:
        """Several calls in one request: pairs of a function and its arguments as JSON."""
        requests = [{"function": name, "arguments": text} for name, text in calls]
        return await self("tool_mobile_call_external_functions", requests=requests)


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested parameters as PHP's form fields: a[b][0]=..."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from flat(below, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from flat(below, f"{name}[{number}]")
    else:
        yield name, "" if value is None else str(value)
