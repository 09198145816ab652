"""`GET /v1/openapi.json`: the API in OpenAPI 3.1, made from the table of routes; no envelope.

Nothing here is written twice: types, limits and texts are the handlers' own.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from beekeed.control.api import Api
from beekeed.control.envelope import Failure, status_of
from beekeed.control.route import Route
from beekeed.errors import Code

TABLE: web.AppKey[Sequence[Route]] = web.AppKey("TABLE", Sequence[Route])
"""Where an application has its table."""

_ANY = (
    Code.BAD_REQUEST,
    Code.NOT_PERMITTED,
    Code.STRANGE_HOST,
    Code.FROM_BROWSER,
    Code.NOT_SIGNED_IN,
    Code.FORM_STALE,
    Code.ONLY_ON_BOX,
    Code.REQUEST_TOO_LARGE,
    Code.REQUEST_TOO_SLOW,
    Code.INTERNAL,
    Code.STORE_BROKEN,
)
"""What every route may answer; the last stands for all that passes or must be mended first."""
_REF = "#/components/schemas/{name}"
_TEXTS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The request is wrong; the sentence says how.",
    HTTPStatus.UNAUTHORIZED: "Nobody is signed in.",
    HTTPStatus.FORBIDDEN: "The caller may not do that.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.REQUEST_TIMEOUT: "The request did not come in time.",
    HTTPStatus.CONFLICT: "Not as things stand now.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too large.",
    HTTPStatus.MISDIRECTED_REQUEST: "The request is for another host.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many tries; `Retry-After` says when the next may be.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A mistake of beekeed's own.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not now: the code says what must come or be mended first.",
}

Json = dict[str, Any]


async def openapi(api: Api, request: web.Request) -> web.Response:
    """Describe the API for other programs."""
    described = description(request.config_dict[TABLE], api.version)
    return web.Response(body=msgspec.json.encode(described), content_type="application/json")


def description(routes: Sequence[Route], version: str) -> Json:
    """Give the whole description."""
    kinds: list[type] = [kind for route in routes for kind in (route.answer, route.body) if kind]
    kinds.append(Failure)
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    schema_of = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, Json] = defaultdict(dict)
    for route in routes:
        paths[route.path][route.method.lower()] = _operation(route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "beekeed's control API",
            "version": version,
            "description": "HTTP and JSON on a unix socket. Times are RFC 3339 in UTC, bytes are"
            " bytes. An answer with 200 has what was asked for in `data`, any other its code and"
            " a sentence in `error`.",
        },
        "servers": [{"url": "http://beekeed"}],
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(route: Route, schema_of: Mapping[type, Json]) -> Json:
    summary, _, rest = (route.serve.__doc__ or "").partition("\n")
    operation: Json = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z]+', '-', route.path[3:])}".strip(
            "-"
        ),
        "summary": summary,
        "description": " ".join(rest.split()),
        "x-right": route.right,
        "parameters": [*_path_parameters(route.path), *_query_parameters(route.query)],
        "responses": {
            "200": _answer(route, schema_of),
            **_failures([*_ANY, *route.codes], schema_of[Failure]),
        },
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": _is_required(route.body),
            "content": {"application/json": {"schema": schema_of[route.body]}},
        }
    return operation


def _answer(route: Route, schema_of: Mapping[type, Json]) -> Json:
    schema: Json = {"type": "string"}
    if route.answer is not None:
        schema = schema_of[route.answer]
    if route.answer is not None and route.media == "application/json":
        schema = {"type": "object", "required": ["data"], "properties": {"data": schema}}
    elif route.media == "application/json":
        schema = {"type": "object"}
    return {"description": "Done.", "content": {route.media: {"schema": schema}}}


def _failures(codes: Iterable[Code], schema: Json) -> Json:
    """Describe the errors, by status. Which codes belong to one stands in its text."""
    by_status: dict[HTTPStatus, list[Code]] = defaultdict(list)
    for code in codes:
        by_status[status_of(code)].append(code)
    return {
        str(status.value): {
            "description": f"{_TEXTS[status]} {_named(status, found)}",
            "content": {"application/json": {"schema": schema}},
        }
        for status, found in sorted(by_status.items())
    }


def _named(status: HTTPStatus, codes: Collection[Code]) -> str:
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return "Any code that has no other status."
    return f"Code: {', '.join(dict.fromkeys(codes))}."


def _path_parameters(path: str) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(kind: type[msgspec.Struct] | None) -> list[Json]:
    """Describe each field of a query; one that may be left out has no null in a query."""
    if kind is None:
        return []
    (_,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    described = components[kind.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in described.get("required", ()),
            "schema": _without_null(schema, components),
        }
        for name, schema in described["properties"].items()
    ]


def _without_null(schema: Json, components: Mapping[str, Json]) -> Json:
    kinds = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    plain = {**kinds[0], **{name: schema[name] for name in ("default",) if schema.get(name)}}
    named = plain.pop("$ref", None)
    return plain if named is None else {**components[named], **plain}


def _is_required(body: type[msgspec.Struct]) -> bool:
    return any(field.required for field in msgspec.structs.fields(body))
