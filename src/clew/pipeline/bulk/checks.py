"""Whether what is to be done to many leads can be meant at all, before any of them is looked at."""

from collections.abc import Callable
from datetime import datetime

from clew.access.models import Member
from clew.capture.custom import accept
from clew.capture.queries import all_definitions
from clew.contacts.errors import ValuesRefused
from clew.grading.models import Level
from clew.handoff.errors import PoolUnknown, SeatMissing
from clew.handoff.pools.claiming import COMPANY
from clew.handoff.pools.queries import pools
from clew.pipeline.actions.fields import accept_fact
from clew.pipeline.actions.leads import BACK, ENDS
from clew.pipeline.bulk.rules import Terms
from clew.pipeline.dossier import colleagues
from clew.pipeline.errors import (
    BackReasonUnknown,
    EndUnknown,
    FieldUnchosen,
    GradeUnsaid,
    NextTimeMissing,
    NextTimePassed,
)

LONGEST_WHY = 200


def check(act: str, terms: Terms, *, viewer: Member, now: datetime) -> None:
    """Refuse what makes no sense for an act, or is not the member's to do.

    Raises SeatMissing, NextTimeMissing, NextTimePassed, EndUnknown, GradeUnsaid, FieldUnchosen,
    ValuesRefused, CategoryNotKnown, RegionUnknown, RegionUnclear, BackReasonUnknown, PoolUnknown.
    """
    if act in CHECKS:
        CHECKS[act](terms, viewer, now)


def _seat(terms: Terms, viewer: Member, now: datetime) -> None:
    if terms.seat_id not in {seat.seat_id for seat in colleagues(viewer)}:
        raise SeatMissing


def _time(terms: Terms, viewer: Member, now: datetime) -> None:
    if not terms.due_at:
        raise NextTimeMissing
    if datetime.fromisoformat(terms.due_at) <= now:
        raise NextTimePassed


def _end(terms: Terms, viewer: Member, now: datetime) -> None:
    if terms.end not in ENDS:
        raise EndUnknown


def _grade(terms: Terms, viewer: Member, now: datetime) -> None:
    if terms.level not in Level.values or not 0 < len(terms.why.strip()) <= LONGEST_WHY:
        raise GradeUnsaid


def _field(terms: Terms, viewer: Member, now: datetime) -> None:
    field = all_definitions().get(terms.field)
    if field is None or field.is_retired:
        raise FieldUnchosen
    _typed, code = accept(field, terms.value)
    if code:
        raise ValuesRefused([(terms.field, code)])


def _category(terms: Terms, viewer: Member, now: datetime) -> None:
    accept_fact("category", str(terms.value or ""))


def _region(terms: Terms, viewer: Member, now: datetime) -> None:
    accept_fact("region", str(terms.value or ""))


def _reason(terms: Terms, viewer: Member, now: datetime) -> None:
    if terms.reason not in BACK:
        raise BackReasonUnknown


def _pool(terms: Terms, viewer: Member, now: datetime) -> None:
    if terms.team_id not in {COMPANY, *(pk for pk, _ in pools(viewer))}:
        raise PoolUnknown


CHECKS: dict[str, Callable[[Terms, Member, datetime], None]] = {
    "assign": _seat,
    "plan": _time,
    "close": _end,
    "grade": _grade,
    "field": _field,
    "category": _category,
    "region": _region,
    "pool": _reason,
    "move": _pool,
}
