"""The API, put together: its nouns, and what is said where a request cannot be read."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from ninja.errors import HttpError, ValidationError

from clew.errors import Missing
from clew.web import errors
from clew.web.api import (
    contacts,
    deletions,
    duplicates,
    events,
    fields,
    lead,
    leads,
    merges,
    placements,
)
from clew.web.api.asking import of_parameter
from clew.web.api.document import Api
from clew.web.api.errors import BodyUnusable

api = Api(
    title="Clew",
    version="1",
    description="Send leads, ask where they stand, keep a copy of them up to date, merge duplicates.",
    urls_namespace="api",
    openapi_url="/openapi.json",
    docs_url=None,
)
for noun in (leads, lead, contacts, placements, events, fields, deletions, duplicates, merges):
    api.add_router("", noun.router)


@api.exception_handler(ValidationError)
def unreadable(request: HttpRequest, exception: ValidationError) -> HttpResponse:
    """An id that is none is an id that does not exist; of parameters and of a body the first fault is told."""
    places = [fault["loc"] for fault in exception.errors]
    names = [str(place[-1]) for place in places if place[0] == "query"]
    bodies = [place for place in places if place[0] == "body"]
    if bodies:
        return errors.problem(request, BodyUnusable(at=_path(bodies[0])))
    return errors.problem(request, of_parameter(names[0]) if names else Missing())


@api.exception_handler(HttpError)
def no_json(request: HttpRequest, exception: HttpError) -> HttpResponse:
    """What is no JSON at all."""
    return errors.problem(request, errors.Unreadable())


def _path(place: Sequence[int | str]) -> str:
    """Say where in the body: merges, then the number from 0, then the field."""
    return ".".join(str(part) for part in place[2:])[:100]
