"""Closing a month, and taking statements of it."""

from datetime import date, datetime

from django.db import transaction

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.pipeline.commission.actions.booking import take_turn
from clew.pipeline.commission.errors import MonthRunning
from clew.pipeline.commission.events import MonthClosed, StatementTaken
from clew.pipeline.commission.models import Closing
from clew.pipeline.commission.months import month_of


@transaction.atomic
def close_month(team_id: int, month: date, *, member: Member, now: datetime) -> Closing:
    """Close a month of a team that is over; where it is closed already, give that closing.

    The caller has checked that the member may do so. Raises MonthRunning.
    """
    take_turn()
    if month >= month_of(now):
        raise MonthRunning
    closing, is_new = Closing.objects.get_or_create(
        team_id=team_id, month=month, defaults={"closed_at": now, "closer": member}
    )
    if is_new:
        closed = MonthClosed(closing.pk, team_id, month)
        append(closed, actor=Actor("member", str(member.pk)), at=now)
    return closing


def note_statement(of: Member, month: date, kind: str, *, member: Member, now: datetime) -> None:
    """Put on record that somebody takes a statement: it holds names of customers."""
    taken = StatementTaken(of.pk, month, kind)
    append(taken, actor=Actor("member", str(member.pk)), at=now)
