"""Reading losses: what there is to look at, and how much of it was lost too soon."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from clew.access.models import Member
from clew.access.queries import teams
from clew.pipeline.actions.leads import ENDS
from clew.pipeline.reviews.models import Review
from clew.pipeline.reviews.rules import Loss

LOST = [end for end in ENDS if end != "won"]
LOSSES = """
select c.lead_id, c.reason, c.opened_at, held.member_id
from handoff_placement c
join contacts_lead l on l.id = c.lead_id and not l.is_history
join lateral (select s.member_id from handoff_placement p join handoff_seat s on s.id = p.seat_id
  where p.lead_id = c.lead_id order by p.id desc limit 1) held on true
where c.team_id = %(team)s and c.closed_at is null and c.kind = 'closed' and c.reason = any(%(lost)s)
  and c.opened_at >= %(since)s and c.opened_at < %(until)s
  and not exists (select from reviews_review r where r.lead_id = c.lead_id and r.ended_at = c.opened_at)
order by c.lead_id
"""


@dataclass(frozen=True, slots=True)
class Judged:
    """Of somebody's losses: how many were looked at, and how many of them were worth a second try."""

    name: str
    looked_at: int
    reopened: int


def losses(team_id: int, since: datetime, until: datetime) -> list[tuple[Loss, datetime]]:
    """Give what people of a team lost in a time and nobody has looked at, with when it ended."""
    given: dict[str, Any] = {"team": team_id, "lost": LOST, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(LOSSES, given)
        return [
            (Loss(lead_id, member_id, reason), ended_at)
            for lead_id, reason, ended_at, member_id in cursor.fetchall()
        ]


def reviews(viewer: Member) -> QuerySet[Review]:
    """Give the losses of the teams that a member leads."""
    return Review.objects.filter(sample__team__in=teams(viewer))


def waiting(viewer: Member, most: int) -> Sequence[Review]:
    """Give those that nobody has looked at yet, oldest draw first."""
    found = (
        reviews(viewer).filter(verdict="").select_related("lead__contact", "member", "sample__team")
    )
    return list(found.order_by("sample_id", "member__name", "reason", "pk")[:most])


def judged(viewer: Member) -> list[Judged]:
    """Count by person what was looked at, most first."""
    rows = (
        reviews(viewer)
        .exclude(verdict="")
        .values_list("member__name")
        .annotate(all=Count("pk"), again=Count("pk", filter=Q(verdict="reopened")))
        .order_by("-all", "member__name")
    )
    return [Judged(*row) for row in rows]
