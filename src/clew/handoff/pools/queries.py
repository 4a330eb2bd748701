"""Reading what is agreed about leads."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from clew.access.models import Member, Role, Team
from clew.base.bulk import as_array
from clew.handoff.models import Seat
from clew.handoff.pools.models import CreditShare
from clew.handoff.pools.rules import WHOLE


@dataclass(frozen=True, slots=True)
class Part:
    """Who has how much of the credit for a lead, in per cent."""

    member_id: int
    name: str
    percent: int


def credit_of(lead_ids: Iterable[UUID], at: datetime | None = None) -> dict[UUID, list[Part]]:
    """Give whose the credit for leads is, largest part first, summing to 100 for each; now, or as it was at a time.

    Where nothing was agreed it is wholly whoever holds the lead or held it last; a lead that nobody ever held is
    left out. Two statements, whatever the number.
    """
    ids = list(lead_ids)
    held = Q(until_at=None) if at is None else Q(from_at__lte=at) & ~Q(until_at__lte=at)
    agreed = CreditShare.objects.filter(held, lead__in=ids).order_by("-percent", "pk")
    found: dict[UUID, list[Part]] = defaultdict(list)
    for one in agreed.select_related("member"):
        found[one.lead_id].append(Part(one.member_id, one.member.name, one.percent))
    for lead_id, member_id, name in _holders([one for one in ids if one not in found], at):
        found[lead_id] = [Part(member_id, name, WHOLE)]
    return dict(found)


def creditable(viewer: Member) -> QuerySet[Member]:
    """Give who may have a part of the credit for a lead: all colleagues who sit in a team, by name."""
    sits = Seat.objects.filter(member=OuterRef("pk"), left_at=None)
    found = Member.objects.filter(Exists(sits), organisation=viewer.organisation_id, is_active=True)
    return found.order_by("name", "pk")


def _holders(lead_ids: Sequence[UUID], at: datetime | None) -> list[tuple[UUID, int, str]]:
    if not lead_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select distinct on (p.lead_id) p.lead_id, m.id, m.name from handoff_placement p
            join handoff_seat s on s.id = p.seat_id join access_member m on m.id = s.member_id
            where p.lead_id = any(%(ids)s::uuid[]) and (%(at)s::timestamptz is null or p.opened_at <= %(at)s)
            order by p.lead_id, p.id desc
            """,
            {"ids": as_array(lead_ids), "at": at},
        )
        return list(cursor.fetchall())


def pools(viewer: Member) -> list[tuple[int, str]]:
    """Give the teams whose pools a lead may be put into, by number and name; nothing for salespeople."""
    if viewer.role == Role.SALESPERSON:
        return []
    taking = Team.objects.filter(organisation=viewer.organisation_id, method__isnull=False)
    return list(taking.order_by("pk").values_list("pk", "name"))
