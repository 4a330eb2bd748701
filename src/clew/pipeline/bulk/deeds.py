"""What a change does to one lead: the very action of the lead's own page, by the same rights."""

from datetime import datetime
from uuid import UUID

from clew.access.models import Member
from clew.base.ledger import Actor
from clew.grading import actions as grading
from clew.grading.models import Grade
from clew.handoff.actions import leads as handoff
from clew.handoff.actions.locks import lock_leads
from clew.handoff.belt.forgetting import tell
from clew.handoff.models import Placement
from clew.handoff.queries import visible_lead
from clew.pipeline.actions import leads
from clew.pipeline.actions.fields import set_facts, set_fields
from clew.pipeline.bulk.queries import may_act, stands, terms_of
from clew.pipeline.bulk.rules import FILLS, TAKEN_BACK_BY, Terms, stamp
from clew.pipeline.errors import ActDenied, LeadMoved
from clew.pipeline.models import BulkEdit, BulkRow

Act = BulkEdit.Act
REASON = "by_hand"


def do(bulk: BulkEdit, row: BulkRow, terms: Terms, *, now: datetime) -> int | None:
    """Change one lead if it still stands as it was shown. Returns what is in force then.

    Raises ActDenied, LeadMissing, LeadMoved, and whatever the action itself may refuse.
    """
    viewer = Member.objects.get(pk=bulk.asked_by_id)
    act = bulk.undoes.act if bulk.undoes else bulk.act
    if not may_act(viewer, TAKEN_BACK_BY[act] if bulk.undoes else act):
        raise ActDenied
    lock_leads([row.lead_id])
    visible_lead(viewer, row.lead_id)
    if stamp(act, stands([row.lead_id]).get(row.lead_id)) != row.stamp:
        raise LeadMoved
    if act in FILLS:
        _fill(act, bulk, row, viewer=viewer, now=now)
    elif bulk.undoes:
        before = bulk.undoes.rows.get(lead_id=row.lead_id).stamp or 0
        _take_back(act, row.lead_id, before, viewer=viewer, now=now)
    else:
        _act(act, row.lead_id, terms, viewer=viewer, now=now)
    return stamp(act, stands([row.lead_id]).get(row.lead_id))


def _act(act: str, lead_id: UUID, terms: Terms, *, viewer: Member, now: datetime) -> None:
    if act == Act.ASSIGN:
        handoff.assign(
            lead_id, seat_id=terms.seat_id or 0, actor=_actor(viewer), now=now, reason=REASON
        )
    elif act == Act.PLAN:
        leads.plan(lead_id, datetime.fromisoformat(terms.due_at), member=viewer, now=now)
    elif act == Act.CLOSE:
        leads.close_lead(lead_id, reason=terms.end, member=viewer, now=now)
    elif act == Act.REOPEN:
        handoff.reopen(lead_id, actor=_actor(viewer), now=now)
    elif act == Act.POOL:
        leads.give_back(lead_id, reason=terms.reason, member=viewer, now=now)
    elif act == Act.MOVE:
        handoff.change_pool(lead_id, team_id=terms.team_id or None, actor=_actor(viewer), now=now)
    elif act == Act.GRADE:
        grading.override(lead_id, terms.level or 0, terms.why, member=viewer, now=now)
        tell([lead_id])
    else:
        grading.lift(lead_id, member=viewer, now=now)
        tell([lead_id])


def _fill(act: str, bulk: BulkEdit, row: BulkRow, *, viewer: Member, now: datetime) -> None:
    """Fill in what still holds what it held, or give back what it held before."""
    terms = terms_of(bulk)
    new = bulk.undoes.rows.get(lead_id=row.lead_id).held if bulk.undoes else terms.value
    if act == Act.FIELD:
        shown = {terms.field: row.held}
        set_fields([row.lead_id], {terms.field: new}, shown=shown, member=viewer, now=now)
    else:
        held, facts = {act: str(row.held or "")}, {act: str(new or "")}
        set_facts([row.lead_id], facts, shown=held, member=viewer, now=now)


def _take_back(act: str, lead_id: UUID, before: int, *, viewer: Member, now: datetime) -> None:
    """Put a lead back to where it stood, by the actions that a person would use for it."""
    if act == Act.CLOSE:
        handoff.reopen(lead_id, actor=_actor(viewer), now=now)
    elif act == Act.POOL:
        stood = Placement.objects.get(pk=before)
        leads.take_again(lead_id, seat_id=stood.seat_id or 0, member=viewer, now=now)
    elif act == Act.MOVE:
        stood = Placement.objects.get(pk=before)
        handoff.change_pool(lead_id, team_id=stood.team_id, actor=_actor(viewer), now=now)
    elif act == Act.ASSIGN:
        _give_back(lead_id, Placement.objects.select_related("seat").get(pk=before), viewer, now)
    else:
        _grade_back(lead_id, Grade.objects.select_related("override").get(pk=before), viewer, now)


def _give_back(lead_id: UUID, stood: Placement, viewer: Member, now: datetime) -> None:
    """To whoever had it, or into the pool of that team where the seat is gone or it came from there."""
    actor = _actor(viewer)
    if stood.seat and stood.seat.left_at is None:
        handoff.assign(lead_id, seat_id=stood.seat.pk, actor=actor, now=now, reason=REASON)
    else:
        reason = "owner_left" if stood.seat else stood.reason
        handoff.to_pool(lead_id, team_id=stood.team_id, actor=actor, now=now, reason=reason)


def _grade_back(lead_id: UUID, stood: Grade, viewer: Member, now: datetime) -> None:
    """A word that was there before is said again; else the rules grade."""
    if stood.override:
        grading.override(lead_id, stood.level, stood.override.reason, member=viewer, now=now)
    else:
        grading.lift(lead_id, member=viewer, now=now)
    tell([lead_id])


def _actor(viewer: Member) -> Actor:
    return Actor("member", str(viewer.pk))
