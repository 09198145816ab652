"""The description of the API says what the table says."""

import inspect
import json
from typing import Any

import msgspec
import pytest

from beekeed.control.openapi import description
from beekeed.control.route import Route
from beekeed.control.routes import ROUTES
from beekeed.errors import Code


@pytest.fixture(scope="module")
def described() -> Any:
    """The description as a program reads it."""
    return json.loads(msgspec.json.encode(description(ROUTES, "1.2.3")))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_described(described: Any, route: Route) -> None:
    """With who may, and what it does, in the words of its handler."""
    operation = described["paths"][route.path][route.method.lower()]
    assert operation["x-right"] == route.right
    assert operation["summary"].endswith(".")
    given = operation["responses"]["200"]["content"][route.media]["schema"]
    if route.answer is not None and route.media == "application/json":
        data = {"$ref": f"#/components/schemas/{route.answer.__name__}"}
        assert given == {"type": "object", "required": ["data"], "properties": {"data": data}}
    for code in route.codes:
        assert any(code in each["description"] for each in operation["responses"].values())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_answer_names_its_schema_and_version(route: Route) -> None:
    """So that other programs can rely on it; and nothing in it is left to guess."""
    if route.answer is None:
        assert route.media != "application/json" or route.path == "/v1/openapi.json"
        return
    (schema,) = (f for f in msgspec.structs.fields(route.answer) if f.name == "schema")
    assert schema.default.startswith("beekeed.")
    assert route.answer.__doc__


def test_every_handler_gives_what_the_table_says() -> None:
    """The type that is described is the one that it returns."""
    for route in ROUTES:
        if route.media == "application/json" and route.answer is not None:
            given = inspect.signature(route.serve).return_annotation
            assert given is route.answer, route.path


def test_errors_are_described_with_all_codes(described: Any) -> None:
    """One envelope for all, and every code that it may hold."""
    schemas = described["components"]["schemas"]
    assert set(schemas["Code"]["enum"]) == set(Code)
    assert set(schemas["ReasonView"]["required"]) == {
        "code", "params", "sentence", "remedy", "who",
    }  # fmt: skip
    assert schemas["Failure"]["properties"] == {
        "error": {"$ref": "#/components/schemas/ReasonView"}
    }


def test_what_may_be_asked_is_described(described: Any) -> None:
    """Queries, bodies and the parts of a path, with what is required and what is not."""
    paths = described["paths"]
    accept = {p["name"]: p for p in paths["/v1/guard/accept"]["post"]["parameters"]}
    assert accept["which"]["required"]
    assert not accept["kind"]["required"]
    assert "grade" in accept["kind"]["schema"]["enum"]
    (event_id, wait) = paths["/v1/runs/{event_id}"]["get"]["parameters"]
    assert (event_id["in"], event_id["required"]) == ("path", True)
    assert (wait["in"], wait["schema"]["minimum"]) == ("query", 0)
    assert paths["/v1/limit/top-up"]["post"]["requestBody"]["required"]
    assert not paths["/v1/sync"]["post"]["requestBody"]["required"]
    names = set(described["components"]["schemas"]["SyncAsked"]["properties"])
    assert names == {"day", "month", "from", "to", "force"}
