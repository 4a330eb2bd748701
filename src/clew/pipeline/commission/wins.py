"""What stands won, whose it is, and what it came to: read as it is now, of many leads by a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from msgspec import convert

from clew.base.bulk import as_array
from clew.handoff.models import Placement
from clew.handoff.pools.queries import credit_of
from clew.pipeline.commission.models import Plan
from clew.pipeline.commission.months import after, begins
from clew.pipeline.commission.rules import Basis, Terms
from clew.pipeline.models import Worth


@dataclass(frozen=True, slots=True)
class Share:
    """Whose part of a deal, in per cent, and by the plans of which team it is paid."""

    member_id: int
    team_id: int | None
    percent: int


@dataclass(frozen=True, slots=True)
class Win:
    """A lead that stands closed as won. `said_at`: when what it came to was said last."""

    lead_id: UUID
    placement_id: int
    won_at: datetime
    value_minor: int | None
    margin_minor: int | None
    currency: str
    said_at: datetime
    shares: Sequence[Share]


def wins(lead_ids: Iterable[UUID]) -> dict[UUID, Win]:
    """Give those of the leads that stand won, history not among them."""
    ids = list(lead_ids)
    stands = Placement.objects.filter(
        lead__in=ids,
        closed_at=None,
        kind=Placement.Kind.CLOSED,
        reason="won",
        lead__is_history=False,
    ).select_related("lead__result")
    said = dict(Worth.objects.filter(lead__in=ids).order_by("pk").values_list("lead_id", "said_at"))
    credit, teams = credit_of(ids), _teams(ids)
    found = {}
    for p in stands:
        result = getattr(p.lead, "result", None)
        shares = [
            Share(part.member_id, teams.get((p.lead_id, part.member_id), p.team_id), part.percent)
            for part in credit.get(p.lead_id, ())
        ]
        found[p.lead_id] = Win(
            lead_id=p.lead_id,
            placement_id=p.pk,
            won_at=p.opened_at,
            value_minor=result.value_minor if result else None,
            margin_minor=result.margin_minor if result else None,
            currency=result.currency if result else "",
            said_at=max(p.opened_at, said.get(p.lead_id, p.opened_at)),
            shares=shares,
        )
    return found


def won_in(team_ids: Sequence[int], month: date) -> list[UUID]:
    """Give the leads that stand won since a month and that somebody of the teams held once."""
    held = Placement.objects.filter(team__in=team_ids, kind=Placement.Kind.PERSON).values("lead_id")
    found = Placement.objects.filter(
        closed_at=None,
        kind=Placement.Kind.CLOSED,
        reason="won",
        opened_at__gte=begins(month),
        opened_at__lt=begins(after(month)),
        lead__is_history=False,
        lead__in=held,
    )
    return list(found.order_by("opened_at", "pk").values_list("lead_id", flat=True))


class Plans:
    """The plans of some teams, looked up by month."""

    def __init__(self, team_ids: Iterable[int]) -> None:
        """Read them once."""
        self._of: dict[int, list[Plan]] = defaultdict(list)
        for plan in Plan.objects.filter(team__in=set(team_ids)).order_by("-version"):
            self._of[plan.team_id].append(plan)

    def at(self, team_id: int | None, month: date) -> Plan | None:
        """Give the version that holds in a month: published last among those that have begun."""
        return next((p for p in self._of.get(team_id or 0, ()) if p.valid_from <= month), None)


def terms_of(plan: Plan) -> Terms:
    """Give a stored plan as the rules take it."""
    return convert(plan, Terms, from_attributes=True)


def worth_of(win: Win, plan: Plan) -> int | None:
    """Give what a plan counts of a deal; nothing where nobody has said it, or in another currency."""
    if plan.currency != win.currency:
        return None
    return win.value_minor if plan.basis == Basis.VALUE else win.margin_minor


def _teams(lead_ids: Sequence[UUID]) -> dict[tuple[UUID, int], int]:
    """Give for which team each person held each lead last."""
    if not lead_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select distinct on (p.lead_id, s.member_id) p.lead_id, s.member_id, s.team_id
            from handoff_placement p join handoff_seat s on s.id = p.seat_id
            where p.lead_id = any(%s::uuid[]) order by p.lead_id, s.member_id, p.id desc
            """,
            [as_array(list(lead_ids))],
        )
        return {(lead_id, member_id): team_id for lead_id, member_id, team_id in cursor.fetchall()}
