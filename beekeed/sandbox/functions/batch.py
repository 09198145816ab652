"""tool_mobile_call_external_functions: many calls in one request.

The one rule: it is no transaction. Calls are made in order until the first one that fails; what
was done stays done, what comes later is not tried and has no answer. How names come is said for
each call: nothing of what the request itself says is handed on (seen on 4.5.6).
"""

import json
from dataclasses import replace
from typing import Any

from beekeed.sandbox.call import Call, Parameters, service_has
from beekeed.sandbox.errors import MoodleError, as_batch_answer, level
from beekeed.sandbox.rest import encode_json

_DEBUG_DEVELOPER = 32767


def call_external_functions(call: Call, parameters: Parameters) -> dict[str, Any]:
    """The answers in order; `data` and `exception` are JSON as text, a null answer is null."""
    responses = []
    for request in parameters["requests"]:
        inner = replace(call, raw=bool(request.get("settingraw")))
        response = _answer(inner, request["function"], request["arguments"])
        responses.append(response)
        if response["error"]:
            break
    return {"responses": responses}


def _answer(call: Call, function: str, arguments: str) -> dict[str, Any]:
    if not service_has(call, function):
        return _failure(_outside_service(call))
    try:
        data = call.run(call, function, _arguments(arguments))
    except MoodleError as error:
        return _failure(as_batch_answer(error, call.config))
    return {"error": False, "data": None if data is None else encode_json(data).decode()}


def _arguments(text: str) -> object:
    """The arguments as PHP has them; what is no JSON object or list is no arguments at all."""
    try:
        arguments = json.loads(text)
    except ValueError:
        return {}
    return arguments if isinstance(arguments, dict | list) else {}


def _outside_service(call: Call) -> dict[str, object]:
    """Not an exception like the others: no message (recorded: batch: function outside)."""
    answer: dict[str, object] = {"errorcode": "accessexception", "module": "webservice"}
    if level(call.config) >= _DEBUG_DEVELOPER:
        answer["debuginfo"] = "Access to the function is not allowed."
    return answer


def _failure(exception: dict[str, object]) -> dict[str, Any]:
    return {"error": True, "exception": encode_json(exception).decode()}
