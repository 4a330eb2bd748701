"""The API, put together: its nouns, and what is said where a request cannot be read."""

from django.http import HttpRequest, HttpResponse
from ninja.errors import ValidationError

from clew.errors import Missing
from clew.web import errors
from clew.web.api import contacts, deletions, events, fields, lead, leads, placements
from clew.web.api.asking import of_parameter
from clew.web.api.document import Api

api = Api(
    title="Clew",
    version="1",
    description="Send leads, ask where they stand, and keep a copy of them up to date.",
    urls_namespace="api",
    openapi_url="/openapi.json",
    docs_url=None,
)
for noun in (leads, lead, contacts, placements, events, fields, deletions):
    api.add_router("", noun.router)


@api.exception_handler(ValidationError)
def unreadable(request: HttpRequest, exception: ValidationError) -> HttpResponse:
    """An id that is none is an id that does not exist; of a list's parameters the first is told."""
    places = [fault["loc"] for fault in exception.errors]
    names = [str(place[-1]) for place in places if place[0] == "query"]
    return errors.problem(request, of_parameter(names[0]) if names else Missing())
