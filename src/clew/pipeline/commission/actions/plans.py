"""Plans: published as versions, never changed."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from clew.access.models import Member
from clew.base.json import to_builtins
from clew.base.ledger import Actor, append
from clew.pipeline.commission.actions.booking import settle, take_turn
from clew.pipeline.commission.errors import PlanMoved, PlanTooEarly, PlanUnsound
from clew.pipeline.commission.events import PlanPublished
from clew.pipeline.commission.models import Plan
from clew.pipeline.commission.months import after, month_of
from clew.pipeline.commission.rules import Terms, faults
from clew.pipeline.commission.wins import Plans, won_in


@dataclass(frozen=True, slots=True)
class Edition:
    """A plan to publish: what it says, from which month, and the newest version that its writer saw (0: none)."""

    terms: Terms
    valid_from: date
    seen: int


@transaction.atomic
def publish(team_id: int, edition: Edition, *, member: Member, now: datetime) -> Plan:
    """Publish a version for a team. The caller has checked that the member may do so.

    It holds from the next month at the earliest, so that nobody is paid otherwise than was said; from the running
    one where no plan holds in it: then what was won since its first day is booked at once. Raises PlanUnsound
    with its `faults`, PlanTooEarly, PlanMoved.
    """
    take_turn()
    wrong = faults(edition.terms)
    if wrong:
        raise PlanUnsound(faults=wrong)
    running = month_of(now)
    in_force = Plans([team_id]).at(team_id, running)
    if edition.valid_from.day != 1 or edition.valid_from < earliest(in_force, now):
        raise PlanTooEarly
    newest = Plan.objects.filter(team=team_id).order_by("-version").first()
    if edition.seen != (newest.version if newest else 0):
        raise PlanMoved
    plan = Plan.objects.create(
        team_id=team_id,
        version=edition.seen + 1,
        valid_from=edition.valid_from,
        published_at=now,
        publisher=member,
        **to_builtins(edition.terms),
    )
    published = PlanPublished(plan.pk, team_id, plan.version, plan.valid_from)
    append(published, actor=Actor("member", str(member.pk)), at=now)
    if plan.valid_from == running:
        settle(won_in([team_id], running), now)
    return plan


def earliest(in_force: Plan | None, now: datetime) -> date:
    """Give the first month from which a new version may hold."""
    return after(month_of(now)) if in_force else month_of(now)
