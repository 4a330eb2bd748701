"""Finding the leads that a filter means, in the order it names, page by page by key.

What cannot be read, or names something that is gone, fits nothing: a change to all that fit must
never reach further than the reader meant. Newest and oldest first follow an index of any size; every other
order sorts what was found, which is offered up to SORTED_AT_MOST leads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from django.db.models import (
    Exists,
    F,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from clew.capture.custom import CUSTOM
from clew.capture.models import ImportRow, Source
from clew.capture.queries import all_definitions
from clew.capture.regions import resolve
from clew.contacts.having import by_value
from clew.contacts.lettering import says
from clew.contacts.models import Lead, Repeat
from clew.contacts.queries import contacts_by_number
from clew.grading.models import Grade
from clew.handoff.models import Placement
from clew.handoff.routing import span
from clew.pipeline.custom import SPANNED, condition
from clew.pipeline.filters import HISTORY, NOBODY, Filter
from clew.pipeline.models import Task
from clew.pipeline.moves.finding import has_left, is_at, was_at
from clew.pipeline.stages import (
    OPEN,
    came_by,
    clocked,
    ended,
    furthest,
    promised,
    reached,
    reached_in,
)

DIGITS_AT_LEAST = 4
SORTED_AT_MOST = 20_000
BIGGEST = 2**63 - 1
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
UNGRADED = -1_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the list: by what, which way, and whether an index holds it at any size."""

    by: Combinable
    is_falling: bool = True
    is_indexed: bool = False
    is_custom: bool = False


_graded = Grade.objects.filter(lead=OuterRef("pk"), superseded_at__isnull=True)
_due = Task.objects.filter(lead=OuterRef("pk"), done_at__isnull=True).values("due_at")
_points = _graded.annotate(rank=F("level") * 100_000 + F("points")).values("rank")
ORDERS: Mapping[str, Order] = {
    "": Order(F("opened_at"), is_indexed=True),
    "oldest": Order(F("opened_at"), is_falling=False, is_indexed=True),
    "messaged": Order(F("strengthened_at")),
    "best": Order(Coalesce(Subquery(_points, output_field=IntegerField()), Value(UNGRADED))),
    "due": Order(Coalesce(Subquery(_due), Value(NEVER)), is_falling=False),
    "cost": Order(F("cost_minor")),
    "name": Order(F("contact__name"), is_falling=False),
    "company": Order(F("contact__company"), is_falling=False),
}


def matching(found: QuerySet[Lead], wanted: Filter) -> QuerySet[Lead]:
    """Give those of the leads that fit a settled filter, in its order, from where the page begins."""
    if wanted.place == HISTORY or not (wanted.q or wanted.batch):
        found = found.filter(is_history=wanted.place == HISTORY)
    found = _standing(found, wanted)
    if wanted.grade:
        found = found.filter(Exists(_graded.filter(_numbered("level", wanted.grade))))
    found = found.filter(_about(wanted) & came(wanted) & _gone_far(wanted))
    if wanted.batch:
        found = found.filter(_brought(wanted.batch))
    if wanted.q:
        found = found.filter(_meant(wanted.q.strip()))
    return _beyond(found, wanted)


def order_of(sort: str) -> Order:
    """Give the order that a filter names; newest first where it names none. Custom figures and days fall."""
    if not sort.startswith(CUSTOM):
        return ORDERS.get(sort, ORDERS[""])
    field = all_definitions().get(sort.removeprefix(CUSTOM))
    if field is None or field.kind not in SPANNED:
        return ORDERS[""]
    empty = Value(None, JSONField())  # of JSON, below every text and figure
    return Order(Coalesce(by_value(field), empty, output_field=JSONField()), is_custom=True)


def is_too_many(found: QuerySet[Lead], wanted: Filter) -> bool:
    """Tell whether more leads fit than the order of a filter can be had for."""
    if order_of(wanted.sort).is_indexed:
        return False
    return at_most(matching(found, wanted.beginning), SORTED_AT_MOST + 1) > SORTED_AT_MOST


def at_most(found: QuerySet[Lead], most: int) -> int:
    """Count leads, and stop at so many."""
    return found.order_by()[:most].count()


def key(wanted: Filter, last: UUID, opened_at: datetime) -> str:
    """Give the key that the list goes on after; it never holds what somebody typed."""
    is_indexed = order_of(wanted.sort).is_indexed
    return f"{opened_at.isoformat()}_{last}" if is_indexed else f"_{last}"


def _standing(found: QuerySet[Lead], wanted: Filter) -> QuerySet[Lead]:
    """Keep what stands in a place, with a person or a team, or ended in a way: all asked of its one place."""
    here = Placement.objects.filter(lead=OuterRef("pk"), closed_at__isnull=True)
    asked = here
    if wanted.place and wanted.place != HISTORY:
        asked = asked.filter(kind=wanted.place)
    if wanted.end == OPEN:
        found = found.filter(~Exists(here.filter(kind=Placement.Kind.CLOSED)))
    elif wanted.end:
        asked = asked.filter(ended(wanted.end))
    if wanted.team == NOBODY:
        asked = asked.filter(team__isnull=True)
    elif wanted.team:
        asked = asked.filter(_numbered("team", wanted.team))
    if wanted.holder:
        asked = asked.filter(_numbered("seat__member", wanted.holder))
    return found if asked is here else found.filter(Exists(asked))


def number(text: str) -> int | None:
    """Read a number of something; None where it is none."""
    is_one = text.isascii() and text.isdecimal() and int(text) <= BIGGEST
    return int(text) if is_one else None


def _numbered(name: str, text: str) -> Q:
    """Find by a number; what is no number finds nothing."""
    wanted = number(text)
    return Q(pk__in=()) if wanted is None else Q(**{name: wanted})


def _about(wanted: Filter) -> Q:
    """Find by what is known of a lead: its source, product group, region and custom fields."""
    known = Q(source__in=_sources(wanted.source)) if wanted.source else Q()
    if wanted.category:
        known &= Q(category__iexact=wanted.category.strip())
    if wanted.region:
        known &= _inside(wanted.region.strip())
    if wanted.custom:
        known &= condition(wanted.custom, all_definitions())
    return known


def _sources(key: str) -> list[int]:
    """Name a source by its number: the planner knows how many leads each has."""
    return list(Source.objects.filter(key=key).values_list("pk", flat=True))


def _gone_far(wanted: Filter) -> Q:
    """Find by the stage that a lead has come to, and by how soon it was reached."""
    asked = {
        reached: wanted.reached,
        furthest: wanted.stage,
        reached_in: wanted.speed,
        promised: wanted.promise,
        clocked: wanted.clock,
        came_by: wanted.channel,
        is_at: wanted.at,
        was_at: wanted.was,
    }
    gone_far = reduce(and_, (part(code) for part, code in asked.items() if code), Q())
    if wanted.left or wanted.why or wanted.left_since:
        gone_far &= has_left(wanted.left, wanted.why, wanted.left_since)
    return gone_far


def _inside(text: str) -> Q:
    """Find what lies in a region; a text that names none is looked for as it was written."""
    code = resolve(text).code
    if code is None:
        return Q(region__icontains=text)
    first, behind = span(code)
    return Q(region_code__gte=first, region_code__lt=behind)


def came(wanted: Filter) -> Q:
    """Find by the days between which a lead came in, both included; an unsettled period finds nothing."""
    try:
        first = date.fromisoformat(wanted.since) if wanted.since else None
        last = date.fromisoformat(wanted.until) if wanted.until else None
        begins = _midnight(first) if first else None
        ends = _midnight(last + timedelta(days=1)) if last else None
    except (ValueError, OverflowError):
        return Q(pk__in=())
    between = Q(opened_at__gte=begins) if begins else Q()
    if ends:
        between &= Q(opened_at__lt=ends)
    return Q(pk__in=()) if wanted.opened else between


def _midnight(day: date) -> datetime:
    local = datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
    return local.astimezone(UTC)


def _brought(batch: str) -> Q:
    """Find what an import began or strengthened; one that cannot be read brought nothing."""
    try:
        rows = ImportRow.objects.filter(batch=UUID(batch), submission__isnull=False)
    except ValueError:
        return Q(pk__in=())
    submissions = rows.values("submission")
    led = Repeat.objects.filter(submission__in=submissions).values("lead")
    return Q(pk__in=submissions) | Q(pk__in=led)


def _meant(words: str) -> Q:
    """Find by name or company, or by a number or its last four digits."""
    named = says(words, "contact__")
    if sum(c.isdigit() for c in words) < DIGITS_AT_LEAST:
        return named
    numbered = Lead.objects.filter(contact__in=contacts_by_number(words))
    return Q(pk__in=numbered.values("pk").union(Lead.objects.filter(named).values("pk")))


def _beyond(found: QuerySet[Lead], wanted: Filter) -> QuerySet[Lead]:
    """Put the leads in order, and go on after a key; one that cannot be read begins at the start."""
    order = order_of(wanted.sort)
    if not order.is_indexed:
        found = found.annotate(place_in_order=order.by)
    field = "opened_at" if order.is_indexed else "place_in_order"
    if reached := _reached(order, wanted.after):
        value, lead_id = reached
        way = "lt" if order.is_falling else "gt"
        further = Q(**{f"{field}__{way}": value})
        found = found.filter(further | Q(**{f"{field}__exact": value, f"pk__{way}": lead_id}))
    sign = "-" if order.is_falling else ""
    return found.order_by(f"{sign}{field}", f"{sign}pk")


def _reached(order: Order, after: str) -> tuple[Any, UUID] | None:
    """Read a key: the time in it, or what the lead in it is ordered by now."""
    at, _, pk = after.partition("_")
    try:
        lead_id = UUID(pk)
        given = datetime.fromisoformat(at) if order.is_indexed else None
        moment = (
            given.astimezone(UTC) if given else None
        )  # the database knows no offset beyond 15:59
    except (ValueError, OverflowError):
        return None
    if order.is_indexed:
        return (moment, lead_id) if given and given.tzinfo else None
    last = Lead.objects.filter(pk=lead_id).annotate(place_in_order=order.by)
    values = list(last.values_list("place_in_order", flat=True))
    if not values:
        return None
    return (Value(values[0], JSONField()) if order.is_custom else values[0]), lead_id
