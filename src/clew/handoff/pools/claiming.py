"""What a pool's rules say to whoever wants to claim from it or looks into it. Reads only."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, Q, QuerySet

from clew.access.models import Member, Role
from clew.contacts.models import Lead
from clew.handoff.errors import CapacityReached
from clew.handoff.models import Placement, Seat
from clew.handoff.pools.errors import ClaimsSpent, HadItLately
from clew.handoff.pools.models import Opening, PoolPolicy
from clew.handoff.pools.rules import veiled, veiled_company

COMPANY = 0  # in place of a team
Kind = Placement.Kind


@dataclass(frozen=True, slots=True)
class Quota:
    """What somebody has left in the pools of a team: held leads, claims and looks, each with its limit."""

    team: str
    held: int
    capacity: int
    claimed: int
    claims_per_day: int | None
    viewed: int
    views_per_day: int | None


@dataclass(frozen=True, slots=True)
class Veil:
    """In which teams' pools names are hidden from somebody; COMPANY is the company's."""

    teams: frozenset[int] = frozenset()

    def hides(self, place: Placement | None) -> bool:
        """Tell whether names of a lead that stands there are hidden."""
        return (
            place is not None
            and place.kind == Kind.POOL
            and (place.team_id or COMPANY) in self.teams
        )

    def over(self, lead: Lead, place: Placement | None) -> Lead:
        """Give a lead to show: the same, or with the names hidden."""
        if not self.hides(place):
            return lead
        shown = copy(lead)
        shown.contact = copy(lead.contact)
        shown.contact.name = veiled(lead.contact.name)
        shown.contact.company = veiled_company(lead.contact.company)
        return shown


def veil(viewer: Member) -> Veil:
    """Say where names are hidden from a member: in the pools of some teams, from salespeople alone."""
    if viewer.role != Role.SALESPERSON:
        return Veil()
    hiding = PoolPolicy.objects.filter(is_veiled=True).values_list("team_id", flat=True)
    return Veil(frozenset(team_id or COMPANY for team_id in hiding))


def hidden_places() -> QuerySet[Placement]:
    """Give the places of leads in pools that hide from salespeople who a lead is until they claim it."""
    hiding = PoolPolicy.objects.filter(Q(is_veiled=True) | Q(views_per_day__isnull=False))
    theirs = Q(team__in=hiding.values("team"))
    companys = Q(team=None) & Exists(hiding.filter(team=None))
    return Placement.objects.filter(theirs | companys, kind=Kind.POOL, closed_at=None)


def policy_of(place: Placement) -> PoolPolicy:
    """Give the rules of the pool that a lead stands in; those of nothing where there are none."""
    return PoolPolicy.objects.filter(team=place.team_id).first() or PoolPolicy()


def refuse_claim(place: Placement, seat: Seat, now: datetime) -> None:
    """Refuse who may not claim a lead from a pool now. The caller holds the seat's lock.

    Raises CapacityReached, ClaimsSpent, HadItLately.
    """
    if seat.open_count >= seat.capacity:
        raise CapacityReached(capacity=seat.capacity)
    policy = policy_of(place)
    if policy.claims_per_day is not None and claimed_today(seat, now) >= policy.claims_per_day:
        raise ClaimsSpent
    until = waits_until([place], seat.member_id).get(place.lead_id, now)
    if until > now:
        raise HadItLately(until=until)


def waits_until(places: Iterable[Placement], member_id: int) -> dict[UUID, datetime]:
    """Say until when a member waits before claiming leads in pools again that they had themselves."""
    stands = {place.lead_id: place.team_id for place in places if place.kind == Kind.POOL}
    waiting = PoolPolicy.objects.filter(waits_hours__gt=0)
    hours: dict[int | None, int] = dict(waiting.values_list("team_id", "waits_hours"))
    asked = [lead_id for lead_id, team_id in stands.items() if team_id in hours]
    had = Placement.objects.filter(
        lead__in=asked, seat__member=member_id, closed_at__isnull=False
    ).order_by("closed_at")
    return {
        place.lead_id: place.closed_at + timedelta(hours=hours[stands[place.lead_id]])
        for place in had
        if place.closed_at
    }


def is_unopened(viewer: Member, place: Placement, now: datetime) -> bool:
    """Tell whether a lead's details are closed to somebody until they say that they look closer."""
    if viewer.role != Role.SALESPERSON or place.kind != Kind.POOL:
        return False
    if policy_of(place).views_per_day is None:
        return False
    opened = Opening.objects.filter(member=viewer, lead=place.lead_id, on=today_of(now))
    return not opened.exists()


def quotas(viewer: Member, now: datetime) -> list[Quota]:
    """Give what a member has left today in the pools of each team that they sit in."""
    policies = {one.team_id: one for one in PoolPolicy.objects.all()}
    viewed = Opening.objects.filter(member=viewer, on=today_of(now)).count()
    seats = Seat.objects.filter(member=viewer, left_at=None).select_related("team").order_by("pk")
    return [
        Quota(
            seat.team.name,
            seat.open_count,
            seat.capacity,
            claimed_today(seat, now),
            policy.claims_per_day,
            viewed,
            policy.views_per_day,
        )
        for seat in seats
        for policy in [policies.get(seat.team_id, PoolPolicy())]
    ]


def claimed_today(seat: Seat, now: datetime) -> int:
    """Count what somebody has claimed since midnight, by the operator's clock."""
    midnight = datetime.combine(today_of(now), time(), tzinfo=ZoneInfo(settings.TIME_ZONE))
    claims = Placement.objects.filter(seat=seat, reason="claimed", opened_at__gte=midnight)
    return claims.count()


def today_of(now: datetime) -> date:
    """Give the day by the operator's clock."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
