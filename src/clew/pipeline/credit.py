"""Whose the credit for a lead is, as its page shows it."""

from dataclasses import dataclass

from clew.access.models import Member, Role
from clew.handoff.pools.queries import Part, credit_of, creditable
from clew.handoff.pools.rules import MOST_PARTS
from clew.pipeline.dossier import Dossier


@dataclass(frozen=True, slots=True)
class Credit:
    """Who has how much, and the lines of the form where the reader may change it: person and per cent."""

    parts: list[Part]
    lines: list[tuple[int | None, int | str]]
    people: list[Member]
    is_limited: bool


def credit(viewer: Member, dossier: Dossier) -> Credit:
    """Gather it for the page of a lead. Managers may change it, and so may a salesperson who holds the lead."""
    parts = credit_of([dossier.lead.pk]).get(dossier.lead.pk, [])
    is_limited = viewer.role == Role.SALESPERSON
    seat = dossier.placement.seat
    if is_limited and (seat is None or seat.member_id != viewer.pk):
        return Credit(parts, [], [], is_limited)
    filled: list[tuple[int | None, int | str]] = [(p.member_id, p.percent) for p in parts]
    lines = filled + [(None, "")] * min(2, MOST_PARTS - len(filled))
    people = {one.pk: one for one in creditable(viewer)}
    gone = [p.member_id for p in parts if p.member_id not in people]
    left = list(Member.objects.filter(pk__in=gone)) if gone else []
    return Credit(parts, lines, [*people.values(), *left], is_limited)
