"""The API's document: what ninja knows, the bare route for sending, scopes, problems and examples."""

from http import HTTPStatus
from typing import Any

import msgspec
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from clew.capture.schemas import LeadIn
from clew.web.api.examples import ACCEPTED, ANSWERS, ARRAY, ASKED, ONE, REFUSED, SENT, UNSTORED
from clew.web.permissions import TABLE

LEADS = "/api/v1/leads"
PROBLEM = "application/problem+json"
ROUTES = {  # of operations that are not called like their route
    "lookup": "duplicates_lookup",
    "preview": "merges_preview",
    "merge": "merges",
    "unmerge": "merges_apart",
}
VISIBLE = "^[!-~]([ -~]*[!-~])?$"  # what a header may carry unchanged


class Api(NinjaAPI):
    """NinjaAPI whose document holds the bare route as well."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """Add `POST /leads`, its shapes, the tokens' scopes and the examples."""
        document = super().get_openapi_schema(**kwargs)
        _, shapes = msgspec.json.schema_components(
            [LeadIn], ref_template="#/components/schemas/{name}"
        )
        document["components"].setdefault("schemas", {}).update(shapes)
        document["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "clew_…"}
        }
        for path in document["paths"].values():
            for operation in path.values():
                _tell(operation)
        document["paths"][LEADS]["post"] = _sending()
        return document


def _tell(operation: dict[str, Any]) -> None:
    """Complete what ninja says of a list or a lead. Any one of the scopes suffices."""
    name = operation["operationId"]
    operation["security"] = [{"token": [scope]} for scope in _scopes(name)]
    for parameter in operation["parameters"]:
        _without_null(parameter["schema"])
        if parameter["name"] in ASKED.get(name, {}):
            parameter["example"] = ASKED[name][parameter["name"]]
    if name in SENT:
        operation["requestBody"]["content"]["application/json"]["example"] = SENT[name]
    operation["responses"][200]["content"]["application/json"]["example"] = ANSWERS[name]
    for status, response in operation["responses"].items():
        if int(status) >= HTTPStatus.BAD_REQUEST:
            response["content"] = {PROBLEM: response["content"]["application/json"]}
            response["description"] = HTTPStatus(int(status)).phrase


def _scopes(name: str) -> list[str]:
    route = ROUTES.get(name, name)
    return [scope.removeprefix("token:") for scope in TABLE[f"api:{route}"]]


def _without_null(schema: dict[str, Any]) -> None:
    """A parameter is left out, never null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema.update(kinds[0])
    if schema.get("default", "") is None:
        del schema["default"]


def _sending() -> dict[str, Any]:
    shape = {"$ref": "#/components/schemas/LeadIn"}
    many = {"type": "array", "items": shape, "minItems": 1, "maxItems": 1000}
    refused = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in (400, 401, 403, 405, 408, 413, 415, 422, 429, 500, 503)
    }
    for status, examples in (("422", REFUSED), ("503", UNSTORED)):
        refused[status]["content"][PROBLEM]["examples"] = examples  # type: ignore[index]
    return {
        "operationId": "receive",
        "summary": "Send one lead, or up to 1,000",
        "description": "Answered after the commit. An array is stored whole or not at all.",
        "security": [{"token": _scopes("receive")}],
        "parameters": [_idempotency_key()],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [shape, many]},
                    "examples": {"one": ONE, "array": ARRAY},
                }
            },
        },
        "responses": {"202": ACCEPTED, **refused},
    }


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key with the same body is stored once and answered alike. With one, whatever was answered by 503 may be sent again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": VISIBLE},
    }
