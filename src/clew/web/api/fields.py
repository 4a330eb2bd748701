"""The operator's own fields: what may stand in `custom` of a lead."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from clew.capture.queries import all_definitions
from clew.web.api.problems import REFUSALS

router = Router()


class ChoiceItem(Schema):
    """One of the answers to a choice. A retired one is no longer offered, but stays where it was given."""

    key: str
    label: str
    is_retired: bool


class FieldItem(Schema):
    """One field. Money is a whole number of minor units of `currency`, a date is ISO 8601, a choice its key."""

    key: str
    label: str
    kind: Literal["text", "number", "date", "choice", "money"]
    choices: list[ChoiceItem]
    unit: str
    currency: str | None
    is_retired: bool


class Fields(Schema):
    """All fields, in the operator's order, those that are retired last."""

    items: list[FieldItem]


@router.get(
    "/fields",
    response={200: Fields, **REFUSALS},
    url_name="fields",
    operation_id="fields",
    summary="The operator's own fields of leads",
)
def fields(request: HttpRequest) -> dict[str, Any]:
    """What may be sent in `custom`, and what is read there."""
    return {
        "items": [
            {
                "key": one.key,
                "label": one.label,
                "kind": one.kind,
                "choices": [
                    {"key": c.key, "label": c.label, "is_retired": c.is_retired}
                    for c in one.choices
                ],
                "unit": one.unit,
                "currency": one.currency if one.kind == "money" else None,
                "is_retired": one.is_retired,
            }
            for one in all_definitions().values()
        ]
    }
