"""Reading changes of many leads: whose they are, what they would do, how far they have come."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db.models import Count, QuerySet

from clew.access.models import Member, Role
from clew.contacts.models import Lead
from clew.grading.models import Grade
from clew.handoff.models import Placement
from clew.pipeline.bulk.rules import MANAGERS_ONLY, TAKEN_BACK_BY, Held, Stand, Terms
from clew.pipeline.errors import BulkMissing
from clew.pipeline.models import BulkEdit, BulkRow

UNDO_WITHIN = timedelta(days=1)
HELD = {"category": "lead__category", "region": "lead__region"}  # else a custom field
NAMED = 50  # leads that were left, as the page names them


def bulk_edits(viewer: Member) -> QuerySet[BulkEdit]:
    """Give a member's own changes, newest first."""
    found = BulkEdit.objects.filter(asked_by=viewer).select_related("undoes", "undone_by")
    return found.order_by("-asked_at", "-pk")


def bulk_seen(viewer: Member, bulk_id: UUID) -> BulkEdit:
    """Give one of them. Raises BulkMissing."""
    found = bulk_edits(viewer).filter(pk=bulk_id).first()
    if found is None:
        raise BulkMissing
    return found


def may_act(viewer: Member, act: str) -> bool:
    """Tell whether a member may do something to leads at all."""
    return viewer.is_active and (act not in MANAGERS_ONLY or viewer.role != Role.SALESPERSON)


def acts(viewer: Member) -> list[str]:
    """Give what a member may do to many leads."""
    return [a for a in BulkEdit.Act.values if a != BulkEdit.Act.UNDO and may_act(viewer, a)]


def terms_of(bulk: BulkEdit) -> Terms:
    """Give what exactly is to be done."""
    return msgspec.convert(bulk.terms, Terms)


def stands(lead_ids: Collection[UUID], act: str = "", field: str = "") -> dict[UUID, Stand]:
    """Tell how leads stand, and what they hold where an act fills that in, in two statements."""
    graded = Grade.objects.filter(lead__in=lead_ids, superseded_at=None)
    grades = {grade.lead_id: grade for grade in graded.only("lead", "level", "override")}
    placed = Placement.objects.filter(lead__in=lead_ids, closed_at=None)
    asked = HELD.get(act, "lead__custom")
    rows = placed.values_list("lead_id", "kind", "pk", "seat_id", "team_id", asked)
    return {
        lead_id: _stand(
            kind,
            pk,
            seat_id,
            grades.get(lead_id),
            held.get(field) if isinstance(held, dict) else held,
            team_id,
        )
        for lead_id, kind, pk, seat_id, team_id, held in rows
    }


def _stand(  # noqa: PLR0917  one row
    kind: str,
    placement_id: int,
    seat_id: int | None,
    grade: Grade | None,
    held: Held,
    team_id: int | None,
) -> Stand:
    if grade is None:
        return Stand(kind, placement_id, seat_id, held=held, team_id=team_id)
    is_by_person = grade.override_id is not None
    return Stand(kind, placement_id, seat_id, grade.pk, grade.level, is_by_person, held, team_id)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many leads are in which state, and why some are left."""

    waiting: int
    done: int
    left: int
    reasons: list[tuple[str, int]]

    @property
    def whole(self) -> int:
        """How many leads were chosen."""
        return self.waiting + self.done + self.left


def tally(bulk: BulkEdit) -> Tally:
    """Count the leads of a change, in one statement."""
    rows = BulkRow.objects.filter(bulk=bulk).values("state", "code").annotate(n=Count("pk"))
    counts = {(row["state"], row["code"]): int(row["n"]) for row in rows}
    reasons = sorted(((c, n) for (_, c), n in counts.items() if c), key=lambda r: (-r[1], r[0]))
    return Tally(
        counts.get(("waiting", ""), 0),
        counts.get(("done", ""), 0),
        sum(n for _, n in reasons),
        reasons,
    )


@dataclass(frozen=True, slots=True)
class Left:
    """A lead that is left as it is."""

    lead_id: UUID
    name: str
    company: str
    code: str


def left(bulk: BulkEdit, seen: QuerySet[Lead]) -> list[Left]:
    """Name the first of the leads that are left, as far as the reader may see them now."""
    rows = BulkRow.objects.filter(bulk=bulk, state=BulkRow.State.LEFT).order_by("pk")
    codes = dict(rows.values_list("lead_id", "code")[:NAMED])
    found = seen.filter(pk__in=codes).select_related("contact")
    names = {lead.pk: (lead.contact.name, lead.contact.company) for lead in found}
    return [Left(pk, *names.get(pk, ("", "")), code) for pk, code in codes.items() if pk in names]


def may_undo(viewer: Member, bulk: BulkEdit, counts: Tally, now: datetime) -> bool:
    """Tell whether a change can be taken back: for a day, once, and only what its act has a way back for."""
    way = TAKEN_BACK_BY.get(bulk.act)
    if bulk.ended_at is None or way is None or not may_act(viewer, way) or not counts.done:
        return False
    return now - bulk.ended_at <= UNDO_WITHIN and not hasattr(bulk, "undone_by")
