"""Moving leads by hand."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from clew.access.models import Member
from clew.base.ledger import Actor, append
from clew.base.live import Hint, announce
from clew.contacts.models import Lead
from clew.grading.actions import keep_alive
from clew.handoff.actions.locks import lock_leads, lock_seat
from clew.handoff.belt.forgetting import revive
from clew.handoff.belt.waiting import WOKEN
from clew.handoff.errors import (
    ClaimTooLate,
    ContactBusy,
    LeadMissing,
    LeadNotOpen,
    LeadNotPooled,
    LeadTaken,
    NoSeat,
    PoolUnknown,
)
from clew.handoff.events import (
    LeadAssigned,
    LeadClosed,
    LeadPooled,
    LeadReopened,
    LeadRestored,
)
from clew.handoff.models import Method, Placement, Seat
from clew.handoff.pools.claiming import refuse_claim

Kind = Placement.Kind


@transaction.atomic
def assign(lead_id: UUID, *, seat_id: int, actor: Actor, now: datetime, reason: str) -> Placement:
    """Give an open lead to the person of a seat. Raises LeadMissing, LeadNotOpen, SeatMissing."""
    before = _open_placement(lead_id)
    seat = lock_seat(seat_id, and_too=before.seat_id)
    placement = _move(
        before, kind=Kind.PERSON, team_id=seat.team_id, seat=seat, reason=reason, now=now
    )
    keep_alive(lead_id, now)
    append(LeadAssigned(lead_id, seat_id, reason), actor=actor, at=now)
    return placement


@transaction.atomic
def claim(lead_id: UUID, *, member: Member, now: datetime) -> Placement:
    """Take a lead from the pool of one's own team, or from the company's. Claiming it twice gives the same.

    Raises LeadMissing, LeadTaken when somebody was faster, ClaimTooLate when it was closed meanwhile, NoSeat,
    CapacityReached, and by the pool's rules ClaimsSpent and HadItLately.
    """
    seen = Placement.objects.filter(lead=lead_id, closed_at=None).select_related("seat").first()
    if seen and seen.kind != Kind.POOL:  # who is slower is told at once, and waits for nobody
        return _too_late(seen, member)
    before = _placement(lead_id)
    if before.kind != Kind.POOL:
        return _too_late(before, member)
    mine = Seat.objects.filter(member=member, left_at=None)
    if before.team_id is not None:
        mine = mine.filter(team=before.team_id)
    found = mine.order_by("id").first()
    if found is None:
        raise NoSeat
    seat = lock_seat(found.pk)
    refuse_claim(before, seat, now)
    placement = _move(
        before, kind=Kind.PERSON, team_id=seat.team_id, seat=seat, reason="claimed", now=now
    )
    keep_alive(lead_id, now)
    append(LeadAssigned(lead_id, seat.pk, "claimed"), actor=Actor("member", str(member.pk)), at=now)
    return placement


@transaction.atomic
def to_pool(
    lead_id: UUID, *, team_id: int | None, actor: Actor, now: datetime, reason: str
) -> Placement:
    """Put an open lead into a team's pool. Raises LeadMissing, LeadNotOpen."""
    before = _open_placement(lead_id)
    placement = _move(before, kind=Kind.POOL, team_id=team_id, seat=None, reason=reason, now=now)
    append(LeadPooled(lead_id, team_id, reason), actor=actor, at=now)
    return placement


@transaction.atomic
def change_pool(lead_id: UUID, *, team_id: int | None, actor: Actor, now: datetime) -> Placement:
    """Put a lead from one pool into another: of a team that takes leads, or without a team the company's.

    It is not given out by turn from there. Raises LeadMissing, LeadNotOpen, LeadNotPooled where a person has it,
    PoolUnknown.
    """
    if team_id is not None and not Method.objects.filter(team=team_id).exists():
        raise PoolUnknown
    if _open_placement(lead_id).kind != Kind.POOL:
        raise LeadNotPooled
    return to_pool(lead_id, team_id=team_id, actor=actor, now=now, reason="moved")


@transaction.atomic
def close(lead_id: UUID, *, reason: str, actor: Actor, now: datetime) -> Placement:
    """End a lead: won, lost, bad_number, do_not_contact … Raises LeadMissing, LeadNotOpen."""
    before = _open_placement(lead_id)
    placement = _move(
        before, kind=Kind.CLOSED, team_id=before.team_id, seat=None, reason=reason, now=now
    )
    Lead.objects.filter(pk=lead_id).update(ended_at=now)
    append(LeadClosed(lead_id, reason), actor=actor, at=now)
    return placement


@transaction.atomic
def close_again(lead_id: UUID, *, reason: str, actor: Actor, now: datetime) -> Placement:
    """Let a closed lead stand closed for another reason, which came out later. Raises LeadMissing, LeadTaken."""
    before = _placement(lead_id)
    if before.kind != Kind.CLOSED:
        raise LeadTaken
    placement = _move(
        before, kind=Kind.CLOSED, team_id=before.team_id, seat=None, reason=reason, now=now
    )
    append(LeadClosed(lead_id, reason), actor=actor, at=now)
    return placement


@transaction.atomic
def reopen(lead_id: UUID, *, actor: Actor, now: datetime, by_turn: bool = False) -> Placement:
    """Take a closed lead up again: to whoever held it last, or into the pool. It is no history then.

    `by_turn`: into the pool of its team in any case, to be given to the next one from there.
    Raises LeadMissing, LeadTaken when it is open, ContactBusy when a newer enquiry is open.
    """
    before = _placement(lead_id)
    if before.kind != Kind.CLOSED:
        raise LeadTaken
    held = Placement.objects.filter(lead=lead_id, kind=Kind.PERSON).order_by("-id")
    last = None if by_turn else held.filter(seat__left_at=None).first()
    try:
        with transaction.atomic():
            Lead.objects.filter(pk=lead_id).update(ended_at=None, is_history=False)
    except IntegrityError as newer:
        raise ContactBusy from newer
    seat = lock_seat(last.seat_id) if last and last.seat_id else None
    kind = Kind.PERSON if seat else Kind.POOL
    team_id = before.team_id
    if (
        by_turn and team_id is None
    ):  # what was taken back into the company's pool was a team's before
        team_id = held.values_list("team_id", flat=True).first()
    reason = WOKEN if by_turn else "reopened"
    placement = _move(before, kind=kind, team_id=team_id, seat=seat, reason=reason, now=now)
    keep_alive(lead_id, now)
    append(LeadReopened(lead_id), actor=actor, at=now)
    if seat:
        append(LeadAssigned(lead_id, seat.pk, "reopened"), actor=actor, at=now)
    return placement


@transaction.atomic
def restore(lead_id: UUID, *, actor: Actor, now: datetime) -> Placement:
    """Take the closing of a lead back: it stands where it stood, or in the pool where that seat is gone.

    Nobody's turn is taken. Raises LeadMissing, LeadTaken when it is open, ContactBusy when a newer
    enquiry is open.
    """
    before = _placement(lead_id)
    if before.kind != Kind.CLOSED:
        raise LeadTaken
    try:
        with transaction.atomic():
            Lead.objects.filter(pk=lead_id).update(ended_at=None)
    except IntegrityError as newer:
        raise ContactBusy from newer
    revive([lead_id], now)
    stands = Placement.objects.get(lead=lead_id, closed_at=None)
    append(LeadRestored(lead_id, stands.kind, stands.seat_id), actor=actor, at=now)
    return stands


def _placement(lead_id: UUID) -> Placement:
    """Lock the lead first: whoever waited then reads the placement that the winner has left."""
    if not lock_leads([lead_id]):
        raise LeadMissing
    return Placement.objects.get(lead=lead_id, closed_at=None)


def _too_late(stands: Placement, member: Member) -> Placement:
    """Give what the claimer has already, or say who was faster."""
    if stands.seat is None:
        raise ClaimTooLate
    if stands.seat.member_id != member.pk:
        raise LeadTaken(member_id=stands.seat.member_id)
    return stands


def _open_placement(lead_id: UUID) -> Placement:
    placement = _placement(lead_id)
    if placement.kind == Kind.CLOSED:
        raise LeadNotOpen
    return placement


def _move(
    before: Placement,
    *,
    kind: Placement.Kind,
    team_id: int | None,
    seat: Seat | None,
    reason: str,
    now: datetime,
) -> Placement:
    Placement.objects.filter(pk=before.pk).update(closed_at=now)
    placement = Placement.objects.create(
        lead_id=before.lead_id,
        kind=kind,
        team_id=team_id,
        seat=seat,
        reason=reason,
        opened_at=now,
    )
    if before.seat_id:
        Seat.objects.filter(pk=before.seat_id).update(open_count=F("open_count") - 1)
    if seat:
        Seat.objects.filter(pk=seat.pk).update(open_count=F("open_count") + 1)
    announce(_hints(before, placement))
    return placement


def _hints(before: Placement, after: Placement) -> list[Hint]:
    return [
        Hint(p.lead_id, member_id=p.seat.member_id)
        if p.seat
        else Hint(p.lead_id, team_id=p.team_id)
        for p in (before, after)
    ]
