"""What every list has in common: how it is asked for, where it goes on, and who asks."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja import Field, Schema
from pydantic import BeforeValidator, WithJsonSchema

from clew.access.models import Member, Token
from clew.base.changes import Position, page
from clew.errors import ClewError
from clew.web.api.errors import (
    CursorUnknown,
    LimitOutOfRange,
    ParameterRepeated,
    ParameterUnknown,
    ParameterUnusable,
    TimeUnreadable,
)

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
MOST = 200
USUAL = 50
LARGEST_ID = 2**63 - 1
TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
POSITION = ("cursor", "limit", "updated_since")  # all other parameters filter


def _time(text: Any) -> datetime:
    """RFC 3339: nothing is guessed, least of all the offset."""
    if not TIME.fullmatch(text):
        raise ValueError(text)
    given = datetime.fromisoformat(text.upper())
    try:
        return given.astimezone(UTC)
    except OverflowError:  # hours before the first day there is, or after the last
        return given.replace(tzinfo=UTC)


def _whole(text: Any) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", str(text)):
        raise ValueError(text)
    return int(text)


Time = Annotated[
    datetime, BeforeValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})
]
Limit = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_whole)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID), BeforeValidator(_whole)]
Plain = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
Key = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$")]


class Numbered(Schema):
    """How far to read."""

    cursor: str | None = Field(
        None,
        min_length=1,
        max_length=400,
        description="`next_cursor` of the page before, with the same filters; it does not expire.",
    )
    limit: Limit = Field(USUAL, description="How many items at most.")


class Asked(Numbered):
    """How far to read. Without a cursor, a list begins with what changed longest ago."""

    updated_since: Time | None = Field(
        None, description="Only what changed then or later; RFC 3339 with offset."
    )


class Listing(Schema, Generic[Item]):
    """One page. `next_cursor` is always there: what changes later comes behind it."""

    items: list[Item]
    next_cursor: str
    has_more: bool


def paged(
    request: HttpRequest, asked: Asked, rows: QuerySet[Row], told: Callable[[Row], dict[str, Any]]
) -> dict[str, Any]:
    """Answer one page of rows that are already visible and filtered."""
    found = read(request, asked, rows)
    return {**found, "items": [told(row) for row in found["items"]]}


def read(request: HttpRequest, asked: Asked, rows: QuerySet[Row]) -> dict[str, Any]:
    """Read one page; its items are still rows. Raises Invalid where the asking cannot be meant."""
    _check_names(request, type(asked))
    place = _place(request, asked)
    if asked.updated_since and hasattr(rows.model, "written_at"):
        rows = rows.filter(written_at__gte=asked.updated_since)
    found = page(rows, _position(asked.cursor, place), asked.limit)
    return {
        "items": found.rows,
        "next_cursor": _signer().sign_object([place, found.end.written_in, found.end.key]),
        "has_more": found.has_more,
    }


def listed(request: HttpRequest, asked: Numbered, rows: QuerySet[Row]) -> dict[str, Any]:
    """Read one page of rows in the order of their numbers; its items are still rows.

    Only for rows that are numbered in the order of their commits. Raises Invalid as `read` does.
    """
    _check_names(request, type(asked))
    place = _place(request, asked)
    after = _position(asked.cursor, place)
    number = int(after.key) if after else 0
    found = list(rows.filter(pk__gt=number).order_by("pk")[: asked.limit + 1])
    shown = found[: asked.limit]
    end = str(shown[-1].pk if shown else number)
    return {
        "items": shown,
        "next_cursor": _signer().sign_object([place, 0, end]),
        "has_more": len(found) > asked.limit,
    }


def viewer(request: HttpRequest) -> Member:
    """A token sees what the member who made it may see."""
    return Token.objects.select_related("created_by").get(pk=request.grant.token_id).created_by  # type: ignore[attr-defined]


def of_parameter(name: str) -> ClewError:
    """The error for a parameter that could not be read."""
    if name == "cursor":
        return CursorUnknown()
    if name == "limit":
        return LimitOutOfRange()
    return (
        TimeUnreadable(parameter=name)
        if name == "updated_since"
        else ParameterUnusable(parameter=name)
    )


def _check_names(request: HttpRequest, kind: type[Numbered]) -> None:
    for name, values in request.GET.lists():
        if name not in kind.model_fields:
            raise ParameterUnknown(parameters=sorted(kind.model_fields))
        if len(values) > 1:
            raise ParameterRepeated(parameter=name)


def _place(request: HttpRequest, asked: Numbered) -> dict[str, Any]:
    """What a cursor holds good for: this list with these filters."""
    filters = asked.model_dump(mode="json", exclude_none=True, exclude=set(POSITION))
    return {"list": request.path, **filters}


def _position(cursor: str | None, place: dict[str, Any]) -> Position | None:
    if cursor is None:
        return None
    try:
        given, written_in, key = _signer().unsign_object(cursor)
    except BadSignature as forged:
        raise CursorUnknown from forged
    if given != place:
        raise CursorUnknown
    return Position(written_in, key)


def _signer() -> Signer:
    return Signer(sep=".", salt="clew.web.api.cursor")
