"""Where leads stand: as it is now, and which of them may stand otherwise than `Standing` says.

Every change leaves the number of its transaction: on the lead, on an event about it, or on its deletion. The copy
holds all that transactions below a horizon did, so a lead without a number from there on stands as the copy
says, and every other one is looked at itself. It takes one statement: in one snapshot, nothing falls between.
"""

from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    UUIDField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Ceil, Extract

from clew.base.models import Deletion, Entry
from clew.contacts.models import Lead
from clew.handoff.models import Placement
from clew.pipeline.models import IS_CONTACT, Clock
from clew.pipeline.stages import STAGES, WON
from clew.tally.models import Progress

GROUP = ("source_id", "team_id", "is_history", "stage", "kind", "reason", "promise")
TIMES = ("tried_clock", "tried_work", "answered_clock", "answered_work")
COLUMNS = ("pk", *GROUP, "opened_at", *TIMES)
PROMISED = ("", "kept", "broken")
NEXT = RawSQL("pg_snapshot_xmax(pg_current_snapshot())::text::bigint", ())  # to be given out
CLOSED, PERSON = Placement.Kind.CLOSED, Placement.Kind.PERSON


def as_they_stand(leads: QuerySet[Lead]) -> QuerySet[Lead, tuple[Any, ...]]:
    """Give `COLUMNS` of leads, in no order."""
    here = FilteredRelation("placements", condition=Q(placements__closed_at__isnull=True))
    return (
        leads.order_by()
        .alias(here=here)
        .annotate(
            team_id=F("here__team_id"),
            kind=F("here__kind"),
            reason=F("here__reason"),
            stage=_stage(),
            promise=_promise(),
            tried_clock=_since_it_came("tried_at"),
            tried_work=F("first_contact__tried_seconds"),
            answered_clock=_since_it_came("answered_at"),
            answered_work=F("first_contact__answered_seconds"),
        )
        .values_list(*COLUMNS)
    )


def known_below() -> int | None:
    """Give the number of the transaction below which the copy holds everything; None where it does not."""
    far = Progress.objects.filter(is_whole=True, known_below__lte=NEXT)
    return far.values_list("known_below", flat=True).first()


def touched(since: int, before: int | None = None) -> QuerySet[Any, Any]:
    """Give the ids of leads that transactions from one number on, and below another, changed or deleted."""
    wrote = Q(written_in__gte=since)
    if before is not None:
        wrote &= Q(written_in__lt=before)
    leads = Lead.objects.filter(wrote).values_list("pk")
    told = Entry.objects.filter(wrote).values_list("subject")
    gone = Deletion.objects.filter(wrote, kind="lead")
    return leads.union(told, gone.values_list(Cast("row_id", UUIDField())), all=True)


def _stage() -> Case:
    given = Placement.objects.filter(lead=OuterRef("pk"), kind=PERSON)
    signs = {
        "won": Q(here__kind=CLOSED, here__reason=WON),
        "answered": Q(first_contact__answered_at__isnull=False),
        "tried": Q(first_contact__tried_at__isnull=False),
        "given": Q(here__kind=PERSON) | Q(Exists(given)),
    }
    whens = [When(sign, then=Value(STAGES.index(code))) for code, sign in signs.items()]
    return Case(*whens, default=Value(0), output_field=SmallIntegerField())


def _promise() -> Case:
    breached = Clock.objects.filter(IS_CONTACT, lead=OuterRef("pk"), breached_at__isnull=False)
    kept, broken = (Value(PROMISED.index(code)) for code in ("kept", "broken"))
    return Case(
        When(first_contact__tried_at__lte=F("first_contact__promised_at"), then=kept),
        When(first_contact__tried_at__gt=F("first_contact__promised_at"), then=broken),
        When(first_contact__tried_at__isnull=False, then=Value(0)),
        When(Exists(breached), then=broken),
        default=Value(0),
        output_field=SmallIntegerField(),
    )


def _since_it_came(moment: str) -> Cast:
    passed = Extract(F(f"first_contact__{moment}") - F("opened_at"), "epoch")
    return Cast(Ceil(passed), IntegerField())
