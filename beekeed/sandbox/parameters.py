"""Checks parameters and shapes answers by the descriptions of Moodle's own contract.

The one rule: `validate` is `external_api::validate_parameters`, `shape` is
`external_api::clean_returnvalue`: which keys, in which order, of which type, and which words.
"""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, TypeAlias

from beekeed.sandbox.cleaning import CLEANERS, clean, php_text, valid
from beekeed.sandbox.errors import (
    MoodleError,
    invalid_parameter,
    invalid_response,
    shown_message,
)

Description: TypeAlias = Mapping[str, Any]
"""One node of the contract: type, required, null, default, and keys or of."""


Contract: TypeAlias = Mapping[str, Mapping[str, Description]]
"""By name of the function: its "parameters" and its "returns"."""


def read_contract() -> Contract:
    """The parameters and returns of each built function, of Moodle 4.5.6 (contract-4.5.6.json)."""
    text = files(__package__).joinpath("contract-4.5.6.json").read_text(encoding="utf-8")
    functions: Contract = json.loads(text)["functions"]
    return functions


def validate(description: Description, value: object, *, developer: bool = False) -> Any:
    """The value with defaults added, or `invalidparameter`.

    PHP's arrays come as dicts (of forms, keys int or str) or lists (of JSON). `developer` puts
    the debuginfo into the messages that nest, as a debugging site does.
    """
    if value is None and description.get("null", False):
        return None
    if description["type"] == "object":
        return _validate_object(description, value, developer=developer)
    if description["type"] == "list":
        _require_array(value)
        return [
            validate(description["of"], item, developer=developer) for _, item in entries(value)
        ]
    return _validate_scalar(description, value)


def entries(value: Any) -> Iterator[tuple[int | str, Any]]:
    """Keys and values of a PHP array, whichever way it came."""
    return iter(value.items()) if isinstance(value, dict) else iter(enumerate(value))


def _require_array(value: object) -> None:
    if not isinstance(value, dict | list):
        raise invalid_parameter(f"Only arrays accepted. The bad value is: '{php_text(value)}'")


def _validate_object(description: Description, value: object, *, developer: bool) -> dict[str, Any]:
    _require_array(value)
    given = dict(entries(value))
    result: dict[str, Any] = {}
    for key, wanted in description["keys"].items():
        if key not in given and wanted["required"] == "required":
            raise invalid_parameter(f"Missing required key in single structure: {key}")
        if key in given or wanted["required"] == "default":
            item = given.pop(key) if key in given else wanted["default"]
            result[key] = _validate_under(key, wanted, item, developer=developer)
    if given:
        names = ", ".join(str(key) for key in given)
        raise invalid_parameter(f"Unexpected keys ({names}) detected in parameter array.")
    return result


def _validate_under(key: str, description: Description, item: object, *, developer: bool) -> Any:
    """Validates what stands under a key and puts the key before the words of a refusal."""
    try:
        return validate(description, item, developer=developer)
    except MoodleError as error:
        message = shown_message(error, for_developer=developer)
        raise invalid_parameter(f"{key} => {message}: {error.debuginfo}") from error


def _validate_scalar(description: Description, value: object) -> Any:
    kind = description["type"]
    if isinstance(value, dict | list):
        raise invalid_parameter("Scalar type expected, array or object received.")
    if kind == "bool" and (isinstance(value, bool) or value in (0, 1, "0", "1")):
        return value in (True, 1, "1")
    if value is None or not valid(value, kind):
        raise invalid_parameter(
            f'Invalid external api parameter: the value is "{php_text(value)}", '
            f'the server was expecting "{kind}" type'
        )
    return clean(value, kind) if kind != "float" else float(php_text(value))


def shape(description: Description | None, answer: Any, *, developer: bool = False) -> Any:
    """The answer with the contract's keys in the contract's order and types, and no other.

    A text that is not of its type is `invalidresponse`; what the call did stays done.
    """
    if description is None or answer is None:
        return None
    if description["type"] == "list":
        return [shape(description["of"], item, developer=developer) for item in answer]
    if description["type"] != "object":
        return _shape_scalar(description["type"], answer)
    result: dict[str, Any] = {}
    for key, wanted in description["keys"].items():
        if key in answer:
            result[key] = _shape_under(key, wanted, answer[key], developer=developer)
        elif wanted["required"] == "required":
            raise KeyError(f"the sandbox's answer lacks {key}")
        elif wanted["required"] == "default" and wanted["type"] not in ("object", "list"):
            result[key] = wanted["default"]
    # To PHP an object without a key is an empty list.
    return result or []


def _shape_under(key: str, description: Description, item: object, *, developer: bool) -> Any:
    """Shapes what stands under a key and puts the key before the words of a refusal."""
    try:
        return shape(description, item, developer=developer)
    except MoodleError as error:
        message = shown_message(error, for_developer=developer)
        raise invalid_response(f"{key} => {message}: {error.debuginfo}") from error


def _shape_scalar(kind: str, answer: Any) -> Any:
    if kind == "bool":
        return bool(answer)
    if kind == "int":
        return int(answer)
    if kind == "float":
        # PHP's json_encode writes 50.0 as 50.
        return int(answer) if float(answer).is_integer() else float(answer)
    if kind in CLEANERS and not valid(answer, kind):
        raise invalid_response(
            f'Invalid external api response: the value is "{php_text(answer)}" of PHP type '
            f'"string", the server was expecting "{kind}" type'
        )
    return answer if kind == "raw" else php_text(answer)
